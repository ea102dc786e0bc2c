# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""C compilers for other machines, which the repositories of machines.bzl contain."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "feature",
    "flag_group",
    "flag_set",
    "tool_path",
    "with_feature_set",
)

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.preprocess_assemble,
]

# What Bazel asks for by name.
_TOOLS = ["ar", "cpp", "dwp", "gcc", "gcov", "ld", "nm", "objcopy", "objdump", "strip"]

def _flags(actions, flags, modes = []):
    return flag_set(
        actions = actions,
        flag_groups = [flag_group(flags = flags)],
        with_features = [with_feature_set(features = modes)] if modes else [],
    )

def _config_impl(ctx):
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        toolchain_identifier = ctx.attr.machine,
        host_system_name = "local",
        target_system_name = ctx.attr.machine,
        target_cpu = ctx.attr.machine,
        target_libc = "glibc",
        compiler = "gcc",
        abi_version = "local",
        abi_libc_version = "local",
        cxx_builtin_include_directories = ctx.attr.includes,
        tool_paths = [
            tool_path(name = tool, path = ctx.attr.tools + "/" + tool)
            for tool in _TOOLS
        ],
        features = [
            feature(name = "dbg"),
            feature(name = "fastbuild"),
            feature(name = "opt"),
            feature(name = "supports_pic", enabled = True),
            feature(
                name = "machine",
                enabled = True,
                flag_sets = [
                    # Without it the compiler would also search this machine's own
                    # headers and libraries.
                    _flags(
                        _COMPILE + [ACTION_NAMES.cpp_link_executable],
                        ["--sysroot=" + ctx.attr.sysroot],
                    ),
                    _flags(_COMPILE, ["-fno-canonical-system-headers"]),
                    _flags(_COMPILE, ["-O2", "-DNDEBUG"], ["opt"]),
                    # Programs need none of the machine's shared libraries.
                    _flags([ACTION_NAMES.cpp_link_executable], ["-static"]),
                ],
            ),
        ],
    )

_config = rule(
    implementation = _config_impl,
    attrs = {
        "includes": attr.string_list(mandatory = True),
        "machine": attr.string(mandatory = True),
        "sysroot": attr.string(mandatory = True),
        "tools": attr.string(mandatory = True),
    },
    provides = [CcToolchainConfigInfo],
)

def machine_toolchain(machine, tools, includes, sysroot, files):
    """A compiler as :suite for Bazel 4, and as :registered for later versions.

    Args:
      machine: the name of the machine, which is Bazel's name of the CPU, too.
      tools: the absolute path of the folder with the compiler and its tools.
      includes: the absolute paths of folders with headers of the system.
      sysroot: the absolute path of the folder with other libraries.
      files: labels of files that change whenever any of this changes.
    """
    _config(
        name = "config",
        includes = includes,
        machine = machine,
        sysroot = sysroot,
        tools = tools,
    )
    native.filegroup(name = "files", srcs = files)
    native.cc_toolchain(
        name = "toolchain",
        all_files = ":files",
        ar_files = ":files",
        as_files = ":files",
        compiler_files = ":files",
        dwp_files = ":files",
        linker_files = ":files",
        objcopy_files = ":files",
        strip_files = ":files",
        supports_param_files = True,
        toolchain_config = ":config",
        toolchain_identifier = machine,
    )
    native.cc_toolchain_suite(
        name = "suite",
        toolchains = {
            machine: ":toolchain",
            machine + "|gcc": ":toolchain",
        },
        visibility = ["//visibility:public"],
    )
    native.toolchain(
        name = "registered",
        target_compatible_with = ["@ringmap//tests/machines:%s_machine" % machine],
        toolchain = ":toolchain",
        toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
        visibility = ["//visibility:public"],
    )
