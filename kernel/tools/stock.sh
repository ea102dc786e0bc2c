#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Print the path of a kernel as the distribution built it, or copy it. The file
# is named after its package.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC1091 # it is looked at by itself
. "$here/package.sh"

usage() {
	echo "usage: stock.sh [--out FILE] BASE|PACKAGE" >&2
	exit 2
}

# $1: a base or the name of a package. Sets $package and $version, and $similar
# to the names of packages that will do as well.
# shellcheck disable=SC2034 # package.sh reads $version
choose_package() {
	case $1 in
	linux-image-*)
		package=$1
		version=
		similar=$1
		;;
	*)
		look_up_base "$1" stock
		similar="linux-image-$1[.][.0-9+a-z-]*-cloud-amd64"
		;;
	esac
}

# Leaves $place with the whole kernel in it or nothing.
# shellcheck disable=SC2154 # package.sh sets $package
unpack() {
	work=$cache/stock/.$package.part
	rm -rf "$work"
	mkdir -p "$work/deb" "$work/kernel"
	download "$similar" "$work/deb"
	dpkg-deb --fsys-tarfile "$work"/deb/*.deb |
		tar -x -C "$work/deb" --wildcards './boot/vmlinuz-*'
	mv "$work"/deb/boot/vmlinuz-* "$work/kernel/$package.vmlinuz"
	mv "$work/kernel" "$place"
	rm -r "$work"
}

out=
if [ "${1:-}" = --out ]; then
	[ $# -ge 2 ] || usage
	out=$2
	shift 2
fi
[ $# -eq 1 ] || usage

cache=$(kernel_cache)
choose_package "$1"
place=$cache/stock/$package
if ! [ -d "$place" ]; then
	take_lock "$package"
	[ -d "$place" ] || unpack
fi
vmlinuz=$(echo "$place"/*.vmlinuz)
if [ -n "$out" ]; then
	cp "$vmlinuz" "$out"
else
	echo "$vmlinuz"
fi
