# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Which suites run on other machines.

Those that trace the running kernel do not, and neither do those with data from outside
of the tree. A test compares the lists with //tests/unit.
"""

load(":machines.bzl", "rm_machine_test")

# They need nothing but the C library.
CORE_TESTS = [
    "clock_back_test",
    "consume_test",
    "count_test",
    "drain_test",
    "epoch_test",
    "error_test",
    "file_test",
    "follow_test",
    "fork_test",
    "heap_test",
    "image_test",
    "index_test",
    "layout_test",
    "map_test",
    "meta_test",
    "mode_ops_test",
    "open_test",
    "opts_test",
    "page_corrupt_test",
    "page_header_test",
    "page_test",
    "recorded_test",
    "ring_test",
    "scan_test",
    "settle_test",
    "trace_merge_test",
    "trace_open_test",
    "trace_test",
    "tracefs_test",
    "wait_test",
    "wide_test",
]

LIBRARY_TESTS = [
    "batch_test",
    "carry_test",
    "dat_chunk_test",
    "dat_cut_test",
    "dat_hostile_test",
    "dat_instance_test",
    "dat_open_test",
    "dat_option_test",
    "dat_schema_test",
    "dict_test",
    "event_print_test",
    "filter_test",
    "format_corrupt_test",
    "format_field_test",
    "fused_test",
    "gather_list_test",
    "gather_named_test",
    "gather_test",
    "gather_text_test",
    "nomem_test",
    "print_fmt_test",
    "print_line_test",
    "readahead_test",
    "reader_live_test",
    "reader_ordered_test",
    "reader_refused_test",
    "reader_stream_test",
    "reader_test",
    "reader_threads_test",
    "record_lists_test",
    "schema_bytes_test",
    "schema_test",
    "sorted_text_test",
    "swapped_test",
    "table_arrow_test",
    "table_open_test",
    "table_random_test",
    "table_test",
    "trace_dat_test",
    "utf8_test",
]

# The explorer's options: consumers, losses and resets, with fewer runs than on this
# machine, because an emulator is about ten times as slow.
_EXPLORE = ["--runs", "40"] + [
    word
    for may in ["0x39", "0xb9", "0xaa", "0x83", "0x41", "0xf8"]
    for word in ["--may", may]
]

def _suite(machine, libraries, tests):
    programs = {name: "//tests/unit:" + name for name in tests}
    programs["explore"] = "//tests/conformance:explore"
    args = {"explore": _EXPLORE}
    if libraries:
        for backend in ["image", "sim"]:
            programs["conformance_" + backend] = "//tests/conformance:%s_test" % backend
            args["conformance_" + backend] = [backend]
    for name, program in programs.items():
        rm_machine_test(
            name = machine + "_" + name,
            size = "large",
            # An emulator shares a busy machine with others of its kind.
            timeout = "eternal",
            args = args.get(name, []),
            libraries = libraries,
            machine = machine,
            program = program,
            tags = ["manual"],
        )
    native.test_suite(
        name = machine,
        tags = ["manual"],
        tests = [machine + "_" + name for name in programs],
    )

def rm_machine_suite(machine):
    """All suites on a machine with all libraries; MACHINE_NAME is one of them."""
    _suite(machine, True, CORE_TESTS + LIBRARY_TESTS)

def rm_core_suite(machine):
    """The suites of the core, on a machine with the C library only."""
    _suite(machine, False, CORE_TESTS)
