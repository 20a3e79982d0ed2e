package dataset

import (
	"fmt"
	"slices"
	"strings"

	"nomul/ir/diag"
)

// imagesOf takes an array of pixels, as integers of any type or as whole numbers.
func imagesOf(path string, a *Array) (*Images, error) {
	if len(a.Shape) < 2 || len(a.Shape) > 5 {
		return nil, bad(path, diag.BadData, "holds %s; images are uint8[N,H,W], uint8[N,C,H,W], uint8[N,H,W,C] or flat, moving ones uint8[N,T,C,H,W]", a)
	}
	m := &Images{File: path, Shape: a.Shape[1:], Pixels: make([]uint8, a.Len())}
	for i := range m.Pixels {
		p := a.At(i)
		m.Pixels[i] = uint8(p)
		if float64(m.Pixels[i]) != p {
			return nil, diag.Errorf(diag.Origin{File: path}, diag.BadData, "holds %s with the number %v; pixels are whole numbers from 0 to 255", a, p).
				WithHelp("give the pixels before they are normalised, with --mean, --std and --scale for what the network takes of them")
		}
	}
	return m, nil
}

// labelsOf takes an array of one label for each image.
func labelsOf(path string, a *Array) ([]int, error) {
	if a.DType.IsFloat() || len(a.Shape) == 0 || a.Len() != a.Shape[0] {
		return nil, bad(path, diag.BadData, "holds %s; labels are integers[N]", a)
	}
	out := make([]int, len(a.I))
	for i, l := range a.I {
		out[i] = int(l)
	}
	return out, nil
}

func npzImages(path string) (*Images, error) {
	arrays, err := ReadArrays(path)
	if err != nil {
		return nil, err
	}
	a := pick(arrays, func(a *Array) bool { return a.DType == Uint8 && len(a.Shape) >= 2 && a.Len() > a.Shape[0] }, "images")
	if a == nil {
		return nil, bad(path, diag.BadData, "has no array images, nor exactly one of uint8[N,H,W] or uint8[N,C,H,W]; it has %s", listed(arrays))
	}
	m, err := imagesOf(path, a)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"labels", "label"} {
		if l := arrays[name]; l != nil && m.Labels == nil {
			m.Labels, err = labelsOf(path, l)
		}
	}
	return m, err
}

func npzLabels(path string) ([]int, error) {
	arrays, err := ReadArrays(path)
	if err != nil {
		return nil, err
	}
	a := pick(arrays, func(a *Array) bool { return !a.DType.IsFloat() && len(a.Shape) > 0 && a.Len() == a.Shape[0] }, "labels", "label")
	if a == nil {
		return nil, bad(path, diag.BadData, "has no array labels, nor exactly one of integers[N]; it has %s", listed(arrays))
	}
	return labelsOf(path, a)
}

// listed names arrays with their types and shapes.
func listed(arrays map[string]*Array) string {
	if len(arrays) == 0 {
		return "nothing"
	}
	var out []string
	for name, a := range arrays {
		out = append(out, fmt.Sprintf("%s %s", name, a))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// String is the type and shape: uint8[10,28,28].
func (a *Array) String() string { return string(a.DType) + extent(a.Shape) }

// pick is the first array of the given names, or else the only one that fits.
func pick(arrays map[string]*Array, fits func(*Array) bool, names ...string) *Array {
	for _, name := range names {
		if a := arrays[name]; a != nil {
			return a
		}
	}
	var found []*Array
	for _, a := range arrays {
		if fits(a) {
			found = append(found, a)
		}
	}
	if len(found) != 1 {
		return nil
	}
	return found[0]
}
