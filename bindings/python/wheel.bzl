# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""A wheel of the package that Bazel built."""

# What wheels call the machines that Bazel knows by other names.
_MACHINES = {
    "k8": "x86_64",
    "piii": "i686",
}

def _wheel_impl(ctx):
    cpu = ctx.var["TARGET_CPU"]
    platform = "linux_" + _MACHINES.get(cpu, cpu)
    name = "ringmap-%s-cp39-abi3-%s.whl" % (ctx.attr.version, platform)
    wheel = ctx.actions.declare_file(name)
    args = ctx.actions.args()
    args.add(ctx.file._script)
    args.add_all([wheel, ctx.file.metadata, ctx.file.readme])
    args.add_all(ctx.files.package + ctx.files.licences)
    ctx.actions.run(
        executable = ctx.file._python,
        arguments = [args],
        inputs = [ctx.file._script, ctx.file.metadata, ctx.file.readme] +
                 ctx.files.package + ctx.files.licences,
        outputs = [wheel],
        mnemonic = "Wheel",
        use_default_shell_env = True,
    )
    return [DefaultInfo(
        files = depset([wheel]),
        runfiles = ctx.runfiles(files = [wheel]),
    )]

rm_wheel = rule(
    implementation = _wheel_impl,
    attrs = {
        "licences": attr.label_list(allow_files = True),
        "metadata": attr.label(allow_single_file = True, mandatory = True),
        "package": attr.label(mandatory = True),
        "readme": attr.label(allow_single_file = True, mandatory = True),
        # In the file's name; wheel.py refuses another than the package's.
        "version": attr.string(default = "0.1.0"),
        "_python": attr.label(
            allow_single_file = True,
            default = "@python_env//:python",
        ),
        "_script": attr.label(
            allow_single_file = True,
            default = "//bindings/python:wheel.py",
        ),
    },
)
