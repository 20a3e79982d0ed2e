package dataset

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

func safetensorsFile(header, data string) []byte {
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(out, header...), data...)
}

func TestReadSafetensors(t *testing.T) {
	header := `{"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},` +
		`"h":{"dtype":"F16","shape":[3],"data_offsets":[8,14]},"b":{"dtype":"BF16","shape":[],"data_offsets":[14,16]},` +
		`"i":{"dtype":"I16","shape":[1,1],"data_offsets":[16,18]}}`
	data := "\x00\x00\x80\x3f\x00\x00\x00\xc0" + "\x00\x3c\x01\x00\x00\xc1" + "\xc0\x3f" + "\xfe\xff"
	got, err := ParseSafetensors("w.safetensors", safetensorsFile(header, data))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float64{"w": {1, -2}, "h": {1, 1.0 / (1 << 24), -2.5}, "b": {1.5}} {
		if !slices.Equal(got[name].F, want) {
			t.Errorf("%s is %v, wanted %v", name, got[name].F, want)
		}
	}
	if i := got["i"]; !slices.Equal(i.I, []int64{-2}) || !slices.Equal(i.Shape, []int{1, 1}) {
		t.Errorf("i is %v %v", i.Shape, i.I)
	}
}

func TestBadSafetensors(t *testing.T) {
	for want, data := range map[string][]byte{
		"it has 3 bytes":           []byte("abc"),
		"its header has":           []byte("\xff\xff\xff\xff\xff\xff\xff\xff{}"),
		"the header is no JSON":    safetensorsFile("{", ""),
		`"F8" is not supported`:    safetensorsFile(`{"w":{"dtype":"F8","shape":[1],"data_offsets":[0,1]}}`, "a"),
		"do not hold [2]":          safetensorsFile(`{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}`, "a"),
		"bytes 0 to 9 of 1":        safetensorsFile(`{"w":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}`, "a"),
		"dimension that is not":    safetensorsFile(`{"w":{"dtype":"U8","shape":[-1],"data_offsets":[0,0]}}`, ""),
		"its entry cannot be read": safetensorsFile(`{"w":{"dtype":5}}`, ""),
	} {
		if _, err := parseSafetensors(data); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q gives %v, wanted %q", data, err, want)
		}
	}
}

// FuzzSafetensors: no file makes the reader panic.
func FuzzSafetensors(f *testing.F) {
	f.Add(safetensorsFile(`{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}`, "ab"))
	f.Fuzz(func(t *testing.T, data []byte) {
		arrays, err := parseSafetensors(data)
		if err != nil {
			return
		}
		for name, a := range arrays {
			if err := a.check(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
