# SPDX-License-Identifier: GPL-2.0-only
"""Finds the cache of kernels, which is outside of any checkout.

Actions do not see the home folder, so that all users can share their results. The
actions that fetch and build kernels need it for their sources and objects.
"""

# Variables without which some machines cannot reach the distribution.
_PROXIES = ["http_proxy", "https_proxy", "no_proxy"]

_BUILD = """\
exports_files(["cache.bzl"])
"""

def _writable(ctx, folder):
    return ctx.execute(["test", "-d", folder, "-a", "-w", folder]).return_code == 0

# The order is that of kernel/tools/package.sh. A user without a home folder gets a folder
# below /tmp, as in ./bazelw.
def _cache(ctx):
    wanted = ctx.os.environ.get("RINGMAP_KERNEL_CACHE")
    if wanted:
        return wanted
    xdg = ctx.os.environ.get("XDG_CACHE_HOME")
    if xdg:
        return xdg + "/ringmap/kernel"
    home = ctx.os.environ.get("HOME", "")
    if home and _writable(ctx, home):
        return home + "/.cache/ringmap/kernel"
    result = ctx.execute(["sh", "-c", """
set -eu
dir=${TMPDIR:-/tmp}/ringmap-kernel-$(id -u)
(umask 077 && mkdir -p -- "$dir")
test "$(stat -c %u -- "$dir")" = "$(id -u)"
printf %s "$dir"
"""])
    if result.return_code != 0:
        fail("no folder for kernels: set RINGMAP_KERNEL_CACHE or HOME")
    return result.stdout

def _kernel_cache_impl(ctx):
    env = {"RINGMAP_KERNEL_CACHE": _cache(ctx)}
    for name in _PROXIES:
        if ctx.os.environ.get(name):
            env[name] = ctx.os.environ[name]
    ctx.file("cache.bzl", "KERNEL_ENV = %s\n" % repr(env))
    ctx.file("BUILD", _BUILD)

kernel_cache = repository_rule(
    implementation = _kernel_cache_impl,
    doc = "@NAME//:cache.bzl has KERNEL_ENV, the environment of kernel/tools.",
    local = True,
    configure = True,
    environ = ["HOME", "RINGMAP_KERNEL_CACHE", "TMPDIR", "XDG_CACHE_HOME"] + _PROXIES,
)
