package ir

// LeastWins reports whether the class that an output predicts is that of its
// least element, not of its greatest: the elements are numbers of the steps of
// first spikes, and the earliest spike wins.
func LeastWins(output *Value) bool {
	least := true
	for v := output.Arg(0); ; {
		if v.Op == OpFirst {
			return least
		}
		row := ordered[v.Op]
		if row == nil {
			return false
		}
		of, turns := row(v)
		if of == nil {
			return false
		}
		v, least = of, least != turns
	}
}

// ordered has, per op whose result has the elements of an operand in their order,
// or all of them in the opposite one, that operand and which of the two it is; no
// operand where neither is known.
var ordered = map[Op]func(v *Value) (of *Value, turns bool){
	OpCast: inOrder, OpReshape: inOrder, OpTranspose: inOrder, OpShl: inOrder,
	OpNeg: func(v *Value) (*Value, bool) { return v.Arg(0), true },
	OpAdd: func(v *Value) (*Value, bool) { return besides(v, func(_ float64, _ int) bool { return false }) },
	OpSub: func(v *Value) (*Value, bool) { return besides(v, func(_ float64, slot int) bool { return slot == 0 }) },
	OpMul: scaledOrder, OpDiv: dividedOrder, OpCSD: scaledOrder,
}

func inOrder(v *Value) (*Value, bool) { return v.Arg(0), false }

func scaledOrder(v *Value) (*Value, bool) {
	return besides(v, func(by float64, _ int) bool { return by < 0 })
}

// dividedOrder is that of a division by a constant; of one into a constant nothing is known.
func dividedOrder(v *Value) (*Value, bool) {
	if v.Arg(0).Const() != nil {
		return nil, false
	}
	return scaledOrder(v)
}

// besides is the operand beside one that is the same number everywhere but 0, which
// stands in a slot; nil when there is none.
func besides(v *Value, turns func(by float64, slot int) bool) (*Value, bool) {
	for slot, a := range v.Args {
		if c := a.Const(); c != nil {
			if by, same := c.Uniform(); same && (by != 0 || v.Op == OpAdd || v.Op == OpSub) {
				return v.Args[1-slot], turns(by, slot)
			}
		}
	}
	return nil, false
}
