#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Public types are laid out as programs that are compiled already expect.
#
# usage: layout_test.sh PROGRAM GOLDEN
set -eu

if [ "$(getconf LONG_BIT)" != 64 ]; then
	echo 'the golden list is for 64-bit machines: add one for this'
	exit 1
fi
"$1" >"$TEST_TMPDIR/now"
grep -v '^#' "$2" >"$TEST_TMPDIR/golden"
wc -l <"$TEST_TMPDIR/now"
# Nothing may change; what is new must be added to the list on purpose.
diff "$TEST_TMPDIR/golden" "$TEST_TMPDIR/now"
