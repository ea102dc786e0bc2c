// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

module example

go 1.23.0

require ringmap.invalid/go v0.0.0

replace ringmap.invalid/go => ../../bindings/go
