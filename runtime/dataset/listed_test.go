package dataset

import "testing"

// A file without arrays is said to have nothing.
func TestListed(t *testing.T) {
	for want, arrays := range map[string]map[string]*Array{
		"nothing":              {},
		"a uint8[2], b int8[]": {"b": {DType: "int8"}, "a": {DType: "uint8", Shape: []int{2}}},
	} {
		if got := listed(arrays); got != want {
			t.Errorf("%q, wanted %q", got, want)
		}
	}
}
