# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Merges several targets into one static library that programs can link."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# The archive holds one relocatable object whose hidden symbols are local, so
# that they cannot clash with symbols of the program.
_MERGE = """\
set -eu
out=$1
shift
object=$out.o
"$LD" -r -o "$object" --whole-archive "$@"
"$OBJCOPY" --localize-hidden "$object"
rm -f "$out"
"$AR" rcsD "$out" "$object"
rm "$object"
"""

def _own_archives(deps):
    archives = []
    for dep in deps:
        for group in dep[CcInfo].linking_context.linker_inputs.to_list():
            if group.owner.workspace_name:
                continue
            for library in group.libraries:
                archive = library.pic_static_library or library.static_library
                if archive:
                    archives.append(archive)
    return archives

def _rm_static_archive_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    archives = _own_archives(ctx.attr.deps)
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [out],
        inputs = depset(archives, transitive = [toolchain.all_files]),
        command = _MERGE,
        arguments = [out.path] + [archive.path for archive in archives],
        env = {
            "AR": toolchain.ar_executable,
            "LD": toolchain.ld_executable,
            "OBJCOPY": toolchain.objcopy_executable,
        },
        mnemonic = "MergeArchives",
        progress_message = "Merging %s" % out.short_path,
    )
    return [DefaultInfo(
        files = depset([out]),
        runfiles = ctx.runfiles(files = [out]),
    )]

rm_static_archive = rule(
    implementation = _rm_static_archive_impl,
    doc = "Merges the archives of this workspace that deps provide.",
    attrs = {
        "deps": attr.label_list(providers = [CcInfo]),
        "_cc_toolchain": attr.label(
            default = "@bazel_tools//tools/cpp:current_cc_toolchain",
        ),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
)
