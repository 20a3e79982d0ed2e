package engine

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	"nomul/backends"
	"nomul/backends/goasm"
	"nomul/backends/lower"
	"nomul/ir"
	"nomul/runtime/engine/toolchain"
)

// Counting is the Go engine with a program that counts spikes and synaptic operations itself, and
// returns sums over all of its samples.
type Counting struct {
	*Process
	tallies []goasm.Tally
	folds   []weighted
}

// Counts are sums over samples: by time step, or one sum of an op that runs once or at the end.
type Counts struct {
	// Spikes are those of each layer of neurons that can fire, by its name.
	Spikes map[string][]int64
	// Synops are the synaptic operations of each weighted op, by its name.
	Synops map[string][]int64
}

// weighted is a fold with weights, and the tally that it is counted by.
type weighted struct {
	name  string
	tally int
	// fan is, for each element, to how many sums it is added; nil of a product of two arrays.
	fan []int64
	// whole reports whether an element counts once, however many bits it has.
	whole bool
}

// GoCounting builds the emitted Go package with a program that counts. Run runs it without counting.
func GoCounting(ctx context.Context, net *ir.Net, b goasm.Backend, o GoOptions) (*Counting, error) {
	o.Counting = true
	p, err := goProcess(ctx, net, b, o, "count")
	if err != nil {
		return nil, err
	}
	c := &Counting{Process: p}
	var program *lower.Program
	program, c.tallies = b.Tallies(net)
	for _, s := range program.Stages {
		if s.Fold != nil && s.Fold.Weight != nil {
			c.folds = append(c.folds, weightedOf(net, s, c.tallies))
		}
	}
	if err := c.check(); err != nil {
		return nil, c.abandon(err)
	}
	return c, nil
}

// weightedOf finds how the operations of a fold follow from a tally.
func weightedOf(net *ir.Net, s *lower.Stage, tallies []goasm.Tally) weighted {
	f, rows := weighted{name: s.To.Name, tally: -1}, s.Fold.Rows()
	for i, t := range tallies {
		if t.Product == nil && t.Array.Name == s.Fold.X.Array.Name && t.Clock == s.Clock || t.Product != nil && t.Product.To.Name == s.To.Name {
			f.tally = i
		}
	}
	if !s.Fold.Weight.Array.Const() {
		return f
	}
	v := net.Find(s.To.Name)
	pairs, x := v.Op == ir.OpMatmul, v.Arg(0).Range
	f.whole = pairs || x.Lo >= -1 && x.Hi <= 1
	f.fan = make([]int64, s.Fold.X.Array.Type.Size())
	for group := range rows.Groups {
		for input := range rows.Inputs {
			sums := int64(rows.Outputs)
			if pairs {
				sums = nonZero(s.Fold, rows, group, input)
			}
			for position := range rows.Positions {
				if e := rows.X(position, group, input); e >= 0 {
					f.fan[e] += sums
				}
			}
		}
	}
	return f
}

// nonZero counts the weights of an input that are not 0.
func nonZero(f *lower.Fold, rows *lower.Rows, group, input int) (n int64) {
	for output := range rows.Outputs {
		if f.Weight.Array.Data.I[rows.Weight(group, output, input)] != 0 {
			n++
		}
	}
	return n
}

// RunCounting computes samples as Run does, without traces, and counts. It may be called from
// several goroutines at once.
func (c *Counting) RunCounting(ctx context.Context, samples [][][]int64) (backends.Vectors, *Counts, error) {
	if err := fit(c.net, samples); err != nil {
		return nil, nil, err
	}
	ctx, stop := context.WithTimeout(ctx, runLimit)
	defer stop()
	s, args := newStream(c.net), append(c.command[:len(c.command):len(c.command)], "-count")
	var got backends.Vectors
	var counts *Counts
	var wrong error
	_, _, err := toolchain.Run(ctx, toolchain.Command{Dir: c.dir, Args: args, Stdin: bytes.NewReader(s.encode(samples)), Read: func(out io.Reader) {
		var sums []byte
		if got, sums, wrong = s.decodeBefore(out, samples, false, c.bytes()); wrong == nil {
			counts = c.counts(sums)
		}
	}})
	if err != nil {
		return nil, nil, err
	}
	return got, counts, wrong
}

// steps is how many sums of a tally there are.
func (c *Counting) steps(t goasm.Tally) int {
	if t.Clock == ir.Step {
		return c.net.Steps
	}
	return 1
}

// bytes is the size of all sums.
func (c *Counting) bytes() (n int) {
	for _, t := range c.tallies {
		n += 8 * c.steps(t) * (2*t.Size() + 1)
	}
	return n
}

// counts finds operations and spikes from the sums of tallies.
func (c *Counting) counts(data []byte) *Counts {
	out := &Counts{map[string][]int64{}, map[string][]int64{}}
	next := func() int64 {
		n := int64(binary.LittleEndian.Uint64(data))
		data = data[8:]
		return n
	}
	for i, t := range c.tallies {
		for range c.steps(t) {
			set, not0 := make([]int64, t.Size()), make([]int64, t.Size())
			for e := range set {
				set[e], not0[e] = next(), next()
			}
			total := next()
			for _, f := range c.folds {
				if f.tally == i {
					out.Synops[f.name] = append(out.Synops[f.name], f.synops(set, not0, total))
				}
			}
			if v := c.layer(t); v != nil {
				out.Spikes[v.Name] = append(out.Spikes[v.Name], spikes(v, set, total))
			}
		}
	}
	return out
}

// synops are the operations of one time step.
func (f weighted) synops(set, not0 []int64, total int64) (n int64) {
	if f.fan == nil {
		return total
	}
	if f.whole {
		set = not0
	}
	for e, times := range f.fan {
		n += times * set[e]
	}
	return n
}

// layer is the layer of neurons that a tally is of, if it is one that can fire.
func (c *Counting) layer(t goasm.Tally) *ir.Value {
	if t.Array == nil {
		return nil
	}
	if v := c.net.Find(t.Array.Name); v != nil && v.IsNeuron() && (v.Type.IsSpike() || v.IsWord()) {
		return v
	}
	return nil
}

// spikes are those of a layer in one time step; numbers that neurons hand on count by their size.
func spikes(v *ir.Value, set []int64, total int64) (n int64) {
	if v.IsWord() {
		return total
	}
	for _, e := range set {
		n += e
	}
	return n
}

// check demands that all that is to be counted has a tally.
func (c *Counting) check() error {
	for _, f := range c.folds {
		if f.tally < 0 {
			return fmt.Errorf("the program does not count %s", f.name)
		}
	}
	return nil
}
