#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# Installs the library. Bazel passes the first nine arguments; the caller adds
#   --prefix=DIR    the folder from which the library will be used (required)
#   --destdir=DIR   a folder to put before the prefix, to build packages
set -eu

header=$1 shared=$2 static=$3 core=$4 man3=$5 man7=$6
licence=$7 lgpl=$8 mit=$9
shift 9

usage() {
	echo "usage: ./bazelw run //:install -- --prefix=DIR [--destdir=DIR]" >&2
	exit 2
}

prefix='' destdir=''
for option; do
	case $option in
	--prefix=*) prefix=${option#*=} ;;
	--destdir=*) destdir=${option#*=} ;;
	*) usage ;;
	esac
done
if [ -z "$prefix" ]; then
	usage
fi

# Bazel runs this in another folder, but DIR is relative to that of the caller.
absolute() {
	case $1 in
	/* | '') printf '%s' "$1" ;;
	*) printf '%s/%s' "${BUILD_WORKING_DIRECTORY:-$PWD}" "$1" ;;
	esac
}
prefix=$(absolute "$prefix")
destdir=$(absolute "$destdir")
root=$destdir$prefix

number() {
	sed -n "s/.*RINGMAP_VERSION_$1 = \([0-9]*\).*/\1/p" "$header"
}
version=$(number MAJOR).$(number MINOR).$(number PATCH)

mkdir -p "$root/include/ringmap" "$root/lib/pkgconfig" \
	"$root/lib/cmake/ringmap" "$root/share/man/man3" "$root/share/man/man7" \
	"$root/share/licenses/ringmap"

install -m 644 "$header" "$root/include/ringmap/ringmap.h"
install -m 755 "$shared" "$root/lib/libringmap.so.0"
ln -sf libringmap.so.0 "$root/lib/libringmap.so"
install -m 644 "$static" "$root/lib/libringmap.a"
install -m 644 "$core" "$root/lib/libringmap-core.a"
install -m 644 "$man3"/*.3 "$root/share/man/man3"
install -m 644 "$man7" "$root/share/man/man7"
# LICENSE says what may be chosen; the LGPL asks for its text beside the library.
install -m 644 "$licence" "$lgpl" "$mit" "$root/share/licenses/ringmap"

cat >"$root/lib/pkgconfig/ringmap.pc" <<EOF
prefix=$prefix
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: ringmap
Description: Reads the Linux kernel's trace ring buffers where they lie
Version: $version
Requires.private: libtracefs zlib libzstd
Cflags: -I\${includedir}
Libs: -L\${libdir} -lringmap
EOF

# The core is for programs that embed the library. It has neither files
# nor sessions, and needs no library but the C library.
cat >"$root/lib/pkgconfig/ringmap-core.pc" <<EOF
prefix=$prefix
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: ringmap-core
Description: ringmap's rings, schemas, traces, texts, tables and readers, static
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -lringmap-core -pthread
EOF

cat >"$root/lib/cmake/ringmap/ringmapConfig.cmake" <<'EOF'
if(NOT TARGET ringmap::ringmap)
  get_filename_component(_ringmap_prefix
    "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
  add_library(ringmap::ringmap SHARED IMPORTED)
  set_target_properties(ringmap::ringmap PROPERTIES
    IMPORTED_LOCATION "${_ringmap_prefix}/lib/libringmap.so.0"
    IMPORTED_SONAME "libringmap.so.0"
    INTERFACE_INCLUDE_DIRECTORIES "${_ringmap_prefix}/include")
  unset(_ringmap_prefix)
endif()
EOF

# Before 1.0 a minor release may change the interface.
cat >"$root/lib/cmake/ringmap/ringmapConfigVersion.cmake" <<EOF
set(PACKAGE_VERSION "$version")
if(PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION)
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
elseif("\${PACKAGE_FIND_VERSION_MAJOR}.\${PACKAGE_FIND_VERSION_MINOR}"
    VERSION_LESS "$(number MAJOR).$(number MINOR)")
  set(PACKAGE_VERSION_COMPATIBLE FALSE)
else()
  set(PACKAGE_VERSION_COMPATIBLE TRUE)
  if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
  endif()
endif()
EOF

echo "ringmap $version is installed in $root"
