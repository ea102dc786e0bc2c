#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Put our commits into a copy of a base's tree, in the order of
# kernel/patches/BASE/series. A line of it is one commit:
#
#	NNNN-name.patch [SRC:DEST ...]
#
# that is the hooks of the patch, and kernel/src/SRC copied to DEST in the tree.
# A patch that has to guess where it belongs is refused, as is anything missing.
set -eu

die() {
	echo "apply.sh: $*" >&2
	exit 1
}

if [ $# -lt 2 ] || [ $# -gt 3 ]; then
	echo "usage: apply.sh BASE TREE [HOW MANY COMMITS]" >&2
	exit 2
fi
kernel=$(dirname "$(readlink -f "$0")")/..
base=$1
tree=$2
limit=${3:-all}
patches=$kernel/patches/$base

# $1: a patch. One without hooks says so by having no diff in it.
apply_hooks() {
	file=$patches/$1
	[ -f "$file" ] || die "$base: the series names $1, which does not exist"
	grep -q -e '^diff --git ' -e '^--- a/' -e '^--- /dev/null' "$file" ||
		return 1
	if ! patch --directory="$tree" --strip=1 --fuzz=0 --forward --batch \
		--no-backup-if-mismatch --reject-file=- <"$file" >"$log" 2>&1; then
		cat "$log" >&2
		die "$base: $1 does not apply"
	fi
}

# $1: the patch it comes with, $2: SRC:DEST.
copy_source() {
	from=${2%%:*}
	to=${2#*:}
	case $2 in
	/* | *:/* | *..*) die "$base: $1: $2 leaves its folder" ;;
	*:*) ;;
	*) die "$base: $1: $2 is not SRC:DEST" ;;
	esac
	[ -f "$kernel/src/$from" ] ||
		die "$base: $1: kernel/src/$from does not exist"
	[ -d "$tree/$(dirname "$to")" ] || [ "${to#*/}" != "$to" ] ||
		die "$base: $1: $to has no folder"
	mkdir -p "$tree/$(dirname "$to")"
	# The old file may be the base's own, linked into this copy.
	cp --remove-destination "$kernel/src/$from" "$tree/$to"
}

# $1: a patch; the rest: what is copied with it.
apply_commit() {
	patch=$1
	shift
	apply_hooks "$patch" || [ $# -gt 0 ] ||
		die "$base: $patch changes nothing"
	for pair in "$@"; do
		copy_source "$patch" "$pair"
	done
}

[ -f "$patches/series" ] || die "no series of patches for base $base"
[ -f "$tree/Kbuild" ] || die "$tree is no kernel's tree"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
count=0
while read -r line; do
	case $line in
	'' | '#'*) continue ;;
	esac
	[ "$count" != "$limit" ] || break
	# shellcheck disable=SC2086 # one word a file
	apply_commit $line
	count=$((count + 1))
done <"$patches/series"
[ "$limit" = all ] || [ "$count" = "$limit" ] ||
	die "$base: the series has only $count commits, not $limit"
[ "$count" -gt 0 ] || [ "$limit" = 0 ] || die "$base: the series is empty"
