#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs languages.py with the programs of all languages that are here.
set -eu

# "bazel run" begins in the runfiles; started by hand they are beside this.
[ -e tests/bench/languages.py ] || cd "$(dirname -- "$0")/languages.runfiles/ringmap"
python=external/python_env/python
[ -e "$python" ] || python=../python_env/python
arrow=external/arrow_java
[ -e "$arrow" ] || arrow=../arrow_java

export LUA_PATH='bindings/lua/?.lua' LUA_CPATH='bindings/lua/?.so'
export PYTHONPATH=bindings/python/src PYTHONDONTWRITEBYTECODE=1
path=bindings/java/arrow.jar:bindings/java/ringmap.jar
for jar in "$arrow"/jars/*.jar; do
	path=$path:$jar
done

set -- "$@" c=tests/bench/languages_c
if [ -e bindings/go/bench_go ]; then
	set -- "$@" go=bindings/go/bench_go
else
	echo "languages: no Go here, so it is not measured" >&2
fi
set -- "$@" \
	"java=java --add-opens=java.base/java.nio=ALL-UNNAMED -cp $path Bench" \
	"lua=lua5.4 tests/bench/languages.lua" \
	"python=$python tests/bench/languages_python.py" \
	"ruby=ruby -Ibindings/ruby/lib tests/bench/languages.rb"
exec python3 -B tests/bench/languages.py "$@"
