# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Java: downloads locked artifacts, builds and tests programs."""

load("//bindings/swig:swig.bzl", "rm_cases_test")
load("//core/bazel:defs.bzl", "LIVE_TAGS", "rm_python_test")

_BUILD = """\
package(default_visibility = ["//visibility:public"])

filegroup(
    name = "jars",
    srcs = glob(["jars/*.jar"]),
)
"""

def _run(ctx, what, command):
    result = ctx.execute(command, timeout = 3600)
    if result.return_code != 0:
        fail("%s failed:\n%s%s" % (what, result.stdout, result.stderr))

def _maven_jars_impl(ctx):
    mvn = ctx.which("mvn")
    if not mvn:
        fail("mvn is missing: install maven (./bazelw does it)")

    # buildifier: disable=print
    print("downloading the artifacts of %s, once" % ctx.attr.pom)
    _run(ctx, "mvn", [
        mvn,
        "--batch-mode",
        "--quiet",
        "--strict-checksums",
        "--file=%s" % ctx.path(ctx.attr.pom),
        "-Dmaven.repo.local=%s" % ctx.path("repository"),
        "-DoutputDirectory=%s" % ctx.path("jars"),
        "org.apache.maven.plugins:maven-dependency-plugin:%s:copy-dependencies" % ctx.attr.plugin,
    ])

    # The downloaded files must be exactly those of the lock file.
    lock = str(ctx.path(ctx.attr.lock))
    _run(
        ctx,
        "the check of %s" % ctx.attr.lock,
        ["sh", "-c", "cd jars && sha256sum --check --strict --quiet '%s' && " % lock +
                     "test \"$(ls | wc -l)\" -eq \"$(grep -vc '^#' '%s')\"" % lock],
    )
    ctx.delete("repository")
    ctx.file("BUILD", _BUILD)

maven_jars = repository_rule(
    implementation = _maven_jars_impl,
    doc = "@NAME//:jars has the dependencies of a pom, checked by a lock file.",
    attrs = {
        "lock": attr.label(mandatory = True),
        "plugin": attr.string(default = "3.5.0"),
        "pom": attr.label(mandatory = True),
    },
)

def rm_java_classes(name, srcs, jars, visibility = None):
    """Builds a jar of programs, for a class path with @jars.

    Args:
      name: the name of the jar without ".jar".
      srcs: the Java files.
      jars: the labels of the jars that they need.
      visibility: the visibility of the jar.
    """
    native.genrule(
        name = name,
        srcs = srcs + jars,
        outs = [name + ".jar"],
        cmd = "classes=$$(mktemp -d) && " +
              "javac -Xlint:all,-classfile -Werror -proc:none -d $$classes -cp " +
              ":".join(["$$(echo $(locations %s) | tr ' ' ':')" % jar for jar in jars]) +
              " " + " ".join(["$(location %s)" % src for src in srcs]) +
              " && jar --create --date=1980-01-01T00:00:02Z --file $@ -C $$classes . && rm -r $$classes",
        visibility = visibility,
    )

def rm_java_tests(jar, arrow):
    """Defines the tests of the Java binding.

    Args:
      jar: the jar of the binding.
      arrow: the jars of Arrow for Java.
    """
    rm_cases_test(
        data = [":cases.jar", jar],
        language = "java",
        runner = ["java -cp bindings/java/ringmap.jar:bindings/java/cases.jar Cases"],
    )
    for name in ["arrow", "readme"]:
        native.sh_test(
            name = name + "_test",
            srcs = ["test/run.sh"],
            args = [name, "$(locations %s)" % arrow],
            data = [
                "README.md",
                ":arrow.jar",
                "//tests/data:recordings",
                arrow,
                jar,
            ],
            tags = ["no-sanitizer"],
        )
    for kind, tags in {"recorded": [], "live": LIVE_TAGS}.items():
        rm_python_test(
            name = "top_tasks_%s_test" % kind,
            args = [
                kind,
                "$(location //examples/c:top_tasks)",
                "'java -cp bindings/java/ringmap.jar examples/java/TopTasks.java'",
            ],
            data = [
                "//examples:java/TopTasks.java",
                "//examples/c:top_tasks",
                "//tests/data:recordings",
                "//tests/data:trace_dat",
                jar,
            ],
            script = "//tests/bindings:top_tasks_test.py",
            tags = tags + ["no-sanitizer"],
        )
