#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs the test of Arrow's library, or the first example of the README.
#
# usage: run.sh arrow|readme JAR..., in the root of the tree
set -eu

what=$1
shift
case $what in
arrow)
	path=bindings/java/arrow.jar:bindings/java/ringmap.jar
	for jar; do
		path=$path:$jar
	done
	exec java --add-opens=java.base/java.nio=ALL-UNNAMED -cp "$path" ArrowTest
	;;
readme)
	example=$TEST_TMPDIR/Example.java
	# shellcheck disable=SC2016 # the marks of a block of code
	sed -n '/^```java/,/^```$/{/^```/!p}' bindings/java/README.md >"$example"
	test "$(wc -l <"$example")" -ge 10
	java -cp bindings/java/ringmap.jar "$example" \
		tests/data/recordings/workload >"$TEST_TMPDIR/printed"
	cat "$TEST_TMPDIR/printed"
	grep -q 'vec=7 \[action=SCHED\]' "$TEST_TMPDIR/printed"
	;;
esac
