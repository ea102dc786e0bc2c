#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs Python as a Bazel test, with the project's packages and with ringmap.
#
# usage: python_env.sh PYTHON ARGUMENT...
set -eu

python=$1
shift

# Packages keep caches, such as lists of fonts, in HOME: delete them afterwards.
export HOME="${TEST_TMPDIR:?}"
export PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH="$PWD/bindings/python/src"
exec "$python" "$@"
