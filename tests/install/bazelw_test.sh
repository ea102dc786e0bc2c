#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# bazelw installs what is missing, says so, and otherwise only runs Bazel.
# Every program that it could change the machine with is a recorder here.
#
# usage: bazelw_test.sh BAZELW PACKAGES LANGUAGE_PACKAGES
set -eu

checkout=$TEST_TMPDIR/checkout
bin=$TEST_TMPDIR/bin
calls=$TEST_TMPDIR/calls
mkdir -p "$checkout/core/bazel" "$bin" "$TEST_TMPDIR/home"
cp "$1" "$checkout/bazelw"
cp "$2" "$checkout/core/bazel/packages.txt"
cp "$3" "$checkout/core/bazel/language-packages.txt"

for tool in sh dirname mkdir stat env cat; do
	ln -s "$(command -v "$tool")" "$bin/$tool"
done

fake() {
	cat >"$bin/$1"
	chmod +x "$bin/$1"
}

recorder() {
	fake "$1" <<-EOF
		#!/bin/sh
		echo "$1 \$*" >>"$calls"
	EOF
}

# Installed is what this file lists.
fake dpkg-query <<EOF
#!/bin/sh
while read -r package; do
	echo "\$package installed"
done <"$TEST_TMPDIR/installed"
EOF
fake id <<EOF
#!/bin/sh
cat "$TEST_TMPDIR/uid"
EOF
fake bazel <<EOF
#!/bin/sh
if [ "\$1" = --version ]; then
	cat "$TEST_TMPDIR/version"
else
	echo "bazel \$*" >>"$calls"
fi
EOF
cp "$bin/bazel" "$bin/other-bazel"
recorder apt-get

# case_ NAME: the state before each case is a user with everything installed.
case_() {
	echo "--- $*"
	sed -n 's/^\([^# ][^ ]*\).*/\1/p' "$checkout/core/bazel/packages.txt" \
		>"$TEST_TMPDIR/installed"
	sed -n 's/^[a-z][^ ]*  *\([^ ]*\).*/\1/p' \
		"$checkout/core/bazel/language-packages.txt" \
		>>"$TEST_TMPDIR/installed"
	echo 1000 >"$TEST_TMPDIR/uid"
	echo 'bazel no_version' >"$TEST_TMPDIR/version"
	rm -f "$bin/sudo" "$calls"
	: >"$calls"
}

# run WANTED_STATUS VARIABLE=VALUE... -- ARGUMENTS
run() {
	wanted=$1
	shift
	status=0
	env -i PATH="$bin" HOME="$TEST_TMPDIR/home" TMPDIR="$TEST_TMPDIR" "$@" \
		>"$TEST_TMPDIR/out" 2>&1 || status=$?
	cat "$TEST_TMPDIR/out" "$calls"
	test "$status" -eq "$wanted"
}

uninstall() {
	sed -i "/^$1\$/d" "$TEST_TMPDIR/installed"
}

case_ 'nothing is missing: nothing is said or done'
run 0 "$checkout/bazelw" test //core:all
test ! -s "$TEST_TMPDIR/out"
test "$(cat "$calls")" = 'bazel test //core:all'

case_ 'root: installs what is missing, and only that, and says so'
echo 0 >"$TEST_TMPDIR/uid"
uninstall check
uninstall bazel-skylib
run 0 "$checkout/bazelw" build
grep -q 'installing the missing packages: bazel-skylib check$' "$TEST_TMPDIR/out"
grep -q '^apt-get .*install bazel-skylib check$' "$calls"
test "$(tail -n 1 "$calls")" = 'bazel build'

# asks_for PACKAGES ARGUMENTS...: these are missing for them, once each.
asks_for() {
	packages=$1
	shift
	run "$([ -n "$packages" ] && echo 1 || echo 0)" "$checkout/bazelw" "$@"
	test "$(sed -n 's/.*apt-get install //p' "$TEST_TMPDIR/out")" = "$packages"
}

case_ 'a language is missing: asked for with its targets only'
uninstall swig
uninstall ruby
uninstall lua5.4
uninstall valgrind
asks_for '' test //core/... //kernel/... //tests/unit/... //tests/bench:live
asks_for '' test //bindings/python/... //:all -- //bindings/lua:x
asks_for '' test //:check
asks_for '' test :check
asks_for '' run //:compile_commands -- //bindings/lua:x
asks_for '' test //tests/bindings/python:all //tests/lint:check
asks_for 'swig lua5.4' test //bindings/lua/...
asks_for 'swig ruby' build -c opt //bindings/ruby //core:all
asks_for 'swig' test //bindings/go:cases_test //bindings/java:all
asks_for 'swig lua5.4 ruby valgrind' test //...
asks_for 'swig lua5.4 ruby valgrind' test //bindings/lua:all //tests/bindings:all
asks_for 'swig lua5.4 ruby valgrind' run //tests/bench:languages
mkdir -p "$checkout/bindings/lua"
cd "$checkout/bindings/lua"
asks_for 'swig lua5.4' test :all
cd "$OLDPWD"
asks_for '' test :all

case_ 'user with sudo: through sudo'
recorder sudo
uninstall gcc
run 0 "$checkout/bazelw" build
grep -q '^sudo env .*apt-get .*install gcc$' "$calls"

case_ 'user without sudo: one sentence that says what to do'
uninstall gcc
run 1 "$checkout/bazelw" build
test "$(cat "$TEST_TMPDIR/out")" = \
	'bazelw: ask the administrator to run: apt-get install gcc'
test ! -s "$calls"

case_ 'installing fails: says so and stops'
echo 0 >"$TEST_TMPDIR/uid"
uninstall gcc
mv "$bin/apt-get" "$bin/apt-get.works"
fake apt-get <<'EOF'
#!/bin/sh
exit 100
EOF
run 1 "$checkout/bazelw" build
mv "$bin/apt-get.works" "$bin/apt-get"
grep -q 'could not install' "$TEST_TMPDIR/out"
test ! -s "$calls"

case_ 'another Bazel: the distribution'\''s is not asked for'
uninstall bazel-bootstrap
run 0 RINGMAP_BAZEL="$bin/other-bazel" "$checkout/bazelw" build
test "$(cat "$calls")" = 'bazel build'

case_ 'Bazel 7: told to read WORKSPACE'
echo 'bazel 7.4.1' >"$TEST_TMPDIR/version"
run 0 "$checkout/bazelw" build
test "$(cat "$calls")" = \
	"bazel --bazelrc=$checkout/core/bazel/bazel-7.bazelrc build"

case_ 'no home: output goes to a private folder'
me=$(id -u)
echo "$me" >"$TEST_TMPDIR/uid"
run 0 HOME=/nonexistent RINGMAP_BAZEL_STARTUP='--a --b' "$checkout/bazelw" build
private=$TEST_TMPDIR/ringmap-bazel-$me
test "$(cat "$calls")" = "bazel --output_user_root=$private --a --b build"
test "$(stat -c %a "$private")" = 700

case_ 'no home and a folder of somebody else in that place: refused'
echo "$((me + 1))" >"$TEST_TMPDIR/uid"
mv "$private" "$TEST_TMPDIR/ringmap-bazel-$((me + 1))"
run 1 HOME=/nonexistent "$checkout/bazelw" build
grep -q 'belongs to another user' "$TEST_TMPDIR/out"
test ! -s "$calls"
