package interp_test

import (
	"math/big"
	"slices"
	"testing"

	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/ir/irtest/drawn"
)

// Neurons that send words, thresholds of words, and layers of weights on words have the results of their equations,
// worked out number by number.
func TestWordsByEquations(t *testing.T) {
	nets := uint64(60)
	if testing.Short() {
		nets = 10
	}
	checks := map[ir.Op]int{}
	for seed := range nets {
		net, words := drawn.Words(seed)
		if err := ir.Verify(net); err != nil {
			t.Fatalf("%s: %v", net.Name, err)
		}
		m := machine(t, net)
		for _, in := range irtest.Inputs(net, seed, 3) {
			p := &plain{net: net, words: words, now: map[*ir.Value][]int64{}, state: map[*ir.Value][]int64{}}
			for _, v := range net.All(ir.OpConst) {
				p.now[v] = v.Const().I
			}
			_, err := m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, states []*ir.Tensor) {
				p.now[v] = slices.Clone(result.I)
				want := p.of(v)
				if want == nil {
					return
				}
				checks[v.Op]++
				if !slices.Equal(result.I, want) {
					t.Fatalf("seed %d, step %d: %%%s is %v, wanted %v", seed, step, v.Name, result.I, want)
				}
				if words[v] != nil && !slices.Equal(states[0].I, p.state[v]) {
					t.Fatalf("seed %d, step %d: the membrane of %%%s is %v, wanted %v", seed, step, v.Name, states[0].I, p.state[v])
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Logf("values that were worked out: %v", checks)
	for _, op := range []ir.Op{ir.OpCell, ir.OpLevels, ir.OpLinear, ir.OpConv, ir.OpMaxPool} {
		if checks[op] < 20 {
			t.Errorf("%v was worked out %d times", op, checks[op])
		}
	}
}

// plain works values out from the last ones of their operands.
type plain struct {
	net   *ir.Net
	words map[*ir.Value]*drawn.Word
	now   map[*ir.Value][]int64
	state map[*ir.Value][]int64
}

// of is nil of ops that are not worked out.
func (p *plain) of(v *ir.Value) []int64 {
	out := make([]int64, v.Type.Size())
	switch w := p.words[v]; {
	case w != nil:
		p.neurons(v, w, out)
	case v.Op == ir.OpLevels:
		p.levels(v, out)
	case v.Op == ir.OpLinear:
		p.linear(v, out)
	case v.Op == ir.OpConv:
		p.conv(v, out)
	case v.Op == ir.OpMaxPool:
		p.pool(v, out)
	default:
		return nil
	}
	return out
}

// operand is element i of the result's shape of an operand.
func (p *plain) operand(v *ir.Value, slot, i int) int64 {
	a := v.Args[slot]
	at, along := 0, 1
	mine, its := v.Type.Shape.Dims(), a.Type.Shape.Dims()
	for axis := len(mine) - 1; axis >= 0; axis-- {
		if k := axis - len(mine) + len(its); k >= 0 {
			if its[k] > 1 {
				at += i % mine[axis] * along
			}
			along *= its[k]
		}
		i /= mine[axis]
	}
	return p.now[a][at]
}

// neurons are one step of the equation, from the membranes of the last.
func (p *plain) neurons(v *ir.Value, w *drawn.Word, out []int64) {
	if p.state[v] == nil {
		p.state[v] = make([]int64, len(out))
		for e := range out {
			p.state[v][e] = w.Init[e%len(w.Init)]
		}
	}
	for e := range out {
		h := leaked(w, p.state[v][e]) + p.now[w.X][e]
		n := 0
		for i, t := range w.Thresholds {
			if h > t[e] || h == t[e] && !w.Above[i] {
				n++
			}
		}
		out[e] = w.Values[n]
		switch {
		case w.Reset == ir.ResetSubtract:
			h -= w.Amounts[n][e]
		case w.Reset == ir.ResetZero && n != w.Silent:
			h = 0
		}
		p.state[v][e] = h
	}
}

// leaked is ⌊(N·v + up)/2^K⌋, or v less that.
func leaked(w *drawn.Word, v int64) int64 {
	d := w.Leak
	if len(d.Digits) == 0 {
		return v
	}
	n := new(big.Int)
	for _, digit := range d.Digits {
		n.Add(n, new(big.Int).Mul(big.NewInt(int64(digit.Sign)), new(big.Int).Lsh(big.NewInt(1), uint(digit.Shift))))
	}
	n.Mul(n, big.NewInt(v)).Add(n, big.NewInt(d.Up))
	if v < 0 {
		n.Add(n, big.NewInt(d.UpNegative))
	}
	kept := new(big.Int).Div(n, new(big.Int).Lsh(big.NewInt(1), uint(d.Shift))).Int64() // towards −∞, as 2^K > 0
	if d.Rest {
		return v - kept
	}
	return kept
}

// levels count thresholds one by one.
func (p *plain) levels(v *ir.Value, out []int64) {
	a := v.Attrs.(ir.LevelsAttrs)
	byBits := slices.ContainsFunc(v.Args[3:], func(a *ir.Value) bool { return a != nil })
	for i := range out {
		x, first, step := p.operand(v, 0, i), p.operand(v, 1, i), p.operand(v, 2, i)
		for n := 1; n <= a.Count; n++ {
			at := first + int64(n-1)*step
			if byBits {
				at = first - step
				for b := 0; n>>b > 0; b++ {
					switch {
					case n>>b&1 == 0:
					case v.Args[2+b] != nil:
						at += p.operand(v, 2+b, i)
					default:
						at += step << b
					}
				}
			}
			even := n%2 == 0
			if x > at || x == at && (a.Ties == ir.TiesUp || a.Ties == ir.TiesEven && even || a.Ties == ir.TiesOdd && !even) {
				out[i]++
			}
		}
	}
}

func (p *plain) linear(v *ir.Value, out []int64) {
	rows, k := v.Args[1].Type.Shape.Dim(0), v.Args[1].Type.Shape.Dim(1)
	for i := range out {
		for j := range k {
			out[i] += p.now[v.Args[1]][i%rows*k+j] * p.now[v.Args[0]][i/rows*k+j]
		}
		if v.Args[2] != nil {
			bias := p.now[v.Args[2]]
			out[i] += bias[i%len(bias)]
		}
	}
}

// conv has its window on the last axes, behind the channels.
func (p *plain) conv(v *ir.Value, out []int64) {
	a := v.Attrs.(ir.ConvAttrs)
	x, y, w := v.Args[0].Type.Shape.Dims(), v.Type.Shape.Dims(), v.Args[1].Type.Shape.Dims()
	places, taps := product(y[1:]), product(w[2:])
	for i := range out {
		m, place := i/places, i%places
		for c := range w[1] {
			from := m/(w[0]/a.Groups)*w[1] + c
			for tap := range taps {
				if at, ok := under(place, tap, y[1:], w[2:], x[1:], a.Strides, a.Pads, a.Dilations); ok {
					out[i] += p.now[v.Args[1]][(m*w[1]+c)*taps+tap] * p.now[v.Args[0]][from*product(x[1:])+at]
				}
			}
		}
		if v.Args[2] != nil {
			if bias := p.now[v.Args[2]]; len(bias) == y[0] && v.Args[2].Type.Shape.Rank() == 1 {
				out[i] += bias[m]
			} else {
				out[i] += bias[i]
			}
		}
	}
}

func (p *plain) pool(v *ir.Value, out []int64) {
	a := v.Attrs.(ir.PoolAttrs)
	n := len(a.Kernel)
	x, y := v.Args[0].Type.Shape.Dims(), v.Type.Shape.Dims()
	x, y = x[len(x)-n:], y[len(y)-n:]
	for i := range out {
		first := true
		for tap := range product(a.Kernel) {
			if at, ok := under(i%product(y), tap, y, a.Kernel, x, a.Strides, a.Pads, a.Dilations); ok {
				if in := p.now[v.Args[0]][i/product(y)*product(x)+at]; first || in > out[i] {
					out[i], first = in, false
				}
			}
		}
	}
}

// under is the place that a tap of a window sees; not ok in the padding.
func under(place, tap int, places, kernel, extents, strides, pads, dilations []int) (at int, ok bool) {
	along := 1
	for axis := len(places) - 1; axis >= 0; axis-- {
		k := place%places[axis]*strides[axis] + tap%kernel[axis]*dilations[axis] - pads[axis]
		if k < 0 || k >= extents[axis] {
			return 0, false
		}
		at += k * along
		along *= extents[axis]
		place, tap = place/places[axis], tap/kernel[axis]
	}
	return at, true
}

func product(dims []int) int {
	n := 1
	for _, d := range dims {
		n *= d
	}
	return n
}
