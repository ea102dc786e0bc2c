#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Give a person a shell in a guest: busybox, the test programs in /bin, and a
# kernel that is built or fetched first if need be.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck disable=SC1091 # it is looked at by itself
. "$here/package.sh"

usage() {
	cat <<'USAGE'
usage: ./bazelw run //kernel:shell -- [--base 6.1|6.12]
	[--variant plain|debug|kasan] [--distribution | --stock]
	[--cpus N] [--memory MIB]

The kernel is ours of that base and variant (default: 6.1, plain), with --stock
the same without our commits, with --distribution the one that the distribution
built. "exit" ends the guest, Ctrl-A x kills it.
USAGE
}

# The arguments before the first option are Bazel's: the programs.
take_programs() {
	programs=
	while [ $# -gt 0 ]; do
		case $1 in
		-*) return ;;
		esac
		programs="$programs bin/$(basename "$1")=$(readlink -f "$1")"
		shift
	done
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--base | --variant | --cpus | --memory)
			[ $# -ge 2 ] || die "$1 wants a value"
			case $1 in
			--base) base=$2 ;;
			--variant) variant=$2 ;;
			--cpus) cpus=$2 ;;
			--memory) memory=$2 ;;
			esac
			shift
			;;
		--stock) flavour=stock ;;
		--distribution) flavour=distribution ;;
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
}

make_kernel() {
	case $flavour in
	distribution)
		"$here/stock.sh" --out "$work/kernel" "$base"
		;;
	*)
		"$here/build.sh" --base "$base" --flavour "$flavour" \
			--variant "$variant" --out "$work/kernel"
		;;
	esac
}

make_initramfs() {
	busybox=$(command -v busybox) || die "missing: busybox-static"
	links=
	for applet in $("$busybox" --list); do
		[ "$applet" = busybox ] || links="$links bin/$applet@busybox"
	done
	# shellcheck disable=SC2086 # one word a file
	python3 -B "$here/make_initramfs.py" "$work/initramfs" \
		init="$here/../initramfs/shell_init" \
		bin/busybox="$busybox" $links $programs
}

# Under "bazel run" the programs are where it starts this.
take_programs "$@"
while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do
	shift
done
base=6.1
variant=plain
flavour=ours
cpus=2
memory=1024
parse_arguments "$@"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

make_kernel
make_initramfs
# Without ACPI a kernel sees one CPU a socket.
qemu-system-x86_64 -nodefaults -no-user-config -no-reboot -display none \
	-machine pc -accel tcg -smp "$cpus,sockets=$cpus" -m "$memory" \
	-kernel "$work/kernel" -initrd "$work/initramfs" \
	-append "console=ttyS0 loglevel=4 panic=-1 mitigations=off nokaslr" \
	-serial mon:stdio
