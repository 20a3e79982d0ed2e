package dataset

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
)

// readIDX reads one array of bytes in the idx format of the MNIST files,
// gzipped or not: two zero bytes, the element type (8 = unsigned byte), the
// number of axes, then each extent in four bytes, big-endian, then the data.
func readIDX(data []byte) (*Array, error) {
	var r io.Reader = bytes.NewReader(data)
	if strings.HasPrefix(string(data), "\x1f\x8b") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, err
		}
		r = z
	}
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil || head[0] != 0 || head[1] != 0 {
		return nil, fmt.Errorf("not an idx file: it does not begin with two zero bytes, an element type and a rank")
	}
	if head[2] != 8 {
		return nil, fmt.Errorf("idx element type 0x%02x is not supported; wanted 0x08, unsigned bytes", head[2])
	}
	shape, size, err := idxShape(r, int(head[3]))
	if err != nil {
		return nil, err
	}
	raw, err := io.ReadAll(io.LimitReader(r, int64(size)+1))
	if err != nil && len(raw) >= size {
		return nil, err
	}
	if len(raw) != size {
		return nil, fmt.Errorf("truncated or too long: the header promises %d bytes of data, %s follow", size, atLeast(len(raw), size))
	}
	a := &Array{DType: Uint8, Shape: shape}
	return a, a.decode(raw, binary.BigEndian)
}

func idxShape(r io.Reader, rank int) (shape []int, size int, err error) {
	if rank < 1 || rank > 5 {
		return nil, 0, fmt.Errorf("idx rank %d is not supported; wanted 1 (labels) or 3 to 5 (images)", rank)
	}
	dims := make([]uint32, rank)
	if err := binary.Read(r, binary.BigEndian, dims); err != nil {
		return nil, 0, fmt.Errorf("truncated in the header")
	}
	size = 1
	for _, d := range dims {
		if d == 0 {
			return nil, 0, fmt.Errorf("idx extents %v: one is zero", dims)
		}
		if int64(d) > int64(MaxElements/size) {
			return nil, 0, fmt.Errorf("idx extents %v: more than %d elements", dims, MaxElements)
		}
		size *= int(d)
		shape = append(shape, int(d))
	}
	return shape, size, nil
}
