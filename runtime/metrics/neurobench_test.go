package metrics

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"nomul/ir"
	"nomul/runtime/interp"
)

// The weights of small: [1,0,0; 0,1,2] and [1,−1; 1,1], of 3 pixels in once and of counts at the end.
func TestBench(t *testing.T) {
	net := parse(t, small)
	m, err := interp.New(net)
	if err != nil {
		t.Fatal(err)
	}
	var parts [2]*Bench
	for i, pixels := range [][]int64{{5, 255, 1}, {0, 1, 0}} {
		parts[i] = NewBench(net)
		if _, err := m.Run(map[string]*ir.Tensor{"x": {Type: net.All(ir.OpInput)[0].Type, I: pixels}}, parts[i].Tap); err != nil {
			t.Fatal(err)
		}
		parts[i].Sample()
	}
	parts[0].Merge(parts[1])
	// First sample: all pixels, one weight each, of numbers. Spikes are (1, 0), (1, 1), so the counts
	// (2, 1) meet 2 weights each, of numbers. The membranes are (0, 257) and then (0, 0): one changes.
	// Second sample: one pixel, which is 1, one weight. The sums are (0, 1): no spikes; membranes
	// (0, 1) and then (0, 2): one changes. All counts are 0.
	want := NeuroBench{Samples: 2,
		Footprint:          6 + 2*4 + 4, // weights, thresholds, weights
		ConnectionSparsity: .3,          // 3 of 10
		ActivationSparsity: 5.0 / 8,
		EffectiveMACs:      (3 + 4) / 2.0,
		EffectiveACs:       1 / 2.0,
		Dense:              6 + 4,
		MembraneUpdates:    (2 + 1 + 2 + 1) / 2.0,
	}
	if got := parts[0].Figures(); got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

// The fan-out of a convolution, added up over its places by going through all windows.
func TestFanoutOfWindows(t *testing.T) {
	net := parse(t, `net grouped fixed steps=1 {
once
	%x = input : u8[4,7,5]
	%w = const {fill=1} : s8[6,2,3,2]
	%i = conv %x, %w {strides=[2,1] pads=[1,0,2,1] dilations=[1,2] groups=2 slots=planes} : s24[6,4,4]
	%y = output %i : s24[6,4,4]
}
`)
	v := net.Find("i")
	weights := make([]int64, v.Arg(1).Type.Size())
	draw := rand.New(rand.NewPCG(1, 2))
	for i := range weights {
		weights[i] = draw.Int64N(3) - 1
	}
	v.Arg(1).Attrs = ir.ConstAttrs{Data: &ir.Tensor{Type: v.Arg(1).Type, I: weights}}
	for _, dense := range []bool{false, true} {
		want := make([]int64, 4*7*5)
		for i := range 6 * 4 * 4 * 2 * 3 * 2 {
			o, oy, ox, c, ky, kx := i/192, i/48%4, i/12%4, i/6%2, i/2%3, i%2
			y, x := 2*oy+ky-1, ox+2*kx
			if y >= 0 && y < 7 && x < 5 && (dense || weights[o*12+c*6+ky*2+kx] != 0) {
				want[(o/3*2+c)*35+y*5+x]++
			}
		}
		if got := Fanout(v, dense); !reflect.DeepEqual(got, want) || slices.Max(got) < 3 {
			t.Errorf("dense %v: got %v\nwant %v", dense, got, want)
		}
	}
}
