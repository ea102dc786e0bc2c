#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Write our commits for a base as a series of mails: kernel/patches/BASE/series
# says which they are, apply.sh makes them, git formats them. The same commits
# give the same bytes, whoever runs this and whenever.
set -eu
here=$(dirname "$(readlink -f "$0")")
kernel=$(readlink -f "$here/..")

usage() {
	cat <<'USAGE'
usage: series.sh --base BASE --out DIR [--source TREE]

Writes 0000-cover-letter.patch, 0001-….patch and so on into DIR, which is made
if need be and has to be empty.

  --source TREE  the base's source (default: the distribution's package, which
                 is downloaded where it is not in the cache yet)
USAGE
}

die() {
	echo "series.sh: $*" >&2
	exit 1
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--base | --out | --source)
			[ $# -ge 2 ] || die "$1 wants a value"
			case $1 in
			--base) base=$2 ;;
			--out) out=$2 ;;
			--source) tree=$2 ;;
			esac
			shift
			;;
		-h | --help)
			usage
			exit 0
			;;
		*)
			usage >&2
			exit 2
			;;
		esac
		shift
	done
	[ -n "$base" ] || die "say which --base"
	[ -n "$out" ] || die "say where to write: --out DIR"
	patches=$kernel/patches/$base
	[ -f "$patches/series" ] || die "there is no kernel/patches/$base/series"
}

# The patches' names, in their order.
patch_names() {
	sed -n 's/^\([^# 	][^ 	]*\).*/\1/p' "$patches/series"
}

# All files of the base that a commit changes or that it may add.
touched_files() {
	for name in $(patch_names); do
		sed -n -e 's,^--- a/,,p' -e 's,^+++ b/,,p' "$patches/$name"
	done
	sed -e '/^#/d' -e 's/[ 	][ 	]*/\n/g' "$patches/series" |
		sed -n 's/^.*:\(.*\)$/\1/p'
}

# The caller's own settings of git have no say in the bytes.
scratch_git() {
	env -i PATH="$PATH" HOME="$work" LC_ALL=C TZ=UTC \
		GIT_CONFIG_NOSYSTEM=1 GIT_CEILING_DIRECTORIES="$work" \
		GIT_AUTHOR_NAME="$author" GIT_AUTHOR_EMAIL="$email" \
		GIT_AUTHOR_DATE="$date" GIT_COMMITTER_NAME="$author" \
		GIT_COMMITTER_EMAIL="$email" GIT_COMMITTER_DATE="$date" \
		git -C "$scratch" "$@"
}

# $1: one of the names that git mailinfo gives, of the patch that it read.
header() {
	sed -n "s/^$1: //p" "$work/info"
}

# $1: a patch. Sets the author and the date that its commit gets, and leaves
# the whole text of the commit in $work/text.
read_header() {
	# A patch that only brings files along has no diff to end its text.
	git mailinfo "$work/body" "$work/hooks" <"$patches/$1" >"$work/info"
	author=$(header Author)
	email=$(header Email)
	date=$(header Date)
	if [ -z "$author" ] || [ -z "$email" ] || [ -z "$date" ]; then
		die "$base: $1 has no From: or no Date:"
	fi
	{
		header Subject
		echo
		cat "$work/body"
	} >"$work/text"
}

# A repository of just the files that matter, with Kbuild as apply.sh asks.
make_scratch() {
	mkdir "$scratch"
	(cd "$tree" && {
		echo Kbuild
		touched_files
	} | sort -u | while read -r file; do
		[ ! -e "$file" ] || echo "$file"
	done | cpio --quiet -pdm "$scratch")
	chmod -R u+w "$scratch"
	read_header "$(patch_names | head -n 1)"
	scratch_git init -q -b base
	scratch_git add -A -f
	scratch_git commit -q -m "The base: $(cat "$tree/../version" 2>/dev/null ||
		echo "Linux $base")"
}

# $1: how many commits it has now, $2: the patch that is the last of them.
commit_next() {
	scratch_git read-tree base
	scratch_git checkout-index -q -a -f
	scratch_git clean -q -f -d -x
	"$here/apply.sh" "$base" "$scratch" "$1"
	read_header "$2"
	scratch_git add -A -f
	scratch_git commit -q -F "$work/text"
}

make_commits() {
	scratch_git checkout -q -b ours
	made=0
	for name in $(patch_names); do
		made=$((made + 1))
		commit_next "$made" "$name"
	done
}

# The cover letter is text kept by hand: its first line, after the licence of
# the file, is the subject.
write_mails() {
	[ -f "$patches/cover" ] || die "there is no kernel/patches/$base/cover"
	scratch_git config branch.ours.description \
		"$(sed 1d "$patches/cover")"
	scratch_git format-patch -q --zero-commit --no-signature --full-index \
		--cover-letter --cover-from-description=subject \
		--subject-prefix="PATCH $base" -o "$work/mails" base..ours
	mv "$work"/mails/*.patch "$out"
}

# Under "bazel run" the caller's directory is not the current one.
cd "${BUILD_WORKING_DIRECTORY:-.}"
base=
out=
tree=
parse_arguments "$@"
mkdir -p "$out"
out=$(readlink -f "$out")
[ -z "$(ls -A "$out")" ] || die "$out is not empty"
[ -n "$tree" ] || tree=$("$here/source.sh" "$base")
tree=$(readlink -f "$tree")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
scratch=$work/scratch
author=''
email=''
date=''

make_scratch
make_commits
write_mails
echo "series.sh: $(patch_names | wc -l) commits for $base in $out" >&2
