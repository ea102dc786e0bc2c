#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# What //:install leaves in a prefix is complete, nothing more, and enough to
# build programs with pkg-config alone or with CMake.
#
# usage: install_test.sh INSTALLER HEADER SHARED STATIC CORE MAN3 MAN7 \
#        LICENCE LGPL MIT VERSION_C TAIL_C RECORDING CORE_C
set -eu

installer=$1 header=$2 shared=$3 static=$4 core=$5 man3=$6 man7=$7
licence=$8 lgpl=$9
shift 9
mit=$1 version_c=$2 tail_c=$3 recording=$4 core_c=$5
prefix=$TEST_TMPDIR/prefix
stage=$TEST_TMPDIR/stage
work=$TEST_TMPDIR/work
mkdir "$work"

fail() {
	echo "FAILED: $*"
	exit 1
}

run_installer() {
	"$installer" "$header" "$shared" "$static" "$core" \
		"$man3" "$man7" "$licence" "$lgpl" "$mit" "$@"
}

echo '--- refuses to guess where'
if run_installer 2>/dev/null; then
	fail 'installed without a prefix'
fi
if run_installer "--prefix=$prefix" --unknown 2>/dev/null; then
	fail 'took an unknown option'
fi

echo '--- installs these files and no other'
run_installer "--prefix=$prefix"
{
	cat <<-EOF
		./include/ringmap/ringmap.h
		./lib/cmake/ringmap/ringmapConfig.cmake
		./lib/cmake/ringmap/ringmapConfigVersion.cmake
		./lib/libringmap-core.a
		./lib/libringmap.a
		./lib/libringmap.so
		./lib/libringmap.so.0
		./lib/pkgconfig/ringmap-core.pc
		./lib/pkgconfig/ringmap.pc
		./share/licenses/ringmap/LICENSE
		./share/licenses/ringmap/LICENSE.LGPL-2.1
		./share/licenses/ringmap/LICENSE.MIT
		./share/man/man7/ringmap.7
	EOF
	for page in "$man3"/*.3; do
		echo "./share/man/man3/$(basename "$page")"
	done
} | LC_ALL=C sort >"$work/wanted"
(cd "$prefix" && find . ! -type d) | LC_ALL=C sort >"$work/found"
diff "$work/wanted" "$work/found"

echo '--- has the texts of both licences'
grep -q 'GNU LESSER GENERAL PUBLIC LICENSE' \
	"$prefix/share/licenses/ringmap/LICENSE.LGPL-2.1"
grep -q 'Permission is hereby granted, free of charge' \
	"$prefix/share/licenses/ringmap/LICENSE.MIT"

echo '--- a second time, and staged for a package, gives the same'
run_installer "--prefix=$prefix"
run_installer "--prefix=$prefix" "--destdir=$stage"
diff -r "$prefix" "$stage$prefix"

echo '--- needs no library but its own'
needed=$(readelf -d "$prefix/lib/libringmap.so.0" |
	sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p' | LC_ALL=C sort | tr '\n' ' ')
echo "$needed"
for name in $needed; do
	case $name in
	libc.so.6 | libtracefs.so.1) ;;
	libz.so.1 | libzstd.so.1) ;;
	*) fail "libringmap.so.0 needs $name" ;;
	esac
done
if readelf -d "$prefix/lib/libringmap.so.0" | grep -E 'RPATH|RUNPATH'; then
	fail 'the library looks for others where it was built'
fi

export PKG_CONFIG_PATH="$prefix/lib/pkgconfig"
version=$(pkg-config --modversion ringmap)

# compile PROGRAM SOURCE [-static]
# shellcheck disable=SC2046,SC2086 # the flags are words on purpose
compile() {
	gcc -Wall -Wextra -Werror -o "$work/$1" "$2" ${3:-} \
		$(pkg-config ${3:+-$3} --cflags --libs ringmap)
}

say_version() {
	said=$(LD_LIBRARY_PATH=$1 "$work/$2")
	if [ "$said" != "$version" ]; then
		fail "$2 says $said instead of $version"
	fi
}

echo '--- pkg-config, shared'
compile shared "$version_c"
say_version "$prefix/lib" shared
readelf -d "$work/shared" | grep -q 'NEEDED.*libringmap.so.0'

# reads_recording LIBRARY_PATH PROGRAM: as many lines as there are events
reads_recording() {
	LD_LIBRARY_PATH=$1 "$work/$2" "$recording" >"$work/events"
	lines=$(wc -l <"$work/events")
	if [ "$lines" -ne "$events" ]; then
		fail "$2 printed $lines of $events events"
	fi
}

# One count a CPU stands in what an independent decoder found.
events=$(sed -n 's/.*"subbufs": [0-9]*, "count": \([0-9]*\),.*/\1/p' \
	"$recording/expected.json" | awk '{ sum += $1 } END { print sum + 0 }')
test "$events" -gt 0
compile tail "$tail_c"
reads_recording "$prefix/lib" tail

echo '--- pkg-config, static'
compile static "$version_c" -static
say_version "" static
if readelf -d "$work/static" | grep NEEDED; then
	fail 'the static program needs a shared library'
fi
compile tail_static "$tail_c" -static
reads_recording "" tail_static

echo '--- the core alone needs no library'
# shellcheck disable=SC2046 # the flags are words on purpose
gcc -Wall -Wextra -Werror -o "$work/core" "$core_c" \
	$(pkg-config --cflags --libs ringmap-core)
needed=$(readelf -d "$work/core" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')
if [ "$needed" != libc.so.6 ]; then
	fail "a program with the core needs: $needed"
fi
counted=0
for file in "$recording"/per_cpu/cpu*/trace_pipe_raw; do
	counted=$((counted + $("$work/core" "$file")))
done
if [ "$counted" -ne "$events" ]; then
	fail "the core counted $counted of $events events"
fi

echo '--- CMake'
cat >"$work/CMakeLists.txt" <<EOF
cmake_minimum_required(VERSION 3.10)
project(user C)
find_package(ringmap ${version%.*} REQUIRED)
add_executable(cmake_user user.c)
target_link_libraries(cmake_user ringmap::ringmap)
EOF
cp "$version_c" "$work/user.c"
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" ||
	fail "$(cat "$work/log")"
cmake --build "$work/build" >"$work/log" || fail "$(cat "$work/log")"
cp "$work/build/cmake_user" "$work"
say_version "" cmake_user
sed -i 's/find_package(ringmap .* REQUIRED)/find_package(ringmap 99 REQUIRED)/' \
	"$work/CMakeLists.txt"
if cmake -S "$work" -B "$work/build99" -DCMAKE_PREFIX_PATH="$prefix" \
	>"$work/log" 2>&1; then
	fail 'CMake took this for version 99'
fi

echo '--- manual pages are found'
man -M "$prefix/share/man" -w 3 ringmap_ring_open
man -M "$prefix/share/man" -w 7 ringmap
