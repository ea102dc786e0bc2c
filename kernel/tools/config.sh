#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a kernel's configuration of our fragments and nothing else, and check
# that it has what they ask for: symbols whose dependencies are not met would
# else just be left out.
set -eu

die() {
	echo "config.sh: $*" >&2
	exit 1
}

if [ $# -lt 3 ]; then
	echo "usage: config.sh TREE OBJECTS FRAGMENT ..." >&2
	exit 2
fi
tree=$1
objects=$2
shift 2

# What the fragments ask for, without their reasons. A later one may change
# what an earlier one asked for.
wanted() {
	sed -n -e 's/^\(CONFIG_[A-Za-z0-9_]*=[^#]*[^# 	]\)[ 	]*\(#.*\)\{0,1\}$/\1/p' \
		"$@" |
		awk -F= '{ value[$1] = $0 } END { for (n in value) print value[n] }' |
		LC_ALL=C sort
}

# Lines that are neither a request with its reason nor a comment.
strange() {
	grep -H -n -v -E -e '^(#.*)?$' \
		-e '^CONFIG_[A-Za-z0-9_]+=("[^"]*"|[^#" ]+)[[:space:]]+# .+$' "$@"
}

if strange "$@" >&2; then
	die "a fragment's line is CONFIG_SYMBOL=VALUE # REASON"
fi
mkdir -p "$objects"
wanted "$@" >"$objects/.wanted"
make -s -C "$tree" O="$objects" ARCH=x86_64 \
	KCONFIG_ALLCONFIG="$objects/.wanted" allnoconfig \
	>"$objects/.conf.log" 2>&1 || {
	cat "$objects/.conf.log" >&2
	die "the configuration was not made"
}

lost=
while read -r request; do
	symbol=${request%%=*}
	case $request in
	*=n)
		! grep -q "^$symbol=" "$objects/.config" || lost="$lost $request"
		;;
	*)
		grep -q -F -x -e "$request" "$objects/.config" ||
			lost="$lost $request"
		;;
	esac
done <"$objects/.wanted"
[ -z "$lost" ] || die "asked for, but not in the configuration:$lost"
