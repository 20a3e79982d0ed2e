// Package reduce makes nets smaller that still show something, such as a fault of a pass:
// it leaves out outputs, layers and time steps as long as the smaller net shows it too.
package reduce

import (
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Net returns a net that holds still finds true, and of which no smaller one was found.
// taken, when not nil, sees each smaller net. holds must be true of the net itself; it is
// asked of verified nets only.
func Net(net *ir.Net, holds func(*ir.Net) bool, taken func(*ir.Net)) *ir.Net {
	for shrunk := true; shrunk; {
		shrunk = false
		for _, way := range ways {
			for at := 0; ; at++ {
				smaller, more := way(net, at)
				if !more {
					break
				}
				if smaller == nil || ir.Verify(smaller) != nil || !holds(smaller) {
					continue
				}
				net, shrunk = smaller, true
				at-- // the value at this index is gone
				if taken != nil {
					taken(net)
				}
			}
		}
	}
	return net
}

// way returns the at-th smaller net of a kind, nil where that cannot be built, and reports
// whether there are so many.
type way func(net *ir.Net, at int) (smaller *ir.Net, more bool)

// ways are tried in this order: those that leave out most first.
var ways = []way{oneOutput, fewerSteps, cut, bypass, shorterCell, withoutInput, plainConstant}

// oneOutput leaves out an output.
func oneOutput(net *ir.Net, at int) (*ir.Net, bool) {
	outputs := net.All(ir.OpOutput)
	if len(outputs) == 1 || at >= len(outputs) {
		return nil, false
	}
	return without(net, outputs[at]), true
}

// withoutInput leaves out an input that nothing reads.
func withoutInput(net *ir.Net, at int) (*ir.Net, bool) {
	inputs, readers := net.All(ir.OpInput), net.Readers()
	unread := slices.DeleteFunc(inputs, func(v *ir.Value) bool { return len(readers[v]) > 0 })
	if len(net.All(ir.OpInput)) == 1 || at >= len(unread) {
		return nil, false
	}
	return without(net, unread[at]), true
}

// without is a net less one value.
func without(net *ir.Net, v *ir.Value) *ir.Net {
	out := net.Head()
	out.Order = nil
	out.Values = slices.DeleteFunc(slices.Clone(net.Values), func(x *ir.Value) bool { return x == v })
	return ir.Prune(out)
}

// fewerSteps has one time step, or half of them, or one less.
func fewerSteps(net *ir.Net, at int) (*ir.Net, bool) {
	counts := slices.Compact([]int{1, net.Steps / 2, net.Steps - 1})
	if net.Steps <= 1 || at >= len(counts) {
		return nil, false
	}
	head := net.Head()
	head.Steps = counts[at]
	head.Values = net.Values
	out, err := ir.Rebuild(head, net.Level, func(*ir.Rebuilder, *ir.Value) (*ir.Value, error) { return nil, nil })
	if err != nil {
		return nil, true
	}
	return out, true
}

// cut makes an input of a value, from the last one up.
func cut(net *ir.Net, at int) (*ir.Net, bool) {
	if at >= len(net.Values) {
		return nil, false
	}
	v := net.Values[len(net.Values)-1-at]
	if len(v.Args) == 0 || v.Op == ir.OpOutput || v.Op == ir.OpLatch {
		return nil, true
	}
	attrs := ir.InputAttrs{}
	if v.Clock == ir.Step {
		attrs.Per = ir.Step
	}
	return replaced(net, v, func(r *ir.Rebuilder) (*ir.Value, error) { return r.Input(r.Unique(v.Name), v.Type, attrs) })
}

// bypass puts an operand of the same type in the place of a value, from the last one up.
func bypass(net *ir.Net, at int) (*ir.Net, bool) {
	for _, v := range slices.Backward(net.Values) {
		for _, arg := range v.Args {
			if arg == nil || arg.Type != v.Type || v.Op == ir.OpOutput || v.Op == ir.OpLatch {
				continue
			}
			if at == 0 {
				return replaced(net, v, func(r *ir.Rebuilder) (*ir.Value, error) { return r.Of(arg), nil })
			}
			at--
		}
	}
	return nil, false
}

// shorterCell leaves out an instruction of a cell: those that take its value take an operand of it.
func shorterCell(net *ir.Net, at int) (*ir.Net, bool) {
	for _, v := range net.All(ir.OpCell) {
		do := v.Attrs.(ir.CellAttrs).Do
		for place, i := range do.Code {
			if i.Kind == update.Store || i.Kind == update.Result {
				continue
			}
			if operands := i.Values(); at >= len(operands) {
				at -= len(operands)
				continue
			}
			attrs := ir.CellAttrs{Do: ir.Routine{Program: bypassed(do.Program, update.Value(place), i.Values()[at])}}
			return replaced(net, v, func(r *ir.Rebuilder) (*ir.Value, error) {
				var args []*ir.Value
				for _, a := range v.Args {
					args = append(args, r.Of(a))
				}
				return r.CopyWith(v, attrs, args...)
			})
		}
	}
	return nil, false
}

// bypassed is a program with one value in the place of another, and without all that nothing takes then.
func bypassed(p *update.Program, old, by update.Value) *update.Program {
	p = p.Clone()
	for at := range p.Code {
		for _, taken := range []*update.Value{&p.Code[at].A, &p.Code[at].B, &p.Code[at].C} {
			if *taken == old {
				*taken = by
			}
		}
	}
	b := update.Builder{}
	b.Result(b.Inline(p))
	p = b.Program()
	for i := range p.Vars {
		p.Vars[i].Name = ir.CellVar(i)
	}
	return p
}

// plainConstant gives a constant the same number everywhere, its first.
func plainConstant(net *ir.Net, at int) (*ir.Net, bool) {
	for _, v := range net.All(ir.OpConst) {
		data := v.Const()
		if _, plain := data.Uniform(); plain {
			continue
		}
		if at == 0 {
			return replaced(net, v, func(r *ir.Rebuilder) (*ir.Value, error) { return r.Const(r.Unique(v.Name), filled(data)) })
		}
		at--
	}
	return nil, false
}

func filled(data *ir.Tensor) *ir.Tensor {
	out := ir.NewTensor(data.Type)
	for i := range out.I {
		out.I[i] = data.I[0]
	}
	for i := range out.F {
		out.F[i] = data.F[0]
	}
	return out
}

// replaced is a net with another value in the place of one.
func replaced(net *ir.Net, v *ir.Value, by func(*ir.Rebuilder) (*ir.Value, error)) (*ir.Net, bool) {
	out, err := ir.Rebuild(net, net.Level, func(r *ir.Rebuilder, x *ir.Value) (*ir.Value, error) {
		if x != v {
			return nil, nil
		}
		return by(r)
	})
	if err != nil {
		return nil, true
	}
	return out, true
}
