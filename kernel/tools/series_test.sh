#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What a maintainer would ask of our series for a base: each mail applies to
# the base without guessing, together they give the tree that we build, writing
# them again gives the same bytes, and checkpatch --strict has nothing to say
# but what kernel/patches/checkpatch accepts, each with its reason.
set -eu
here=$(dirname "$(readlink -f "$0")")
kernel=$(readlink -f "$here/..")

die() {
	echo "series_test.sh: $*" >&2
	exit 1
}

# The caller's own settings of git have no say. $1: a repository.
plain_git() {
	repository=$1
	shift
	env -i PATH="$PATH" HOME="$work" LC_ALL=C GIT_CONFIG_NOSYSTEM=1 \
		GIT_CEILING_DIRECTORIES="$work" \
		GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost \
		GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost \
		git -C "$repository" "$@"
}

# In their order, and without the cover letter.
mails() {
	find "$work/mails" -name '*.patch' ! -name '0000-*' | sort
}

# The files of the base that the mails name, and Kbuild as apply.sh asks.
copy_base() {
	mkdir "$1"
	{
		echo Kbuild
		mails | xargs sed -n -e 's,^--- a/,,p' -e 's,^+++ b/,,p'
	} | sort -u | while read -r file; do
		[ -e "$tree/$file" ] || continue
		mkdir -p "$1/$(dirname "$file")"
		cp "$tree/$file" "$1/$file"
	done
	chmod -R u+w "$1"
}

check_bytes() {
	"$here/series.sh" --base "$base" --source "$tree" --out "$work/again"
	diff -r "$work/mails" "$work/again" ||
		die "writing the series twice gives different bytes"
}

# git am refuses a hunk that is not exactly where it says.
check_mails() {
	copy_base "$work/received"
	plain_git "$work/received" init -q
	plain_git "$work/received" add -A -f
	plain_git "$work/received" commit -q -m base
	# shellcheck disable=SC2046 # one word a file
	plain_git "$work/received" am -q $(mails) 2>"$work/am" || {
		cat "$work/am" >&2
		die "$base: a mail does not apply"
	}
	copy_base "$work/ours"
	"$here/apply.sh" "$base" "$work/ours"
	diff -r -x .git "$work/received" "$work/ours" ||
		die "$base: the mails and apply.sh give different trees"
}

# Prints FILE:LINE: KIND:TYPE: text, for all mails and all their sources.
run_checkpatch() {
	sources=$(sed -e '/^#/d' -e 's/[ 	][ 	]*/\n/g' \
		"$kernel/patches/$base/series" |
		sed -n "s,^\(.*\):.*,$kernel/src/\1,p" | sort -u)
	# In a repository it would look for the kernel's history there.
	cd "$work"
	# It ends with 1 where it has anything to say; that is looked at here.
	# shellcheck disable=SC2046 # one word a file
	perl "$tree/scripts/checkpatch.pl" --root="$tree" --strict --terse \
		--show-types --no-summary $(mails) || true
	# shellcheck disable=SC2086 # one word a file
	[ -z "$sources" ] || perl "$tree/scripts/checkpatch.pl" --root="$tree" \
		--strict --terse --show-types --no-summary --file $sources ||
		true
}

# Errors are never accepted. What is accepted and does not occur any more has
# no business in the list.
check_style() {
	(run_checkpatch) | sed "s,^$work/mails/,," >"$work/said"
	! grep ': ERROR:' "$work/said" || die "$base: checkpatch has errors"
	grep -v '^#' "$kernel/patches/checkpatch" |
		grep "^$base " >"$work/accepted" || true
	: >"$work/used"
	bad=0
	while read -r line; do
		is_accepted "$line" || {
			bad=1
			echo "$line"
		}
	done <"$work/said"
	[ "$bad" = 0 ] || die "$base: checkpatch says the above"
	while read -r accepted; do
		grep -q -F -x -e "$accepted" "$work/used" ||
			die "checkpatch no longer says what is accepted: $accepted"
	done <"$work/accepted"
}

# $1: a line of checkpatch. An entry is: BASE TYPE FILE REASON.
is_accepted() {
	while read -r entry_base type file reason; do
		case $1 in
		*"$file"*":$type: "*)
			echo "$entry_base $type $file $reason" >>"$work/used"
			return 0
			;;
		esac
	done <"$work/accepted"
	return 1
}

if [ $# -ne 1 ]; then
	echo "usage: series_test.sh BASE" >&2
	exit 2
fi
base=$1
tree=$("$here/source.sh" "$base")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

"$here/series.sh" --base "$base" --source "$tree" --out "$work/mails"
check_bytes
check_mails
check_style
echo "$base: $(mails | wc -l) mails are good"
