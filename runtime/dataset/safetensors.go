package dataset

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"

	"nomul/ir"
	"nomul/ir/diag"
)

// maxSafetensorsHeader is the format's own bound on its header.
const maxSafetensorsHeader = 100_000_000

// safetensor is one entry of the header: data_offsets are bytes behind the header.
type safetensor struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// safetensorTypes maps the format's types to those of arrays; F16 and BF16 are
// widened to float32.
var safetensorTypes = map[string]DType{
	"F64": Float64, "F32": Float32, "F16": Float32, "BF16": Float32, "I64": Int64, "I32": Int32, "I16": Int16, "I8": Int8,
	"U64": Uint64, "U32": Uint32, "U16": Uint16, "U8": Uint8, "BOOL": Bool,
}

// ParseSafetensors reads the arrays of a .safetensors file: eight bytes of length,
// a header in JSON, and little-endian data
// (https://huggingface.co/docs/safetensors). Errors are diagnostics of code bad-file.
func ParseSafetensors(path string, data []byte) (map[string]*Array, error) {
	arrays, err := parseSafetensors(data)
	if err != nil {
		return nil, bad(path, diag.BadFile, "%v", err)
	}
	return arrays, nil
}

func parseSafetensors(data []byte) (map[string]*Array, error) {
	if len(data) < 8 {
		return nil, fmt.Errorf("not a safetensors file: it has %d bytes", len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	if n > maxSafetensorsHeader || n > uint64(len(data)-8) {
		return nil, fmt.Errorf("not a safetensors file: its header has %d bytes, of %d", n, len(data)-8)
	}
	var entries map[string]json.RawMessage
	if err := json.NewDecoder(bytes.NewReader(data[8 : 8+n])).Decode(&entries); err != nil {
		return nil, fmt.Errorf("the header is no JSON: %v", err)
	}
	out := map[string]*Array{}
	for name, raw := range entries {
		if name == "__metadata__" {
			continue
		}
		a, err := readSafetensor(raw, data[8+n:])
		if err != nil {
			return nil, fmt.Errorf("array %q: %w", name, err)
		}
		out[name] = a
	}
	return out, nil
}

func readSafetensor(raw json.RawMessage, data []byte) (*Array, error) {
	var s safetensor
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("its entry cannot be read: %v", err)
	}
	d, ok := safetensorTypes[s.DType]
	if !ok {
		return nil, fmt.Errorf("element type %q is not supported", s.DType)
	}
	shape, err := ir.NewShape(s.Shape)
	if err != nil {
		return nil, err
	}
	width := d.Width()
	if s.DType == "F16" || s.DType == "BF16" {
		width = 2
	}
	begin, end := s.Offsets[0], s.Offsets[1]
	if begin < 0 || end < begin || end > int64(len(data)) || end-begin != int64(shape.Size()*width) {
		return nil, fmt.Errorf("bytes %d to %d of %d do not hold %v", begin, end, len(data), shape)
	}
	a := &Array{DType: d, Shape: s.Shape}
	if a.Shape == nil {
		a.Shape = []int{}
	}
	if width == 2 && d == Float32 {
		a.F = halves(data[begin:end], s.DType == "BF16")
		return a, nil
	}
	return a, a.decode(data[begin:end], binary.LittleEndian)
}

// halves widens 16-bit floats, of either kind.
func halves(raw []byte, brain bool) []float64 {
	out := make([]float64, len(raw)/2)
	for i := range out {
		h := binary.LittleEndian.Uint16(raw[2*i:])
		if brain {
			out[i] = float64(math.Float32frombits(uint32(h) << 16))
			continue
		}
		out[i] = half(h)
	}
	return out
}

// half is an IEEE 754 binary16: sign, five bits of exponent, ten of fraction.
func half(h uint16) float64 {
	exp, frac := int(h>>10&31), float64(h&1023)
	x := math.Ldexp(1+frac/1024, exp-15)
	switch {
	case exp == 31 && frac == 0:
		x = math.Inf(1)
	case exp == 31:
		x = math.NaN()
	case exp == 0:
		x = math.Ldexp(frac/1024, -14)
	}
	if h>>15 == 1 {
		return -x
	}
	return x
}
