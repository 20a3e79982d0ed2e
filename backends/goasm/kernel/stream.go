package kernel

import "encoding/binary"

// The stream format is that of cmd/run: little-endian, inputs in the bytes of
// their type, spikes one byte each, membranes and outputs four.

// read8 reads integers of one byte and returns the rest of the stream.
func read8[T uint8 | int8](dst []T, b []byte) []byte {
	for i := range dst {
		dst[i] = T(b[i])
	}
	return b[len(dst):]
}

// read16 reads integers of two bytes and returns the rest of the stream.
func read16[T uint16 | int16](dst []T, b []byte) []byte {
	for i := range dst {
		dst[i] = T(binary.LittleEndian.Uint16(b))
		b = b[2:]
	}
	return b
}

// appendSpikes appends a byte for each of n spikes.
func appendSpikes(b []byte, spikes []uint64, n int) []byte {
	for i := range n {
		b = append(b, byte(spikes[i>>6]>>(uint(i)&63)&1))
	}
	return b
}

// append32 appends integers, four bytes each.
func append32[T integer](b []byte, x []T) []byte {
	for _, e := range x {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(e)))
	}
	return b
}

// appendSpikesAt appends a byte for each spike, in the order of the places.
func appendSpikesAt(b []byte, spikes []uint64, places []int32) []byte {
	for _, at := range places {
		b = append(b, byte(spikes[at>>6]>>(uint(at)&63)&1))
	}
	return b
}

// append32At appends the integers at the places, four bytes each.
func append32At[T integer](b []byte, x []T, places []int32) []byte {
	for _, at := range places {
		b = binary.LittleEndian.AppendUint32(b, uint32(int32(x[at])))
	}
	return b
}
