package kernel

import (
	"encoding/binary"
	"unsafe"
)

// lineBytes is the size of a cache line.
const lineBytes = 64

// arena copies data to memory that starts on a cache line, for no row to lie
// across two: the linker aligns embedded files less than that.
func arena(data string) []byte {
	memory := make([]byte, len(data)+lineBytes)
	start := -uintptr(unsafe.Pointer(unsafe.SliceData(memory))) & (lineBytes - 1)
	memory = memory[start:][:len(data)]
	copy(memory, data)
	return memory
}

// int32s reads little-endian numbers.
func int32s(data []byte) []int32 {
	var out []int32
	for ; len(data) > 0; data = data[4:] {
		out = append(out, int32(binary.LittleEndian.Uint32(data)))
	}
	return out
}

// int16s reads little-endian numbers.
func int16s(data []byte) []int16 {
	var out []int16
	for ; len(data) > 0; data = data[2:] {
		out = append(out, int16(binary.LittleEndian.Uint16(data)))
	}
	return out
}
