#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The public header compiles in every dialect and with every compiler that
# people use, alone, and is plain enough for readers that are no compiler.
# So does the example in ringmap(7).
#
# usage: header_test.sh HEADER MAN7 CFFI_HEADER
set -eu

header=$1
man7=$2
cffi_header=$3
include=$(dirname "$(dirname "$header")")
work=$TEST_TMPDIR
warnings='-Wall -Wextra -Wpedantic -Werror'

check() {
	echo "$*"
	# shellcheck disable=SC2086 # one word a flag
	"$@" $warnings -I "$include" -fsyntax-only
}

printf '#include <ringmap/ringmap.h>\n' >"$work/user.c"
cp "$work/user.c" "$work/user.cc"
for cc in gcc clang-14; do
	for std in c99 c11 gnu11 gnu17; do
		check "$cc" -std=$std "$work/user.c"
	done
	for std in c++11 c++17; do
		check "$cc" -x c++ -std=$std "$work/user.cc"
	done
done

# What CFFI and SWIG read: prototypes, structs and enumerators, no code.
echo 'gcc -E -P'
mkdir "$work/empty"
: >"$work/empty/stddef.h"
: >"$work/empty/stdint.h"
gcc -E -P -nostdinc -isystem "$work/empty" -D'__attribute__(x)=' \
	-I "$include" "$work/user.c" >"$work/ours.txt"
if grep -nE '\binline\b|\bstatic\b|__attribute__|__builtin' "$work/ours.txt"; then
	echo 'the header holds code or compiler extensions'
	exit 1
fi
python3 -B "$cffi_header" "$work/ours.txt"

# A struct and the function that fills it share a name, as in stat(2): so types
# need names of their own in other languages. 451: members that are strings.
echo 'swig'
cat >"$work/ringmap.i" <<EOF
%module ringmap
%include <stdint.i>
%rename("%(camelcase)s", %\$isclass) "";
%include "$header"
EOF
swig -python -Werror -w451 -outdir "$work" -o "$work/wrap.c" \
	"$work/ringmap.i"
grep -q '_wrap_ringmap_ring_stats(' "$work/wrap.c"
grep -q '_wrap_RingmapRingStats_lost_get(' "$work/wrap.c"

# The only macros: the include guard, RINGMAP_API, and plain values.
if grep -nE '^# *define +RINGMAP_[A-Z_]*\(' "$header"; then
	echo 'the header holds function-like macros'
	exit 1
fi

sed -n '/^\.EX/,/^\.EE/{/^\.E/!p}' "$man7" | sed 's/\\e/\\/g' >"$work/example.c"
test -s "$work/example.c"
check gcc -std=c11 "$work/example.c"
