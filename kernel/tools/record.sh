#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Record trace rings in a virtual machine: a stock distribution kernel, an
# initramfs made here, and our own workload. Nothing of the machine that runs
# this is recorded. What comes out is described in kernel/README.md.
set -eu
# apt's and ldd's answers are read here, in the one language that is known.
LC_ALL=C
export LC_ALL

usage() {
	cat <<'END'
usage: record.sh --out DIR [--kernel PACKAGE] [NAME ...]

Makes the recordings NAME (workload, overrun, trace_dat; default: the first
two) in DIR/NAME.
A DIR/NAME that exists is replaced, but only by a recording that was checked.

  --kernel PACKAGE  the kernel's package (default: kernel/bases.txt's for 6.12)
END
}

die() {
	echo "record.sh: $*" >&2
	exit 1
}

say() {
	echo "record.sh: $*" >&2
}

# Seconds a guest may take; it needs about ten, on a busy machine more.
guest_limit=180

# Says all that is missing at once, with the command that installs it.
check_tools() {
	missing=
	need qemu-system-x86_64 qemu-system-x86
	need cpio cpio
	need gcc gcc
	need pkg-config pkg-config
	[ -e /usr/include/stdlib.h ] || missing="$missing libc6-dev"
	pkg-config --exists libtraceevent 2>/dev/null ||
		missing="$missing libtraceevent-dev"
	pkg-config --exists zlib 2>/dev/null || missing="$missing zlib1g-dev"
	busybox=$(command -v busybox) && is_static "$busybox" ||
		missing="$missing busybox-static"
	[ -z "$missing" ] ||
		die "missing packages; run: apt-get install$missing"
}

# $1: the program, $2: the package that has it.
need() {
	command -v "$1" >/dev/null || missing="$missing $2"
}

# A busybox with shared libraries would not find them in the guest.
is_static() {
	! ldd "$1" 2>/dev/null | grep -q '=>'
}

# Sets $vmlinuz, and $kernel to the name of its package.
fetch_kernel() {
	vmlinuz=$("$here/tools/stock.sh" "${kernel:-6.12}")
	kernel=$(basename "$vmlinuz" .vmlinuz)
	say "kernel: $kernel"
}

build_initramfs() {
	root=$work/root
	mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
	cp "$busybox" "$root/bin/busybox"
	for applet in $("$root/bin/busybox" --list); do
		[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
	done
	for program in load drain; do
		gcc -std=gnu11 -O2 -Wall -Wextra -static -pthread \
			-o "$root/bin/$program" "$here/initramfs/$program.c"
	done
	for script in workload tracked trace_dat.sh; do
		cp "$here/initramfs/$script" "$root/bin/$script"
		chmod 755 "$root/bin/$script"
	done
	cp "$here/initramfs/init" "$root/init"
	chmod 755 "$root/init"
	case " $names " in
	*' trace_dat '*) unpack_trace_cmd ;;
	esac
	(cd "$root" && find . | sort |
		cpio -o -H newc -R 0:0 --quiet --reproducible) |
		gzip -1 >"$work/initramfs.gz"
}

build_golden() {
	# shellcheck disable=SC2046 # one word a flag
	gcc -std=gnu11 -O2 -o "$work/golden" "$here/../tests/data/golden.c" \
		$(pkg-config --cflags --libs libtraceevent)
}

# $1: what to record, $2: how many CPUs. Leaves $work/$1.{console,tar,verdict}.
run_guest() {
	say "$1: the guest boots and records"
	: >"$work/$1.tar"
	: >"$work/$1.verdict"
	timeout "$guest_limit" qemu-system-x86_64 \
		-nodefaults -no-reboot -display none \
		-accel tcg -smp "$2" -m 512 \
		-kernel "$vmlinuz" -initrd "$work/initramfs.gz" \
		-append "console=ttyS0 quiet panic=-1 maxcpus=1 RECORD=$1" \
		-serial "file:$work/$1.console" \
		-serial null \
		-device virtio-serial-pci \
		-chardev "file,id=data,path=$work/$1.tar" \
		-device virtserialport,chardev=data,name=ringmap.data \
		-chardev "file,id=verdict,path=$work/$1.verdict" \
		-device virtserialport,chardev=verdict,name=ringmap.verdict \
		</dev/null || guest_failed "$1" "QEMU ended with status $?"
}

guest_failed() {
	say "$1: the console's end:"
	tail -n 20 "$work/$1.console" >&2
	die "$1: $2"
}

# No verdict, or not the archive it speaks of: no recording.
unpack() {
	read -r word sum size <"$work/$1.verdict" ||
		guest_failed "$1" "the guest sent no verdict"
	[ "$word" = complete ] || guest_failed "$1" "the guest did not finish"
	[ "$(stat -c %s "$work/$1.tar")" = "$size" ] ||
		guest_failed "$1" "the archive is not $size bytes"
	echo "$sum  $work/$1.tar" | sha256sum --check --status ||
		guest_failed "$1" "the archive's checksum is wrong"
	mkdir "$work/$1"
	tar -x --no-same-owner -C "$work/$1" -f "$work/$1.tar"
}

# The value of one line of a stats file: $1 the file, $2 the line's name.
stat_of() {
	sed -n "s/^$2: \([0-9]*\)$/\1/p" "$1"
}

# $1: name, $2: folder. Decode it independently of ringmap, and keep what was
# found: the decoder refuses events that do not add up to the kernel's counters.
add_expected() {
	"$work/golden" "$2" >"$work/expected.json" ||
		die "$1: events and counters do not add up"
	mv "$work/expected.json" "$2/expected.json"
}

# $1: name, $2: folder. Whether this is the recording that was wanted.
check() {
	for file in events/header_page trace_clock saved_cmdlines uname; do
		[ -s "$2/$file" ] || die "$1: $file is missing or empty"
	done
	grep -q '\[mono\]' "$2/trace_clock" || die "$1: the clock is not mono"
	grep -q ' ping$' "$2/saved_cmdlines" || die "$1: no task is called ping"
	total=0
	for cpu in 0 1; do
		check_cpu "$1" "$2/per_cpu/cpu$cpu" "CPU $cpu"
		bytes=$(stat -c %s "$2/per_cpu/cpu$cpu/trace_pipe_raw")
		total=$((total + bytes))
	done
	case $1 in
	workload) [ "$total" -ge 700000 ] && [ "$total" -le 1500000 ] ;;
	overrun) [ "$total" -le 200000 ] && has_all_marks "$2/expected.json" ;;
	esac || die "$1: $total bytes of sub-buffers, or the marks of losses," \
		"are not what is wanted; try again"
	say "$1: $total bytes of sub-buffers, checked"
}

# $1: name, $2: the CPU's folder, $3: its name for people.
check_cpu() {
	overrun=$(sed -n 's/^overrun: //p' "$2/stats")
	[ -s "$2/trace_pipe_raw" ] || die "$1: $3 recorded nothing"
	case $1 in
	workload) [ "$overrun" = 0 ] || die "$1: $3 lost $overrun events" ;;
	overrun) [ "$overrun" != 0 ] || die "$1: $3 lost nothing" ;;
	esac
}

# Losses that were counted, and losses that there was no room to count.
has_all_marks() {
	grep -q '"lost_counted": [1-9]' "$1" &&
		grep -q '"lost_unknown": [1-9]' "$1"
}

# $1: name, $2: folder.
write_readme() {
	{
		printf 'SPDX-License-Identifier: LGPL-2.1-or-later OR MIT\n\n'
		"about_$1"
		cat <<END

Kernel:   $kernel, as the distribution built it
          $(cat "$2/uname")
Machine:  QEMU without acceleration, 2 CPUs; nothing of the host is in here
Events:   $(cd "$2/events" && find . -name format | sort |
			sed 's,^\./\(.*\)/\(.*\)/format$,\1:\2,' |
			paste -s -d ' ' | fold -s -w 66 | sed '2,$s/^/          /')
Workload: kernel/initramfs/workload (a pipeline, tasks that wake each other
          across CPUs, timers, short-lived processes, a log to a serial
          port, threads that contend for a lock)
Again:    ./bazelw run //kernel:record -- --out DIR $1

Files have tracefs's own names and contents. trace_pipe_raw holds the
sub-buffers as read(2) returned them, one after the other. expected.json is
what libtraceevent finds in them (tests/data/golden.c).
END
	} | sed 's/ *$//' >"$work/README"
	mv "$work/README" "$2/README"
}

about_workload() {
	cat <<'END'
A recording without losses: rings of 4 MiB a CPU, read after tracing was
switched off. stats was copied before the reading.
END
}

about_overrun() {
	cat <<'END'
A recording with losses: rings of 16 KiB a CPU, read while they were written,
three sub-buffers every 180 ms, and emptied after tracing was switched off.
Sub-buffers that follow a loss are marked, with a count where it had room.
stats.before was copied before the first read, while tracing was on; stats
after the last one.
END
}

# $1: name. Leaves the recording in $work/$1.
make_capture() {
	run_guest "$1" 2
	unpack "$1"
	add_expected "$1" "$work/$1"
	check "$1" "$work/$1"
	write_readme "$1" "$work/$1"
}

# $1: name. Nothing but a recording is ever replaced.
check_target() {
	[ ! -e "$out/$1" ] || [ -e "$out/$1/events/header_page" ] ||
		[ -e "$out/$1/plain_v6.dat" ] ||
		die "$out/$1 exists and is no recording"
}

# $1: name. Copied beside the old one first: a full disk loses neither.
deliver() {
	rm -rf "$out/$1.part"
	cp -R "$work/$1" "$out/$1.part"
	rm -rf "${out:?}/$1"
	mv "$out/$1.part" "$out/$1"
	say "$1: written to $out/$1"
}

parse_arguments() {
	while [ $# -gt 0 ]; do
		case $1 in
		--out | --kernel)
			[ $# -ge 2 ] || die "$1 wants a value"
			case $1 in
			--out) out=$2 ;;
			--kernel) kernel=$2 ;;
			esac
			shift
			;;
		workload | overrun | trace_dat) names="$names $1" ;;
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
	[ -n "$out" ] || die "say where to write: --out DIR"
}

here=$(dirname "$(readlink -f "$0")")/..
# shellcheck disable=SC1091 # it is looked at by itself
. "$here/tools/trace_dat.sh"
# Under "bazel run" the caller's directory is not the current one.
cd "${BUILD_WORKING_DIRECTORY:-.}"

out=
kernel=
names=
parse_arguments "$@"
mkdir -p "$out"
out=$(readlink -f "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

check_tools
fetch_kernel
build_initramfs
build_golden
for name in ${names:-workload overrun}; do
	check_target "$name"
	case $name in
	trace_dat) make_trace_dat ;;
	*) make_capture "$name" ;;
	esac
	deliver "$name"
done
