#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Builds a kernel for the guests. A kernel that any checkout of this user has built
# from the same inputs is not built again. After a change only the objects that the
# change affects are compiled again.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC1091 # it is looked at by itself
. "$here/package.sh"
kernel=$(readlink -f "$here/..")

usage() {
	cat <<'USAGE'
usage: build.sh --base BASE --flavour stock|ours --variant plain|debug|kasan
                --out FILE [--commits N]

Writes the bzImage to FILE and its configuration to FILE.config.
--commits N takes only the first N of our commits.
USAGE
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		[ $# -ge 2 ] || {
			usage >&2
			exit 2
		}
		case $1 in
		--base) base=$2 ;;
		--flavour) flavour=$2 ;;
		--variant) variant=$2 ;;
		--commits) commits=$2 ;;
		--out) out=$2 ;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift 2
	done
	case $flavour in
	stock | ours) ;;
	*) die "--flavour is stock or ours" ;;
	esac
	[ -f "$kernel/configs/$variant.config" ] ||
		die "--variant: kernel/configs/$variant.config does not exist"
	[ -n "$base" ] || die "--base is missing"
	[ -n "$out" ] || die "--out FILE is missing"
}

# Prints the fragments of the variant, in their order.
fragments() {
	own=
	[ "$flavour $commits" != "ours all" ] || own=ours-$base-$variant
	for name in base tracing "$variant" "$base" $own; do
		[ ! -f "$kernel/configs/$name.config" ] ||
			echo "$kernel/configs/$name.config"
	done
}

# Prints all of our files that the series of the base names.
series_files() {
	[ "$flavour" = ours ] || return 0
	echo "patches/$base/series"
	while read -r patch pairs; do
		case $patch in
		'' | '#'*) continue ;;
		esac
		echo "patches/$base/$patch"
		for pair in $pairs; do
			echo "src/${pair%%:*}"
		done
	done <"$kernel/patches/$base/series"
}

# Prints everything on which the kernel depends.
inputs() {
	[ "$flavour" != ours ] || [ -f "$kernel/patches/$base/series" ] ||
		die "no series of patches for base $base"
	echo "$base $flavour $variant $commits"
	cat "${tree%/tree}/version"
	gcc --version | head -n 1
	ld --version | head -n 1
	# shellcheck disable=SC2046 # one word a file
	(cd "$kernel" && sha256sum tools/build.sh tools/config.sh \
		tools/apply.sh $(series_files)) || die "$base: files are missing"
	# shellcheck disable=SC2046 # one word a file
	cat $(fragments)
}

# Patched copies share the unchanged files with the base's tree. Files that equal
# those of the previous copy keep their time, so that make does not compile them
# again; all other files get a new time.
renew_copy() {
	new=$work/tree.new
	rm -rf "$new"
	cp -al "$tree" "$new"
	if [ "$flavour" = ours ]; then
		"$here/apply.sh" "$base" "$new" "$commits"
	fi
	if [ -d "$work/tree" ]; then
		{
			(cd "$new" && find . -type f -links 1)
			(cd "$work/tree" && find . -type f -links 1)
		} | sort -u | while read -r file; do
			renew_time "$file"
		done
		rm -rf "$work/tree"
	fi
	mv "$new" "$work/tree"
}

# $1: a file that differs from the base's, in the new copy or in the old one.
renew_time() {
	[ -e "$new/$1" ] || return 0
	if cmp -s "$new/$1" "$work/tree/$1"; then
		touch -r "$work/tree/$1" "$new/$1"
		return
	fi
	if [ "$(stat -c %h "$new/$1")" != 1 ]; then
		cp -p "$new/$1" "$new/$1.ringmap"
		mv "$new/$1.ringmap" "$new/$1"
	fi
	touch "$new/$1"
}

# The user's variables do not affect the build.
make_kernel() {
	env -i PATH="$PATH" HOME="${HOME:-/}" LC_ALL=C \
		KBUILD_BUILD_TIMESTAMP='Thu Jan 1 00:00:00 UTC 1970' \
		KBUILD_BUILD_USER=ringmap KBUILD_BUILD_HOST=ringmap \
		KBUILD_BUILD_VERSION=1 \
		"$@"
}

build() {
	began=$(date +%s)
	say "builds $base $flavour $variant, in $work"
	mkdir -p "$work"
	renew_copy
	# shellcheck disable=SC2046 # one word a file
	make_kernel "$here/config.sh" "$work/tree" "$objects" $(fragments) ||
		die "$base $flavour $variant: no configuration"
	if ! make_kernel make -s -C "$work/tree" O="$objects" ARCH=x86_64 \
		-j"$(nproc)" bzImage >"$objects/.make.log" 2>&1; then
		grep -n -i -e error -e warning "$objects/.make.log" | head -n 20 >&2
		tail -n 20 "$objects/.make.log" >&2
		die "$base $flavour $variant: make failed; its output is in" \
			"$objects/.make.log"
	fi
	say "built $base $flavour $variant in $(($(date +%s) - began)) s"
	keep
}

# The folder is renamed when complete: an interrupted run leaves no partial kernel.
keep() {
	rm -rf "$image.part"
	mkdir -p "$image.part"
	cp "$objects/arch/x86/boot/bzImage" "$objects/.config" "$image.part"
	mv "$image.part" "$image"
}

base=
flavour=ours
variant=plain
commits=all
out=
parse_arguments "$@"
tree=$("$here/source.sh" "$base")
cache=$(kernel_cache)
key=$(inputs) || exit 1
key=$(echo "$key" | sha256sum | cut -c 1-16)
image=$cache/images/$base-$flavour-$variant-$key
# All flavours and variants share one tree, because they differ in few files.
work=$cache/build/$base
objects=$work/$variant
if ! [ -d "$image" ]; then
	# Builds of different bases write to different folders.
	take_lock "build-$base"
	[ -d "$image" ] || build
fi
cp "$image/bzImage" "$out"
cp "$image/.config" "$out.config"
