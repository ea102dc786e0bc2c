# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Go: finds a toolchain, downloads locked modules, builds and tests code."""

load("//bindings/swig:swig.bzl", "rm_cases_test")
load("//core/bazel:defs.bzl", "LIVE_TAGS", "rm_python_test")

# arrow-go needs Go 1.23. The golang of Debian 12 is 1.19.
_OLDEST = 23

_PLACES = [
    "/usr/local/go/bin/go",
    "/usr/lib/go-1.26/bin/go",
    "/usr/lib/go-1.25/bin/go",
    "/usr/lib/go-1.24/bin/go",
    "/usr/lib/go-1.23/bin/go",
]

def _minor(ctx, go):
    """Returns 23 for go1.23.4, or 0 if go does not run."""
    result = ctx.execute([go, "env", "GOVERSION"], environment = {"GOTOOLCHAIN": "local"})
    words = result.stdout.strip().split(".")
    if result.return_code != 0 or len(words) < 2 or words[0] != "go1":
        return 0
    digits = words[1].split("-")[0].split("rc")[0]
    return int(digits) if digits.isdigit() else 0

def _candidates(ctx):
    wanted = ctx.os.environ.get("RINGMAP_GO")
    if wanted:
        return [wanted]
    on_path = ctx.which("go")
    return ([str(on_path)] if on_path else []) + _PLACES

def _go_toolchain_impl(ctx):
    refused = []
    go = ""
    for candidate in _candidates(ctx):
        if go or not ctx.path(candidate).exists:
            continue
        minor = _minor(ctx, candidate)
        if minor >= _OLDEST:
            go = candidate

            # buildifier: disable=print
            print("using %s: Go 1.%d" % (go, minor))
        else:
            refused.append("%s is Go 1.%d" % (candidate, minor))
    missing = "" if go else ("no Go 1.%d or later on PATH or in RINGMAP_GO%s" %
                             (_OLDEST, "".join([", " + one for one in refused])))
    if missing:
        # buildifier: disable=print
        print("skipping targets in Go: " + missing)
    ctx.file("found.bzl", "GO = %r\nGO_MISSING = %r\n" % (go, missing))
    ctx.file("go.txt", go, executable = False)
    ctx.file("BUILD", "exports_files([\"go.txt\"])\n")

go_toolchain = repository_rule(
    implementation = _go_toolchain_impl,
    doc = "found.bzl: GO is a toolchain's path, GO_MISSING the reason if there is none.",
    local = True,
    configure = True,
    environ = ["PATH", "RINGMAP_GO"],
)

# Only the rule below may download modules. HOME and the caches are its own.
_WRAPPER = """\
#!/bin/sh
# {go}
export HOME='{root}' GOPATH='{root}/path' GOCACHE='{root}/cache'
export GOFLAGS='-mod=readonly -trimpath -modcacherw' GOTOOLCHAIN=local
export GOENV=off GOWORK=off GOPROXY="${{RINGMAP_GO_MODULES:-off}}"
exec '{go}' "$@"
"""

def _go_modules_impl(ctx):
    go = ctx.read(ctx.attr.toolchain).strip()
    root = str(ctx.path("."))
    for file in [ctx.attr.mod, ctx.attr.sum]:
        ctx.symlink(file, "lock/" + ctx.path(file).basename)
    proxy = ctx.execute([go, "env", "GOPROXY"]).stdout.strip()
    ctx.file("go", _WRAPPER.format(go = go, root = root))

    # buildifier: disable=print
    print("downloading the modules of %s, once" % ctx.attr.mod)
    result = ctx.execute(
        ["sh", "-c", "cd lock && exec ../go mod download"],
        environment = {"RINGMAP_GO_MODULES": proxy},
        timeout = 3600,
    )
    if result.return_code != 0:
        fail("go mod download failed:\n" + result.stdout + result.stderr)
    ctx.file("BUILD", "exports_files([\"go\"])\n")

go_modules = repository_rule(
    implementation = _go_modules_impl,
    doc = "@NAME//:go runs Go with the modules of a go.mod, checked by its go.sum.",
    attrs = {
        "mod": attr.label(mandatory = True),
        "sum": attr.label(mandatory = True),
        "toolchain": attr.label(mandatory = True),
    },
)

def rm_go_programs(name, programs, srcs, missing):
    """Builds programs and test programs that are linked with the library.

    Args:
      name: the name of the group.
      programs: {file: package}; a package is a folder of the tree. A file that
        ends with _test is the package's tests; one that ends with _asan detects
        leaks and uses of freed memory; readme_go is the first example of the
        README.
      srcs: the sources outside the module.
      missing: the reason why no Go is used, or "".
    """
    if missing:
        return
    native.genrule(
        name = name,
        srcs = srcs + [
            ":module",
            "//bindings/swig:sources",
            "//core:hdr",
            "//core:libringmap.a",
        ],
        outs = programs.keys(),
        cmd = "$(location :go_build.sh) $(location @go_modules//:go) " +
              "$(location //core:libringmap.a) $(RULEDIR) " +
              " ".join(["%s=%s" % item for item in programs.items()]),
        # Go's caches are outside the sandbox.
        local = True,
        # Go's linker does not find the sanitizers' libraries.
        tags = ["no-sanitizer"],
        tools = [
            ":go_build.sh",
            "@go_modules//:go",
        ],
    )

def rm_go_tests(missing):
    """Defines the tests of the Go binding; without Go each is skipped."""
    if missing:
        for name in ["arrow", "asan_cases", "cases", "live", "objects", "readme", "top_tasks_live", "top_tasks_recorded"]:
            native.sh_test(
                name = name + "_test",
                srcs = ["//core/bazel:skip.sh"],
                args = ["'%s'" % missing],
            )
        return
    rm_cases_test(
        data = [":cases_go"],
        language = "go",
        runner = ["bindings/go/cases_go"],
    )
    rm_cases_test(
        name_prefix = "asan_",
        data = [":cases_go_asan"],
        language = "go",
        live = False,
        runner = ["bindings/go/cases_go_asan"],
    )
    for name, program in {"arrow": "arrow_go_test", "objects": "objects_go_test", "readme": "readme_go"}.items():
        native.sh_test(
            name = name + "_test",
            srcs = ["run_test.sh"],
            args = [name, "$(location %s)" % program],
            data = [program, "//tests/data:recordings"],
            tags = ["no-sanitizer"],
        )
    for kind, tags in {"recorded": [], "live": LIVE_TAGS}.items():
        rm_python_test(
            name = "top_tasks_%s_test" % kind,
            args = [kind, "$(location //examples/c:top_tasks)", "bindings/go/top_tasks_go"],
            data = [
                ":top_tasks_go",
                "//examples/c:top_tasks",
                "//tests/data:recordings",
                "//tests/data:trace_dat",
            ],
            script = "//tests/bindings:top_tasks_test.py",
            tags = tags + ["no-sanitizer"],
        )
