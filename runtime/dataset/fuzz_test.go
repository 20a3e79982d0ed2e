package dataset

import (
	"bytes"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// FuzzFolder: whatever a folder holds, every picture of it is an image with the label
// of its folder, or one is refused; nothing panics.
func FuzzFolder(f *testing.F) {
	var asPNG, asJPEG bytes.Buffer
	if err := png.Encode(&asPNG, grey(2, 3, 7)); err != nil {
		f.Fatal(err)
	}
	if err := jpeg.Encode(&asJPEG, grey(2, 3, 7), nil); err != nil {
		f.Fatal(err)
	}
	for _, list := range []string{
		"class3/a.png class5/b.jpg", "0/a.png 1/a.png 10/a.JPEG", "cat/a.png owl/b.png classes.txt", "cat/a.png a.png",
		"cat/.hidden cat/a.png", "01/a.png 1/a.png", "cat/dog/a.png", "cat/a.gif", ".cat/a.png owl/a.png", "n01440764/a.png n02/a.png",
	} {
		f.Add(list, asPNG.Bytes(), asJPEG.Bytes(), "owl\ndog\ncat\n")
	}
	f.Fuzz(func(t *testing.T, list string, asPNG, asJPEG []byte, classes string) {
		root, pictures := t.TempDir(), map[string]int{}
		for i, name := range strings.Fields(list) {
			path := filepath.Join(root, name)
			if i > 8 || !filepath.IsLocal(name) || os.MkdirAll(filepath.Dir(path), 0o755) != nil {
				continue
			}
			data := asPNG
			switch {
			case strings.HasPrefix(strings.ToLower(filepath.Ext(name)), ".jp"):
				data = asJPEG
			case name == classFile:
				data = []byte(classes)
			}
			if os.WriteFile(path, data, 0o644) == nil && isPicture(name) && !strings.Contains("/"+name, "/.") {
				pictures[filepath.Dir(filepath.Clean(name))]++
			}
		}
		m, err := ReadImages(root)
		if err != nil {
			return
		}
		if m.Len() != len(m.Labels) || m.Len() == 0 {
			t.Fatalf("%d images, %d labels", m.Len(), len(m.Labels))
		}
		for _, l := range m.Labels {
			pictures[m.Classes[l]]--
		}
		for class, left := range pictures {
			if left != 0 {
				t.Errorf("%d pictures of %q were left out, or are of another class: %v", left, class, m.Classes)
			}
		}
		if m.sorted > 0 && m.FitLabels(m.sorted) != nil {
			t.Errorf("labels %v of %d classes", m.Labels, m.sorted)
		}
	})
}
