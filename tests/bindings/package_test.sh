#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# A new user's way: the library is installed, the language's package is made and
# installed as its README says, and the first example of the README runs.
#
# usage: package_test.sh lua|ruby INSTALL_SH FILE...
set -eu

language=$1
install=$2
shift 2
prefix=$TEST_TMPDIR/usr
sh "$install" "$@" --prefix="$prefix"
export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
export LD_LIBRARY_PATH="$prefix/lib"
export HOME="$TEST_TMPDIR/home"
mkdir "$HOME"
# As people have it: luarocks looks for headers beside the first lua5.4 on it.
export PATH=/usr/local/bin:/usr/bin:/bin

# Packages are made in place, and Bazel's files are links to the checkout's.
cp -RL bindings "$TEST_TMPDIR/bindings"
chmod -R u+w "$TEST_TMPDIR/bindings"

recording=tests/data/recordings/workload
example=$TEST_TMPDIR/example
sed -n "/^\`\`\`$language/,/^\`\`\`\$/{/^\`\`\`/!p}" \
	"bindings/$language/README.md" >"$example"
test "$(wc -l <"$example")" -ge 10

case $language in
lua)
	(
		cd "$TEST_TMPDIR/bindings/lua"
		luarocks --lua-version 5.4 --tree "$TEST_TMPDIR/rocks" make
	)
	LUA_PATH="$TEST_TMPDIR/rocks/share/lua/5.4/?.lua" \
	LUA_CPATH="$TEST_TMPDIR/rocks/lib/lua/5.4/?.so" \
		lua5.4 "$example" "$recording" >"$TEST_TMPDIR/printed"
	;;
ruby)
	sh "$TEST_TMPDIR/bindings/ruby/package.sh" "$TEST_TMPDIR"
	gem install --local --no-document --install-dir "$TEST_TMPDIR/gems" \
		"$TEST_TMPDIR/ringmap-0.1.0.gem"
	GEM_PATH="$TEST_TMPDIR/gems" ruby -w "$example" "$recording" >"$TEST_TMPDIR/printed"
	;;
esac
cat "$TEST_TMPDIR/printed"
grep -q 'vec=7 \[action=SCHED\]' "$TEST_TMPDIR/printed"
