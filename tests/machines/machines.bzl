# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Tests that are built for another machine and run in an emulator of its processor."""

# Machines with the libraries that ringmap needs.
MACHINES = ["aarch64", "armhf", "i686", "s390x"]

# Machines as Bazel's CPUs and platforms; those with _core have the C library only.
PLATFORMS = MACHINES + ["riscv64_core", "s390x_core"]

_QEMU = {
    "aarch64": "qemu-aarch64",
    "armhf": "qemu-arm",
    "i686": "qemu-i386",
    "riscv64": "qemu-riscv64",
    "s390x": "qemu-s390x",
}

def _for_machine_impl(settings, attr):
    repository = "@machine_" + attr.machine + ("_libraries" if attr.libraries else "")
    platform = attr.machine + ("" if attr.libraries else "_core")
    return {
        "//command_line_option:cpu": platform,
        "//command_line_option:crosstool_top": repository + "//:suite",
        "//command_line_option:extra_toolchains": [repository + "//:registered"],
        "//command_line_option:platforms": ["//tests/machines:%s_platform" % platform],
    }

_for_machine = transition(
    implementation = _for_machine_impl,
    inputs = [],
    outputs = [
        "//command_line_option:cpu",
        "//command_line_option:crosstool_top",
        "//command_line_option:extra_toolchains",
        "//command_line_option:platforms",
    ],
)

def _machine_test_impl(ctx):
    program = ctx.attr.program[0][DefaultInfo]
    runner = ctx.actions.declare_file(ctx.label.name)

    # An emulator is about ten times as slow, and Check ends cases that take long.
    ctx.actions.write(
        runner,
        "#!/bin/sh\nCK_TIMEOUT_MULTIPLIER=10 exec '%s' '%s' \"$@\"\n" % (
            ctx.file.qemu.short_path,
            program.files_to_run.executable.short_path,
        ),
        is_executable = True,
    )
    runfiles = ctx.runfiles(files = [ctx.file.qemu, program.files_to_run.executable])
    return [DefaultInfo(
        executable = runner,
        runfiles = runfiles.merge(program.default_runfiles),
    )]

_machine_test = rule(
    implementation = _machine_test_impl,
    test = True,
    attrs = {
        "libraries": attr.bool(mandatory = True),
        "machine": attr.string(mandatory = True),
        "program": attr.label(cfg = _for_machine, mandatory = True),
        "qemu": attr.label(allow_single_file = True, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)

def rm_machine_test(name, machine, program, libraries, tags = [], **attrs):
    """Builds a test for another machine and runs it.

    Args:
      name: the name of the test.
      machine: the machine.
      program: the test or program.
      libraries: whether it needs more than the C library.
      tags: of the test.
      **attrs: attributes of every test, such as args.
    """
    _machine_test(
        name = name,
        libraries = libraries,
        machine = machine,
        program = program,
        qemu = "@machine_qemu//:usr/bin/" + _QEMU[machine],
        tags = ["no-sanitizer"] + tags,
        **attrs
    )

