package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"nomul/ir/diag"
)

func TestFolderOfPNGs(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"10/a.png", "2/b.png", "2/c.png"} {
		writePNG(t, filepath.Join(root, name), grey(3, 2, uint8(len(name))))
	}
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Labels, []int{10, 2, 2}) || !reflect.DeepEqual(m.Shape, []int{2, 3}) {
		t.Errorf("labels %v, shape %v", m.Labels, m.Shape)
	}
	if got := m.Image(0); !bytes.Equal(got, []byte{8, 9, 10, 11, 12, 13}) {
		t.Errorf("pixels %v", got)
	}

	colour := image.NewNRGBA(image.Rect(0, 0, 3, 2))
	for i := range colour.Pix {
		colour.Pix[i] = 255
	}
	colour.Set(1, 0, color.NRGBA{R: 1, G: 2, B: 3, A: 255})
	writePNG(t, filepath.Join(root, "2/d.png"), colour)
	if m, err = ReadImages(root); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Shape, []int{3, 2, 3}) || m.Len() != 4 {
		t.Fatalf("%d images of %v", m.Len(), m.Shape)
	}
	if got := m.Image(3); got[1] != 1 || got[7] != 2 || got[13] != 3 {
		t.Errorf("colour pixels %v", got)
	}

	writePNG(t, filepath.Join(root, "2/e.png"), grey(4, 4, 0))
	_, err = ReadImages(root)
	wantCode(t, err, diag.BadData, "e.png", "4x4", "3x2")
}

// Pictures whose red, green and blue are equal, as cameras write grey ones, are grey to an input of
// one channel; a pixel of another colour keeps all three.
func TestGreyPicturesInColour(t *testing.T) {
	root := t.TempDir()
	for name, blue := range map[string]uint8{"a/0": 7, "a/1": 8} {
		img := image.NewNRGBA(image.Rect(0, 0, 3, 2))
		for i := range 6 {
			img.Set(i%3, i/3, color.NRGBA{R: uint8(i), G: uint8(i), B: uint8(i), A: 255})
		}
		img.Set(2, 1, color.NRGBA{R: 7, G: 7, B: blue, A: 255})
		writePNG(t, filepath.Join(root, name+".png"), img)
	}
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	one, two := m.Some(1), m
	if got := one.Arranged([]int{1, 2, 3}); !reflect.DeepEqual(got.Shape, []int{2, 3}) || !bytes.Equal(got.Pixels, []byte{0, 1, 2, 3, 4, 7}) {
		t.Errorf("a grey picture is %v, %v", got.Shape, got.Pixels)
	}
	if got := one.Arranged([]int{3, 2, 3}); got != one {
		t.Errorf("an input of three channels takes %v", got.Shape)
	}
	if got := two.Arranged([]int{1, 2, 3}); got != two {
		t.Errorf("pictures with a colour are %v", got.Shape)
	}
	one.Classes = nil // as of a file, whose first axis may be time
	if got := one.Arranged([]int{1, 2, 3}); got != one {
		t.Errorf("an array of three is %v", got.Shape)
	}
}

// Some of the pictures of folders are some of each class, and their labels.
func TestSomeOfEachClass(t *testing.T) {
	root := t.TempDir()
	for i, name := range []string{"a/0", "a/1", "a/2", "b/0", "b/1", "c/0", "c/1", "c/2"} {
		writePNG(t, filepath.Join(root, name+".png"), grey(1, 1, uint8(i)))
	}
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int][]byte{1: {0}, 3: {0, 2, 5}, 4: {0, 2, 4, 6}, 8: {0, 1, 2, 3, 4, 5, 6, 7}, 9: {0, 1, 2, 3, 4, 5, 6, 7}} {
		some := m.Some(n)
		if !bytes.Equal(some.Pixels, want) || len(some.Labels) != len(want) {
			t.Errorf("%d: pixels %v of labels %v, wanted %v", n, some.Pixels, some.Labels, want)
		}
		for i, p := range some.Pixels {
			if label := m.Labels[p]; some.Labels[i] != label {
				t.Errorf("%d: picture %d has label %d, wanted %d", n, p, some.Labels[i], label)
			}
		}
	}
	m.Classes = nil // as those of a file
	if some := m.Some(2); !bytes.Equal(some.Pixels, []byte{0, 1}) || !reflect.DeepEqual(some.Labels, []int{0, 0}) {
		t.Errorf("of a file: %v, %v", some.Pixels, some.Labels)
	}
}

func TestNamedClasses(t *testing.T) {
	root := t.TempDir()
	writePNG(t, filepath.Join(root, "ok/a.png"), grey(2, 2, 0))
	writePNG(t, filepath.Join(root, "bad/a.png"), grey(2, 2, 9))
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Classes, map[int]string{0: "bad", 1: "ok"}) || !reflect.DeepEqual(m.Labels, []int{0, 1}) {
		t.Errorf("classes %v, labels %v", m.Classes, m.Labels)
	}
	if err := m.FitLabels(2); err != nil {
		t.Error(err)
	}
	wantCode(t, m.FitLabels(3), diag.BadData, "has 2 folders, the model has 3 classes", "classes.txt")
}

// Numbers in front of names that text does not sort as numbers say no order of classes.
func TestFoldersWithNumbersInFront(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"0_coat", "1_shirt", "10_boot", "2_bag"} {
		writePNG(t, filepath.Join(root, name, "a.png"), grey(2, 2, 0))
	}
	_, err := ReadImages(root)
	wantCode(t, err, diag.BadData, "10_boot stands before 1_shirt", "classes.txt")
	write(t, filepath.Join(root, classFile), []byte("0_coat\n1_shirt\n2_bag\n10_boot\n"))
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	if m.Classes[3] != "10_boot" {
		t.Errorf("classes %v", m.Classes)
	}
	_, err = Load(root, "labels.npz")
	wantCode(t, err, diag.BadData, "its folders say the classes", "leave the labels out")
}

// Numbers behind names that differ say no order of classes either where text sorts them otherwise.
func TestFoldersWithNumbersBehind(t *testing.T) {
	for folders, want := range map[string]string{"boot1 coat2 shirt10": "", "boot10 coat1 shirt2": "boot10 stands before coat1", "coat1 boot2": "boot2 stands before coat1"} {
		root := t.TempDir()
		for _, name := range strings.Fields(folders) {
			writePNG(t, filepath.Join(root, name, "a.png"), grey(2, 2, 0))
		}
		_, err := ReadImages(root)
		if want != "" {
			wantCode(t, err, diag.BadData, want, "classes.txt")
		} else if err != nil {
			t.Errorf("%s: %v", folders, err)
		}
	}
}

// Folders that count the classes from 1 are all of a model's classes, or none.
func TestFoldersFromOne(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"class1", "class2", "class3", "class10"} {
		writePNG(t, filepath.Join(root, name, "a.png"), grey(2, 2, 0))
	}
	for classes, want := range map[int]string{4: "the folder class10 is class 10, but the model has the classes 0 to 3", 10: "the folder class10 is class 10", 11: ""} {
		m, err := ReadImages(root)
		if err != nil {
			t.Fatal(err)
		}
		if err := m.FitLabels(classes); want != "" {
			wantCode(t, err, diag.BadData, want, "number the folders from 0")
		} else if err != nil || !reflect.DeepEqual(m.Labels, []int{1, 10, 2, 3}) {
			t.Errorf("of %d classes: labels %v, %v", classes, m.Labels, err)
		}
	}
	for i := 4; i < 10; i++ {
		writePNG(t, filepath.Join(root, fmt.Sprint("class", i), "a.png"), grey(2, 2, 0))
	}
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.FitLabels(10); err != nil || !reflect.DeepEqual(m.Labels, []int{0, 9, 1, 2, 3, 4, 5, 6, 7, 8}) || m.Classes[0] != "class1" || m.Classes[9] != "class10" || len(m.Classes) != 10 {
		t.Errorf("labels %v, classes %v: %v", m.Labels, m.Classes, err)
	}
}

// Folders are the classes that their names or a file say, whichever of them are there.
func TestFoldersOfSomeClasses(t *testing.T) {
	for _, c := range []struct {
		folders string
		listed  string // classes.txt, if any
		labels  []int
		classes map[int]string
	}{
		{"class3 class5 class7", "", []int{3, 5, 7}, map[int]string{3: "class3", 5: "class5", 7: "class7"}},
		{"0 10 2", "", []int{0, 10, 2}, map[int]string{0: "0", 2: "2", 10: "10"}},
		{"bag-02 bag-07", "", []int{2, 7}, map[int]string{2: "bag-02", 7: "bag-07"}},
		{"class3 other5", "", []int{0, 1}, map[int]string{0: "class3", 1: "other5"}},
		{"n01440764 n02123045", "", []int{0, 1}, map[int]string{0: "n01440764", 1: "n02123045"}},
		{"cat owl", "dog\r\nowl\r\ncat\r\n\r\n", []int{2, 1}, map[int]string{0: "dog", 1: "owl", 2: "cat"}},
		{"class1 class2", "class2\nclass1", []int{1, 0}, map[int]string{0: "class2", 1: "class1"}},
	} {
		root := t.TempDir()
		for _, name := range strings.Fields(c.folders) {
			writePNG(t, filepath.Join(root, name, "a.png"), grey(2, 2, 0))
		}
		if c.listed != "" {
			write(t, filepath.Join(root, classFile), []byte(c.listed))
		}
		m, err := ReadImages(root)
		if err != nil {
			t.Errorf("%s: %v", c.folders, err)
			continue
		}
		if !reflect.DeepEqual(m.Labels, c.labels) || !reflect.DeepEqual(m.Classes, c.classes) {
			t.Errorf("%s: labels %v, classes %v", c.folders, m.Labels, m.Classes)
		}
		if err := m.FitLabels(11); (err == nil) == (m.sorted > 0) {
			t.Errorf("%s: of 11 classes: %v", c.folders, err)
		}
	}
}

func TestBadFolders(t *testing.T) {
	for _, c := range []struct {
		files string // name=content
		want  string
	}{
		{"ok/a.png= classes.txt=bad", "does not name the folder ok"},
		{"ok/a.png= classes.txt=ok\n\nbad", "line 2 is empty"},
		{"ok/a.png= classes.txt=ok\nbad\nok", `"ok" is line 1 and line 3`},
		{"1/a.png= 01/a.png=", "both are class 1"},
		{"ok/a.png= b.jpg=", "b.jpg: error: is a picture without a class"},
		{"ok/a.png= ok/b.gif=", "b.gif: error: is no .png or .jpg file"},
		{"ok/a.png= ok/more/b.png=", "more: error: is no .png or .jpg file"},
		{"readme.txt=", "has no folder with .png or .jpg files"},
	} {
		root := t.TempDir()
		for _, file := range strings.Split(c.files, " ") {
			name, content, _ := strings.Cut(file, "=")
			if name == "ok/a.png" {
				writePNG(t, filepath.Join(root, name), grey(2, 2, 0))
				continue
			}
			write(t, filepath.Join(root, name), []byte(content))
		}
		_, err := ReadImages(root)
		wantCode(t, err, diag.BadData, c.want)
	}
}

// A JPEG is a picture like others; a hidden file is none. A link to a folder is a folder.
func TestJPEGs(t *testing.T) {
	root, elsewhere := t.TempDir(), t.TempDir()
	writePNG(t, filepath.Join(root, "0/a.png"), grey(16, 16, 0))
	var b bytes.Buffer
	flat := image.NewGray(image.Rect(0, 0, 16, 16))
	for i := range flat.Pix {
		flat.Pix[i] = 130
	}
	if err := jpeg.Encode(&b, flat, &jpeg.Options{Quality: 100}); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(elsewhere, "B.JPG"), b.Bytes())
	for _, name := range []string{"0/.DS_Store", "0/Thumbs.db", "0/desktop.ini", "__MACOSX/0/._a.png"} {
		write(t, filepath.Join(root, name), []byte("hidden"))
	}
	if err := os.Symlink(elsewhere, filepath.Join(root, "1")); err != nil {
		t.Fatal(err)
	}
	m, err := ReadImages(root)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(m.Labels, []int{0, 1}) || !reflect.DeepEqual(m.Shape, []int{16, 16}) {
		t.Fatalf("labels %v, shape %v", m.Labels, m.Shape)
	}
	for i, p := range m.Image(1) {
		if p != 130 {
			t.Fatalf("pixel %d is %d", i, p)
		}
	}
}

func TestBadPNGs(t *testing.T) {
	deep := image.NewGray16(image.Rect(0, 0, 2, 2))
	for name, c := range map[string]struct {
		img  image.Image
		want string
	}{
		"deep":        {deep, "16 bits"},
		"transparent": {image.NewNRGBA(image.Rect(0, 0, 2, 2)), "transparent"},
	} {
		root := t.TempDir()
		writePNG(t, filepath.Join(root, name, "a.png"), c.img)
		_, err := ReadImages(root)
		wantCode(t, err, diag.BadData, c.want)
	}
	_, err := ReadImages(t.TempDir())
	wantCode(t, err, diag.BadData, "one folder per class")
	root := t.TempDir()
	write(t, filepath.Join(root, "0/a.png"), []byte("GIF"))
	_, err = ReadImages(root)
	wantCode(t, err, diag.BadFile, "not a PNG or a JPEG")
}

func grey(w, h int, first uint8) image.Image {
	img := image.NewGray(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = first + uint8(i)
	}
	return img
}

func writePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.Bytes())
}

// The header of a picture tells how large it is before it is decoded.
func TestLargePicture(t *testing.T) {
	head := append([]byte("IHDR"), 0, 0, 1<<5, 0, 0, 0, 1<<5, 0, 8, 0, 0, 0, 0) // 8192 x 8192, grey
	data := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	root := t.TempDir()
	write(t, filepath.Join(root, "0/a.png"), binary.BigEndian.AppendUint32(data, crc32.ChecksumIEEE(head)))
	_, err := ReadImages(root)
	wantCode(t, err, diag.BadData, "a.png", "8192 x 8192 pixels are too many")
}
