#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Builds Go programs with SWIG, as go build does in a checkout.
#
# usage: go_build.sh GO LIBRINGMAP_A OUT_DIR FILE=PACKAGE...
set -eu

here=$PWD
go=$here/$1
library=$here/$2
out=$here/$3
shift 3

# Bazel's files are symbolic links, which Go does not always follow.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/core/include/ringmap" "$work/examples"
cp -RL bindings "$work/bindings"
cp -L core/include/ringmap/ringmap.h "$work/core/include/ringmap"
cp -RL examples/go "$work/examples/go"
readme=$work/bindings/go/internal/readme
mkdir "$readme"
# shellcheck disable=SC2016 # the fence of a code block
sed -n '/^```go/,/^```$/{/^```/!p}' "$work/bindings/go/README.md" >"$readme/main.go"
test "$(wc -l <"$readme/main.go")" -ge 10

cat >"$work/ringmap.pc" <<EOF
Name: ringmap
Description: the library of this build
Version: 0
Requires: libtracefs zlib libzstd
Cflags: -I$work/core/include
Libs: $library
EOF
export PKG_CONFIG_PATH="$work${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export PATH="${PATH:-/usr/bin:/bin}"

for wanted; do
	file=${wanted%%=*}
	cd "$work/${wanted#*=}"
	case $file in
	# This checks for leaks and uses of freed memory, but not the stack: errors
	# leave it by a jump that the sanitizer does not see.
	*_asan)
		CGO_CFLAGS='-g -O1 --param asan-stack=0' \
			"$go" build -asan -o "$out/$file" .
		;;
	*_test) "$go" test -c -o "$out/$file" . ;;
	*) "$go" build -o "$out/$file" . ;;
	esac
done
