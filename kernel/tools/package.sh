# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
#
# Part of source.sh and stock.sh: packages of the distribution that are
# downloaded and unpacked into the cache, and not installed.
#
# kernel/bases.txt says which version the patches and tests were made with. It
# is taken while the distribution has it, or the cache. Later its newest one is,
# which is said; what then does not fit any more fails where it does not fit.
set -eu
# apt's answers are read here, in the one language that is known.
LC_ALL=C
export LC_ALL

die() {
	echo "$(basename "$0"): $*" >&2
	exit 1
}

say() {
	echo "$(basename "$0"): $*" >&2
}

# The folder outside of any checkout, for what is worth keeping.
kernel_cache() {
	cache=${RINGMAP_KERNEL_CACHE:-}
	[ -n "$cache" ] ||
		cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/ringmap/kernel
	mkdir -p "$cache/locks" || die "cannot write to $cache"
	# Neither make nor apt would understand.
	case $cache in
	*[[:space:]]*) die "the cache's path has blanks in it: $cache" ;;
	esac
	readlink -f "$cache"
}

# $1: a name. Waits until no other process has it; held until this one ends.
take_lock() {
	exec 9>"$cache/locks/$1"
	flock -n 9 || {
		say "waits for another process that has $1"
		flock 9
	}
}

# $1: base, $2: what. Sets $package and $version as bases.txt has them.
# shellcheck disable=SC2154 # the script that this is part of sets $here
look_up_base() {
	package=
	while read -r base what name version; do
		[ "$base $what" = "$1 $2" ] || continue
		package=$name
		return
	done <"$here/../bases.txt"
	die "kernel/bases.txt knows no $2 of base $1"
}

# Options of apt for lists of our own, which need no privilege to update.
private_lists() {
	echo "-o Dir::State=$cache/apt -o Dir::Cache=$cache/apt" \
		"-o Dir::State::status=/var/lib/dpkg/status"
}

update_lists() {
	say "asks the distribution for its newest lists of packages"
	mkdir -p "$cache/apt/lists/partial" "$cache/apt/archives/partial"
	# shellcheck disable=SC2046 # one word an option
	apt-get -q $(private_lists) update >&2 || die "apt-get update failed"
}

# $1: package=version or package, $2: an empty folder; the rest: apt's options.
try_download() {
	wanted=$1
	folder=$2
	shift 2
	# Root's apt would else complain that _apt cannot write there.
	(cd "$folder" && apt-get -q "$@" -o APT::Sandbox::User=root \
		download "$wanted") >&2
}

# $1: pattern of package names. Prints the newest package that matches.
newest_name() {
	# shellcheck disable=SC2046 # one word an option
	apt-cache $(private_lists) pkgnames linux- |
		grep -x "$1" | sort -V | tail -n 1
}

# $1: pattern of names that will do as well, $2: an empty folder.
# Leaves the package in there; sets $package to what it is.
download() {
	tested="$package${version:+=$version}"
	say "downloads $tested (does not install it)"
	! try_download "$tested" "$2" || return 0
	update_lists
	# shellcheck disable=SC2046 # one word an option
	! try_download "$tested" "$2" $(private_lists) || return 0
	package=$(newest_name "$1")
	[ -n "$package" ] || die "the distribution has no package $1"
	# shellcheck disable=SC2046 # one word an option
	try_download "$package" "$2" $(private_lists) ||
		die "cannot download $package"
	say "the distribution no longer has $tested; this takes $package," \
		"$(dpkg-deb --field "$2"/*.deb Version)"
}
