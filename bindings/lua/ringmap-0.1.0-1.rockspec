-- SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
--
-- In a checkout, with the library installed (./bazelw run //:install):
--	luarocks --lua-version 5.4 make
rockspec_format = "3.0"
package = "ringmap"
version = "0.1.0-1"
-- The checkout that this file lies in: there is no other place yet.
source = { url = "git+file://../.." }
description = {
  summary = "Reads the Linux kernel's trace ring buffers where they lie",
  license = "LGPL-2.1-or-later OR MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.3" }
build = {
  type = "command",
  build_command = "sh build.sh '$(LUA_INCDIR)'",
  install = {
    lua = { ringmap = "ringmap.lua" },
    lib = { ["ringmap.core"] = "ringmap/core.so" },
  },
}
