# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Manual pages made from the public header."""

def _man_pages_impl(ctx):
    # Which pages there are is for the header to say, so the output is a folder.
    out = ctx.actions.declare_directory(ctx.label.name)
    ctx.actions.run_shell(
        outputs = [out],
        inputs = [ctx.file.generator, ctx.file.header],
        command = "python3 -B \"$1\" \"$2\" \"$3\"",
        arguments = [ctx.file.generator.path, ctx.file.header.path, out.path],
        use_default_shell_env = True,
        mnemonic = "ManPages",
        progress_message = "Making manual pages from %s" %
                           ctx.file.header.short_path,
    )
    return [DefaultInfo(
        files = depset([out]),
        runfiles = ctx.runfiles(files = [out]),
    )]

man_pages = rule(
    implementation = _man_pages_impl,
    doc = "A folder with a section 3 page for each public function.",
    attrs = {
        "generator": attr.label(allow_single_file = [".py"], mandatory = True),
        "header": attr.label(allow_single_file = [".h"], mandatory = True),
    },
)
