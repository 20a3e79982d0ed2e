package dataset

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func written(t *testing.T, arrays map[string]*Array) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.npz")
	if err := WriteArrays(path, arrays); err != nil {
		t.Fatal(err)
	}
	return path
}

// Pixels are whole numbers of any type, in the order that the input's shape says.
func TestImagesAreArrangedForTheInput(t *testing.T) {
	pixels := []int64{1, 2, 3, 11, 12, 13, 21, 22, 23, 31, 32, 33}
	whole := make([]float64, len(pixels))
	for i, p := range pixels {
		whole[i] = float64(p)
	}
	planes := []uint8{1, 11, 21, 31, 2, 12, 22, 32, 3, 13, 23, 33}
	plain := []uint8{1, 2, 3, 11, 12, 13, 21, 22, 23, 31, 32, 33}
	for name, c := range map[string]struct {
		images *Array
		input  []int
		want   []uint8
	}{
		"channels last":          {Ints(Uint8, []int{1, 2, 2, 3}, pixels), []int{3, 2, 2}, planes},
		"with a batch":           {Ints(Int64, []int{1, 2, 2, 3}, pixels), []int{1, 3, 2, 2}, planes},
		"channels first":         {Ints(Uint8, []int{1, 3, 2, 2}, pixels), []int{3, 2, 2}, plain},
		"as they are":            {Ints(Uint8, []int{1, 2, 2, 3}, pixels), []int{2, 2, 3}, plain},
		"flat":                   {Ints(Uint8, []int{1, 12}, pixels), []int{1, 3, 4}, plain},
		"whole numbers":          {Floats(Float32, []int{1, 3, 4}, whole), []int{1, 3, 4}, plain},
		"two with channels last": {Ints(Uint8, []int{2, 1, 2, 3}, pixels), []int{3, 1, 2}, []uint8{1, 11, 2, 12, 3, 13, 21, 31, 22, 32, 23, 33}},
	} {
		m, err := Load(written(t, map[string]*Array{"images": c.images, "labels": Ints(Int64, []int{c.images.Shape[0], 1}, make([]int64, c.images.Shape[0]))}), "")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if m = m.Arranged(c.input); !slices.Equal(m.Pixels, c.want) {
			t.Errorf("%s: pixels %v, wanted %v", name, m.Pixels, c.want)
		}
	}
}

// Arrays that are no images or labels are refused with their type and shape.
func TestArraysThatAreNoImages(t *testing.T) {
	for want, arrays := range map[string]map[string]*Array{
		"holds float32[1,1,2] with the number 0.5; pixels are whole numbers from 0 to 255": {"images": Floats(Float32, []int{1, 1, 2}, []float64{1, 0.5})},
		"holds int64[1,1,2] with the number 256":                                           {"images": Ints(Int64, []int{1, 1, 2}, []int64{0, 256})},
		"it has a int64[1,1,2], b float32[1]":                                              {"a": Ints(Int64, []int{1, 1, 2}, []int64{0, 25}), "b": Floats(Float32, []int{1}, []float64{1})},
		"holds uint8[4]; images are":                                                       {"images": Ints(Uint8, []int{4}, []int64{1, 2, 3, 4})},
		"holds int64[1,2]; labels are integers":                                            {"images": Ints(Uint8, []int{1, 1, 2}, []int64{1, 2}), "labels": Ints(Int64, []int{1, 2}, []int64{1, 2})},
	} {
		if _, err := ReadImages(written(t, arrays)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, wanted %s", err, want)
		}
	}
}
