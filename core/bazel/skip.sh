#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Stands for a test that cannot run on this machine, and prints the reason.
set -eu
printf '1..1\nok 1 - # SKIP %s\n' "$*"
