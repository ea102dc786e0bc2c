# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Local stand-ins for repositories that old Bazel versions want to fetch."""

# The names that packages of Bazel 4 load from @rules_cc//cc:defs.bzl.
_CC_NAMES = [
    "cc_binary",
    "cc_import",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
    "fdo_prefetch_hints",
    "fdo_profile",
    "objc_import",
    "objc_library",
]

def _rules_cc_stand_in_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", "")
    ctx.file("cc/BUILD", "")
    ctx.file("cc/defs.bzl", "".join([
        "def {0}(**attrs):\n    native.{0}(**attrs)\n\n".format(name)
        for name in _CC_NAMES
    ]))

rules_cc_stand_in = repository_rule(
    implementation = _rules_cc_stand_in_impl,
    doc = "A @rules_cc whose rules are the native rules of Bazel.",
)

def _coverage_stand_in_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", "".join([
        "filegroup(name = \"%s\", visibility = [\"//visibility:public\"])\n" % name
        for name in ["coverage_report_generator", "lcov_merger"]
    ]))

coverage_stand_in = repository_rule(
    implementation = _coverage_stand_in_impl,
    doc = "Declares the coverage tools that every test depends on; none is run.",
)

def _distribution_rules_impl(ctx):
    source = ctx.path(ctx.attr.path)
    if not source.exists:
        fail("%s is missing: install the package %s (./bazelw does it)" %
             (ctx.attr.path, ctx.attr.debian_package))
    for entry in source.readdir():
        ctx.symlink(entry, entry.basename)

distribution_rules = repository_rule(
    implementation = _distribution_rules_impl,
    doc = "A repository that a package of the distribution installs.",
    local = True,
    attrs = {
        "debian_package": attr.string(mandatory = True),
        "path": attr.string(mandatory = True),
    },
)
