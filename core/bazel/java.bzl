# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""Java: a development kit that is found, artifacts that checksums lock."""

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

    # All that came, and nothing else, is what was locked.
    lock = str(ctx.path(ctx.attr.lock))
    _run(
        ctx,
        "the check of %s" % ctx.attr.lock,
        ["sh", "-c", "cd jars && sha256sum --check --strict --quiet '%s' && " % lock +
                     "test \"$(ls | wc -l)\" -eq \"$(wc -l <'%s')\"" % lock],
    )
    ctx.delete("repository")
    ctx.file("BUILD", _BUILD)

maven_jars = repository_rule(
    implementation = _maven_jars_impl,
    doc = "@NAME//:jars: what a pom asks for, with the checksums of a lock file.",
    attrs = {
        "lock": attr.label(mandatory = True),
        "plugin": attr.string(default = "3.5.0"),
        "pom": attr.label(mandatory = True),
    },
)

def rm_java_classes(name, srcs, jars, visibility = None):
    """A jar of programs, for a class path with @jars.

    Args:
      name: the jar is NAME.jar.
      srcs: Java files.
      jars: labels of what they need.
      visibility: of the jar.
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
