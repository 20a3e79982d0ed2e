package update_test

import (
	"fmt"
	"testing"

	"nomul/ir/update"
)

// lanes are those of 16 and 32 bits.
var lanes = map[int]update.Range{16: {Lo: -1 << 15, Hi: 1<<15 - 1}, 32: {Lo: -1 << 31, Hi: 1<<31 - 1}}

// wrapped runs a program in lanes that wrap, with limits clipped as those of Above.
func wrapped(p *update.Program, bits int, state []int64, operand func(slot int) int64) []int64 {
	wrap := func(n int64) int64 { return n << (64 - bits) >> (64 - bits) }
	limits, values := p.Limits(), make([]int64, len(p.Code))
	for v, i := range p.Code {
		a, b := values[i.A], values[i.B]
		if compares := i.Kind == update.AtLeast || i.Kind == update.Above; compares && limits[i.B] {
			b = operand(int(p.Code[i.B].At))
			if i.Kind == update.AtLeast {
				i.Kind, b = update.Above, b-1
			}
			b = min(max(b, lanes[bits].Lo), lanes[bits].Hi)
		}
		one := update.Program{Vars: p.Vars, Code: []update.Instr{{Kind: update.Operand, At: 0}, {Kind: update.Operand, At: 1}, {Kind: update.Operand, At: 2}, i}}
		if i.Kind == update.Load || i.Kind == update.Operand || i.Kind == update.Param || i.Kind == update.Const {
			one.Code = []update.Instr{i}
			one.Run(values[v:v+1], 0, state, operand)
			values[v] = wrap(values[v])
			continue
		}
		one.Code[3].A, one.Code[3].B, one.Code[3].C = 0, 1, 2
		results := make([]int64, 4)
		one.Run(results, 0, state, func(slot int) int64 { return []int64{a, b, values[i.C]}[slot] })
		values[v] = wrap(results[3])
	}
	return values
}

// leaky is a program that leaks its membrane, adds an input, fires at a threshold, and is
// reset.
func leaky(d update.Decay) *update.Program {
	b := &update.Builder{}
	membrane := b.Var(update.Var{Name: "membrane", Traced: true, Init: 2})
	h := b.Add(b.Leak(b.Load(membrane), d), b.Shl(b.Operand(0), 2))
	spike := b.AtLeast(h, b.Param(1))
	b.Store(membrane, b.Select(spike, b.Const(0), h))
	b.Result(spike)
	return b.Program()
}

// decays are leaks in every rounding: to v>>k, to v − v>>k, and by digits.
func decays() map[string]update.Decay {
	out := map[string]update.Decay{}
	one := []update.Digit{{Shift: 0, Sign: 1}}
	for name, d := range map[string]update.Decay{"shift": {Digits: one, Shift: 3}, "decay": {Digits: one, Shift: 3, Rest: true},
		"csd": {Digits: update.CSD(7), Shift: 3}, "digits": {Digits: update.CSD(171), Shift: 8}} {
		out[name+" floor"] = d
		d.Up = 1<<d.Shift - 1
		out[name+" ceil"] = d
		d.Up, d.UpNegative = 0, d.Up
		out[name+" zero"] = d
	}
	return out
}

// A program that fits a lane has the same results there as in 64 bits, at the borders of
// membranes that come one short of the lane's, reach them and exceed them by one.
func TestFits(t *testing.T) {
	fitting := 0
	for name, d := range decays() {
		for bits, lane := range lanes {
			for _, by := range []int64{-1, 0, 1} {
				for _, start := range []update.Range{{Lo: lane.Lo - by, Hi: 5}, {Lo: -5, Hi: lane.Hi + by}, {Lo: lane.Lo / 4, Hi: lane.Hi / 4},
					{Lo: lane.Lo/171 + by, Hi: lane.Hi/171 + by}, {Lo: lane.Lo/7 + by, Hi: lane.Hi/7 + by}} {
					operands := []update.Range{{Lo: -3, Hi: 2}, {Lo: 2 * lane.Lo, Hi: 2 * lane.Hi}, start}
					p := leaky(d)
					p, r := p.Expand(p.Ranges(3, func(slot int) update.Range { return operands[slot] }))
					if p.Fits(r, lane) {
						fitting++
						t.Run(fmt.Sprint(name, bits, start), func(t *testing.T) { compareWrapped(t, p, bits, start) })
					}
				}
			}
		}
	}
	if fitting < 100 {
		t.Errorf("only %d programs fit", fitting)
	}
}

// compareWrapped runs a program in lanes and in 64 bits, at borders of membrane and threshold.
func compareWrapped(t *testing.T, p *update.Program, bits int, start update.Range) {
	lane := lanes[bits]
	for _, v := range []int64{start.Lo, start.Lo + 1, -1, 0, 1, start.Hi - 1, start.Hi} {
		for _, x := range []int64{-3, 0, 2} {
			for _, threshold := range []int64{2 * lane.Lo, lane.Lo, lane.Lo + 1, -3, 4, lane.Hi, 2 * lane.Hi} {
				operand := func(slot int) int64 { return []int64{x, threshold, 0}[slot] }
				got, want := wrapped(p, bits, []int64{v}, operand), make([]int64, len(p.Code))
				p.Run(want, 0, []int64{v}, operand)
				if got[p.Result()] != want[p.Result()] || got[p.Stored(0)] != want[p.Stored(0)] {
					t.Fatalf("of %d and %d at %d: %v, wanted %v\n%s", v, x, threshold, got, want, p)
				}
			}
		}
	}
}

// A lane holds no more than fits it: the addend of rounding counts before the shift, even if
// parts of the sum wrap before.
func TestFitsBorders(t *testing.T) {
	one := []update.Digit{{Shift: 0, Sign: 1}}
	for _, c := range []struct {
		name   string
		d      update.Decay
		lo, hi int64 // the least and the most that fits 16 bits
	}{
		{"none", update.Decay{Digits: one}, -32767, 32767}, // the lowest integer is for limits
		{"floor", update.Decay{Digits: one, Shift: 3}, -32768, 32767},
		{"ceil", update.Decay{Digits: one, Shift: 3, Up: 7}, -32768, 32760},
		{"zero", update.Decay{Digits: one, Shift: 3, UpNegative: 7}, -32768, 32767},
		{"csd:3/8", update.Decay{Digits: update.CSD(3), Shift: 3}, -10922, 10922},
		{"csd:3/8 ceil", update.Decay{Digits: update.CSD(3), Shift: 3, Up: 7}, -10925, 10920},
		{"csd:3/8 zero", update.Decay{Digits: update.CSD(3), Shift: 3, UpNegative: 7}, -10925, 10922},
		{"csd:7/8 zero", update.Decay{Digits: update.CSD(7), Shift: 3, UpNegative: 7}, -4682, 4681},
	} {
		p := leaky(c.d)
		fits := func(lo, hi int64) bool {
			operands := []update.Range{{}, {Lo: 100000, Hi: 100000}, {Lo: lo, Hi: hi}}
			e, r := p.Expand(p.Ranges(3, func(slot int) update.Range { return operands[slot] }))
			return e.Fits(r, lanes[16])
		}
		for by, want := range map[int64]bool{-1: true, 0: true, 1: false} {
			if got := fits(c.lo-by, 0); got != want {
				t.Errorf("%s: from %d: fits is %t", c.name, c.lo-by, got)
			}
			if got := fits(0, c.hi+by); got != want {
				t.Errorf("%s: to %d: fits is %t", c.name, c.hi+by, got)
			}
		}
	}
}
