package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/irtest"
)

const bundle = "../../testdata/"

func TestFashionMNIST(t *testing.T) {
	irtest.Long(t)
	dir := bundle + "data/fashion-mnist/"
	m, err := Load(dir+"t10k-images-idx3-ubyte.gz", dir+"t10k-labels-idx1-ubyte.gz")
	if err != nil {
		t.Fatal(err)
	}
	if m.Len() != 10000 || !reflect.DeepEqual(m.Shape, []int{28, 28}) {
		t.Fatalf("%d images of %v", m.Len(), m.Shape)
	}
	if err := m.FitLabels(10); err != nil {
		t.Error(err)
	}
	if err := m.CheckShape(ir.ShapeOf(1, 28, 28)); err != nil {
		t.Error(err)
	}
	wantCode(t, m.FitLabels(9), diag.BadData, "label 9")
	wantCode(t, m.CheckShape(ir.ShapeOf(1, 32, 32)), diag.BadData, "[28,28]", "[1,32,32]")
	if few := m.Limit(3); few.Len() != 3 || len(few.Labels) != 3 {
		t.Errorf("limit 3 gave %d images, %d labels", few.Len(), len(few.Labels))
	}
}

// The golden file was written by numpy from the same data set, in its order.
func TestNumpyFileHoldsTheSameImages(t *testing.T) {
	irtest.Long(t)
	dir := bundle + "data/fashion-mnist/"
	want, err := Load(dir+"t10k-images-idx3-ubyte.gz", dir+"t10k-labels-idx1-ubyte.gz")
	if err != nil {
		t.Fatal(err)
	}
	arrays, err := ReadArrays(bundle + "models/fmnist-mlp-sj/io.npz")
	if err != nil {
		t.Fatal(err)
	}
	got, err := Load(bundle+"models/fmnist-mlp-sj/io.npz", "")
	if err != nil {
		t.Fatal(err)
	}
	n := got.Len()
	if !bytes.Equal(got.Pixels, want.Limit(n).Pixels) || !reflect.DeepEqual(got.Labels, want.Labels[:n]) {
		t.Error("raw or label of io.npz differ from the idx files")
	}
	x := arrays["x"]
	if x.DType != Float32 || arrays["y_f64"].DType != Float64 {
		t.Errorf("x is %s, y_f64 is %s", x.DType, arrays["y_f64"].DType)
	}
	for i, p := range got.Pixels {
		if norm := (float32(p)/255 - 0.2860) / 0.3530; x.At(i) != float64(norm) {
			t.Fatalf("x[%d] is %v, pixel %d gives %v", i, x.At(i), p, norm)
		}
	}
}

func TestBadIDX(t *testing.T) {
	good := idx(3, []uint32{2, 2, 2}, 1, 2, 3, 4, 5, 6, 7, 8)
	cases := []struct {
		name string
		data []byte
		want string
	}{
		{"magic", []byte("hello, world"), "not an idx file"},
		{"empty", nil, "not an idx file"},
		{"type", append([]byte{0, 0, 13, 3}, good[4:]...), "0x0d"},
		{"rank", append([]byte{0, 0, 8, 9}, good[4:]...), "rank 9"},
		{"rank 6", append([]byte{0, 0, 8, 6}, good[4:]...), "rank 6"},
		{"header", good[:9], "truncated in the header"},
		{"data", good[:len(good)-1], "promises 8 bytes of data, 7 follow"},
		{"long", append(bytes.Clone(good), 0), "more follow"},
		{"zero", idx(3, []uint32{0, 2, 2}), "one is zero"},
		{"huge", idx(3, []uint32{1 << 31, 1 << 31, 2}), "more than"},
		{"gzip", gz(t, good)[:20], "truncated"},
	}
	for _, c := range cases {
		path := filepath.Join(t.TempDir(), c.name)
		write(t, path, c.data)
		_, err := ReadImages(path)
		wantCode(t, err, diag.BadFile, path, c.want)
	}
	path := filepath.Join(t.TempDir(), "labels")
	write(t, path, idx(1, []uint32{2}, 1, 2))
	_, err := ReadImages(path)
	wantCode(t, err, diag.BadData, "uint8[2]")
	write(t, path, good)
	_, err = ReadLabels(path)
	wantCode(t, err, diag.BadData, "uint8[2,2,2]")
}

// Images have from two axes, where they are flat, to the axes of moving ones in colour; integers are of their type.
func TestArrayLimits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npz")
	for axes, wrong := range map[int]bool{1: true, 2: false, 3: false, 5: false, 6: true} {
		shape := []int{1, 1, 1, 1, 1, 1}[:axes]
		if err := WriteArrays(path, map[string]*Array{"images": Ints(Uint8, shape, []int64{7})}); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadImages(path); (err != nil) != wrong {
			t.Errorf("%d axes: %v", axes, err)
		}
		write(t, path+".idx", idx(byte(axes), []uint32{1, 1, 1, 1, 1, 1}[:axes], 7))
		if _, err := ReadImages(path + ".idx"); (err != nil) != wrong {
			t.Errorf("idx of %d axes: %v", axes, err)
		}
	}
	for _, c := range []struct {
		as    DType
		value int64
		wrong bool
	}{{Int8, -128, false}, {Int8, -129, true}, {Int8, 127, false}, {Int8, 128, true}, {Uint8, 255, false}, {Uint8, 256, true}, {Uint8, -1, true}, {Bool, 2, true}} {
		if err := WriteArrays(path, map[string]*Array{"x": Ints(c.as, []int{1}, []int64{c.value})}); (err != nil) != c.wrong {
			t.Errorf("%d as %s: %v", c.value, c.as, err)
		}
	}
}

func TestLabelsThatDoNotFit(t *testing.T) {
	dir := t.TempDir()
	images, labels := filepath.Join(dir, "images"), filepath.Join(dir, "labels")
	write(t, images, gz(t, idx(3, []uint32{2, 1, 1}, 1, 2)))
	write(t, labels, idx(1, []uint32{3}, 0, 1, 0))
	_, err := Load(images, labels)
	wantCode(t, err, diag.BadData, labels, "3 labels for the 2 images")
	_, err = Load(images, "")
	wantCode(t, err, diag.BadData, "has no labels")
	_, err = Load(filepath.Join(dir, "absent"), labels)
	wantCode(t, err, diag.BadFile, "absent", "no such file")
	_, err = Load(images, filepath.Join(dir, "absent"))
	wantCode(t, err, diag.BadFile, "absent", "no such file")
}

func wantCode(t *testing.T, err error, code diag.Code, words ...string) {
	t.Helper()
	var d *diag.Diagnostic
	if !errors.As(err, &d) || d.Code != code {
		t.Errorf("error %v; wanted one of code %s", err, code)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

func idx(rank byte, dims []uint32, data ...byte) []byte {
	out := []byte{0, 0, 8, rank}
	for _, d := range dims {
		out = append(out, byte(d>>24), byte(d>>16), byte(d>>8), byte(d))
	}
	return append(out, data...)
}

func gz(t *testing.T, data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
