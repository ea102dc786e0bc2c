#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
#
# The frozen copy of a release's header is that release's: while the header
# still says the same version, both are the same file.
#
# usage: frozen_header_test.sh HEADER FROZEN
set -eu

version() {
	sed -n 's/.*RINGMAP_VERSION_[A-Z]* = \([0-9]*\).*/\1/p' "$1" | tr '\n' .
}

name=$(basename "$2" .h)
frozen=$(version "$2")
test "${name#ringmap-}." = "$frozen"
if [ "$(version "$1")" = "$frozen" ]; then
	diff "$2" "$1"
fi
