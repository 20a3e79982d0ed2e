// Command pictures takes pictures of pages in Chromium: those of the README, and any to be looked at.
package main

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	width := flag.Int("width", 1280, "of the window, in pixels")
	height := flag.Int("height", 800, "of the window, in pixels")
	dark := flag.Bool("dark", false, "as a system with dark windows asks for")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: pictures [flags] PAGE.html[#…] OUT.png …")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 || flag.NArg()%2 != 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := take(flag.Args(), window{*width, *height, *dark}); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

// take takes pictures of pairs of pages and files.
func take(pairs []string, w window) error {
	b, err := start()
	if err != nil {
		return err
	}
	defer b.stop()
	for i := 0; i < len(pairs); i += 2 {
		address, err := local(pairs[i])
		if err != nil {
			return err
		}
		t, err := b.open(address, w)
		if err != nil {
			return err
		}
		picture, err := t.picture()
		if err == nil {
			err = write(pairs[i+1], picture)
		}
		t.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes a picture in 256 of its colours, which takes a third of the bytes of Chromium's.
func write(file string, picture []byte) error {
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		return err
	}
	small := image.NewPaletted(decoded.Bounds(), frequent(decoded, 256))
	draw.Draw(small, small.Bounds(), decoded, decoded.Bounds().Min, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, small); err != nil {
		return err
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// frequent are the colours that most pixels have, at most so many, of those that are alike the most frequent.
func frequent(m image.Image, most int) color.Palette {
	count := map[color.RGBA]int{}
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			count[color.RGBAModel.Convert(m.At(x, y)).(color.RGBA)]++
		}
	}
	colours := slices.SortedFunc(maps.Keys(count), func(a, b color.RGBA) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(number(a), number(b)))
	})
	var out color.Palette
	for _, c := range colours {
		if len(out) < most && !slices.ContainsFunc(out, func(o color.Color) bool { return near(c, o.(color.RGBA)) }) {
			out = append(out, c)
		}
	}
	return out
}

// near reports whether the eye takes two colours for one.
func near(a, b color.RGBA) bool {
	const least = 8
	far := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return far(a.R, b.R)+far(a.G, b.G)+far(a.B, b.B) < least
}

func number(c color.RGBA) uint32 {
	return uint32(c.R)<<24 | uint32(c.G)<<16 | uint32(c.B)<<8 | uint32(c.A)
}

// local is the address of a page in a file, with what follows a # in its name.
func local(page string) (string, error) {
	file, fragment, _ := strings.Cut(page, "#")
	path, err := filepath.Abs(file)
	if err == nil {
		_, err = os.Stat(path)
	}
	if fragment != "" {
		fragment = "#" + fragment
	}
	return "file://" + path + fragment, err
}
