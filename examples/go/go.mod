module example

go 1.23.0

require ringmap.invalid/go v0.0.0

replace ringmap.invalid/go => ../../bindings/go
