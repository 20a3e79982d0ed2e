package integers

import (
	"math"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/update"
	"nomul/passes/layers"
	"nomul/passes/rewrite"
	"nomul/passes/scales"
)

// cell writes the program of a cell on integers. Each class of its numbers has a unit: that of its
// operands, in guard bits that keep the rounding of products small beside the constants that are
// compared, or of its own.
func (q *quantiser) cell(v *ir.Value) (*ir.Value, error) {
	c, err := scales.NewCell(v)
	if err != nil {
		return nil, err
	}
	b := &cellQuantiser{q: q, v: v, Cell: c, units: map[int]*ir.Tensor{}, guards: map[int]int{}, brought: map[int]*ir.Value{}, offsets: map[int]*ir.Tensor{}}
	if err := b.readOperands(); err != nil {
		return nil, err
	}
	if err := b.chooseGuards(); err != nil {
		return nil, err
	}
	p, args, err := b.write(true)
	if err != nil {
		return nil, err
	}
	if args, err = b.spread(args); err != nil {
		return nil, err
	}
	out, err := q.r.Add(ir.OpCell, q.r.Unique(v.Name), ir.CellAttrs{Do: ir.Routine{Program: p}}, args...)
	if err != nil {
		return nil, err
	}
	out.Scale = v.Scale
	return out, b.holds()
}

// spread adds zeros in the shape of the cell where its operands do not have it: a clock reads its own state alone.
func (b *cellQuantiser) spread(args []*ir.Value) ([]*ir.Value, error) {
	all, shape := ir.Shape{}, b.v.Type.Shape
	for _, x := range args {
		all, _ = ir.Broadcast(all, x.Type.Shape)
	}
	if len(args) > 0 && all == shape {
		return args, nil
	}
	zeros, err := b.q.integers(b.v.Name+".shape", ir.NewTensor(ir.RealType(shape)))
	return append(args, zeros), err
}

// cellQuantiser writes one cell.
type cellQuantiser struct {
	*scales.Cell
	q *quantiser
	v *ir.Value
	// units are those of the operands of a class, of which guards has the fraction bits; of a class
	// without any its own.
	units   map[int]*ir.Tensor
	guards  map[int]int
	brought map[int]*ir.Value // by the slot of an operand: it in the units of its class
	// offsets are to be added to the operands that are brought, by slot; nil for none.
	offsets map[int]*ir.Tensor
	lost    deviation
}

// readOperands brings the operands of each class into one unit: the finest of theirs.
func (b *cellQuantiser) readOperands() error {
	for _, class := range b.Classes() {
		var unit *ir.Tensor
		for _, slot := range b.Operands(class) {
			x := b.v.Args[slot]
			if !x.Type.IsReal() {
				continue
			}
			if x.Scale == nil || b.q.r.Of(x).Type.IsReal() {
				return rewrite.Refuse(b.v, diag.NotExact, "its input %%%s has no integer scale", x.Name)
			}
			if unit == nil {
				unit = scaleOf(x)
			} else if s := scaleOf(x); !sameUnits(unit, s) {
				unit = rewrite.Zip(unit, s, math.Min)
			}
		}
		if unit == nil && class == b.Class(b.Result) && len(b.Operands(class)) == 0 { // a number of constants alone
			unit = layers.Times(scaleOf(b.v), layers.Constant(math.Ldexp(1, scales.ResultGuard(b.Cell, b.q.sizes, b.q.steps)), ir.Shape{}))
		}
		b.units[class] = unit
		for _, slot := range b.Operands(class) {
			if err := b.bring(class, slot); err != nil {
				return err
			}
		}
	}
	return nil
}

func sameUnits(a, b *ir.Tensor) bool {
	return rewrite.Everywhere(layers.Divide(a, b), func(f float64) bool { return scales.Equal(f, 1) })
}

// bring brings an operand into the unit of its class.
func (b *cellQuantiser) bring(class, slot int) error {
	x := b.v.Args[slot]
	if b.brought[slot] = b.q.r.Of(x); x.Type.IsSpike() || b.units[class] == nil {
		return nil
	}
	got, err := b.q.convert(b.v, b.q.r.Of(x), x, layers.Divide(scaleOf(x), b.units[class]), b.units[class])
	if err != nil {
		return err
	}
	b.brought[slot] = got.value
	b.offsets[slot] = b.q.offsets[x]
	d := b.q.off[x]
	if got.lost != nil {
		half := layers.Times(got.lost, layers.Constant(0.5, ir.Shape{}))
		d = d.plus(deviation{ir.OfConversion: layers.Magnitude(half)})
		b.offsets[slot] = layers.Plus(b.offsets[slot], half)
	}
	if got.off != nil {
		d = d.plus(deviation{ir.OfFactor: layers.Magnitude(got.off)})
	}
	b.lost = b.lost.plus(d.scaled(layers.Constant(b.Response(class, b.q.steps, scales.Errors{Operand: 1}), ir.Shape{})))
	return nil
}

// unit is that of a class, guard bits included.
func (b *cellQuantiser) unit(class int) *ir.Tensor {
	if own := b.units[class]; own != nil {
		return layers.Times(own, layers.Constant(math.Ldexp(1, -b.guards[class]), ir.Shape{}))
	}
	return layers.Constant(b.OwnUnit(class, b.guards[class]), ir.Shape{})
}

// chooseGuards takes as many guard bits as are wished for that leave all numbers 16 bits, or else
// as fit in 32.
func (b *cellQuantiser) chooseGuards() error {
	need, wish := map[int]int{}, map[int]int{}
	for _, class := range b.Classes() {
		need[class], wish[class] = b.wanted(class)
	}
	for _, within := range []int{16, 32} {
		for less := range scales.MaxGuard + 1 {
			enough := true
			for _, class := range b.Classes() {
				b.guards[class] = max(wish[class]-less, 0)
				enough = enough && b.guards[class] >= need[class]
			}
			if !enough && within == 16 {
				break
			}
			if ok, err := b.fits(within); ok || err != nil {
				if !enough {
					b.q.options.Remark(b.v, "its numbers are wide, so its constants are rounded to coarser units")
				}
				return err
			}
		}
	}
	return nil // refused by the proof of widths, which says how far it goes
}

// wanted is how many guard bits a class needs, and wishes for.
func (b *cellQuantiser) wanted(class int) (need, wish int) {
	_, all := b.Constants(class)
	switch {
	case b.units[class] == nil && !b.Leaks(class):
		return 0, 0 // whole numbers
	case b.units[class] == nil:
		return scales.PreciseBits, layers.LeakBits + 4
	case b.v.Type.IsReal() && b.Class(b.Result) == class:
		guard := scales.ResultGuard(b.Cell, b.q.sizes, b.q.steps)
		return guard, guard
	}
	var units []float64
	for _, t := range all {
		units = append(units, layers.Divide(t, b.units[class]).F...)
	}
	need, wish = scales.GuardBits(b.LostUnits(class, b.q.steps), units, true)
	if b.LeakRounding(class) == scales.LeakOdd {
		need = max(need, b.oddGuard(units))
	}
	return need, max(need, wish)
}

// oddGuard is how many guard bits leave constants even where they can be, so that an odd number lies between two
// whole ones.
func (b *cellQuantiser) oddGuard(units []float64) int {
	for guard := 1; guard <= scales.MaxGuard; guard++ {
		if scales.AllIntegers(units, guard-1) {
			return guard
		}
	}
	return 1
}

// fits reports whether all numbers of the program have so many bits.
func (b *cellQuantiser) fits(bits int) (bool, error) {
	p, args, err := b.write(false)
	if err != nil {
		return false, err
	}
	for at, i := range p.Code { // as engines run it
		if i.Kind == update.Operand && args[i.At].Op == ir.OpConst {
			p.Code[at].Kind = update.Param
		}
	}
	most := int64(1)<<(bits-1) - 1
	r := p.Ranges(b.q.steps, func(slot int) ir.Range { return args[slot].Range })
	for _, of := range slices.Concat(r.Values, r.Vars) {
		if of.Lo < -most || of.Hi > most {
			return false, nil
		}
	}
	return true, nil
}

// holds refuses a cell whose numbers may be too far off beside the constants that are compared.
func (b *cellQuantiser) holds() error {
	delete(b.q.off, b.v)
	if b.v.Type.IsReal() {
		b.q.off[b.v] = b.lost
	}
	for _, class := range b.Classes() {
		limits, _ := b.Constants(class)
		for _, t := range limits {
			if len(b.Operands(class)) == 0 || !layers.AnyNonZero(t.F) {
				continue
			}
			if err := b.q.precise(b.v, b.lost, t, "its numbers may be off by %.3g, and are compared with %.3g"); err != nil {
				return err
			}
		}
	}
	return nil
}
