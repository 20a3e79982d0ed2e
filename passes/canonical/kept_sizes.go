package canonical

import (
	"slices"

	"nomul/ir"
)

// A neuron may keep its spike as the number that it fires, 0.5 or −1. The delay is made one of
// the spike then, and the number is made of it where it is read.

// KeepsSpikes moves the ops that make numbers of spikes, of so many each at most, behind the delays
// that keep them, spikes of several steps before too.
func KeepsSpikes(n *ir.Net, most int) (*ir.Net, error) {
	for {
		kept := keptSizes(n, most)
		if len(kept) == 0 {
			return n, nil
		}
		var err error
		n, err = ir.Rebuild(n, n.Level, func(r *ir.Rebuilder, v *ir.Value) (*ir.Value, error) {
			switch k := kept[v]; {
			case k != nil:
				return k.delayed(r, v)
			case v.Op == ir.OpLatch && kept[v.Args[0]] != nil:
				return kept[v.Args[0]].latched(r, v)
			}
			return nil, nil
		})
		if err != nil {
			return nil, err
		}
	}
}

// keptSize is the number that a delay keeps of spikes.
type keptSize struct {
	number *ir.Value
	spikes []*ir.Value
	first  []*ir.Tensor // the spikes of which the delay begins
	past   []*ir.Value  // the spikes' delays, in the new net
}

// keptSizes are the delays of numbers that spikes alone decide, and that begin with one of those.
func keptSizes(n *ir.Net, most int) map[*ir.Value]*keptSize {
	out := map[*ir.Value]*keptSize{}
	c := NewRewriter(n)
	for _, latch := range n.All(ir.OpLatch) {
		delay, number := latch.Args[0], latch.Args[1]
		spikes := spikesOf(number, most)
		if len(spikes) == 0 || spikes[0] == number || delay.Args[0].Const() == nil {
			continue
		}
		var levels []*ir.Tensor
		for at := range 1 << len(spikes) {
			known := map[*ir.Value]*ir.Tensor{}
			for i, s := range spikes {
				known[s] = Filled(s.Type, float64(at>>i&1))
			}
			levels = append(levels, c.Outcome(number, known))
		}
		if first := beganWith(delay.Args[0].Const(), levels, spikes); first != nil {
			out[delay] = &keptSize{number: number, spikes: spikes, first: first}
		}
	}
	return out
}

// beganWith returns the spikes of which a delay's first numbers are; nil when one is of none.
func beganWith(init *ir.Tensor, levels []*ir.Tensor, spikes []*ir.Value) []*ir.Tensor {
	var first []*ir.Tensor
	for _, s := range spikes {
		first = append(first, ir.NewTensor(s.Type))
	}
	for i := range spikes[0].Type.Shape.Size() {
		at := slices.IndexFunc(levels, func(l *ir.Tensor) bool { return l.At(i) == init.At(i) })
		if at < 0 {
			return nil
		}
		for k := range spikes {
			first[k].I[i] = int64(at >> k & 1)
		}
	}
	return first
}

// spikesOf returns the spikes that a value is computed of, neuron by neuron, if they are so many at
// most and of its shape; none when it is computed of anything else.
func spikesOf(v *ir.Value, most int) []*ir.Value {
	var of []*ir.Value
	alone := DecidedBy(v, func(x *ir.Value) (fires, fits bool) {
		fires = x.Type.IsSpike()
		if fires {
			of = append(of, x)
		}
		return fires, len(of) <= most && x.Type.Shape == v.Type.Shape
	})
	if !alone {
		return nil
	}
	return of
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
		if x == nil || seen[x] || x.Const() != nil {
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

// delayed makes the spikes' delays, and of them the number.
func (k *keptSize) delayed(r *ir.Rebuilder, delay *ir.Value) (*ir.Value, error) {
	made := map[*ir.Value]*ir.Value{}
	for i, s := range k.spikes {
		init, err := r.Const(r.Unique(delay.Args[0].Name), k.first[i])
		if err != nil {
			return nil, err
		}
		past, err := r.Add(ir.OpDelay, r.Unique(delay.Name), nil, init)
		if err != nil {
			return nil, err
		}
		k.past, made[s] = append(k.past, past), past
	}
	return k.of(r, k.number, made)
}

// latched stores the spikes.
func (k *keptSize) latched(r *ir.Rebuilder, latch *ir.Value) (last *ir.Value, err error) {
	for i, s := range k.spikes {
		if last, err = r.Add(ir.OpLatch, r.Unique(latch.Name), nil, k.past[i], r.Of(s)); err != nil {
			return nil, err
		}
	}
	return last, nil
}

// of makes a value again, for the spikes of the step before.
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
