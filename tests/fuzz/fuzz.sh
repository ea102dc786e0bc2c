#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Fuzzes one target with clang's libFuzzer, AddressSanitizer and UBSan.
#
#	./bazelw run //tests/fuzz:page -- [SECONDS [LIBFUZZER-OPTION...]]
#
# Begins with the target's corpus. What is found stays in a folder whose name
# is printed; the corpus is left alone.
set -eu

target=$1
seconds=${2:-120}
shift "$(($# > 1 ? 2 : 1))"
cd "${BUILD_WORKSPACE_DIRECTORY:?run it with ./bazelw run}"
clang=${CLANG:-clang-14}
work=$(mktemp -d "${TMPDIR:-/tmp}/ringmap_fuzz_$target.XXXXXX")
mkdir "$work/found"

sources='core/src/*.c'
libraries=
if [ "$target" = capture ]; then
	sources="$sources core/src/control/*.c"
	libraries=$(pkg-config --cflags --libs libtracefs libtraceevent)
fi
# shellcheck disable=SC2086 # lists of words
"$clang" -std=gnu11 -g -O1 -Wno-unknown-attributes \
	-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	-I. -Icore/include -Icore/src \
	"tests/fuzz/${target}_fuzzer.c" $sources $libraries \
	-o "$work/$target"
echo "$work: what is found"
exec "$work/$target" -artifact_prefix="$work/" -max_total_time="$seconds" \
	-timeout=10 -max_len=4098 "$@" "$work/found" "tests/fuzz/corpus/$target"
