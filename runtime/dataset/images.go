package dataset

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// Images are pictures of one size, with labels when they are known.
type Images struct {
	// File is where they came from, for diagnostics.
	File string
	// Pixels of all images, one image after another, each in C order of Shape, 0 to 255.
	Pixels []uint8
	// Shape of one image: [H,W] or [C,H,W], or of one that moves: [T,H,W] or [T,C,H,W].
	Shape []int
	// Labels is one class per image, from 0; nil when unknown.
	Labels []int
	// Classes names classes, by their labels, when the file does (a folder per class).
	Classes map[int]string
	// sorted is how many folders the labels count, in their order by name, because
	// nothing else says which class they are; 0 when something does.
	sorted int
}

// Len is the number of images.
func (m *Images) Len() int { return len(m.Pixels) / m.size() }

func (m *Images) size() int {
	n := 1
	for _, d := range m.Shape {
		n *= d
	}
	return n
}

// Image is the pixels of image i in C order; it shares memory with m.
func (m *Images) Image(i int) []uint8 {
	n := m.size()
	return m.Pixels[i*n : (i+1)*n : (i+1)*n]
}

// Sample is image i as the one input of an engine run.
func (m *Images) Sample(i int) [][]int64 {
	pixels := m.Image(i)
	out := make([]int64, len(pixels))
	for j, p := range pixels {
		out[j] = int64(p)
	}
	return [][]int64{out}
}

// Limit is the first n images, or all of them when there are fewer or n is 0.
func (m *Images) Limit(n int) *Images {
	if n <= 0 || n >= m.Len() {
		return m
	}
	out := *m
	out.Pixels = m.Pixels[:n*m.size()]
	if m.Labels != nil {
		out.Labels = m.Labels[:n]
	}
	return &out
}

// ReadImages reads an idx or idx.gz file, an npz or npy file (the array named
// images, or else its only uint8 array of three to five axes; labels come from
// an array named labels or label), or a folder with one folder of PNGs or JPEGs per class.
// Errors are diagnostics of code bad-file, or bad-data when the file is sound
// but what it holds is not.
func ReadImages(path string) (*Images, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		return readFolder(path)
	}
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if isNumpy(data) {
		return npzImages(path)
	}
	a, err := readIDX(data)
	if err != nil {
		return nil, bad(path, diag.BadFile, "%v", err)
	}
	return imagesOf(path, a)
}

// ReadLabels reads one class per image from an idx or idx.gz file, or an npz or
// npy file (the array named labels or label, or else its only one of one axis
// of integers). Errors are as those of ReadImages.
func ReadLabels(path string) ([]int, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	if isNumpy(data) {
		return npzLabels(path)
	}
	a, err := readIDX(data)
	if err != nil {
		return nil, bad(path, diag.BadFile, "%v", err)
	}
	return labelsOf(path, a)
}

// Load reads images and their labels; an empty labels path means that the
// images bring their own. Every image must have one.
func Load(images, labels string) (*Images, error) {
	m, err := ReadImages(images)
	if err != nil {
		return nil, err
	}
	from := images
	if labels != "" {
		from = labels
		if m.Labels, err = ReadLabels(labels); err != nil {
			return nil, err
		}
		m.Classes, m.sorted = nil, 0
	}
	if m.Labels == nil {
		return nil, bad(images, diag.BadData, "has no labels; wanted one per image")
	}
	if len(m.Labels) != m.Len() {
		return nil, bad(from, diag.BadData, "%d labels for the %d images of %s", len(m.Labels), m.Len(), images)
	}
	return m, nil
}

// CheckLabels refuses a label that is not one of the classes 0 … classes−1, and
// folders of images that may be any of more classes.
func (m *Images) CheckLabels(classes int) error {
	if m.sorted > 0 && m.sorted != classes {
		return diag.Errorf(diag.Origin{File: m.File}, diag.BadData, "has %d folders, the model has %d classes: which folder is which class is not said", m.sorted, classes).
			WithHelp("name the folders by their numbers, such as class3, or list the names of all classes in %s beside them", classFile)
	}
	for i, l := range m.Labels {
		if l < 0 || l >= classes {
			return bad(m.File, diag.BadData, "image %d has label %d; the model has the classes 0 to %d", i, l, classes-1)
		}
	}
	return nil
}

// CheckShape refuses images that are not what an input of that shape takes:
// the shapes must be equal but for axes of extent 1.
func (m *Images) CheckShape(input ir.Shape) error {
	if slices.Equal(squeeze(m.Shape), squeeze(input.Dims())) {
		return nil
	}
	return bad(m.File, diag.BadData, "the images are %s, the model's input is %s", extent(m.Shape), input)
}

func squeeze(dims []int) []int {
	var out []int
	for _, d := range dims {
		if d != 1 {
			out = append(out, d)
		}
	}
	return out
}

// extent prints a shape as the text form of the IR does: [28,28].
func extent(dims []int) string {
	return strings.ReplaceAll(fmt.Sprint(dims), " ", ",")
}

func isNumpy(data []byte) bool {
	return strings.HasPrefix(string(data), npyMagic) || strings.HasPrefix(string(data), "PK")
}

func imagesOf(path string, a *Array) (*Images, error) {
	if a.DType != Uint8 || len(a.Shape) < 3 || len(a.Shape) > 5 {
		return nil, bad(path, diag.BadData, "holds %s%s; images are uint8[N,H,W] or uint8[N,C,H,W], moving ones uint8[N,T,C,H,W]", a.DType, extent(a.Shape))
	}
	m := &Images{File: path, Shape: a.Shape[1:], Pixels: make([]uint8, len(a.I))}
	for i, p := range a.I {
		m.Pixels[i] = uint8(p)
	}
	return m, nil
}

func labelsOf(path string, a *Array) ([]int, error) {
	if a.DType.IsFloat() || len(a.Shape) != 1 {
		return nil, bad(path, diag.BadData, "holds %s%s; labels are integers[N]", a.DType, extent(a.Shape))
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
	a := pick(arrays, func(a *Array) bool { return a.DType == Uint8 && len(a.Shape) >= 3 }, "images")
	if a == nil {
		return nil, bad(path, diag.BadData, "has no array images, nor exactly one of uint8[N,H,W] or uint8[N,C,H,W]")
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
	a := pick(arrays, func(a *Array) bool { return !a.DType.IsFloat() && len(a.Shape) == 1 }, "labels", "label")
	if a == nil {
		return nil, bad(path, diag.BadData, "has no array labels, nor exactly one of integers[N]")
	}
	return labelsOf(path, a)
}

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
