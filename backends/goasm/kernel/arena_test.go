package kernel

import (
	"strings"
	"testing"
	"unsafe"
)

// TestArena demands memory on a cache line, whatever line the data begin on, and that
// data which lie on one already are not copied.
func TestArena(t *testing.T) {
	all := strings.Repeat("weights ", 64)
	copies := 0
	for from := range 2 * lineBytes {
		data := all[from:]
		memory := arena(data)
		at := uintptr(unsafe.Pointer(unsafe.SliceData(memory)))
		if string(memory) != data || at&(lineBytes-1) != 0 {
			t.Fatalf("from byte %d: %q at %#x", from, memory, at)
		}
		if unsafe.SliceData(memory) != unsafe.StringData(data) {
			copies++
		}
	}
	if want := 2*lineBytes - 2; copies != want {
		t.Errorf("%d of %d were copied, want %d", copies, 2*lineBytes, want)
	}
}

// TestRepeated demands copies of bytes before, of a run of its own end as well, on a cache line.
func TestRepeated(t *testing.T) {
	data := repeated([]byte("abcdx"), []int32{3, 2, 5, 1, 9, 4, 1, 0, 0})
	if want := "abcbcbcbdabcbx"; string(data) != want {
		t.Errorf("%q, want %q", data, want)
	}
	if at := uintptr(unsafe.Pointer(unsafe.SliceData(data))); at&(lineBytes-1) != 0 {
		t.Errorf("at %#x", at)
	}
}

// TestViews holds numbers as they lie in memory against those that are decoded.
func TestViews(t *testing.T) {
	data := arena("\x01\x00\x00\x80\xff\xff\xff\x7f\x00\x00\x00\x80\xfe\xff\xff\xff")
	equal(t, int16s(data), decoded[int16](data, 2), []int16{1, -32768, -1, 32767, 0, -32768, -2, -1})
	equal(t, int32s(data), decoded[int32](data, 4), []int32{-2147483647, 2147483647, -2147483648, -2})
	equal(t, uint64s(data), decoded[uint64](data, 8), []uint64{0x7fffffff80000001, 0xfffffffe80000000})
	if len(int32s(nil)) != 0 {
		t.Error("nothing has numbers")
	}
}

func equal[T constant](t *testing.T, seen, read, want []T) {
	t.Helper()
	for i := range want {
		if len(seen) != len(want) || len(read) != len(want) || seen[i] != want[i] || read[i] != want[i] {
			t.Fatalf("seen %v, decoded %v, want %v", seen, read, want)
		}
	}
}
