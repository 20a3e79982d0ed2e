package ir

import (
	"fmt"
	"math"

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
	if s := in.broadcast(in.v.Args...); in.err == nil && s != x.Type.Shape {
		in.fail(diag.ShapeMismatch, "its thresholds are of shape %v, wanted those of %%%s, %v", s, x.Name, x.Type.Shape)
	}
	if err := in.checkSteps(in.v.Args[2]); in.err == nil && err != "" {
		in.fail(diag.BadAttribute, "step %%%s %s", in.v.Args[2].Name, err)
	}
	r := Range{Hi: int64(max(a.Count, 0))}
	in.typ, in.rng = Holding(r, x.Type.Shape), r
}

// checkSteps says what is wrong with the distance between thresholds; "" is nothing.
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
