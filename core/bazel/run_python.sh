#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs a Python script as a Bazel test, without rules for Python.
set -eu
exec python3 -B "$@"
