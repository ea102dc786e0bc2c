module ringmap.invalid/bindings/go

go 1.23
