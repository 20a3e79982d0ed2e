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
	// numbered tells that the labels are the numbers of folders.
	numbered bool
}

// Len is the number of images.
func (m *Images) Len() int { return len(m.Pixels) / m.size() }

func (m *Images) size() int { return size(m.Shape) }

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

// Some is n images, or all of them when there are fewer: the first ones, but of folders, which
// are in the order of their classes, some of each, evenly.
func (m *Images) Some(n int) *Images {
	total := m.Len()
	if m.Classes == nil || n >= total {
		return m.Limit(n)
	}
	numbers := make([]int, n)
	for i := range numbers {
		numbers[i] = i * total / n
	}
	return m.Pick(numbers)
}

// Pick is the images of some numbers, in this order.
func (m *Images) Pick(numbers []int) *Images {
	out := *m
	out.Pixels, out.Labels = nil, nil
	for _, at := range numbers {
		out.Pixels = append(out.Pixels, m.Image(at)...)
		if m.Labels != nil {
			out.Labels = append(out.Labels, m.Labels[at])
		}
	}
	return &out
}

// ReadImages reads an idx or idx.gz file, an npz or npy file (the array named
// images, or else its only uint8 array of two to five axes; labels come from
// an array named labels or label), or a folder with one folder of PNGs or JPEGs per class.
// Errors are diagnostics of code bad-file, or bad-data when the file is sound
// but its contents are not.
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
// images bring their own, which folders of classes always do. Every image must have one.
func Load(images, labels string) (*Images, error) {
	m, err := ReadImages(images)
	if err != nil {
		return nil, err
	}
	from := images
	if labels != "" && m.Classes != nil {
		return nil, diag.Errorf(diag.Origin{File: images}, diag.BadData, "its folders say the classes of the images, in an order of their own; %s would say others", labels).
			WithHelp("leave the labels out")
	}
	if labels != "" {
		from = labels
		if m.Labels, err = ReadLabels(labels); err != nil {
			return nil, err
		}
	}
	if m.Labels == nil {
		return nil, bad(images, diag.BadData, "has no labels; wanted one per image")
	}
	if len(m.Labels) != m.Len() {
		return nil, bad(from, diag.BadData, "%d labels for the %d images of %s", len(m.Labels), m.Len(), images)
	}
	return m, nil
}

// CheckShape refuses images that do not fit an input of that shape:
// the shapes must be equal but for axes of extent 1.
func (m *Images) CheckShape(input ir.Shape) error {
	if slices.Equal(squeeze(m.Shape), squeeze(input.Dims())) {
		return nil
	}
	return bad(m.File, diag.BadData, "the images are %s, the model's input is %s", extent(m.Shape), input)
}

// Arranged returns the images as an input of that shape takes them, where that is
// plain: flat ones cut into its rows, those whose channels come last with the
// channels in front, and pictures of which red, green and blue are equal as grey.
func (m *Images) Arranged(input []int) *Images {
	have, want := squeeze(m.Shape), squeeze(input)
	out := *m
	switch {
	case slices.Equal(have, want):
		return m
	case len(have) == 1 && m.size() == size(want):
		out.Shape = want
		return &out
	case m.Classes != nil && slices.Equal(have, append([]int{3}, want...)) && m.isGrey():
		out.Shape, out.Pixels = want, make([]uint8, 0, len(m.Pixels)/3)
		for i := range m.Len() {
			out.Pixels = append(out.Pixels, m.Image(i)[:m.size()/3]...)
		}
		return &out
	case len(m.Shape) != 3 || !slices.Equal(squeeze([]int{m.Shape[2], m.Shape[0], m.Shape[1]}), want):
		return m
	}
	channels := m.Shape[2]
	out.Shape, out.Pixels = want, make([]uint8, len(m.Pixels))
	n := m.size()
	for i, p := range m.Pixels {
		at := i % n
		out.Pixels[i-at+at%channels*(n/channels)+at/channels] = p
	}
	return &out
}

// isGrey reports whether the three channels of each image, which are in front, are equal.
func (m *Images) isGrey() bool {
	for i := range m.Len() {
		image, n := m.Image(i), m.size()/3
		if !slices.Equal(image[:n], image[n:2*n]) || !slices.Equal(image[:n], image[2*n:]) {
			return false
		}
	}
	return true
}

func size(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
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
