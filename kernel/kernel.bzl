# SPDX-License-Identifier: GPL-2.0-only
"""Kernels, initramfs images, and tests that boot them as guests in QEMU."""

load("@kernel_cache//:cache.bzl", "KERNEL_ENV")
load("//core/bazel:defs.bzl", "rm_cc_binary", "rm_python_test")

# The tools find the files of kernel/ beside themselves, and keep sources and objects
# in the user's cache. Their actions therefore run outside of Bazel's sandbox.
_OUTSIDE = {
    "local": "1",
    "no-remote": "1",
    "no-sandbox": "1",
    "requires-network": "1",
}

# Statically linked programs cannot have sanitizers.
_STATIC_TAGS = ["no-sanitizer"]

def _run_tool(ctx, tool, outputs, arguments, message):
    ctx.actions.run(
        outputs = outputs,
        inputs = ctx.files._sources,
        executable = tool,
        arguments = arguments,
        # Before version 7, Bazel ignores env with use_default_shell_env.
        env = dict(ctx.configuration.default_shell_env, **KERNEL_ENV),
        execution_requirements = _OUTSIDE,
        mnemonic = "Kernel",
        progress_message = message,
    )

def _kernel_image_impl(ctx):
    image = ctx.actions.declare_file(ctx.label.name)
    config = ctx.actions.declare_file(ctx.label.name + ".config")
    _run_tool(
        ctx,
        ctx.file._tool,
        [image, config],
        [
            "--base",
            ctx.attr.base,
            "--flavour",
            ctx.attr.flavour,
            "--variant",
            ctx.attr.variant,
            "--out",
            image.path,
        ],
        "Building Linux %s, %s, %s" %
        (ctx.attr.base, ctx.attr.flavour, ctx.attr.variant),
    )
    return [
        DefaultInfo(
            files = depset([image]),
            runfiles = ctx.runfiles(files = [image]),
        ),
        OutputGroupInfo(config = depset([config])),
    ]

kernel_image = rule(
    implementation = _kernel_image_impl,
    doc = "A kernel built from the distribution's source, by kernel/tools/build.sh.",
    attrs = {
        "base": attr.string(mandatory = True),
        "flavour": attr.string(default = "ours", values = ["ours", "stock"]),
        "variant": attr.string(default = "plain", values = ["plain", "debug", "kasan"]),
        "_sources": attr.label(default = "//kernel:sources"),
        "_tool": attr.label(default = "//kernel:tools/build.sh", allow_single_file = True),
    },
)

def _stock_kernel_impl(ctx):
    image = ctx.actions.declare_file(ctx.label.name)
    _run_tool(
        ctx,
        ctx.file._tool,
        [image],
        ["--out", image.path, ctx.attr.base],
        "Fetching the distribution's Linux %s" % ctx.attr.base,
    )
    return [DefaultInfo(
        files = depset([image]),
        runfiles = ctx.runfiles(files = [image]),
    )]

stock_kernel = rule(
    implementation = _stock_kernel_impl,
    doc = "A kernel as the distribution built it.",
    attrs = {
        "base": attr.string(mandatory = True),
        "_sources": attr.label(default = "//kernel:fetching"),
        "_tool": attr.label(default = "//kernel:tools/stock.sh", allow_single_file = True),
    },
)

def _initramfs_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    inputs = [ctx.file.init]
    members = ["init=" + ctx.file.init.path]
    lines = []
    for target, words in ctx.attr.programs.items():
        program = target[DefaultInfo].files_to_run.executable
        path = "bin/" + program.basename
        inputs.append(program)
        members.append("%s=%s" % (path, program.path))
        lines.append(" ".join(["/" + path] + ([words] if words else [])) + "\\n")
    for target, path in ctx.attr.files.items():
        inputs.append(target[DefaultInfo].files.to_list()[0])
        members.append("%s=%s" % (path, inputs[-1].path))
    members.append("etc/programs:=" + "".join(lines))
    ctx.actions.run(
        outputs = [out],
        inputs = inputs + [ctx.file._tool],
        executable = ctx.executable._python,
        arguments = [ctx.file._tool.path, out.path] + members,
        mnemonic = "Initramfs",
    )
    return [DefaultInfo(
        files = depset([out]),
        runfiles = ctx.runfiles(files = [out]),
    )]

_initramfs = rule(
    implementation = _initramfs_impl,
    attrs = {
        "files": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "Other files, and their paths in the guest.",
        ),
        "init": attr.label(
            allow_single_file = True,
            default = "//kernel/guest:guest_init",
        ),
        "programs": attr.label_keyed_string_dict(
            doc = "Programs and their arguments; a program becomes /bin/NAME.",
        ),
        "_python": attr.label(
            allow_single_file = True,
            cfg = "exec",
            default = "//core/bazel:run_python.sh",
            executable = True,
        ),
        "_tool": attr.label(
            allow_single_file = True,
            default = "//kernel:tools/make_initramfs.py",
        ),
    },
)

def initramfs(name, tags = [], **attrs):
    """An initramfs with an init and the programs that it runs, in this order."""
    _initramfs(name = name, tags = _STATIC_TAGS + tags, **attrs)

def guest_program(name, tags = [], linkopts = [], **attrs):
    """A statically linked program for an initramfs."""
    rm_cc_binary(
        name = name,
        features = ["fully_static_link"],
        linkopts = ["-static"] + linkopts,
        tags = _STATIC_TAGS + tags,
        **attrs
    )

def qemu_test(
        name,
        kernel,
        initramfs,
        expected,
        kernel_name,
        cpus = 2,
        memory = 512,
        limit = 600,
        append = "",
        one_thread = False,
        require = [],
        tags = []):
    """Boots a guest; passes if its report is complete and as expected.

    Args:
      name: the name of the test.
      kernel: a kernel_image() or stock_kernel().
      initramfs: an initramfs().
      expected: the file with the expectations.
      kernel_name: what that file calls the kernel.
      cpus: of the guest.
      memory: of the guest, in MiB.
      limit: seconds until the guest must have ended, on a machine with other work.
      append: more of the kernel's command line.
      one_thread: emulates all CPUs in one thread. Kernels that patch their own code
        need it: QEMU before 8.1 can translate code while another CPU patches it.
      require: texts that the console must have.
      tags: of the test, besides those of every guest.
    """
    rm_python_test(
        name = name,
        size = "large",
        timeout = "long" if limit < 800 else "eternal",
        script = "//kernel:tools/run_guest.py",
        args = [
            "--kernel=$(location %s)" % kernel,
            "--initramfs=$(location %s)" % initramfs,
            "--expected=$(location %s)" % expected,
            "--name=" + kernel_name,
            "--cpus=%d" % cpus,
            "--memory=%d" % memory,
            "--limit=%d" % limit,
            "'--append=%s'" % append,
        ] + (["--one-thread"] if one_thread else []) +
        ["'--require=%s'" % text for text in require],
        data = [kernel, initramfs, expected, "//kernel:tools/verdict.py"],
        # Local, because /dev/kvm is there. As many guests as there are processors
        # run side by side; live tests, which are exclusive, run after them.
        tags = _STATIC_TAGS + ["guest", "local"] + tags,
    )
