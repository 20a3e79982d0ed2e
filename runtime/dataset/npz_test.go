package dataset

import (
	"archive/zip"
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sbinet/npyio/npy"
	"github.com/sbinet/npyio/npz"

	"nomul/ir"
	"nomul/ir/diag"
)

func everyType() map[string]*Array {
	return map[string]*Array{
		"bool": Ints(Bool, []int{3}, []int64{1, 0, 1}),
		"i8":   Ints(Int8, []int{2, 2}, []int64{-128, 127, 0, -1}),
		"i16":  Ints(Int16, []int{1}, []int64{-32768}),
		"i32":  Ints(Int32, []int{2}, []int64{math.MinInt32, math.MaxInt32}),
		"i64":  Ints(Int64, []int{2}, []int64{math.MinInt64, math.MaxInt64}),
		"u8":   Ints(Uint8, []int{1, 1, 2}, []int64{0, 255}),
		"u16":  Ints(Uint16, []int{1}, []int64{65535}),
		"u32":  Ints(Uint32, []int{1}, []int64{math.MaxUint32}),
		"u64":  Ints(Uint64, []int{1}, []int64{math.MaxInt64}),
		"f32":  Floats(Float32, []int{2}, []float64{0.5, float64(float32(0.1))}),
		"f64":  Floats(Float64, []int{}, []float64{0.1}),
	}
}

func TestArraysRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	want := everyType()
	if err := WriteArrays(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadArrays(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	first, _ := os.ReadFile(path)
	if err := WriteArrays(path, everyType()); err != nil {
		t.Fatal(err)
	}
	if second, _ := os.ReadFile(path); !bytes.Equal(first, second) {
		t.Error("the same arrays gave other bytes")
	}
}

// An independent reader and writer of the format, for one and two axes.
func TestAgainstNpyio(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := WriteArrays(path, everyType()); err != nil {
		t.Fatal(err)
	}
	r, err := npz.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var i8 []int8
	if err := r.Read("i8.npy", &i8); err != nil || !reflect.DeepEqual(i8, []int8{-128, 127, 0, -1}) {
		t.Errorf("npyio reads i8 as %v, %v", i8, err)
	}
	var f32 []float32
	if err := r.Read("f32.npy", &f32); err != nil || !reflect.DeepEqual(f32, []float32{0.5, 0.1}) {
		t.Errorf("npyio reads f32 as %v, %v", f32, err)
	}
	var b bytes.Buffer
	if err := npy.Write(&b, []int16{-3, 300}); err != nil {
		t.Fatal(err)
	}
	got, err := readNpy(&b, 10)
	if want := Ints(Int16, []int{2}, []int64{-3, 300}); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("npyio's file read as %v, %v", got, err)
	}
}

func TestNpyVariants(t *testing.T) {
	fortran := npyFile(1, "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", 1, 0, 4, 0, 2, 0, 5, 0, 3, 0, 6, 0)
	big := npyFile(2, "{'shape': (2,), 'fortran_order': False, 'descr': '>i2'}", 1, 0, 255, 255)
	for _, c := range []struct {
		name string
		data []byte
		want *Array
	}{
		{"fortran", fortran, Ints(Int16, []int{2, 3}, []int64{1, 2, 3, 4, 5, 6})},
		{"big", big, Ints(Int16, []int{2}, []int64{256, -1})},
	} {
		path := filepath.Join(t.TempDir(), c.name+".npy")
		write(t, path, c.data)
		got, err := ReadArrays(path)
		if err != nil || !reflect.DeepEqual(got[c.name], c.want) {
			t.Errorf("%s: %v, %v", c.name, got, err)
		}
	}
}

func TestBadArrays(t *testing.T) {
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"other", []byte("not numpy"), "neither"},
		{"version", npyFile(9, "{}"), "version 9"},
		{"short", []byte(npyMagic + "\x01\x00\xff\x00{"), "truncated in the header"},
		{"object", npyFile(1, "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", 0), "plain numbers"},
		{"complex", npyFile(1, "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }", 0), `"c8"`},
		{"negative", npyFile(1, "{'descr': '<i1', 'fortran_order': False, 'shape': (-1,), }", 0), "plain numbers"},
		{"zero", npyFile(1, "{'descr': '<i1', 'fortran_order': False, 'shape': (0,), }"), "not positive"},
		{"huge", npyFile(1, "{'descr': '<i1', 'fortran_order': False, 'shape': (99999999999, 99999999999), }"), "too large"},
		{"rank", npyFile(1, "{'descr': '<i1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1), }", 0), "axes"},
		{"cut", npyFile(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }", 1, 2, 3), "8 bytes of data, 3 follow"},
		{"long", npyFile(1, "{'descr': '<i1', 'fortran_order': False, 'shape': (1,), }", 1, 2), "more follow"},
		{"u64", npyFile(1, "{'descr': '<u8', 'fortran_order': False, 'shape': (1,), }", 0, 0, 0, 0, 0, 0, 0, 255), "element 0"},
		{"zip", zipped(t, "a.npy", []byte("x")), `array "a"`},
		{"twice", zipped(t, "a.npy", npyFile(1, "{'descr': '<i1', 'fortran_order': False, 'shape': (1,), }", 1), "a"), "twice"},
	}
	for _, c := range cases {
		path := filepath.Join(t.TempDir(), c.name)
		write(t, path, c.data)
		_, err := ReadArrays(path)
		wantCode(t, err, diag.BadFile, path, c.want)
	}
	path := filepath.Join(t.TempDir(), "no-images.npz")
	if err := WriteArrays(path, everyType()); err != nil {
		t.Fatal(err)
	}
	_, err := ReadImages(filepath.Join(path))
	if err != nil {
		t.Errorf("the only uint8 array of three axes was not taken: %v", err)
	}
	_, err = ReadLabels(path)
	wantCode(t, err, diag.BadData, "no array labels")
}

func TestWriteIsWholeOrNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.npz")
	err := WriteArrays(path, map[string]*Array{
		"a": Ints(Uint8, []int{1}, []int64{1}),
		"b": Ints(Int8, []int{1}, []int64{128}),
	})
	wantCode(t, err, diag.BadFile, path, `array "b"`, "128")
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	err = WriteArrays(path, map[string]*Array{"a": Ints(Uint8, []int{2}, []int64{1})})
	wantCode(t, err, diag.BadFile, "shape [2]")
	err = WriteArrays(filepath.Join(dir, "absent", "a.npz"), nil)
	wantCode(t, err, diag.BadFile, "cannot be written")
}

func TestTensors(t *testing.T) {
	shape := ir.ShapeOf(2)
	for _, c := range []struct {
		tensor *ir.Tensor
		want   DType
	}{
		{&ir.Tensor{Type: ir.SintType(8, shape), I: []int64{-127, 3}}, Int8},
		{&ir.Tensor{Type: ir.SintType(12, shape), I: []int64{-1, 3}}, Int16},
		{&ir.Tensor{Type: ir.UintType(3, shape), I: []int64{7, 3}}, Uint8},
		{&ir.Tensor{Type: ir.UintType(64, shape), I: []int64{7, 3}}, Uint64},
		{ir.Reals(shape, []float64{0.5, 1}), Float32},
		{ir.Reals(shape, []float64{0.1, 1}), Float64},
	} {
		a := FromTensor(c.tensor)
		if a.DType != c.want {
			t.Errorf("%v became %s, wanted %s", c.tensor, a.DType, c.want)
		}
		back, err := a.Tensor()
		if err != nil || !reflect.DeepEqual(back.I, c.tensor.I) || !reflect.DeepEqual(back.F, c.tensor.F) {
			t.Errorf("%v came back as %v, %v", c.tensor, back, err)
		}
	}
	if _, err := Ints(Int8, []int{0}, nil).Tensor(); err == nil {
		t.Error("an empty array became a tensor")
	}
}

func npyFile(version byte, header string, data ...byte) []byte {
	out := []byte(npyMagic + string([]byte{version, 0}))
	n := len(header)
	out = append(out, byte(n), byte(n>>8))
	if version >= 2 {
		out = append(out, 0, 0)
	}
	return append(append(out, header...), data...)
}

func zipped(t *testing.T, name string, data []byte, more ...string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, n := range append([]string{name}, more...) {
		w, err := z.Create(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func FuzzIDX(f *testing.F) {
	f.Add(idx(3, []uint32{2, 1, 1}, 1, 2))
	f.Add(idx(1, []uint32{1 << 26}, 1))
	f.Add([]byte("\x1f\x8b\x08"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := readIDX(data); err == nil && a.Len() != len(a.I) {
			t.Errorf("shape %v with %d elements", a.Shape, len(a.I))
		}
	})
}

func FuzzNPZ(f *testing.F) {
	var b bytes.Buffer
	if err := writeNpz(&b, everyType()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(npyFile(1, "{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }", 1, 2, 3, 4, 5, 6, 7, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		if a, err := readNpy(bytes.NewReader(data), 1<<16); err == nil {
			sameAgain(t, a)
		}
		arrays, err := readNpz(data)
		if err != nil {
			return
		}
		for name, a := range arrays {
			if !strings.HasSuffix(name, "/") {
				sameAgain(t, a)
			}
		}
	})
}

// sameAgain checks that an array is written and read again as the same data.
func sameAgain(t *testing.T, a *Array) {
	var b bytes.Buffer
	if err := writeNpy(&b, a); err != nil {
		t.Fatalf("read, but not written: %v", err)
	}
	first := bytes.Clone(b.Bytes())
	again, err := readNpy(&b, MaxElements)
	if err != nil {
		t.Fatalf("written, but not read: %v", err)
	}
	b.Reset()
	if err := writeNpy(&b, again); err != nil || !bytes.Equal(b.Bytes(), first) {
		t.Fatalf("%v became %v (%v)", a, again, err)
	}
}
