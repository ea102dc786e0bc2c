#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Measure what GET_READER costs, in guests of emulated machines that count
# instructions: the same kernel gives the same figures wherever this runs, and
# however busy the machine is. Guests of stock and patched kernels take turns.
set -eu
here=$(dirname "$(readlink -f "$0")")

usage() {
	cat <<'USAGE'
usage: bench.sh --json FILE [--base BASE ...]

Writes the figures to FILE and prints them; then says whether they are within
their bounds. Names are get_reader/BASE/FLAVOUR/EVENTS/cost, with EVENTS on a
sub-buffer, 0 for a ring with nothing new. BASE has _64k after it where
sub-buffers of 64 KiB were taken. Default bases: 6.12, 6.1.
USAGE
}

# Seconds a guest may take; it needs about ten, on a busy machine more.
guest_limit=300

die() {
	echo "bench.sh: $*" >&2
	exit 1
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--json | --base)
			[ $# -ge 2 ] || die "$1 wants a value"
			case $1 in
			--json) json=$2 ;;
			--base) bases="$bases $2" ;;
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
	[ -n "$json" ] || die "say where to write: --json FILE"
	[ -n "$bases" ] || bases='6.12 6.1'
}

# $1: base. A kernel without the mapping has nothing to measure.
flavours() {
	case $1 in
	6.1) echo ours ;;
	*) echo stock ours ;;
	esac
}

# $1: base. What is measured there: size of a sub-buffer in KiB, and counts.
# How large an event can be written decides how few fill a sub-buffer: 6.1 takes
# 1 KiB (TRACE_BUF_SIZE, kernel/trace/trace.h), 6.12 4 KiB. The counts are such
# that events of one size, a multiple of 4, fill it.
measurements() {
	case $1 in
	6.1) echo page 0 4 10 30 60 ;;
	*)
		echo page 0 1 10 30 60
		echo 64 0 30 60 260 910
		;;
	esac
}

build_initramfs() {
	mkdir "$work/root"
	gcc -std=gnu11 -O2 -Wall -Wextra -static -o "$work/root/init" \
		"$here/../bench/get_reader.c"
	(cd "$work/root" && echo init | cpio -o -H newc -R 0:0 --quiet) \
		>"$work/initramfs"
}

build_kernels() {
	for base in $bases; do
		for flavour in $(flavours "$base"); do
			"$here/build.sh" --base "$base" --flavour "$flavour" \
				--variant bench --out "$work/$base-$flavour"
		done
	done
}

# $1: base, $2: flavour, the rest: the arguments of the guest's program.
run_guest() {
	kernel=$work/$1-$2
	shift 2
	: >"$work/report"
	timeout "$guest_limit" qemu-system-x86_64 \
		-nodefaults -no-reboot -display none \
		-accel tcg -icount shift=0 -smp 1 -m 256 \
		-kernel "$kernel" -initrd "$work/initramfs" \
		-append "console=ttyS0 quiet panic=-1 -- $*" \
		-serial "file:$work/console" -serial "file:$work/report" \
		</dev/null || guest_failed "QEMU ended with status $?"
	[ "$(tail -n 1 "$work/report" | tr -d '\r')" = complete ] ||
		guest_failed "its report is not complete"
}

guest_failed() {
	echo "bench.sh: the console's end:" >&2
	tail -n 20 "$work/console" >&2
	die "the guest of $kernel: $*"
}

# $1: base, $2: flavour, the rest: as above. Prints the figures.
measure() {
	name=get_reader/$(echo "$1" | tr . _)
	[ "$3" = page ] || name=${name}_$3k
	run_guest "$@"
	tr -d '\r' <"$work/report" |
		sed -n "s,^call \([0-9]*\) \([0-9]*\)\$,\2 $name/$2/\1/cost,p"
}

# The order is what takes turns: each guest starts anew.
measure_all() {
	for base in $bases; do
		measurements "$base" | while read -r arguments; do
			for flavour in $(flavours "$base"); do
				# shellcheck disable=SC2086 # one word an argument
				measure "$base" "$flavour" $arguments
			done
		done
	done
}

[ $# -ge 2 ] || die "started by Bazel: ./bazelw run //kernel:bench"
# Under Bazel these are names in the runfiles, in this order.
collect=$(readlink -f "$1")
bounds=$(readlink -f "$2")
shift 2
# Under "bazel run" the caller's directory is not the current one.
cd "${BUILD_WORKING_DIRECTORY:-.}"
json=
bases=
parse_arguments "$@"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

build_initramfs
build_kernels
# Not a pipe: a guest that failed must end this, and leave no file.
measure_all >"$work/figures"
"$collect" "$json" <"$work/figures"
python3 "$bounds" "$json"
