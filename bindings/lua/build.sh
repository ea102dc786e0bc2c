#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Makes ringmap/core.so without Bazel, for luarocks: with SWIG, a C compiler
# and the installed library.
#
# usage: build.sh FOLDER_OF_LUA_H
set -eu

cd "$(dirname "$0")"
include=$(pkg-config --variable=includedir ringmap) || {
	echo "build.sh: pkg-config does not find ringmap: see README.md" >&2
	exit 1
}
swig -lua -nomoduleglobal -module ringmap_core -Wall -Werror -I../swig \
	-I"$include" -o lua_wrap.c lua.i
mkdir -p ringmap
# shellcheck disable=SC2046 # several words
${CC:-cc} -std=gnu11 -O2 -fPIC -shared -w -I../swig -I"$1" -o ringmap/core.so \
	lua_wrap.c ../swig/*.c -Wl,--version-script=../swig/exports.map \
	$(pkg-config --cflags --libs ringmap)
rm lua_wrap.c
