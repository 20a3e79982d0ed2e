package main

import (
	"strings"
	"testing"

	"nomul/runtime/dataset"
)

// Images of which all are one are told, for nothing is known then of others.
func TestCalibrationOnOneImage(t *testing.T) {
	for _, test := range []struct {
		pixels []uint8
		told   string
	}{
		{[]uint8{3, 7}, "one image is given"},
		{[]uint8{0, 0, 0, 0, 0, 0}, "the 3 images are the same"},
		{[]uint8{0, 1, 0, 1}, "the 2 images are the same"},
		{[]uint8{0, 1, 1, 0}, ""},
		{[]uint8{0, 1, 0, 1, 0, 0}, ""},
	} {
		d := showsOne(&dataset.Images{File: "x", Pixels: test.pixels, Shape: []int{1, 2}})
		if (d == nil) != (test.told == "") || d != nil && !strings.Contains(d.Error(), test.told) {
			t.Errorf("of %v is told %v, wanted %q", test.pixels, d, test.told)
		}
	}
}
