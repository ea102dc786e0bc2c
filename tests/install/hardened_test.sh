#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The library is built with the compiler's protections.
#
# usage: hardened_test.sh SHARED OVERFLOW_PROGRAM
set -eu

shared=$1 overflow=$2

fail() {
	echo "FAILED: $*"
	exit 1
}

echo '--- the compiler says how it was called'
flags='-fstack-protector-strong -fstack-clash-protection'
if [ "$(uname -m)" = x86_64 ]; then
	flags="$flags -fcf-protection"
fi
# The debug information has a line like "GNU C11 12.2.0 -O2 ..." for each file.
strings -a "$shared" | grep '^GNU C[0-9]' >"$TEST_TMPDIR/commands"
for flag in $flags; do
	! grep -v -e " $flag" "$TEST_TMPDIR/commands" ||
		fail "a file of the library was compiled without $flag"
done

echo '--- frames with arrays are checked'
nm -D --undefined-only "$shared" | grep -w __stack_chk_fail ||
	fail 'the library checks no stack frame'

echo '--- the walk from event to event needs no check, and pays for none'
check='__stack_chk_(fail|guard)|%fs:0x28'
objdump --disassemble --no-show-raw-insn "$shared" >"$TEST_TMPDIR/code"
# A function ends with an empty line.
function_named() {
	awk -v head="<$1>:" '$2 == head, /^$/' "$TEST_TMPDIR/code"
}
function_named ringmap_page_next >"$TEST_TMPDIR/next"
function_named ringmap_page_index >"$TEST_TMPDIR/index"
[ -s "$TEST_TMPDIR/next" ] || fail 'ringmap_page_next() is not in the library'
grep -q -E "$check" "$TEST_TMPDIR/index" ||
	fail 'ringmap_page_index() shows no check: this test looks for a wrong one'
! grep -E "$check" "$TEST_TMPDIR/next" ||
	fail 'ringmap_page_next() checks its stack at each event'

echo '--- a write beyond a block of unknown size ends the program'
status=0
"$overflow" 2>"$TEST_TMPDIR/said" || status=$?
cat "$TEST_TMPDIR/said"
[ "$status" -eq 134 ] || fail "overflow ended with $status, not with SIGABRT"
grep -q 'buffer overflow detected' "$TEST_TMPDIR/said"
