# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""//:check has every test that belongs to it, and needs only what it may."""

from own_bazel import OwnBazel
import tree

# Tests that do not belong to it have one of these tags.
TAGS = "guest|languages|live|long|notebook"
# Every test of these packages belongs to it, but for those that trace the
# running kernel and these.
PACKAGES = ("tests/conformance", "tests/lint", "tests/unit")
LEFT_OUT = {
    "//tests/lint:check_suite_test": "starts a Bazel of its own",
    "//tests/lint:compile_commands_test": "starts a Bazel of its own",
}
# Repositories and packages of what it must do without.
FOREIGN = (
    "^(@(arrow_java|go_modules|java|lua|ruby)//"
    "|//bindings/(go|java|lua|ruby)[:/]|//kernel[:/])"
)


def problems_of(bazel):
    """Compare the suite with what should be in it."""
    suite = "tests(//:check)"
    everything = " + ".join(f"//{package}:all" for package in PACKAGES)
    wanted = f"tests({everything}) except attr(tags, '\\blive\\b', {everything})"
    for label in bazel.query(f"({wanted}) except {suite}"):
        if label not in LEFT_OUT:
            yield f"{label}: not in //:check"
    for label in bazel.query(f"attr(tags, '\\b({TAGS})\\b', {suite})"):
        yield f"{label}: in //:check in spite of its tag"
    needed = f"filter('{FOREIGN}', deps({suite}))"
    for package in bazel.query(needed, bazel.python_stand_in, "--output=package"):
        yield f"{package}: //:check needs it"


def main():
    """Ask Bazel."""
    with OwnBazel() as bazel:
        members = bazel.query("tests(//:check)")
        problems = list(problems_of(bazel))
    tree.finish(problems, len(members))


main()
