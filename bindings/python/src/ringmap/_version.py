# SPDX-License-Identifier: LGPL-2.1-or-later OR MIT
"""The version of this package; that of the C library is the same."""

__version__ = "0.1.0"
