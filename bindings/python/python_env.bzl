# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Python and its packages, for the targets that need more than a python3.

There are two repositories. Bazel searches for the interpreter whenever it
starts. It makes the environment again only if the interpreter or the
requirements have changed. Neither is made before a target needs it.
"""

# The distribution's python3 comes first: ./bazelw installs it with its headers,
# while the user may change other interpreters on PATH at any time.
_DISTRIBUTION = "/usr/bin/python3"

# Prints the properties of an interpreter, or the reason why it cannot be used.
_PROBE = """\
import os, sys, sysconfig
if sys.version_info < (3, 9):
    sys.exit("it is %d.%d, older than 3.9" % sys.version_info[:2])
include = sysconfig.get_paths()["include"]
if not os.path.exists(os.path.join(include, "Python.h")):
    sys.exit("it has no headers (python3-dev): no Python.h in " + include)
try:
    import ensurepip, venv
except ImportError as error:
    sys.exit("it makes no environments (python3-venv): %s" % error)
print(os.path.realpath(sys.executable))
print("%d.%d.%d" % sys.version_info[:3], sys.implementation.cache_tag)
print(include)
"""

_LONG = 3600

_INTERPRETER_BUILD = """\
exports_files(["interpreter.txt"])

cc_library(
    name = "headers",
    hdrs = glob(["include/**/*.h"]),
    includes = ["include"],
    visibility = ["//visibility:public"],
)
"""

def _candidates(ctx):
    wanted = ctx.os.environ.get("RINGMAP_PYTHON")
    if wanted:
        return [wanted]
    found = [_DISTRIBUTION]
    for directory in ctx.os.environ.get("PATH", "").split(":"):
        if directory.startswith("/"):
            found.append(directory + "/python3")
    return found

def _python_interpreter_impl(ctx):
    refused = []
    seen = {}
    for python in _candidates(ctx):
        if python in seen or not ctx.path(python).exists:
            continue
        seen[python] = True

        # -I ignores packages that the user's variables would add.
        result = ctx.execute([python, "-I", "-c", _PROBE])
        if result.return_code == 0:
            # buildifier: disable=print
            print("using %s: Python %s" %
                  (python, result.stdout.splitlines()[1]))
            ctx.file("interpreter.txt", result.stdout, executable = False)
            ctx.symlink(result.stdout.splitlines()[2], "include")
            ctx.file("BUILD", _INTERPRETER_BUILD)
            return
        lines = result.stderr.strip().splitlines()
        reason = lines[-1] if lines else "it does not run"
        refused.append("%s: %s" % (python, reason))

        # buildifier: disable=print
        print("not using %s: %s" % (python, reason))
    fail("no Python 3.9 or later with headers: install python3-dev and " +
         "python3-venv (./bazelw does it), or set RINGMAP_PYTHON to the path " +
         "of another. " +
         ("; ".join(refused) or "None of these exists: " + ", ".join(_candidates(ctx))))

python_interpreter = repository_rule(
    implementation = _python_interpreter_impl,
    doc = "Finds a python3; interpreter.txt has its path, :headers its headers.",
    local = True,
    configure = True,
    environ = ["RINGMAP_PYTHON"],
)

_BUILD = """\
package(default_visibility = ["//visibility:public"])

exports_files(["python", "packages.txt"])
"""

# Targets depend on this file instead of the thousands in the environment. It
# lists the packages, so that it changes whenever the environment does.
_WRAPPER = """\
#!/bin/sh
# Packages: {packages}
exec '{python}' "$@"
"""

def _run(ctx, what, *command):
    result = ctx.execute(command, timeout = _LONG)
    if result.return_code != 0:
        fail("%s failed:\n%s%s" % (what, result.stdout, result.stderr))
    return result.stdout

def _python_env_impl(ctx):
    interpreter = ctx.read(ctx.attr.interpreter).splitlines()[0]
    requirements = ctx.path(ctx.attr.requirements)
    ctx.report_progress("making a Python environment")
    _run(ctx, "python3 -m venv", interpreter, "-I", "-m", "venv", "venv")
    python = str(ctx.path("venv/bin/python"))

    # buildifier: disable=print
    print("installing the packages of %s, once" % requirements.basename)
    ctx.report_progress("installing Python packages")
    _run(
        ctx,
        "installing Python packages",
        *([python, "-I", "-m", "pip", "--disable-pip-version-check"] +
          ["install", "--quiet", "--no-input", "--require-hashes"] +
          ["--only-binary=:all:", "--requirement=%s" % requirements])
    )
    _run(ctx, "pip check", python, "-I", "-m", "pip", "check")
    packages = _run(ctx, "pip freeze", python, "-I", "-m", "pip", "freeze", "--all")
    ctx.file("packages.txt", packages, executable = False)
    ctx.file("python", _WRAPPER.format(
        packages = " ".join(packages.splitlines()),
        python = python,
    ))
    ctx.file("BUILD", _BUILD)

python_env = repository_rule(
    implementation = _python_env_impl,
    doc = "A virtual environment: @NAME//:python runs Python in it.",
    attrs = {
        "interpreter": attr.label(mandatory = True),
        "requirements": attr.label(mandatory = True),
    },
)
