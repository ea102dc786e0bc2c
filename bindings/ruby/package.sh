#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Makes ringmap-0.1.0.gem: what SWIG generates is in it, so that who installs
# it needs a C compiler, the headers of Ruby, and the library; no SWIG.
#
# usage: package.sh FOLDER_FOR_THE_GEM
set -eu

out=$(CDPATH='' cd -- "$1" && pwd)
cd "$(dirname "$0")"
include=$(pkg-config --variable=includedir ringmap) || {
	echo "package.sh: pkg-config does not find ringmap: see README.md" >&2
	exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -RL README.md ringmap.gemspec "$work"
mkdir -p "$work/lib" "$work/ext/ringmap"
cp -L lib/ringmap.rb "$work/lib"
cp -L ext/ringmap/extconf.rb ../swig/*.c ../swig/*.h "$work/ext/ringmap"
swig -ruby -Wall -Werror -I../swig -I"$include" \
	-o "$work/ext/ringmap/ruby_wrap.c" ruby.i
cd "$work"
gem build --output "$out/ringmap-0.1.0.gem" ringmap.gemspec
