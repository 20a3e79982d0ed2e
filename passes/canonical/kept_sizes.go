package canonical

import (
	"nomul/ir"
)

// A neuron may keep its spike as the number that it fires, 0.5 or −1. The delay is made one of
// the spike then, and the number is made of it where it is read.

// KeepsSpikes moves the ops that make numbers of spikes behind the delays that keep them,
// spikes of several steps before too.
func KeepsSpikes(n *ir.Net) (*ir.Net, error) {
	for {
		kept := keptSizes(n)
		if len(kept) == 0 {
			return n, nil
		}
		var err error
		n, err = ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
			switch k := kept[v]; {
			case k != nil:
				return k.delayed(r, v)
			case v.Op == ir.OpLatch && kept[v.Args[0]] != nil:
				k = kept[v.Args[0]]
				return r.Add(ir.OpLatch, r.Unique(v.Name), nil, k.past, r.Of(k.spike))
			}
			return nil, nil
		})
		if err != nil {
			return nil, err
		}
	}
}

// keptSize is the number that a delay keeps of a spike.
type keptSize struct {
	number, spike *ir.Value
	first         *ir.Tensor // the spike of which the delay begins
	past          *ir.Value  // the spike's delay, in the new net
}

// keptSizes are the delays of numbers that one spike alone decides, and that begin with
// one of the two.
func keptSizes(n *ir.Net) map[*ir.Value]*keptSize {
	out := map[*ir.Value]*keptSize{}
	c := NewRewriter(n)
	for _, latch := range n.All(ir.OpLatch) {
		delay, number := latch.Args[0], latch.Args[1]
		spike := SpikeOf(number)
		if spike == nil || number == spike || delay.Args[0].Const() == nil || spike.Type.Shape != number.Type.Shape {
			continue
		}
		levels := [2]*ir.Tensor{}
		for i := range levels {
			levels[i] = c.Outcome(number, map[*ir.Value]*ir.Tensor{spike: Filled(spike.Type, float64(i))})
		}
		if first := beganWith(delay.Args[0].Const(), levels, spike.Type); first != nil {
			out[delay] = &keptSize{number: number, spike: spike, first: first}
		}
	}
	return out
}

// beganWith returns the spikes of which a delay's first numbers are; nil when one is of none.
func beganWith(init *ir.Tensor, levels [2]*ir.Tensor, t ir.Type) *ir.Tensor {
	first := ir.NewTensor(t)
	for i := range t.Shape.Size() {
		switch init.At(i) {
		case levels[0].At(i):
		case levels[1].At(i):
			first.I[i] = 1
		default:
			return nil
		}
	}
	return first
}

// SpikeOf returns the one spike, of this step or kept from an earlier one, or that of several
// together, that a value is computed of, neuron by neuron; nil when it is computed of anything else.
func SpikeOf(v *ir.Value) *ir.Value {
	var of *ir.Value
	alone := DecidedBy(v, func(x *ir.Value) (fires, fits bool) {
		fires = x.Type.IsSpike()
		if fires && of == nil {
			of = x
		}
		return fires, x == of
	})
	if !alone {
		return nil
	}
	return of
}

// DecidedBy reports whether a value is computed, neuron by neuron, of constants and spikes
// alone; spike tells whether a value is one, and whether it is one of those asked for.
func DecidedBy(v *ir.Value, spike func(x *ir.Value) (fires, fits bool)) bool {
	seen := Cone{}
	for queue := []*ir.Value{v}; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		if seen[x] || x.Const() != nil {
			continue
		}
		seen[x] = true
		fires, fits := spike(x)
		if fires && !fits || !fires && !ByElement(x.Op) {
			return false
		}
		if !fires {
			queue = append(queue, x.Args...)
		}
	}
	return true
}

// delayed makes the spike's delay, and of it the number.
func (k *keptSize) delayed(r *ir.Rebuilder, delay *ir.Value) (*ir.Value, error) {
	init, err := r.Const(r.Unique(delay.Args[0].Name), k.first)
	if err == nil {
		k.past, err = r.Add(ir.OpDelay, r.Unique(delay.Name), nil, init)
	}
	if err != nil {
		return nil, err
	}
	return k.of(r, k.number, map[*ir.Value]*ir.Value{k.spike: k.past})
}

// of makes a value again, for the spike of the step before.
func (k *keptSize) of(r *ir.Rebuilder, v *ir.Value, made map[*ir.Value]*ir.Value) (*ir.Value, error) {
	if v.Const() != nil {
		return r.Of(v), nil
	}
	if made[v] == nil {
		args := make([]*ir.Value, len(v.Args))
		for i, a := range v.Args {
			var err error
			if args[i], err = k.of(r, a, made); err != nil {
				return nil, err
			}
		}
		out, err := r.AddTyped(v.Op, r.Unique(v.Name+".past"), v.Attrs, v.Type, args...)
		if err != nil {
			return nil, err
		}
		made[v] = out
	}
	return made[v], nil
}
