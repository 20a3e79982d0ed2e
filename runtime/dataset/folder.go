package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"nomul/ir/diag"
)

// picture is one decoded PNG, before it is known whether all are grey.
type picture struct {
	file  string
	label int
	image image.Image
}

// readFolder reads root/<class>/*.png. Where every class is called by a number
// that number is its label; otherwise the labels count the sorted names from 0.
// Images are [H,W] when all of them are grey, else [3,H,W].
func readFolder(root string) (*Images, error) {
	names, err := classNames(root)
	if err != nil {
		return nil, err
	}
	labels := labelsOfNames(names)
	var pictures []picture
	for i, name := range names {
		class, err := readClass(filepath.Join(root, name), labels[i])
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, class...)
	}
	if len(pictures) == 0 {
		return nil, bad(root, diag.BadData, "has no folder with .png files in it; wanted one folder per class")
	}
	m := &Images{File: root, Classes: names}
	return m, m.join(pictures)
}

func classNames(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return nil, bad(root, diag.BadFile, "cannot be read: %v", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			names = append(names, e.Name())
		}
	}
	return names, nil // ReadDir sorts
}

func labelsOfNames(names []string) []int {
	counted := make([]int, len(names))
	numbers := make([]int, len(names))
	numbered := true
	for i, name := range names {
		n, err := strconv.ParseUint(name, 10, 31)
		counted[i], numbers[i] = i, int(n)
		numbered = numbered && err == nil
	}
	if numbered {
		return numbers
	}
	return counted
}

func readClass(dir string, label int) ([]picture, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, bad(dir, diag.BadFile, "cannot be read: %v", err)
	}
	var out []picture
	for _, e := range entries {
		if !strings.EqualFold(filepath.Ext(e.Name()), ".png") {
			continue
		}
		path := filepath.Join(dir, e.Name())
		img, err := readPNG(path)
		if err != nil {
			return nil, err
		}
		out = append(out, picture{path, label, img})
	}
	return out, nil
}

func readPNG(path string) (image.Image, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	// The size is looked at first: a header may promise gigabytes.
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, bad(path, diag.BadFile, "not a PNG: %v", err)
	}
	if c.Width > MaxElements/4/c.Height {
		return nil, bad(path, diag.BadData, "%d x %d pixels are too many", c.Width, c.Height)
	}
	if m := c.ColorModel; m == color.Gray16Model || m == color.RGBA64Model || m == color.NRGBA64Model {
		return nil, bad(path, diag.BadData, "has 16 bits per channel; wanted 8")
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, bad(path, diag.BadFile, "not a PNG: %v", err)
	}
	if o, ok := img.(interface{ Opaque() bool }); ok && !o.Opaque() {
		return nil, bad(path, diag.BadData, "is partly transparent; put it on a background first")
	}
	return img, nil
}

// join makes one array of the pictures, which must be of one size.
func (m *Images) join(pictures []picture) error {
	size := pictures[0].image.Bounds().Size()
	grey := !slices.ContainsFunc(pictures, func(p picture) bool { return p.image.ColorModel() != color.GrayModel })
	channels := 3
	m.Shape = []int{3, size.Y, size.X}
	if grey {
		channels, m.Shape = 1, []int{size.Y, size.X}
	}
	if len(pictures) > MaxElements/m.size() {
		return bad(m.File, diag.BadData, "%d images of %s are more than %d elements", len(pictures), extent(m.Shape), MaxElements)
	}
	for _, p := range pictures {
		if got := p.image.Bounds().Size(); got != size {
			return bad(p.file, diag.BadData, "is %s pixels, %s is %s: all must be of one size",
				dimsOf(got), pictures[0].file, dimsOf(size))
		}
		m.Labels = append(m.Labels, p.label)
		for c := range channels {
			m.appendChannel(p.image, c)
		}
	}
	return nil
}

func dimsOf(p image.Point) string { return fmt.Sprintf("%dx%d", p.X, p.Y) }

// appendChannel adds red, green or blue of the picture, row by row. A grey
// pixel has all three equal.
func (m *Images) appendChannel(img image.Image, channel int) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			red, green, blue, _ := img.At(x, y).RGBA()
			m.Pixels = append(m.Pixels, uint8([3]uint32{red, green, blue}[channel]>>8))
		}
	}
}
