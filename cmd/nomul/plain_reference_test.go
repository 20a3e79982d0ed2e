package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"nomul/runtime/dataset"
)

// The reference of networks of words: the integers that stand in the text of a fixed net, in ordinary integer
// arithmetic with multiplications and divisions, as an integer runtime computes a K-bit network. It reads the
// text itself, and shares no code with passes, ir or the interpreter.

// plainNet is a network of one time step, line by line.
type plainNet struct {
	lines  []plainLine
	consts map[string]plainTensor
}

type plainTensor struct {
	shape []int
	v     []int64
}

// plainLine is NAME = OP ARGS {ATTRS} : TYPE[SHAPE].
type plainLine struct {
	name, op string
	args     []string // named ones, as bias, behind the others
	attrs    string
	shape    []int
}

var (
	plainValue = regexp.MustCompile(`^\t%(\S+) = (\S+)((?: (?:\w+=)?%[^ ,]+,?)*)(?: \{([^}]*)\})? : \w+\[([\d,]*)\]`)
	plainArg   = regexp.MustCompile(`%([^ ,]+)`)
	plainFile  = regexp.MustCompile(`file="([^:]*):([^"]*)"`)
)

// readPlain reads the text of a fixed net, with the arrays beside it.
func readPlain(path, text string) (*plainNet, error) {
	n := &plainNet{consts: map[string]plainTensor{}}
	for _, line := range strings.Split(text, "\n") {
		m := plainValue.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "\t") {
				return nil, fmt.Errorf("not read: %s", line)
			}
			continue
		}
		l := plainLine{name: m[1], op: m[2], attrs: m[4], shape: numbersIn(m[5])}
		for _, a := range plainArg.FindAllStringSubmatch(m[3], -1) {
			l.args = append(l.args, a[1])
		}
		if l.op != "const" {
			n.lines = append(n.lines, l)
			continue
		}
		t := plainTensor{shape: l.shape}
		if f := plainFile.FindStringSubmatch(l.attrs); f != nil {
			arrays, err := dataset.ReadArrays(filepath.Join(filepath.Dir(path), f[1]))
			if err != nil {
				return nil, err
			}
			t.v = arrays[f[2]].I
		} else if l.has("fill") {
			for range plainSize(l.shape) {
				t.v = append(t.v, int64(l.ints("fill")[0]))
			}
		} else {
			for _, x := range l.ints("data") {
				t.v = append(t.v, int64(x))
			}
		}
		if len(t.v) != plainSize(t.shape) {
			return nil, fmt.Errorf("%s has %d numbers", l.name, len(t.v))
		}
		n.consts[l.name] = t
	}
	return n, nil
}

func plainSize(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}

func numbersIn(text string) []int {
	var out []int
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '[' || r == ']' }) {
		n, err := strconv.Atoi(s)
		if err != nil {
			panic(err)
		}
		out = append(out, n)
	}
	return out
}

func (l *plainLine) has(key string) bool { return strings.Contains(" "+l.attrs, " "+key+"=") }

// ints are the numbers of an attribute.
func (l *plainLine) ints(key string) []int {
	for _, item := range strings.Fields(l.attrs) {
		if k, v, _ := strings.Cut(item, "="); k == key {
			return numbersIn(v)
		}
	}
	panic(l.name + " has no " + key)
}

// run computes the output for an input.
func (n *plainNet) run(x []int64) []int64 {
	at := map[string]plainTensor{}
	for name, t := range n.consts {
		at[name] = t
	}
	for i := range n.lines {
		l := &n.lines[i]
		args := make([]plainTensor, len(l.args))
		for k, name := range l.args {
			args[k] = at[name]
		}
		out := plainTensor{shape: l.shape}
		switch l.op {
		case "input":
			out.v = x
		case "reshape":
			out.v = args[0].v
		case "output":
			return args[0].v
		case "shl":
			for _, v := range args[0].v {
				out.v = append(out.v, v*(1<<l.ints("k")[0]))
			}
		case "linear":
			out.v = plainLinear(args)
		case "conv":
			out.v = plainConv(l, args)
		case "max-pool":
			out.v = plainMaxPool(l, args[0])
		case "levels":
			out.v = plainLevels(l, args)
		default:
			panic("the reference has no " + l.op)
		}
		at[l.name] = out
	}
	panic("no output")
}

// plainLinear is W·x + b.
func plainLinear(args []plainTensor) []int64 {
	x, w := args[0].v, args[1].v
	out := make([]int64, args[1].shape[0])
	for o := range out {
		if len(args) > 2 {
			out[o] = args[2].v[o]
		}
		for i, v := range x {
			out[o] += w[o*len(x)+i] * v
		}
	}
	return out
}

// plainConv is a convolution with stride 1 and one group; padding is 0.
func plainConv(l *plainLine, args []plainTensor) []int64 {
	if fmt.Sprint(l.ints("strides"), l.ints("dilations"), l.ints("groups"), len(args)) != "[1 1] [1 1] [1] 2" {
		panic("the reference has no such convolution: " + l.attrs)
	}
	x, w := args[0], args[1]
	top, left := l.ints("pads")[0], l.ints("pads")[1]
	channels, height, width, kernel := x.shape[0], x.shape[1], x.shape[2], w.shape[2]
	rows, columns := l.shape[1], l.shape[2]
	out := make([]int64, plainSize(l.shape))
	for o := range w.shape[0] {
		for c := range channels {
			for k := range kernel * kernel {
				by, down, right := w.v[(o*channels+c)*kernel*kernel+k], k/kernel-top, k%kernel-left
				for r := max(0, -down); r < rows && r+down < height; r++ {
					from, to := max(0, -right), min(columns, width-right)
					sums := out[(o*rows+r)*columns+from : (o*rows+r)*columns+to]
					for i, v := range x.v[(c*height+r+down)*width+from+right:][:len(sums)] {
						sums[i] += by * v
					}
				}
			}
		}
	}
	return out
}

// plainMaxPool has a window that is as large as its stride, without padding.
func plainMaxPool(l *plainLine, x plainTensor) []int64 {
	k := l.ints("kernel")[0]
	if fmt.Sprint(l.ints("kernel"), l.ints("strides"), l.ints("pads"), l.ints("dilations")) != fmt.Sprintf("[%d %d] [%d %d] [0 0 0 0] [1 1]", k, k, k, k) {
		panic("the reference has no such pool: " + l.attrs)
	}
	var out []int64
	for i := range plainSize(l.shape) {
		c, r, q := i/(l.shape[1]*l.shape[2]), i/l.shape[2]%l.shape[1]*k, i%l.shape[2]*k
		most := x.v[(c*x.shape[1]+r)*x.shape[2]+q]
		for j := range k * k {
			most = max(most, x.v[(c*x.shape[1]+r+j/k)*x.shape[2]+q+j%k])
		}
		out = append(out, most)
	}
	return out
}

// plainLevels rounds a sum to a word by a division: ⌊(x − first)/step⌋ + 1 between 0 and the count.
func plainLevels(l *plainLine, args []plainTensor) []int64 {
	if !l.has("ties") || !strings.Contains(l.attrs, "ties=up") {
		panic("the reference has no such levels: " + l.attrs)
	}
	x, first, step := args[0], args[1], args[2]
	out, count := make([]int64, len(x.v)), int64(l.ints("count")[0])
	for i, v := range x.v {
		above, by := v-first.v[i*len(first.v)/len(x.v)], step.v[i*len(step.v)/len(x.v)]
		n := above / by
		if above < 0 && above%by != 0 {
			n-- // Go rounds to zero
		}
		out[i] = min(max(n+1, 0), count)
	}
	return out
}
