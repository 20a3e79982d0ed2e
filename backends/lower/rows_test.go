package lower_test

import (
	"slices"
	"testing"

	"nomul/backends/lower"
	"nomul/ir"
)

// The description of a fold meets each of its places and taps once, and finds the same
// elements there as the views do.
func TestRows(t *testing.T) {
	fixedNets(t, func(t *testing.T, net *ir.Net) {
		for _, s := range lower.Of(net).Stages {
			if s.Fold != nil {
				described(t, s)
			}
		}
	})
}

func described(t *testing.T, s *lower.Stage) {
	f, r := s.Fold, s.Fold.Rows()
	type meeting struct{ place, x, weight, start int }
	want, got := map[meeting]int{}, map[meeting]int{}
	eachOf(f.Places, func(place int, at []int) {
		eachOf(f.Taps, func(_ int, tap []int) {
			index := slices.Concat(at, tap)
			m := meeting{place: place, x: f.X.At(index)}
			if f.Weight != nil {
				m.weight = f.Weight.At(index)
			}
			if f.Start != nil {
				m.start = f.Start.At(at)
			}
			want[m]++
		})
	})
	for p := range r.Positions {
		for g := range r.Groups {
			for o := range r.Outputs {
				for i := range r.Inputs {
					m := meeting{place: r.Place(p, g, o), x: r.X(p, g, i)}
					if f.Weight != nil {
						m.weight = r.Weight(g, o, i)
					}
					if f.Start != nil {
						m.start = r.Start(p, g, o)
					}
					got[m]++
				}
			}
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d meetings, wanted %d", s.To.Name, len(got), len(want))
	}
	for m, n := range want {
		if got[m] != n {
			t.Fatalf("%s: %+v %d times, wanted %d", s.To.Name, m, got[m], n)
		}
	}
	if w := r.Windows; len(w.In) > 0 && r.Inputs%w.Taps() != 0 {
		t.Errorf("%s: %d inputs of windows of %d taps", s.To.Name, r.Inputs, w.Taps())
	}
}

// eachOf calls f with the indices of a grid in C order.
func eachOf(dims []int, f func(i int, index []int)) {
	n := ir.ShapeOf(dims...).Size()
	for i := range n {
		index, rest := make([]int, len(dims)), i
		for axis, d := range slices.Backward(dims) {
			index[axis], rest = rest%d, rest/d
		}
		f(i, index)
	}
}

// A convolution has the windows that its op has, also where none sees padding.
func TestRowsKnowWindows(t *testing.T) {
	fixedNets(t, func(t *testing.T, net *ir.Net) {
		rows := map[string]*lower.Rows{}
		for _, s := range lower.Of(net).Stages {
			if s.Fold != nil {
				rows[s.To.Name] = s.Fold.Rows()
			}
		}
		for _, v := range net.Values {
			if v.Op != ir.OpConv && v.Op != ir.OpMaxPool && v.Op != ir.OpSumPool {
				continue
			}
			w, got := ir.WindowsOf(v), rows[v.Name].Windows
			if len(got.In) == 0 && w.Taps() == 1 && slices.Equal(w.In, w.Out) {
				continue // each place is its own window
			}
			for _, pair := range [][2][]int{{got.In, w.In}, {got.Out, w.Out}, {got.Kernel, w.Kernel}, {got.Stride, w.Stride}, {got.Dilation, w.Dilation}, {got.Begin, w.Begin}} {
				if !slices.Equal(pair[0], pair[1]) {
					t.Errorf("%s: windows %+v, wanted %+v", v.Name, got, w)
				}
			}
		}
	})
}
