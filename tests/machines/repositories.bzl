# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Compilers, libraries and emulators for other machines, from the distribution's packages.

@machine_MACHINE has a compiler with the C library, @machine_MACHINE_libraries the other
libraries and a compiler that finds them, @machine_qemu the emulators. Each is fetched
when a target first needs it.
"""

_LOCK = "//tests/machines:packages.lock"
_FETCH = "//tests/machines:fetch.sh"

# The GNU name of each machine.
_TRIPLETS = {
    "aarch64": "aarch64-linux-gnu",
    "armhf": "arm-linux-gnueabihf",
    "i686": "i686-linux-gnu",
    "riscv64": "riscv64-linux-gnu",
    "s390x": "s390x-linux-gnu",
}

_LONG = 3600

_ATTRS = {
    "_fetch": attr.label(default = _FETCH),
    "_lock": attr.label(default = _LOCK),
}

def _fetch(ctx, set):
    """Unpacks a set of the lock into the repository; the list of its packages."""

    # buildifier: disable=print
    print("downloading the packages %s of %s, once" % (set, _LOCK))
    ctx.report_progress("downloading packages")
    ctx.file("usr/empty", "")
    result = ctx.execute(
        [ctx.path(ctx.attr._fetch), ctx.path(ctx.attr._lock), set, ctx.path(".")],
        timeout = _LONG,
    )
    if result.return_code != 0:
        fail("fetch.sh failed:\n%s%s" % (result.stdout, result.stderr))
    if result.stdout:
        # buildifier: disable=print
        print(result.stdout)

_WRAPPER = """\
#!/bin/sh
# {packages}
LD_LIBRARY_PATH='{root}/usr/lib/x86_64-linux-gnu' exec '{root}/usr/bin/{program}' "$@"
"""

_BUILD = """\
load("@ringmap//tests/machines:toolchain.bzl", "machine_toolchain")

exports_files(
    glob(["version"]) + ["packages.txt"],
    visibility = ["//visibility:public"],
)

filegroup(
    name = "tools",
    srcs = glob(["tools/*"]),
    visibility = ["//visibility:public"],
)

machine_toolchain(
    files = {files},
    includes = {includes},
    machine = "{machine}",
    sysroot = "{sysroot}",
    tools = "{tools}",
)
"""

_GCC_TOOLS = ["gcc", "cpp", "gcov"]
_BINUTILS = ["ar", "dwp", "ld", "nm", "objcopy", "objdump", "strip"]

def _version(ctx, name):
    """The version of the compiler, which is part of the names of its files."""
    prefix = name + "-gcc-"
    for file in ctx.path("usr/bin").readdir():
        rest = file.basename[len(prefix):]
        if file.basename.startswith(prefix) and rest.isdigit():
            return rest
    fail("no %sVERSION among the packages" % prefix)

def _compiler_impl(ctx):
    triplet = _TRIPLETS[ctx.attr.machine]
    _fetch(ctx, ctx.attr.machine)
    root = str(ctx.path("."))
    version = _version(ctx, triplet)
    packages = " ".join(ctx.read("packages.txt").splitlines())
    for tool in _GCC_TOOLS + _BINUTILS:
        program = "%s-%s" % (triplet, tool)
        if tool in _GCC_TOOLS:
            program += "-" + version
        ctx.file("tools/" + tool, _WRAPPER.format(
            packages = packages,
            program = program,
            root = root,
        ))
    ctx.file("sysroot/usr/empty", "")
    ctx.file("BUILD", _BUILD.format(
        files = ["packages.txt", ":tools"],
        includes = _includes(ctx.attr.machine, version, root, root + "/sysroot"),
        machine = ctx.attr.machine + "_core",
        sysroot = root + "/sysroot",
        tools = root + "/tools",
    ))
    ctx.file("version", version)

def _includes(machine, version, root, sysroot):
    triplet = _TRIPLETS[machine]
    return [
        "%s/usr/lib/gcc-cross/%s/%s/include" % (root, triplet, version),
        "%s/usr/lib/gcc-cross/%s/%s/include-fixed" % (root, triplet, version),
        "%s/usr/%s/include" % (root, triplet),
        sysroot + "/usr/include",
    ]

_compiler = repository_rule(
    implementation = _compiler_impl,
    attrs = dict(_ATTRS, machine = attr.string(mandatory = True)),
)

def _libraries_impl(ctx):
    _fetch(ctx, ctx.attr.machine + "-libraries")
    root = str(ctx.path("."))
    version = ctx.path(ctx.attr.compiler)
    compiler = str(version.dirname)
    ctx.file("BUILD", _BUILD.format(
        files = [
            "packages.txt",
            "@machine_%s//:packages.txt" % ctx.attr.machine,
            "@machine_%s//:tools" % ctx.attr.machine,
        ],
        includes = _includes(ctx.attr.machine, ctx.read(version), compiler, root),
        machine = ctx.attr.machine,
        sysroot = root,
        tools = compiler + "/tools",
    ))

_libraries = repository_rule(
    implementation = _libraries_impl,
    attrs = dict(
        _ATTRS,
        compiler = attr.label(mandatory = True),
        machine = attr.string(mandatory = True),
    ),
)

def _qemu_impl(ctx):
    _fetch(ctx, "qemu")
    ctx.file("BUILD", "exports_files(glob([\"usr/bin/qemu-*\"]))\n")

_qemu = repository_rule(implementation = _qemu_impl, attrs = _ATTRS)

def machine_repositories():
    """Declares the repositories of all machines."""
    _qemu(name = "machine_qemu")
    for machine in _TRIPLETS:
        _compiler(name = "machine_" + machine, machine = machine)
        if machine != "riscv64":
            _libraries(
                name = "machine_%s_libraries" % machine,
                compiler = "@machine_%s//:version" % machine,
                machine = machine,
            )
