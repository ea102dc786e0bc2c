#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs Python as a Bazel test, with the project's packages and ringmap itself.
#
# usage: python_env.sh PYTHON ARGUMENT...
set -eu

python=$1
shift

# What packages keep for later, such as lists of fonts, goes away with the test.
export HOME="${TEST_TMPDIR:?}"
export PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH="$PWD/bindings/python/src"
exec "$python" "$@"
