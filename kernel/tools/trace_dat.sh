# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # record.sh sets what is used here
#
# Part of record.sh: two captures that trace-cmd makes in a guest, in the
# versions and compressions that trace.dat files have, and trace-cmd's text.
set -eu

trace_cmd_packages='trace-cmd libtraceevent1 libtracefs1 libzstd1 libc6'
# No file may be larger, since all are kept in the repository.
dat_limit=$((600 * 1024))
# Where a file says how it is compressed: after magic, version and sizes.
compression_offset=18

# Into the guest's files, from where they are run here too; not installed.
unpack_trace_cmd() {
	say "trace-cmd: downloading its packages (not installed)"
	mkdir -p "$work/deb"
	# shellcheck disable=SC2086 # one word a package
	(cd "$work/deb" && apt-get -q -o APT::Sandbox::User=root \
		download $trace_cmd_packages) >&2 ||
		die "cannot download trace-cmd; try apt-get update first"
	for package in "$work"/deb/*.deb; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x -C "$root" --exclude './usr/share' \
				--exclude '*/gconv' --exclude './etc'
	done
	rm -r "$work/deb"
	gcc -O2 -Wall -Wextra -shared -fPIC -Wl,-soname,libzstd.so.1 \
		-o "$work/libzstd.so.1" "$here/tools/zlib_as_zstd.c" -lz
}

# $1: a folder with libraries that come first, or nothing; the rest: arguments.
trace_cmd() {
	libraries=$1:$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu
	shift
	"$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
		--library-path "$libraries" "$root/usr/bin/trace-cmd" "$@"
}

# $1: the capture, $2: version, $3: compression, $4: the new file.
convert() {
	case $3 in
	'') trace_cmd '' convert -i "$1" -o "$4" --file-version "$2" ;;
	zlib)
		trace_cmd "$work" convert -i "$1" -o "$4" \
			--file-version "$2" --compression zstd
		name_compression "$4" zlib
		;;
	*)
		trace_cmd '' convert -i "$1" -o "$4" \
			--file-version "$2" --compression "$3"
		;;
	esac >"$work/convert.log" 2>&1 || {
		cat "$work/convert.log" >&2
		die "trace-cmd cannot make ${4##*/}"
	}
}

# $1: a file, $2: the four letters of an algorithm.
name_compression() {
	printf '%s' "$2" |
		dd of="$1" bs=1 seek="$compression_offset" conv=notrunc \
			status=none
}

# $1: a file, $2: options. Its text.
report() {
	# shellcheck disable=SC2086 # one word an option
	case $1 in
	*_zlib.dat)
		cp "$1" "$work/as_zstd.dat"
		name_compression "$work/as_zstd.dat" zstd
		trace_cmd "$work" report -i "$work/as_zstd.dat" $2
		;;
	*) trace_cmd '' report -i "$1" $2 ;;
	esac 2>"$work/report.log"
}

# $1: the capture's name, $2: folder. The text that all its files must have.
add_text() {
	for options in '-N -R -t' '-N -t'; do
		text=$2/$1.report$(echo "$options" | tr -d ' ').txt
		for file in "$2/$1"_v*.dat; do
			report "$file" "$options" >"$work/text"
			[ -s "$text" ] || cp "$work/text" "$text"
			cmp -s "$text" "$work/text" ||
				die "${file##*/} has another text"
			[ "$(stat -c %s "$file")" -le "$dat_limit" ] ||
				die "${file##*/} is too large; try again"
		done
	done
}

# $1: text; the rest: events that must be in it. No event may be missing.
check_text() {
	text=$1
	shift
	for event; do
		grep -aq "] *[0-9.]*: $event: " "$text" ||
			die "no event $event in ${text##*/}; try again"
	done
	! grep -aq 'EVENTS DROPPED' "$text" || die "${text##*/}: events lost"
}

check_texts() {
	for options in -N-R-t -N-t; do
		check_text "$1/plain.report$options.txt" sched_switch \
			irq_handler_entry hrtimer_start sys_enter ipi_send_cpu \
			task_newtask signal_generate workqueue_execute_start \
			opened kernel_stack print raw_data
		check_text "$1/instances.report$options.txt" sched_switch \
			softirq_entry hrtimer_start ipi_send_cpumask opened \
			print raw_data
	done
}

about_trace_dat() {
	cat <<END
SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

Two captures that trace-cmd made, each in several files of the same events.

plain      the kernel's own buffer, 2 CPUs
instances  3 CPUs; the kernel's own buffer and two instances, ringmap_irq and
           ringmap_timer, with sched_switch in all of them

CAPTURE_vN[_COMPRESSION].dat         the files: "trace-cmd convert" made them
CAPTURE.report-N-R-t.txt.gz          "trace-cmd report" with these options of
CAPTURE.report-N-t.txt.gz            each of the files

Kernel:    $kernel, as the distribution built it
           $(cat "$work/plain/uname")
Machine:   QEMU without acceleration; nothing of the host is in here
trace-cmd: $trace_cmd_version, as the distribution built it; that knows no zlib, so
           the zlib file was made with kernel/tools/zlib_as_zstd.c in the
           place of libzstd
Clock:     mono
Events:    plain: sched, irq, timer, raw_syscalls, ipi, task, signal, workqueue,
           a kprobe with a string and an array (ringmap:opened), kernel_stack,
           marks from user space (print, raw_data)
           instances: see kernel/initramfs/trace_dat.sh; ipi_send_cpumask has
           a cpumask
Workload:  kernel/initramfs/tracked
Again:     ./bazelw run //kernel:record -- --out DIR trace_dat

Before trace-cmd read it, /proc/kallsyms of the guest was shortened to the
functions that the events name and the symbols behind them.

Where the kernel could not read the string of ringmap:opened, its length is 0.
The text with -R has other bytes there: trace-cmd prints what lies behind. The
text without has "".
END
}

# The files and texts, in $work/trace_dat.
make_trace_dat() {
	run_guest plain 2
	unpack plain
	run_guest instances 3
	unpack instances
	dat=$work/trace_dat
	mkdir "$dat"
	convert "$work/plain/plain.dat" 6 '' "$dat/plain_v6.dat"
	for compression in none zlib zstd; do
		convert "$work/plain/plain.dat" 7 "$compression" \
			"$dat/plain_v7_$compression.dat"
	done
	convert "$work/instances/instances.dat" 6 '' "$dat/instances_v6.dat"
	convert "$work/instances/instances.dat" 7 zstd \
		"$dat/instances_v7_zstd.dat"
	add_text plain "$dat"
	add_text instances "$dat"
	check_texts "$dat"
	gzip -9n "$dat"/*.txt
	trace_cmd_version=$(trace_cmd '' --version | sed -n 's/.*version \([^ ]*\).*/\1/p')
	about_trace_dat >"$dat/README"
}
