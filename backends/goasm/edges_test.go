package goasm_test

import (
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
)

// edges has the rare cases of each way to run a stage: wide weights and products with constants,
// windows at one position, windows that see nothing but padding, spikes that are read in
// another order or several times, latches of latches.
var edges = rapid.Custom(func(t *rapid.T) *ir.Net {
	d := &drawing{t: t, b: ir.NewBuilder("edges", ir.Fixed, 3)}
	d.edgesOfWords()
	d.edgesOfSpikes()
	return d.b.Net()
})

func (d *drawing) port(name string, t ir.Type, per ir.Clock) *ir.Value {
	v, err := d.b.Input(name, t, ir.InputAttrs{Per: per})
	if err != nil {
		d.t.Fatal(err)
	}
	return v
}

// shown brings a value out.
func (d *drawing) shown(v *ir.Value) {
	if v.Clock != ir.Step {
		d.add(ir.OpOutput, nil, v)
		return
	}
	for _, op := range []ir.Op{ir.OpSum, ir.OpLast, ir.OpMaxTime, ir.OpFirst} {
		if op != ir.OpFirst || v.Type.IsSpike() {
			d.add(ir.OpOutput, nil, d.add(op, nil, v))
		}
	}
}

func pool(kernel, stride, begin, dilation int) ir.PoolAttrs {
	return ir.PoolAttrs{Kernel: []int{kernel}, Strides: []int{stride}, Pads: []int{begin, begin}, Dilations: []int{dilation}}
}

func (d *drawing) edgesOfWords() {
	x := d.port("x", ir.UintType(8, ir.ShapeOf(2, 3, 6)), ir.Once)
	z := d.port("z", ir.SintType(8, ir.ShapeOf(6)), ir.Once)
	planes := ir.LinearAttrs{Slots: ir.SlotsPlanes}
	d.shown(d.add(ir.OpLinear, planes, z, d.constant(-3000, 3000, 4, 6)))
	image := d.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{2, 3, 3, 2}}, x)
	window := ir.ConvAttrs{Strides: []int{5, 5}, Pads: []int{1, 1, 0, 0}, Dilations: []int{1, 1}, Groups: 1, Slots: ir.SlotsPlanes}
	d.shown(d.add(ir.OpConv, window, image, d.constant(-90, 90, 4, 3, 3, 3)))
	grouped := ir.ConvAttrs{Strides: []int{1}, Pads: []int{0, 0}, Dilations: []int{1}, Groups: 3, Slots: ir.SlotsPlanes}
	one := d.add(ir.OpSlice, ir.SliceAttrs{Axis: 0, Start: 1, Count: 1, Step: 1}, x)
	d.shown(d.add(ir.OpConv, grouped, one, d.constant(-90, 90, 6, 1, 6)))
	row := d.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{1, 6}}, z)
	stretched := d.add(ir.OpBroadcast, ir.ShapeAttrs{Shape: []int{4, 6}}, row)
	d.shown(d.add(ir.OpSumPool, pool(2, 2, 1, 3), stretched))
	d.shown(d.add(ir.OpMaxPool, pool(2, 1, 1, 2), stretched))
	d.shown(d.add(ir.OpReduceMin, ir.ReduceAttrs{Axes: []int{1}}, x))
	d.shown(d.add(ir.OpReduceMax, ir.ReduceAttrs{Axes: []int{0, 2}}, x))
	turned := d.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{2, 0, 1}}, x)
	d.shown(d.add(ir.OpLinear, planes, d.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{36}}, turned), d.constant(-90, 90, 5, 36)))
	d.shown(d.add(ir.OpConcat, ir.AxisAttrs{Axis: 0}, stretched, d.constant(-3, 3, 1, 6), row))
}

func (d *drawing) edgesOfSpikes() {
	y := d.port("y", ir.SpikeType(ir.ShapeOf(2, 3, 6)), ir.Step)
	p, err := d.b.AddTyped(ir.OpDelay, "p", nil, y.Type, d.constant(0, 1, 2, 3, 6))
	q, err2 := d.b.AddTyped(ir.OpDelay, "q", nil, y.Type, d.constant(0, 1, 2, 3, 6))
	if err != nil || err2 != nil {
		d.t.Fatal(err, err2)
	}
	d.shown(p)
	d.shown(q)
	both := d.add(ir.OpOr, nil, d.add(ir.OpAndNot, nil, p, q), y)
	d.shown(d.add(ir.OpWhere, nil, both, q, d.constant(0, 1, 3, 6)))
	count := d.add(ir.OpAdd, nil, d.add(ir.OpAdd, nil, p, q), p)
	d.shown(count)
	d.shown(d.add(ir.OpReduceSum, ir.ReduceAttrs{Axes: []int{0}}, count))
	d.shown(d.add(ir.OpReduceMax, ir.ReduceAttrs{Axes: []int{1}}, p))
	d.shown(d.add(ir.OpReduceMin, ir.ReduceAttrs{Axes: []int{1}}, p))
	d.shown(d.add(ir.OpMaxPool, pool(2, 1, 1, 4), p))
	d.shown(d.add(ir.OpSumPool, pool(2, 2, 0, 1), count))
	d.shown(d.add(ir.OpMatmul, nil, p, d.constant(-400000, 400000, 6, 5)))
	d.shown(d.add(ir.OpMatmul, nil, d.constant(-400000, 400000, 5, 3), q))
	d.shown(d.add(ir.OpMatmul, nil, d.constant(-9, 9, 5, 3), q))
	turned := d.add(ir.OpTranspose, ir.PermAttrs{Perm: []int{0, 2, 1}}, q)
	met := d.add(ir.OpMatmul, nil, p, turned)
	d.shown(d.add(ir.OpMatmul, nil, met, y))
	d.shown(d.add(ir.OpMatmul, nil, d.add(ir.OpReshape, ir.ShapeAttrs{Shape: []int{12, 3}}, turned), y))
	d.add(ir.OpLatch, nil, p, y)
	d.add(ir.OpLatch, nil, q, p)
}

// TestEdges replays them.
func TestEdges(t *testing.T) {
	net := edges.Example(0)
	if err := ir.Verify(net); err != nil {
		t.Fatal(err)
	}
	w := emit(t, 5, net)
	w.replayAll(t, ways(t)[0], "avx2", "go")
	w.replayAll(t, ways(t)[3], "neon", "go")
}
