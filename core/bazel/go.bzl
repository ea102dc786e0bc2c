# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Go: a toolchain that is found, modules that go.sum locks, programs of both."""

# arrow-go asks for it; Debian 12's golang is 1.19.
_OLDEST = 23

_PLACES = [
    "/usr/local/go/bin/go",
    "/usr/lib/go-1.26/bin/go",
    "/usr/lib/go-1.25/bin/go",
    "/usr/lib/go-1.24/bin/go",
    "/usr/lib/go-1.23/bin/go",
]

def _minor(ctx, go):
    """The 23 of go1.23.4; 0: it does not run."""
    result = ctx.execute([go, "env", "GOVERSION"], environment = {"GOTOOLCHAIN": "local"})
    words = result.stdout.strip().split(".")
    if result.return_code != 0 or len(words) < 2 or words[0] != "go1":
        return 0
    digits = words[1].split("-")[0].split("rc")[0]
    return int(digits) if digits.isdigit() else 0

def _go_toolchain_impl(ctx):
    found = ctx.which("go")
    candidates = [ctx.os.environ.get("RINGMAP_GO"), str(found) if found else None] + _PLACES
    refused = []
    go = ""
    for candidate in candidates:
        if go or not candidate or not ctx.path(candidate).exists:
            continue
        minor = _minor(ctx, candidate)
        if minor >= _OLDEST:
            go = candidate

            # buildifier: disable=print
            print("%s is used: Go 1.%d" % (go, minor))
        else:
            refused.append("%s is Go 1.%d" % (candidate, minor))
    missing = "" if go else ("no Go of 1.%d or later on PATH or in RINGMAP_GO%s" %
                             (_OLDEST, "".join([", " + one for one in refused])))
    if missing:
        # buildifier: disable=print
        print("targets in Go are skipped: " + missing)
    ctx.file("found.bzl", "GO = %r\nGO_MISSING = %r\n" % (go, missing))
    ctx.file("go.txt", go, executable = False)
    ctx.file("BUILD", "exports_files([\"go.txt\"])\n")

go_toolchain = repository_rule(
    implementation = _go_toolchain_impl,
    doc = "found.bzl: GO is a toolchain's path, or GO_MISSING says why there is none.",
    local = True,
    configure = True,
    environ = ["PATH", "RINGMAP_GO"],
)

# Nothing is fetched but by the rule below. The caches belong to it.
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

def rm_go_programs(name, programs, srcs, visibility = None):
    """Programs and test programs, linked with the library.

    Args:
      name: of the group.
      programs: {file: package}, relative to the root of the tree; a file that
        ends with _test is the package's tests.
      srcs: all that they are made of.
      visibility: of the programs.
    """
    native.genrule(
        name = name,
        srcs = srcs + [
            "//bindings/go:module",
            "//bindings/swig:sources",
            "//core:hdr",
            "//core:libringmap.a",
        ],
        outs = programs.keys(),
        cmd = "$(location //core/bazel:go_build.sh) $(location @go_modules//:go) " +
              "$(location //core:libringmap.a) $(RULEDIR) " +
              " ".join(["%s=%s" % item for item in programs.items()]),
        # The caches of Go are outside the sandbox.
        local = True,
        tools = [
            "//core/bazel:go_build.sh",
            "@go_modules//:go",
        ],
        visibility = visibility,
    )
