#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs a test program where its package's files are, or the README's example.
#
# usage: run_test.sh arrow|objects|readme PROGRAM, in the root of the tree
set -eu

program=$PWD/$2
case $1 in
arrow | objects)
	# The folder that the test names recordings from.
	mkdir -p "$TEST_TMPDIR/bindings/go/arrow"
	ln -s "$PWD/tests" "$TEST_TMPDIR/tests"
	cd "$TEST_TMPDIR/bindings/go"
	[ "$1" = objects ] || cd arrow
	exec "$program" -test.v
	;;
readme)
	"$program" tests/data/recordings/workload >"$TEST_TMPDIR/printed"
	cat "$TEST_TMPDIR/printed"
	grep -q 'vec=7 \[action=SCHED\]' "$TEST_TMPDIR/printed"
	;;
esac
