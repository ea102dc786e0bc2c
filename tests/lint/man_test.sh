#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Every manual page renders without a warning and has its main sections.
#
# usage: man_test.sh MAN7 MAN3
set -eu

pages=0
for page in "$1" "$2"/*.3; do
	LC_ALL=C.UTF-8 MANROFFOPT='' MANWIDTH=80 man --warnings -E UTF-8 \
		-l "$page" >"$TEST_TMPDIR/text" 2>"$TEST_TMPDIR/warnings"
	if [ -s "$TEST_TMPDIR/warnings" ]; then
		echo "$page:"
		cat "$TEST_TMPDIR/warnings"
		exit 1
	fi
	for section in NAME SYNOPSIS DESCRIPTION 'SEE ALSO'; do
		if ! grep -q "^$section\$" "$TEST_TMPDIR/text"; then
			echo "$page: no section $section"
			exit 1
		fi
	done
	pages=$((pages + 1))
done
echo "$pages pages"
test "$pages" -gt 1
