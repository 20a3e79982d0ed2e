package passes

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"nomul/ir"
)

// counting is a neuron that hands on how many thresholds it has reached, in real numbers that are whole multiples of 2^-62.
type counting struct {
	name    string
	theta   int64
	leak    int // 2^-leak of the membrane is left
	levels  int
	signed  bool
	nearest bool // halves go to the even count; else level n is reached at n times the threshold
	strict  bool // above it
}

// limits are the thresholds, in halves of the unit of theta, and whether each is reached above it alone.
func (c counting) limit(n int) (halves int64, strict bool) {
	if c.nearest {
		return int64(2*n-1) * c.theta, n%2 == 1
	}
	return 2 * int64(n) * c.theta, c.strict
}

// count is that of a membrane in units of 2^-scale.
func (c counting) count(h int64, scale int) int64 {
	side := func(h int64) int64 {
		n := 0
		for n < c.levels {
			halves, strict := c.limit(n + 1)
			if at := halves << (scale - 1); h < at || h == at && strict {
				break
			}
			n++
		}
		return int64(n)
	}
	if n := side(h); n > 0 || !c.signed {
		return n
	}
	return -side(-h)
}

// program is the neuron's cell.
func (c counting) program() string {
	lines := []string{"state membrane", "v = load membrane", "k = operand 1", "kept = times v k", "x = operand 0", "h = add kept x", "none = const 0"}
	word, left := "none", "none"
	for _, sign := range []int{-1, 1} {
		for n := 1; n <= c.levels && (sign > 0 || c.signed); n++ {
			_, strict := c.limit(n)
			kind := map[bool]string{false: "at-least", true: "above"}[strict]
			id, at := fmt.Sprintf("%d%d", sign+1, n), 1+n
			if sign < 0 {
				at += c.levels
			}
			compared := fmt.Sprintf("h t%sx", id)
			if sign < 0 {
				compared = fmt.Sprintf("t%sx h", id)
			}
			lines = append(lines, fmt.Sprintf("t%sx = operand %d", id, at), fmt.Sprintf("c%s = %s %s", id, kind, compared),
				fmt.Sprintf("n%s = const %d", id, sign*n), fmt.Sprintf("w%s = select c%s n%s %s", id, id, id, word),
				fmt.Sprintf("a%s = const %d", id, int64(sign*n)*c.theta), fmt.Sprintf("l%s = select c%s a%s %s", id, id, id, left))
			word, left = "w"+id, "l"+id
		}
	}
	return strings.Join(append(lines, "after = sub h "+left, "store membrane = after", "result "+word), "; ")
}

// net reads an input in each step, through weights or as it is.
func (c counting) net(weighted bool, size int) string {
	b := &strings.Builder{}
	fmt.Fprintf(b, "net ties spiking steps=3 {\nonce\n\t%%k = const {fill=%v} : real[]\n", math.Ldexp(1, -c.leak))
	var args []string
	for _, sign := range []float64{1, -1} {
		for n := 1; n <= c.levels; n++ {
			halves, _ := c.limit(n)
			args = append(args, fmt.Sprintf("%%t%d", len(args)))
			fmt.Fprintf(b, "\t%s = const {fill=%v} : real[]\n", args[len(args)-1], sign*float64(halves)/2)
		}
	}
	x := "%x"
	if weighted {
		fmt.Fprintf(b, "\t%%w = const {data=[1]} : real[1,1]\n")
	}
	fmt.Fprintf(b, "step\n\t%%x = input {per=step} : s8[%d,1]\n", size)
	if weighted {
		x = "%fc"
		fmt.Fprintf(b, "\t%%fc = linear %%x, %%w : real[%d,1]\n", size)
	}
	counts := ir.Range{Hi: int64(c.levels)}
	if c.signed {
		counts.Lo = -counts.Hi
	}
	word := fmt.Sprintf("%v range %v", ir.Holding(counts, ir.ShapeOf(size, 1)), counts)
	fmt.Fprintf(b, "\t%%n = cell %s, %%k, %s {do=[%s]} : %s\n", x, strings.Join(args, ", "), c.program(), word)
	sum := fmt.Sprintf("%v range %v", ir.Holding(counts.Scaled(3), ir.ShapeOf(size, 1)), counts.Scaled(3))
	fmt.Fprintf(b, "end\n\t%%sum = sum %%n : %s\n\t%%o = output %%sum : %s\n}\n", sum, sum)
	return b.String()
}

// Counts on integers are those of exact arithmetic, where the membrane is on a threshold, beside it, or beside it by
// what leaks have left of it, above 0 and below.
func TestLevelsOnTies(t *testing.T) {
	neurons := []counting{
		{"nearest", 4, 1, 4, false, true, false}, {"nearest, odd threshold", 3, 1, 3, false, true, false}, {"nearest, quarter", 6, 2, 8, false, true, false},
		{"nearest, signed", 4, 1, 3, true, true, false}, {"ternary", 5, 1, 1, true, false, false}, {"ternary, above", 5, 3, 1, true, false, true},
		{"floor", 5, 1, 4, false, false, false}, {"above", 5, 1, 4, false, false, true}, {"signed", 3, 2, 3, true, false, false},
		{"nearest, slow", 4, 9, 4, false, true, false}, {"ternary, slow", 5, 10, 1, true, false, false},
	}
	var drives []int64
	for x := int64(-18); x <= 18; x++ {
		drives = append(drives, x)
	}
	drives = append(drives, -40, -31, 27, 40)
	n := len(drives)
	for _, c := range neurons {
		for _, weighted := range []bool{false, true} {
			net, err := ir.Parse("ties.sir", c.net(weighted, n*n*n), nil)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			fixed, err := Lower(net, ir.Fixed, "", &Options{}, nil)
			if err != nil {
				t.Errorf("%s, weighted %v: %v", c.name, weighted, err)
				continue
			}
			if off := c.differing(t, fixed, drives); off > 0 {
				t.Errorf("%s, weighted %v: %d of %d counts differ", c.name, weighted, off, 3*n*n*n)
			}
		}
	}
}

// differing counts the results of all triples of drives that are not those of exact arithmetic.
func (c counting) differing(t *testing.T, fixed *ir.Net, drives []int64) int {
	n := len(drives)
	all := n * n * n
	in := ir.NewTensor(ir.SintType(8, ir.ShapeOf(3, all, 1)))
	for i := range all {
		in.I[i], in.I[all+i], in.I[2*all+i] = drives[i/(n*n)], drives[i/n%n], drives[i%n]
	}
	off, onTies := 0, 0
	const scale = 40
	v := make([]int64, all)
	_, err := machine(t, fixed).Run(map[string]*ir.Tensor{"x": in}, func(step int, at *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if at.Op != ir.OpCell {
			return
		}
		for i := range all {
			h := v[i]>>c.leak + in.I[step*all+i]<<scale
			want := c.count(h, scale)
			if result.I[i] != want {
				off++
			}
			for level := 1; level <= c.levels; level++ {
				if halves, _ := c.limit(level); h == halves<<(scale-1) || h == -halves<<(scale-1) {
					onTies++
				}
			}
			v[i] = h - want*c.theta<<scale
		}
	})
	if err != nil || onTies == 0 {
		t.Fatalf("%s: %d on ties, %v", c.name, onTies, err)
	}
	return off
}
