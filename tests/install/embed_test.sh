#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# One cc line builds the core into a program, which needs the C library only.
#
# usage: embed_test.sh PROGRAM_C RECORDING SOURCE...
set -eu

program_c=$1 recording=$2
shift 2

cc -std=gnu11 -O1 -Wall -Wextra -Icore/include -Icore/src "$@" "$program_c" \
	-pthread -o "$TEST_TMPDIR/program"

needed=$(readelf -d "$TEST_TMPDIR/program" |
	sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
if [ "$needed" != libc.so.6 ]; then
	echo "FAILED: the program needs: $needed"
	exit 1
fi

# An independent decoder counted the events of each CPU, in order of the CPUs.
sed -n 's/.*"subbufs": [0-9]*, "count": \([0-9]*\),.*/\1/p' \
	"$recording/expected.json" >"$TEST_TMPDIR/wanted"
test -s "$TEST_TMPDIR/wanted"
cpu=0
while read -r wanted; do
	found=$("$TEST_TMPDIR/program" "$recording/per_cpu/cpu$cpu/trace_pipe_raw")
	echo "CPU $cpu: $found of $wanted events"
	test "$found" = "$wanted"
	cpu=$((cpu + 1))
done <"$TEST_TMPDIR/wanted"
