# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Builds bindings with SWIG and runs the common cases on each of them."""

load("//core/bazel:defs.bzl", "LIVE_TAGS", "rm_python_test")

_HEADERS_BUILD = """\
cc_library(
    name = "headers",
    hdrs = glob(["include/**/*.h"]),
    includes = {includes},
    visibility = ["//visibility:public"],
)
"""

def _language_headers_impl(ctx):
    tool = ctx.which(ctx.attr.probe[0])
    needed = "install %s (./bazelw does it)" % " ".join(ctx.attr.debian_packages)
    if not tool:
        fail("%s is missing: %s" % (ctx.attr.probe[0], needed))
    result = ctx.execute([tool] + ctx.attr.probe[1:])
    if result.return_code != 0:
        fail("the headers of %s are missing: %s" % (ctx.name, needed))
    includes = []
    for word in result.stdout.replace("\n", " ").split(" "):
        directory = word[len("-I"):] if word.startswith("-I") else word
        if not directory:
            continue
        if not ctx.path(directory).exists:
            fail("%s is missing: %s" % (directory, needed))
        ctx.symlink(directory, "include/%d" % len(includes))
        includes.append("include/%d" % len(includes))
    ctx.file("WORKSPACE", "workspace(name = \"%s\")\n" % ctx.name)
    ctx.file("BUILD", _HEADERS_BUILD.format(includes = repr(includes)))

language_headers = repository_rule(
    implementation = _language_headers_impl,
    doc = "@NAME//:headers has the folders that a command prints, with or without -I.",
    local = True,
    configure = True,
    environ = ["PATH", "PKG_CONFIG_PATH"],
    attrs = {
        "debian_packages": attr.string_list(mandatory = True),
        "probe": attr.string_list(mandatory = True),
    },
)

def rm_swig_module(name, language, interface, headers, flags = [], copts = [], outs = [], visibility = None):
    """Builds the shared object @name, which an interpreter loads.

    Args:
      name: the path of the module in the package.
      language: SWIG's option for the language, without the dash.
      interface: the language's .i file, which includes ringmap.i.
      headers: a cc_library with the interpreter's headers.
      flags: more options for SWIG.
      copts: flags that the interpreter's headers need.
      outs: files that SWIG writes beside the C code, for -outdir $(RULEDIR).
      visibility: the visibility of the module.
    """
    stem = language + "_wrap"
    native.genrule(
        name = stem,
        srcs = [
            interface,
            "//bindings/swig:sources",
            "//core:hdr",
        ],
        outs = [stem + ".c"] + outs,
        # Warnings are errors, because SWIG guesses at what it does not know.
        cmd = "swig -%s %s -Wall -Werror -Ibindings/swig -Icore/include -o $(location %s.c) $(location %s)" %
              (language, " ".join(flags), stem, interface),
    )

    # The generated code does not compile without warnings.
    native.cc_library(
        name = stem + "_code",
        srcs = [stem + ".c"],
        alwayslink = True,
        copts = [
            "-std=gnu11",
            "-w",
        ] + copts,
        deps = [
            headers,
            "//bindings/swig:objects",
        ],
    )
    native.cc_binary(
        name = name,
        additional_linker_inputs = ["//bindings/swig:exports.map"],
        linkopts = ["-Wl,--version-script=$(location //bindings/swig:exports.map)"],
        linkshared = True,
        visibility = visibility,
        deps = [stem + "_code"],
    )

def rm_cases_test(language, runner, data, name_prefix = "", live = True, size = "medium", tags = []):
    """Runs tests/bindings/cases.json, the cases that all languages share.

    Args:
      language: the name of the language in that file.
      runner: the words of a command that runs in the root of the tree and reads
        the requests of tests/bindings/run_cases.py from standard input.
      data: the files that the command needs.
      name_prefix: the prefix of the names cases_test and live_test.
      live: also run the cases that need the running kernel.
      size: the size of the tests.
      tags: the tags of the tests.
    """
    needed = data + [
        "//tests/bindings:cases.json",
        "//tests/data:recordings",
        "//tests/data:trace_dat",
    ]
    kinds = {"cases_test": ("recorded", [])}
    if live:
        kinds["live_test"] = ("live", LIVE_TAGS)
    for name, (kind, more) in kinds.items():
        rm_python_test(
            name = name_prefix + name,
            size = size,
            script = "//tests/bindings:run_cases.py",
            # Quotes keep a word with blanks one argument.
            args = [kind, language] + ["'%s'" % word for word in runner],
            data = needed,
            # The interpreters are built without sanitizers.
            tags = tags + more + ["no-sanitizer"],
        )
