#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the path of the distribution's kernel source, unpacked and unchanged.
# The tree is shared by all who build: copy it before changing anything. The
# file "version" beside it has the package's.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC1091 # it is looked at by itself
. "$here/package.sh"

if [ $# -ne 1 ]; then
	echo "usage: source.sh BASE" >&2
	exit 2
fi

# $1: base. Leaves a whole tree in $place or nothing.
# shellcheck disable=SC2154 # package.sh sets $package and $version
unpack() {
	work=$cache/sources/.$package.part
	rm -rf "$work"
	mkdir -p "$work/deb" "$work/tree"
	# A dot in a package's name matches itself, too.
	download "$package" "$work/deb"
	say "unpacks $package"
	dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
		tar -x -O "./usr/src/linux-source-$1.tar.xz" |
		tar -x -J -C "$work/tree" --strip-components=1
	[ -f "$work/tree/Kbuild" ] || die "$package has no kernel source"
	dpkg-deb --field "$work"/deb/*.deb Version >"$work/version"
	rm -r "$work/deb"
	mv "$work" "$place"
}

cache=$(kernel_cache)
look_up_base "$1" source
# shellcheck disable=SC2154 # package.sh sets them
place=$cache/sources/${package}_$version
if ! [ -d "$place" ]; then
	take_lock "$package"
	[ -d "$place" ] || unpack "$1"
fi
echo "$place/tree"
