#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# golden_test.sh GOLDEN RECORDINGS: expected.json of each recording is what
# the decoder says today, and the decoder refuses recordings that were damaged.
set -eu

golden=$1
recordings=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
	echo "FAIL: $*" >&2
	exit 1
}

for name in workload overrun; do
	"$golden" "$recordings/$name" >"$work/$name.json"
	diff "$recordings/$name/expected.json" "$work/$name.json" ||
		fail "$name/expected.json is not what the decoder finds"

	# One sub-buffer less must be noticed: the counters count its events.
	cp -RL "$recordings/$name" "$work/$name"
	chmod -R u+w "$work/$name"
	raw=$work/$name/per_cpu/cpu1/trace_pipe_raw
	truncate -s -4096 "$raw"
	if "$golden" "$work/$name" >"$work/damaged.json" 2>&1; then
		fail "$name: nobody missed a sub-buffer"
	fi
	truncate -s -1 "$raw"
	if "$golden" "$work/$name" >"$work/damaged.json" 2>&1; then
		fail "$name: nobody missed a byte"
	fi
done
