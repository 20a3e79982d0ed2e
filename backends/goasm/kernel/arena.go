package kernel

import (
	"encoding/binary"
	"unsafe"
)

// lineBytes is the size of a cache line.
const lineBytes = 64

// arena gives data in memory that starts on a cache line, for no row to lie across
// two. The linker aligns embedded files to half a line: every other program needs a copy.
func arena(data string) []byte {
	if at := unsafe.StringData(data); uintptr(unsafe.Pointer(at))&(lineBytes-1) == 0 {
		return unsafe.Slice(at, len(data))
	}
	memory := make([]byte, len(data)+lineBytes)
	start := -uintptr(unsafe.Pointer(unsafe.SliceData(memory))) & (lineBytes - 1)
	memory = memory[start:][:len(data)]
	copy(memory, data)
	return memory
}

// repeated gives data of which parts were there before. parts are, in turn: how many bytes are of its own,
// how many before these the others begin, and how many others there are.
func repeated(own []byte, parts []int32) []byte {
	var data []byte
	for ; len(parts) > 0; parts = parts[3:] {
		data, own = append(data, own[:parts[0]]...), own[parts[0]:]
		for n := parts[2]; n > 0; n-- {
			data = append(data, data[len(data)-int(parts[1])])
		}
	}
	return arena(string(data))
}

// int16s gives the numbers of 16 bits that a part of an arena holds.
func int16s(data []byte) []int16 { return view[int16](data, 1) }

// int32s gives the numbers of 32 bits that a part of an arena holds.
func int32s(data []byte) []int32 { return view[int32](data, 2) }

// uint64s gives the packed spikes that a part of an arena holds.
func uint64s(data []byte) []uint64 { return view[uint64](data, 3) }

// cut gives parts of a memory one after another, of so many elements, the first of which they show.
func cut[T any](parts [][]T, memory []T, length, room int) {
	for i := range parts {
		parts[i], memory = memory[:length:room], memory[room:]
	}
}

// constant is a number of an arena.
type constant interface{ int16 | int32 | uint64 }

// view gives little-endian numbers of 1 << shift bytes where they lie, so that all models
// read the same; a machine of the other order of bytes makes a copy. Every part of an
// arena begins on a multiple of its numbers' size.
func view[T constant](data []byte, shift uint) []T {
	if len(data) == 0 {
		return nil
	}
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return decoded[T](data, 1<<shift)
	}
	n := len(data) >> shift
	return (*[1 << 27]T)(unsafe.Pointer(unsafe.SliceData(data)))[:n:n] // unsafe.Slice multiplies
}

// decoded copies little-endian numbers of so many bytes.
func decoded[T constant](data []byte, size int) []T {
	var out []T
	for ; len(data) > 0; data = data[size:] {
		bits := uint64(0)
		for i := size - 1; i >= 0; i-- {
			bits = bits<<8 | uint64(data[i])
		}
		out = append(out, T(bits))
	}
	return out
}
