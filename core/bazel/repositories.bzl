# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""All repositories outside this tree.

They are on the local machine, except for the packages that @python_env,
@go_modules and @arrow_java download.
"""

load("//bindings/go:go.bzl", "go_modules", "go_toolchain")
load("//bindings/java:java.bzl", "maven_jars")
load("//bindings/python:python_env.bzl", "python_env", "python_interpreter")
load("//bindings/swig:swig.bzl", "language_headers")
load("//kernel:kernel_cache.bzl", "kernel_cache")
load("//core/bazel:pkg_config.bzl", "pkg_config")
load("//core/bazel:stand_ins.bzl", "coverage_stand_in", "distribution_rules", "rules_cc_stand_in")
load("//tests/machines:repositories.bzl", "machine_repositories")

def _needs_stand_ins(version):
    # Distribution builds of Bazel 4 do not report a version.
    return version == "" or int(version.split(".")[0]) < 5

def ringmap_repositories():
    """Declares the repositories that this workspace and Bazel itself need."""
    if _needs_stand_ins(native.bazel_version):
        # Bazel 4 would fetch these from the network, for languages and
        # coverage tools that are not used here. Later versions contain them.
        rules_cc_stand_in(name = "rules_cc")
        coverage_stand_in(name = "remote_coverage_tools")
        distribution_rules(
            name = "rules_java",
            debian_package = "bazel-rules-java",
            path = "/usr/share/bazel/rules/java",
        )
        distribution_rules(
            name = "rules_proto",
            debian_package = "bazel-rules-proto",
            path = "/usr/share/bazel/rules/proto",
        )

    pkg_config(
        name = "libtracefs",
        debian_package = "libtracefs-dev",
        package = "libtracefs",
    )
    pkg_config(
        name = "libtraceevent",
        debian_package = "libtraceevent-dev",
        package = "libtraceevent",
    )
    pkg_config(
        name = "zlib",
        debian_package = "zlib1g-dev",
        package = "zlib",
    )
    pkg_config(
        name = "libzstd",
        debian_package = "libzstd-dev",
        package = "libzstd",
    )
    pkg_config(
        name = "check",
        debian_package = "check",
        package = "check",
    )

    kernel_cache(name = "kernel_cache")
    machine_repositories()

    python_interpreter(name = "python_interpreter")
    python_env(
        name = "python_env",
        interpreter = "@python_interpreter//:interpreter.txt",
        requirements = "//bindings/python:requirements.txt",
    )

    # Bazel looks for these when a target of the language is built.
    language_headers(
        name = "lua",
        debian_packages = ["lua5.4", "liblua5.4-dev"],
        probe = ["pkg-config", "--cflags-only-I", "--keep-system-cflags", "lua5.4"],
    )
    language_headers(
        name = "ruby",
        debian_packages = ["ruby", "ruby-dev"],
        probe = ["ruby", "-rrbconfig", "-e", "puts RbConfig::CONFIG.values_at('rubyhdrdir', 'rubyarchhdrdir')"],
    )
    language_headers(
        name = "java",
        debian_packages = ["openjdk-17-jdk-headless"],
        probe = ["sh", "-c", "javac=$(command -v javac) && home=$(dirname \"$(dirname \"$(readlink -f \"$javac\")\")\") && echo \"$home/include $home/include/linux\""],
    )
    maven_jars(
        name = "arrow_java",
        lock = "//bindings/java:arrow.sha256",
        pom = "//bindings/java:arrow.xml",
    )
    go_toolchain(name = "go_toolchain")
    go_modules(
        name = "go_modules",
        mod = "//bindings/go:go.mod",
        sum = "//bindings/go:go.sum",
        toolchain = "@go_toolchain//:go.txt",
    )
