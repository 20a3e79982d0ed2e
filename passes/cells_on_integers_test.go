package passes_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes"
	"nomul/runtime/interp"
)

// drawnCell draws the program of a cell of real numbers that has no leak: sums, choices, extremes,
// comparisons and products with numbers that bits decide. All its constants are quarters.
type drawnCell struct {
	*rapid.T
	update.Builder
	numbers, bits []update.Value
}

func (d *drawnCell) number() update.Value { return rapid.SampledFrom(d.numbers).Draw(d.T, "number") }

func (d *drawnCell) bit() update.Value {
	if len(d.bits) == 0 || rapid.IntRange(0, 3).Draw(d.T, "compare") == 0 {
		compare := rapid.SampledFrom([]func(x, y update.Value) update.Value{d.AtLeast, d.Above}).Draw(d.T, "is")
		d.bits = append(d.bits, compare(d.number(), d.number()))
	}
	return rapid.SampledFrom(d.bits).Draw(d.T, "bit")
}

func (d *drawnCell) program(operands, constants int) *update.Program {
	for i := range constants {
		d.numbers = append(d.numbers, d.Operand(operands+i))
	}
	vars := rapid.IntRange(1, 3).Draw(d.T, "vars")
	for i := range vars {
		d.Var(update.Var{Name: ir.CellVar(i), Init: -1, Start: rapid.Int64Range(-1, 2).Draw(d.T, "start")})
		d.numbers = append(d.numbers, d.Load(i))
	}
	for i := range operands {
		d.numbers = append(d.numbers, d.Operand(i))
	}
	for range rapid.IntRange(3, 14).Draw(d.T, "instructions") {
		d.numbers = append(d.numbers, d.next())
	}
	most := d.Operand(operands) // keeps the state from growing without end
	for i := range vars {
		d.Store(i, d.Max(d.Min(d.number(), most), d.Sub(d.Const(0), most)))
	}
	d.Result(d.AtLeast(d.number(), d.number()))
	return d.Program()
}

func (d *drawnCell) next() update.Value {
	switch rapid.IntRange(0, 7).Draw(d.T, "next") {
	case 0:
		return d.Const(rapid.Int64Range(0, 2).Draw(d.T, "const"))
	case 1:
		return d.Select(d.bit(), d.Const(1), d.Const(0))
	case 2:
		return d.Sub(d.number(), d.number())
	case 3:
		return d.Min(d.number(), d.number())
	case 4:
		return d.Max(d.number(), d.number())
	case 5:
		b := d.logic(d.bit(), d.bit())
		d.bits = append(d.bits, b)
		return d.Select(b, d.number(), d.number())
	case 6: // a product with a number that bits decide
		return d.Times(d.number(), d.Sub(d.Const(1), d.Select(d.bit(), d.Const(1), d.Const(0))))
	}
	return d.Add(d.number(), d.number())
}

func (d *drawnCell) logic(x, y update.Value) update.Value {
	return rapid.SampledFrom([]func(x, y update.Value) update.Value{d.And, d.Or, d.Xor, d.AndNot}).Draw(d.T, "logic")(x, y)
}

// Cells whose numbers are whole multiples of one unit do the same on integers.
func TestCellsOnIntegers(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := &drawnCell{T: rt}
		p := d.program(2, 2)
		net, err := cellNet(rt, p)
		if err != nil {
			rt.Skip(err) // a bit that no operand decides, or too many comparisons
		}
		fixed, err := passes.Lower(net, ir.Fixed, "", &passes.Options{}, nil)
		if err != nil && strings.Contains(err.Error(), "in every step or in none") {
			sameInAllSteps(rt, net)
			return
		}
		if err != nil {
			rt.Skip(err) // products of two numbers
		}
		sameSpikes(rt, net, fixed)
	})
}

// cellNet has a cell on two sums of spikes, of which each row has 127 units.
func cellNet(rt *rapid.T, p *update.Program) (*ir.Net, error) {
	b := ir.NewBuilder("t", ir.Spiking, 6)
	spikes, err := b.Input("x", ir.SpikeType(ir.ShapeOf(4)), ir.InputAttrs{Per: ir.Step})
	if err != nil {
		return nil, err
	}
	drawn := func(name string, shape ir.Shape, unit float64) *ir.Value {
		f := make([]float64, shape.Size())
		for i, k := range rapid.SliceOfN(rapid.IntRange(-8, 8), len(f), len(f)).Draw(rt, name) {
			if f[i] = float64(k) * unit; shape.Rank() == 2 && i%4 < 2 { // of one unit
				f[i] = []float64{127, 1}[i%4]
			}
		}
		c, bad := b.Const(name, ir.Reals(shape, f))
		err = errors.Join(err, bad)
		return c
	}
	var args []*ir.Value
	for _, name := range []string{"w", "u"} {
		sum, bad := b.Add(ir.OpLinear, name+".sum", ir.LinearAttrs{}, spikes, drawn(name, ir.ShapeOf(3, 4), 1))
		args, err = append(args, sum), errors.Join(err, bad)
	}
	most, bad := b.Const("most", ir.Reals(ir.Shape{}, []float64{100}))
	args = append(args, most, drawn("c", ir.ShapeOf(3), 0.25))
	if err = errors.Join(err, bad); err != nil {
		return nil, err
	}
	op, name, attrs := ir.OpCell, "cell", ir.Attrs(ir.CellAttrs{Do: ir.Routine{Program: p}})
	for range 3 {
		v, err := b.Add(op, name, attrs, args...)
		if err != nil {
			return nil, err
		}
		args, attrs = []*ir.Value{v}, nil
		if op, name = ir.OpSum, "n"; v.Op == ir.OpSum {
			op, name, attrs = ir.OpOutput, "y", ir.OutputAttrs{}
		}
	}
	return b.Net(), nil
}

func sameSpikes(rt *rapid.T, real, fixed *ir.Net) {
	x := drawnSpikes(rt, real)
	a, b := cellSpikes(rt, real, x), cellSpikes(rt, fixed, x)
	if !slices.EqualFunc(a, b, slices.Equal[[]int64]) {
		rt.Fatalf("%s\n%s\nspikes %v, on integers %v", ir.Print(real, ""), ir.Print(fixed, ""), a, b)
	}
}

func drawnSpikes(rt *rapid.T, net *ir.Net) *ir.Tensor {
	x := ir.NewTensor(ir.SpikeType(ir.ShapeOf(net.Steps, 4)))
	for i := range x.I {
		x.I[i] = rapid.Int64Range(0, 1).Draw(rt, "spike")
	}
	return x
}

// A cell whose spikes constants are said to decide has the same in all steps, of any input.
func sameInAllSteps(rt *rapid.T, real *ir.Net) {
	of := cellSpikes(rt, real, drawnSpikes(rt, real))
	for _, step := range of {
		if !slices.Equal(step, of[0]) {
			rt.Fatalf("%s\nspikes %v", ir.Print(real, ""), of)
		}
	}
}

// cellSpikes are the results of the cell, by step.
func cellSpikes(rt *rapid.T, net *ir.Net, x *ir.Tensor) (spikes [][]int64) {
	m, err := interp.New(net)
	if err != nil {
		rt.Fatal(err)
	}
	m.Checked = true
	if _, err := m.Run(map[string]*ir.Tensor{"x": x}, func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if v.Op == ir.OpCell {
			spikes = append(spikes, slices.Clone(result.I))
		}
	}); err != nil {
		rt.Fatal(err)
	}
	return spikes
}
