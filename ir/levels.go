package ir

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sort"

	"nomul/ir/diag"
)

// LevelsAttrs are the number of thresholds of a word, and the result on a threshold.
type LevelsAttrs struct {
	Count int  `ir:"always"`
	Ties  Ties `ir:"always"`
}

func (LevelsAttrs) attrs() {}

// MaxLevels bounds the thresholds of a word, which has 16 bits then.
const MaxLevels = 1<<16 - 1

// Ties says which of two numbers a value on the threshold between them takes.
type Ties uint8

// The ties: the higher number, as an IF neuron that compares with ≥; the even one, as in
// rounding half to even; the odd one, where the numbers count from an odd one.
const (
	TiesUp Ties = iota + 1
	TiesEven
	TiesOdd
)

var tieNames = names{TiesUp: "up", TiesEven: "even", TiesOdd: "odd"}

func (t Ties) String() string { return tieNames.get(int(t)) }

// MarshalText prints the ties.
func (t Ties) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads ties.
func (t *Ties) UnmarshalText(b []byte) error {
	i, err := tieNames.find("ties", string(b))
	*t = Ties(i)
	return err
}

// Reaches reports whether a value on threshold n, counted from 1, reaches it.
func (t Ties) Reaches(n int) bool {
	return t == TiesUp || t == TiesEven && n%2 == 0 || t == TiesOdd && n%2 != 0
}

// Level returns how many of the thresholds first + (n − 1)·step, n from 1 to the count, x reaches.
// The sums are rounded to float64.
func (a LevelsAttrs) Level(x, first, step float64) int {
	reaches := func(n int) bool {
		at := first + float64(float64(n-1)*step)
		return x > at || x == at && a.Ties.Reaches(n)
	}
	guess := math.Floor((x-first)/step) + 1
	n := 0
	if guess > 0 { // not NaN
		n = int(min(guess, float64(a.Count)))
	}
	for n < a.Count && reaches(n+1) {
		n++
	}
	for n > 0 && !reaches(n) {
		n--
	}
	return n
}

// levelParts name the operands that say how far a bit of the number moves a threshold, from bit 1 on.
var levelParts = [15]string{"bit1", "bit2", "bit3", "bit4", "bit5", "bit6", "bit7", "bit8", "bit9", "bit10", "bit11", "bit12", "bit13", "bit14", "bit15"}

// LevelsBit is the operand slot of levels that has bit b of the number, from 1 on.
func LevelsBit(b int) int { return 2 + b }

// LevelBy returns how many thresholds an integer reaches, where that of n lies at first − parts[0] and
// above it by the parts of the bits of n. Thresholds grow.
func (a LevelsAttrs) LevelBy(x, first int64, parts []int64) int64 {
	return int64(sort.Search(a.Count, func(i int) bool {
		at, n := first-parts[0], i+1
		for b, part := range parts {
			if n>>b&1 != 0 {
				at += part
			}
		}
		return !(x > at || x == at && a.Ties.Reaches(n))
	}))
}

// LevelOf returns the same of integers.
func (a LevelsAttrs) LevelOf(x, first, step int64) int64 {
	past := x - first
	if past < 0 {
		return 0
	}
	n := past/step + 1
	if past%step == 0 && n <= int64(a.Count) && !a.Ties.Reaches(int(n)) {
		n--
	}
	return min(n, int64(a.Count))
}

func inferLevels(in *inference) {
	x, a := in.v.Args[0], in.v.Attrs.(LevelsAttrs)
	if a.Count < 1 || a.Count > MaxLevels {
		in.fail(diag.BadAttribute, "has %d thresholds, wanted 1 to %d", a.Count, MaxLevels)
	}
	if a.Ties < TiesUp || a.Ties > TiesOdd {
		in.fail(diag.BadAttribute, "says no ties: up, even or odd")
	}
	given := slices.DeleteFunc(slices.Clone(in.v.Args), func(p *Value) bool { return p == nil })
	if s := in.broadcast(given...); in.err == nil && s != x.Type.Shape {
		in.fail(diag.ShapeMismatch, "its thresholds are of shape %v, wanted those of %%%s, %v", s, x.Name, x.Type.Shape)
	}
	if err := in.checkSteps(in.v.Args[2]); in.err == nil && err != "" {
		in.fail(diag.BadAttribute, "step %%%s %s", in.v.Args[2].Name, err)
	}
	if in.err == nil {
		in.checkParts(a, in.v.Args[2:])
	}
	r := Range{Hi: int64(max(a.Count, 0))}
	in.typ, in.rng = Holding(r, x.Type.Shape), r
}

// checkSteps names the fault of the distance between thresholds; "" is none.
func (in *inference) checkSteps(step *Value) string {
	c := step.Const()
	if c == nil {
		return ""
	}
	for i := range c.Type.Size() {
		if f := c.At(i); !(f > 0) || math.IsInf(f, 0) {
			return fmt.Sprintf("is %v somewhere, wanted numbers above 0", f)
		}
	}
	return ""
}

// checkParts demands integers of the bits that a number has, each above all lower ones together, so
// that thresholds grow.
func (in *inference) checkParts(a LevelsAttrs, parts []*Value) {
	if !slices.ContainsFunc(parts[1:], func(p *Value) bool { return p != nil }) {
		return
	}
	if AnyReal(in.v.Args) {
		in.fail(diag.TypeMismatch, "has thresholds by the bits of numbers, which integers only have")
		return
	}
	below := slices.Repeat([]int64{0}, in.v.Args[0].Type.Shape.Size())
	for b, p := range parts {
		if p != nil && (p.Const() == nil || b >= bits.Len(uint(max(a.Count, 0)))) {
			in.fail(diag.BadAttribute, "has bit %d as %%%s, wanted constants for the bits of %d", b, p.Name, a.Count)
			return
		}
		if p == nil && parts[0].Const() == nil || b >= bits.Len(uint(max(a.Count, 0))) || in.err != nil {
			return
		}
		at, shift := p, 0
		if p == nil {
			at, shift = parts[0], b
		}
		for i, part := range Stretch(at.Const().I, at.Type.Shape, in.v.Args[0].Type.Shape) {
			if part <<= shift; part <= below[i] {
				in.fail(diag.BadAttribute, "has %d for bit %d somewhere, wanted more than all lower bits have, %d", part, b, below[i])
				return
			}
			below[i] += part
		}
	}
}
