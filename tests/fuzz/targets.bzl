# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The two programs that a fuzz target becomes."""

load("//core/bazel:defs.bzl", "rm_cc_binary", "rm_cc_test")

_DEPS = [
    "//core:internal",
    "//core:ringmap",
    "//tests/support:must",
]

def rm_fuzz_target(name, srcs = [], deps = []):
    """A fuzz target, and its corpus as an ordinary test."""
    fuzzer = ["fuzzer.h", name + "_fuzzer.c"] + srcs
    corpus = "tests/fuzz/corpus/" + name
    files = native.glob(["corpus/%s/*" % name])
    if not files:
        fail("tests/fuzz: %s has no corpus" % name)

    # With --config=fuzz it is libFuzzer that calls the target. Else it is the
    # replay, so that the program can always be built.
    rm_cc_binary(
        name = name,
        testonly = True,
        srcs = fuzzer + select({
            ":fuzzing": ["fuzz_start.c"],
            "//conditions:default": ["replay_main.c"],
        }),
        data = files,
        linkopts = select({
            ":fuzzing": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        local_defines = ["RM_FUZZ_CORPUS='\"%s\"'" % corpus],
        deps = _DEPS + deps,
    )

    rm_cc_test(
        name = name + "_replay",
        srcs = fuzzer + ["replay_main.c"],
        data = files,
        local_defines = ["RM_FUZZ_CORPUS='\"%s\"'" % corpus],
        deps = _DEPS + deps,
    )
