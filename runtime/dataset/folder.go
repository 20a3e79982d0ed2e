package dataset

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	_ "image/jpeg" // formats that image.Decode knows
	_ "image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"nomul/ir/diag"
)

// picture is a decoded image, before it is known whether all are grey.
type picture struct {
	file  string
	label int
	image image.Image
}

// pictureEndings are the files of a class's folder, by their names.
var pictureEndings = []string{".png", ".jpg", ".jpeg"}

// readFolder reads the PNGs and JPEGs of root/<class>; see labelsOfFolders for the
// labels. Images are [H,W] when all of them are grey, else [3,H,W]. Any other entry in
// a class's folder is an error: nothing is left out but hidden entries.
func readFolder(root string) (*Images, error) {
	names, err := classFolders(root)
	if err != nil {
		return nil, err
	}
	m := &Images{File: root, Classes: map[int]string{}}
	labels, err := m.labelFolders(names)
	if err != nil {
		return nil, err
	}
	var pictures []picture
	for i, name := range names {
		class, err := readClass(filepath.Join(root, name), labels[i])
		if err != nil {
			return nil, err
		}
		pictures = append(pictures, class...)
	}
	if len(pictures) == 0 {
		return nil, bad(root, diag.BadData, "has no folder with .png or .jpg files in it; wanted one folder per class")
	}
	return m, m.join(pictures)
}

// fromSystems are entries that operating systems and archivers leave in folders, in lower case.
var fromSystems = []string{"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx"}

// shown returns the entries of a folder that are neither hidden nor from systems, sorted by name.
func shown(dir string) ([]os.DirEntry, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, bad(dir, diag.BadFile, "cannot be read: %v", err)
	}
	return slices.DeleteFunc(entries, func(e os.DirEntry) bool {
		return strings.HasPrefix(e.Name(), ".") || slices.Contains(fromSystems, strings.ToLower(e.Name()))
	}), nil
}

// classFolders lists the folders of a folder, links to folders among them.
func classFolders(root string) ([]string, error) {
	entries, err := shown(root)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		path := filepath.Join(root, e.Name())
		switch info, err := os.Stat(path); {
		case err != nil:
			return nil, bad(path, diag.BadFile, "cannot be read: %v", err)
		case info.IsDir():
			names = append(names, e.Name())
		case isPicture(e.Name()):
			return nil, bad(path, diag.BadData, "is a picture without a class; wanted it in a folder of its class")
		}
	}
	return names, nil
}

func isPicture(name string) bool {
	return slices.Contains(pictureEndings, strings.ToLower(filepath.Ext(name)))
}

func readClass(dir string, label int) ([]picture, error) {
	entries, err := shown(dir)
	if err != nil {
		return nil, err
	}
	var out []picture
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if !isPicture(e.Name()) {
			return nil, bad(path, diag.BadData, "is no .png or .jpg file; a class's folder holds nothing else")
		}
		img, err := readPicture(path)
		if err != nil {
			return nil, err
		}
		out = append(out, picture{path, label, img})
	}
	return out, nil
}

func readPicture(path string) (image.Image, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	// The size is looked at first: a header may promise gigabytes.
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, bad(path, diag.BadFile, "not a PNG or a JPEG: %v", err)
	}
	if c.Width < 1 || c.Height < 1 {
		return nil, bad(path, diag.BadData, "has no pixels")
	}
	if c.Width > MaxElements/4/c.Height {
		return nil, bad(path, diag.BadData, "%d x %d pixels are too many", c.Width, c.Height)
	}
	if m := c.ColorModel; m == color.Gray16Model || m == color.RGBA64Model || m == color.NRGBA64Model {
		return nil, bad(path, diag.BadData, "has 16 bits per channel; wanted 8")
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, bad(path, diag.BadFile, "not a PNG or a JPEG: %v", err)
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
