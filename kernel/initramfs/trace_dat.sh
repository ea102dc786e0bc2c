# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# shellcheck disable=SC2154 # init sets what is used here
#
# Part of init: recordings that trace-cmd makes, RECORD=plain of the kernel's
# own buffer and RECORD=instances of three buffers.
#
# trace-cmd switches events on, runs "tracked", and switches them off: tracked
# starts the other CPUs, lets the guest work, and stops them again.
set -eu

# Types that few events have: __data_loc of a string that user space gave, and
# an array whose length only the field's size tells.
probe='p:ringmap/opened do_sys_openat2 path=+0(%si):ustring how=+0(%dx):x64[3]'
names=$tracefs/instances/ringmap_names
named_events='timer workqueue ipi sched/sched_process_exec'

# The arguments: folders of the buffers besides the kernel's own.
prepare() {
	export LD_LIBRARY_PATH=/lib/x86_64-linux-gnu:/usr/lib/x86_64-linux-gnu
	export tracefs names
	seed_generator
	# A CPU that was not there since has no ring in a buffer, and trace-cmd
	# reads them all at once.
	mkdir "$names" "$@"
	for cpu in /sys/devices/system/cpu/cpu[1-9]*/online; do
		echo 1 >"$cpu"
		echo 0 >"$cpu"
	done
	# It patches code later, when there are more CPUs.
	echo 0 >/proc/sys/debug/kprobes-optimization
	echo "$probe" >"$tracefs/kprobe_events"
	record_names
}

# The kernel's symbols would be many times as long as the recording. Those
# that are named in the text of the same events are kept; this buffer tells.
record_names() {
	echo 4096 >"$names/buffer_size_kb"
	echo stacktrace:8 >"$names/events/sched/sched_process_exec/trigger"
	for event in $named_events; do
		echo 1 >"$names/events/$event/enable"
	done
}

# $1: the file, $2: the share of the workload; the rest: trace-cmd's events and
# buffers.
record_with_trace_cmd() {
	file=$1
	share=$2
	shift 2
	/usr/bin/trace-cmd record -q --file-version 7 --compression none \
		-C mono -b 4096 --cmdlines-size 1024 -o "$out/$file" "$@" \
		/bin/tracked "$share"
	uname -a >"$out/uname"
}

record_plain() {
	prepare
	record_with_trace_cmd plain.dat 8 \
		-e sched -e sched:sched_process_exec -R stacktrace:8 \
		-e irq -e timer -e raw_syscalls -e ipi -e task -e signal \
		-e workqueue -e ringmap:opened
}

# Each buffer has events of its own, and one event is in all of them.
record_instances() {
	prepare "$tracefs/instances/ringmap_irq" \
		"$tracefs/instances/ringmap_timer"
	record_with_trace_cmd instances.dat 20 \
		-e sched:sched_switch -e sched:sched_waking -e task \
		-B ringmap_irq -e irq -e ipi -e sched:sched_switch \
		-B ringmap_timer -e timer -e ringmap:opened \
		-e sched:sched_switch
}
