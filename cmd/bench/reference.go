package main

import (
	"context"

	"nomul/backends"
	"nomul/ir"
	"nomul/runtime/engine"
	"nomul/runtime/interp"
	"nomul/runtime/metrics"
)

// reference is the interpreter's results for the first images, and the synaptic
// operations that they take.
type reference struct {
	want   backends.Vectors
	synops float64 // per image
}

// reference runs the interpreter on as many images as slow engines are given.
func (b *bench) reference(ctx context.Context) (*reference, error) {
	few := b.images.Limit(b.o.slow)
	e, err := engine.Interp(b.net, 1)
	if err != nil {
		return nil, err
	}
	var samples [][][]int64
	for i := range few.Len() {
		samples = append(samples, few.Sample(i))
	}
	r := &reference{}
	if r.want, err = e.Run(ctx, samples, true); err != nil {
		return nil, err
	}
	r.synops, err = b.synops(samples)
	return r, err
}

// synops counts the synaptic operations per sample.
func (b *bench) synops(samples [][][]int64) (float64, error) {
	m, err := interp.New(b.net)
	if err != nil {
		return 0, err
	}
	c, input := metrics.NewCounter(b.net), backends.PortsOf(b.net).Inputs[0]
	for _, s := range samples {
		if _, err := m.Run(map[string]*ir.Tensor{input.Name: {Type: input.Type, I: s[0]}}, c.Tap); err != nil {
			return 0, err
		}
		c.Sample()
	}
	return c.Activity().Totals.Synops, nil
}
