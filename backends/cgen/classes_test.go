package cgen_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/ir/irtest"
)

// mapped is a net with a map of biases in a sum and in neurons, and one of factors, of 2 channels by 32 × 24
// places, given by row and column.
func mapped(at func(row, column int) int) string {
	var bias, factors []string
	for i := range 2 * 32 * 24 {
		n := at(i/24%32, i%24)
		bias, factors = append(bias, fmt.Sprint(n*(1+i/(32*24))-400)), append(factors, fmt.Sprint(n))
	}
	return fmt.Sprintf(`net mapped fixed steps=2 {
once
	%%x = input : u4[2,32,24]
	%%w = const {data=[1,-2,3,4,5,-6,7,8,1,-2,3,4,5,-6,7,8,9,1,1,-2,3,4,5,-6,7,8,9,1,-2,3,4,5,-6,7,8,9]} : s5[2,2,3,3]
	%%m = const {data=[%s]} : s16[2,32,24]
	%%f = const {data=[%s]} : s16[32,24]
	%%th = const {fill=99} : u7[]
	%%c = conv %%x, %%w, bias=%%m {strides=[1,1] pads=[1,1,1,1] dilations=[1,1] groups=1 slots=planes} : s32[2,32,24]
	%%e = csd %%x, %%f {shift=8 round=floor} : s32[2,32,24]
	%%y = output %%c : s32[2,32,24]
	%%z = output %%e : s32[2,32,24]
step
	%%s = neuron %%x, %%th, bias=%%m {leak=shift:1 round=floor compare=ge reset=zero when=fire} : spike[2,32,24]
end
	%%n = sum %%s : u2[2,32,24]
	%%v = output %%n : u2[2,32,24]
}
`, strings.Join(bias, ","), strings.Join(factors[:32*24], ","))
}

// constants are the arrays of the weights' file: bits of an element, name, elements.
var constants = regexp.MustCompile(`(?m)^const u?int(\d+)_t (\w+)\[(\d+)\]`)

// mapBytes are those of all constants of a net's C but weights, digits of factors and taps.
func mapBytes(t *testing.T, text string) (n int) {
	t.Helper()
	for _, f := range cgen.New().Emit(irtest.ParseNet(t, "mapped", text), backends.Options{Name: "model"}) {
		if f.Name != "model_weights.c" {
			continue
		}
		for _, m := range constants.FindAllStringSubmatch(string(f.Data), -1) {
			bits, _ := strconv.Atoi(m[1])
			elements, _ := strconv.Atoi(m[3])
			if !strings.HasSuffix(m[2], "_weight") && !strings.Contains(m[2], "_digits") && !strings.HasSuffix(m[2], "_taps") {
				n += elements * bits / 8
			}
		}
	}
	return n
}

// bordered is a map of the places that windows of 3 by 3 see.
func bordered(row, column int) int { return 10*seenOf(row, 32) + seenOf(column, 24) }

func seenOf(at, extent int) int { return 3 - max(0, 1-at) - max(0, at-extent+2) }

// Maps with a border have an element for each class of places, and one byte for each row and column; other maps have
// one for each place.
func TestMapsByClass(t *testing.T) {
	// 3 × 3 or, where both ends are alike, 2 × 2 classes: start values of 4 outputs, biases of 2 channels, factors.
	if n := mapBytes(t, mapped(bordered)); n > 9*4*4+9*2*2+9+3*(32+24) {
		t.Errorf("a border takes %d bytes", n)
	}
	random := mapped(func(row, column int) int { return (row*24 + column) * (row*24 + column) % 701 })
	if n := mapBytes(t, random); n < 32*24*(4*2+2*2+2) {
		t.Errorf("a map without classes takes %d bytes", n)
	}
	// Where rows alone have classes, columns are gone through by stride.
	rows := mapped(func(row, column int) int { return 10*seenOf(row, 32) + column })
	if n := mapBytes(t, rows); n > 3*24*(4*4+2*2+2)+3*32*2 || n < 24*(4*2+2*2) {
		t.Errorf("a map by rows takes %d bytes", n)
	}
}
