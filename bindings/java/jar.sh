#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Makes ringmap.jar: classes, and the library for this machine inside.
#
# usage: jar.sh JAR LIBRARY, in the root of the tree
set -eu

jar=$1
library=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/sources" "$work/classes/ringmap"

swig -java -package ringmap -module Library -outdir "$work/sources" \
	-o "$work/library.c" -Wall -Werror \
	-Ibindings/swig -Icore/include bindings/java/java.i
javac -Xlint:all -Werror --release 11 -d "$work/classes" \
	bindings/java/src/ringmap/*.java "$work"/sources/*.java
arch=$(java -XshowSettings:properties -version 2>&1 | sed -n 's/^ *os.arch = //p')
cp "$library" "$work/classes/ringmap/libringmap-java-$arch.so"
# The same date always, so that what was made of it can be reused.
jar --create --date=1980-01-01T00:00:02Z --file "$jar" -C "$work/classes" .
