# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The flags and rules that every C target of the tree uses."""

COPTS = [
    "-std=gnu11",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wshadow",
    "-Wmissing-prototypes",
    "-Wstrict-prototypes",
    "-Wvla",
    "-Wconversion",
    "-fvisibility=hidden",
]

# A live test needs the machine's own /sys/kernel/tracing, one at a time, and
# its result belongs to that machine and that run: it is never cached.
LIVE_TAGS = ["external", "exclusive", "live", "local"]

def rm_cc_library(name, copts = [], **attrs):
    """A static library built with the project's flags."""
    native.cc_library(
        name = name,
        copts = COPTS + copts,
        linkstatic = True,
        **attrs
    )

def rm_cc_binary(name, copts = [], **attrs):
    """A program built with the project's flags."""
    native.cc_binary(
        name = name,
        copts = COPTS + copts,
        linkstatic = True,
        **attrs
    )

def rm_cc_test(name, size = "small", copts = [], **attrs):
    """A test program built with the project's flags."""
    native.cc_test(
        name = name,
        size = size,
        # Bazel optimises with NDEBUG; in a test assert() must assert.
        copts = COPTS + ["-UNDEBUG"] + copts,
        linkstatic = True,
        **attrs
    )

def rm_check_test(name, deps = [], **attrs):
    """A test program written with Check."""
    rm_cc_test(name = name, deps = deps + ["@check//:check"], **attrs)

def rm_live_test(name, deps = [], tags = [], **attrs):
    """A Check program that traces the running kernel."""
    rm_check_test(name = name, deps = deps, tags = LIVE_TAGS + tags, **attrs)

def rm_python_test(name, script, args = [], data = [], size = "small", **attrs):
    """A test written in Python with nothing but its standard library."""
    native.sh_test(
        name = name,
        size = size,
        srcs = ["//core/bazel:run_python.sh"],
        args = ["$(location %s)" % script] + args,
        data = data + [script],
        **attrs
    )

def rm_checkout_test(name, script, data = [], **attrs):
    """A Python test that looks at the files of the checkout itself.

    What it reads is not declared, so its result is never reused.
    """
    rm_python_test(
        name = name,
        script = script,
        data = data + ["//tests/lint:tree.py"],
        tags = ["external", "local"],
        **attrs
    )

# The interpreter is not built with sanitizers.
_PYTHON_TAGS = ["no-sanitizer"]

def rm_pytest(name, srcs, args = [], data = [], size = "small", tags = [], **attrs):
    """Tests for pytest, which import ringmap from the tree."""
    native.sh_test(
        name = name,
        size = size,
        tags = _PYTHON_TAGS + tags,
        srcs = ["//core/bazel:python_env.sh"],
        args = ["$(location @python_env//:python)", "-m", "pytest"] +
               ["-p", "no:cacheprovider", "--rootdir=.", "-rs"] +
               ["$(location %s)" % src for src in srcs] + args,
        data = data + srcs + [
            "//bindings/python:ringmap",
            "@python_env//:python",
        ],
        **attrs
    )

def rm_notebook_test(name, notebook, checks, args = [], data = [], tags = [], **attrs):
    """Runs a notebook, then @checks on what its cells left behind.

    It is a test's output as HTML, its figures as PNG.
    """
    runner = "//tests/bindings/python:run_notebook.py"
    native.sh_test(
        name = name,
        size = "medium",
        tags = _PYTHON_TAGS + tags,
        srcs = ["//core/bazel:python_env.sh"],
        args = ["$(location @python_env//:python)"] +
               ["$(location %s)" % label for label in [runner, notebook, checks]] +
               args,
        data = data + [
            checks,
            notebook,
            runner,
            "//bindings/python:ringmap",
            "@python_env//:python",
        ],
        **attrs
    )
