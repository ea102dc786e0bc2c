# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Makes cc_library targets of system libraries, through pkg-config."""

_BUILD = """\
cc_library(
    name = "{name}",
    hdrs = glob(["include/**/*.h"]),
    defines = {defines},
    includes = {includes},
    linkopts = {linkopts},
    visibility = ["//visibility:public"],
)
"""

def _ask(ctx, tool, *flags):
    result = ctx.execute([tool] + list(flags) + [ctx.attr.package])
    if result.return_code != 0:
        fail(("pkg-config does not know the library %s: install the package " +
              "%s (./bazelw does it)") %
             (ctx.attr.package, ctx.attr.debian_package))
    return [word for word in result.stdout.strip().split(" ") if word]

def _pkg_config_impl(ctx):
    tool = ctx.which("pkg-config")
    if not tool:
        fail("pkg-config is missing: install the package pkg-config " +
             "(./bazelw does it)")

    includes = []
    directories = _ask(ctx, tool, "--cflags-only-I", "--keep-system-cflags")
    for index, flag in enumerate(directories):
        directory = flag[len("-I"):]

        # The compiler searches these folders anyway, and globbing them would
        # make every header of the machine an input.
        if directory in ["/usr/include", "/usr/local/include"]:
            continue
        ctx.symlink(directory, "include/%d" % index)
        includes.append("include/%d" % index)

    defines = [
        flag[len("-D"):]
        for flag in _ask(ctx, tool, "--cflags-only-other")
        if flag.startswith("-D")
    ]
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", _BUILD.format(
        name = ctx.name,
        defines = repr(defines),
        includes = repr(includes),
        linkopts = repr(_ask(ctx, tool, "--libs")),
    ))

pkg_config = repository_rule(
    implementation = _pkg_config_impl,
    doc = "@NAME//:NAME is the library that pkg-config knows as PACKAGE.",
    local = True,
    configure = True,
    environ = ["PKG_CONFIG_PATH", "PATH"],
    attrs = {
        "debian_package": attr.string(mandatory = True),
        "package": attr.string(mandatory = True),
    },
)
