# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# frozen_string_literal: true

# What package.sh put beside this file is compiled with the installed library.
require "mkmf"

abort "libringmap is missing: install it, so that pkg-config knows ringmap" unless pkg_config("ringmap")
$CFLAGS << " -std=gnu11 -w"
create_makefile("ringmap/ringmap")
