#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Downloads the packages of one set of a lock file and unpacks them into a folder.
# Nothing is installed. packages.txt in that folder lists the packages that were taken.
#
# A package whose locked version the distribution still has, or that was kept, must have
# the locked checksum. Once the distribution has a newer version only, that one is taken
# instead: apt checks its signature, and a line that starts with "newer:" names it.
set -eu
LC_ALL=C
export LC_ALL

usage() {
	echo "usage: fetch.sh LOCK SET FOLDER" >&2
	exit 2
}

die() {
	echo "fetch.sh: $*" >&2
	exit 1
}

# Prints the folder for packages that are worth keeping.
kept_packages() {
	for base in "${XDG_CACHE_HOME:-}" "${HOME:+$HOME/.cache}"; do
		if [ -n "$base" ] && mkdir -p "$base/ringmap/packages" 2>/dev/null &&
			[ -w "$base/ringmap/packages" ]; then
			readlink -f "$base/ringmap/packages"
			return
		fi
	done
	own=${TMPDIR:-/tmp}/ringmap-packages-$(id -u)
	(umask 077 && mkdir -p -- "$own")
	[ "$(stat -c %u -- "$own")" = "$(id -u)" ] ||
		die "$own belongs to another user: set TMPDIR or HOME"
	readlink -f "$own"
}

# Options of apt for lists of our own. They hold one architecture, which need not be
# that of this machine, and updating them needs no privilege.
private_lists() {
	state=$kept/apt-$arch
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	echo "-o Dir::State=$state -o Dir::Cache=$state" \
		"-o Dir::State::status=/dev/null -o Acquire::Languages=none" \
		"-o APT::Architecture=$arch -o APT::Architectures::=$arch"
}

# Some sources may fail and others have the packages, so the download decides.
update_lists() {
	# shellcheck disable=SC2046 # one word an option
	apt-get -q $(private_lists) update >&2 ||
		echo "fetch.sh: apt-get update had errors" >&2
}

# The arguments are package=version or package, after apt's options.
try_download() {
	# apt would otherwise warn root that its own user cannot write here.
	(cd "$work" && apt-get -q -o APT::Sandbox::User=root "$@") >&2
}

# Leaves packages in $work; the arguments are package=version.
download() {
	if [ "$arch" = "$(dpkg --print-architecture)" ] &&
		try_download download "$@"; then
		return
	fi
	# shellcheck disable=SC2046 # one word an option
	if try_download $(private_lists) download "$@"; then
		return
	fi
	update_lists
	# shellcheck disable=SC2046 # one word an option
	if try_download $(private_lists) download "$@"; then
		return
	fi
	for wanted; do
		# shellcheck disable=SC2046 # one word an option
		try_download $(private_lists) download "$wanted" ||
			try_download $(private_lists) download "${wanted%%=*}" ||
			die "cannot download $wanted for $arch"
	done
}

has_sum() {
	[ -f "$1" ] && echo "$2  $1" | sha256sum --check --status
}

# Reads lines of the lock. Checks each package in $work, and keeps it.
keep() {
	while read -r package version sum; do
		! has_sum "$kept/$sum.deb" "$sum" || continue
		# Names of files have the version; "_" ends that of the package.
		file=$(echo "$work/${package}"_*.deb)
		[ -f "$file" ] || die "$package was not downloaded"
		if has_sum "$file" "$sum"; then
			mv "$file" "$kept/$sum.deb"
			continue
		fi
		found=$(dpkg-deb --field "$file" Version)
		[ "$found" != "$version" ] ||
			die "$package $version has another checksum than the lock"
		echo "newer: $package $found instead of $version" |
			tee -a "$folder/packages.txt"
		mv "$file" "$work/$sum.newer"
	done
}

# Reads lines of the lock. Documents are left out.
unpack() {
	while read -r package version sum; do
		file=$work/$sum.newer
		if ! [ -f "$file" ]; then
			file=$kept/$sum.deb
			echo "$package $version $sum" >>"$folder/packages.txt"
		fi
		dpkg-deb --fsys-tarfile "$file" |
			tar -x -C "$folder" --exclude='./usr/share/*'
	done
}

[ $# -eq 3 ] || usage
lock=$1 set=$2 folder=$3

kept=$(kept_packages)
arch=$(sed -n "s/^$set  *\([^ ]*\) .*/\1/p" "$lock" | sort -u)
case $arch in
'') die "the lock has no set $set" ;;
*[!a-z0-9]*) die "the set $set has packages of several architectures" ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed -n "s/^$set  *[^ ]*  *//p" "$lock" >"$work/lines"
: >"$folder/packages.txt"

# One process at a time uses the lists and the kept packages.
exec 9>"$kept/lock"
flock 9
missing=
while read -r package version sum; do
	has_sum "$kept/$sum.deb" "$sum" || missing="$missing $package=$version"
done <"$work/lines"
# shellcheck disable=SC2086 # one word a package
[ -z "$missing" ] || download $missing
keep <"$work/lines"
unpack <"$work/lines"
