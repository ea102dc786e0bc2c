// SPDX-License-Identifier: LGPL-2.1-or-later OR MIT

// Package arrow hands columns to Arrow's own library for Go, without a copy.
package arrow

import (
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow/arrio"
	"github.com/apache/arrow-go/v18/arrow/cdata"

	"ringmap.invalid/go"
)

// Import reads all batches of a reader; nobody else may read from it meanwhile.
func Import(reader *ringmap.Reader) (records arrio.Reader, err error) {
	err = reader.Stream(func(address uintptr) (failed error) {
		stream := *(**cdata.CArrowArrayStream)(unsafe.Pointer(&address))
		records, failed = cdata.ImportCRecordReader(stream, nil)
		return failed
	})
	return records, err
}
