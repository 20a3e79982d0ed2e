// Command pictures takes pictures of pages in Chromium: those of the README, and any to be looked at.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
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
		png, err := t.picture()
		if err == nil {
			err = os.WriteFile(pairs[i+1], png, 0o644)
		}
		t.close()
		if err != nil {
			return err
		}
	}
	return nil
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
