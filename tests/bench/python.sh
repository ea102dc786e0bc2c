#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
# Runs python.py with the project's packages and ringmap itself.
set -eu

# "bazel run" begins in the runfiles; started by hand they are beside this.
here=$PWD
[ -e "$here/tests/bench/python.py" ] || here=$(CDPATH='' cd -- "$0.runfiles/ringmap" && pwd)
export PYTHONPATH="$here/bindings/python/src"
export PYTHONDONTWRITEBYTECODE=1
python=$here/external/python_env/python
[ -e "$python" ] || python=$here/../python_env/python
# A file that is named is the caller's, not one of the runfiles.
cd "${BUILD_WORKING_DIRECTORY:-.}"
exec "$python" "$here/tests/bench/python.py" "$@"
