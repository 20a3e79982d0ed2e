package reroll

import (
	"fmt"
	"maps"
	"slices"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
	"nomul/passes/timing"
)

// Steps of a neuron that keeps more than a membrane are told by nothing but that they repeat: their
// copies are found by how they are computed (timing.Copies), and put into steps (timing.Placed). That is a guess,
// so the body is unrolled again, and is right where every value comes out that the file has (all_steps.go).

// ofAnyState is the net as one step, whatever its neurons keep; nil where no steps repeat, or they
// make no neurons. Of the ways to put values into steps, the first that leaves no number between neurons is
// taken, or else one that leaves few.
func ofAnyState(n *ir.Net, o *rewrite.Options) *ir.Net {
	f := framesOf(n, framesIn(n))
	var tried []*timing.Placed
	for _, depth := range []int{6, 4, 3, 2, 1} { // less finds steps in few, and takes two layers for one
		var best *ir.Net
		var least int
		for _, p := range timing.Placings(timing.NewCopies(n, depth, f)) {
			if slices.ContainsFunc(tried, p.Same) {
				continue
			}
			tried = append(tried, p)
			out, err := rolledOf(n, p, f, o)
			if err != nil {
				continue
			}
			kept, taken := keptBy(out)
			if taken && (best == nil || kept < least) {
				best, least = out, kept
			}
			if best != nil && least == 0 {
				return best
			}
		}
		if best != nil {
			return best
		}
	}
	return nil
}

// framesIn counts the rows of an input that holds one for each step, if one does.
func framesIn(n *ir.Net) int {
	for _, x := range n.All(ir.OpInput) {
		if x.Type.Shape.Rank() > 1 && len(framesOf(n, x.Type.Shape.Dim(0))) > 0 {
			return x.Type.Shape.Dim(0)
		}
	}
	return 0
}

// rolledOf is the net as one step of its copies.
func rolledOf(n *ir.Net, p *timing.Placed, f frames, o *rewrite.Options) (*ir.Net, error) {
	u := unrolledOf(n, p, f)
	first, err := newFirstStep(u.net)
	if err != nil {
		return nil, err
	}
	d, shown := first.checkOrTell(u), u.begins
	if d != nil && len(shown) > 0 { // an operand in another place may show a constant that is no state
		u.begins = map[*ir.Value]*ir.Tensor{}
		d = first.checkOrTell(u)
	}
	for _, biased := range []bool{true, false} {
		if d == nil {
			break
		}
		if u.begins = maps.Clone(shown); first.beginSilent(u, biased) {
			d = first.checkOrTell(u)
		}
	}
	if d != nil {
		return nil, d
	}
	told := maps.Clone(u.body)
	sums, err := u.readouts(first, o)
	if err != nil {
		return nil, err
	}
	if p.Longer && leavesOut(sums) {
		return nil, diag.Errorf(u.net.Values[0].Origin, diag.NotUnrolled, "no result reads some steps, of which there may be fewer")
	}
	out, err := roll(u, first, sums)
	if err == nil && (addsSteps(u, told) || endsInStep(out)) {
		return nil, diag.Errorf(u.net.Values[0].Origin, diag.NotUnrolled, "some steps of a neuron are not computed as the others are")
	}
	return out, err
}

// leavesOut reports whether readouts do not read all steps.
func leavesOut(sums map[*ir.Value]*timeSum) bool {
	for _, s := range sums {
		if slices.ContainsFunc(s.groups, func(g *group) bool { return slices.Contains(g.factors, nil) }) {
			return true
		}
	}
	return false
}

// unrolledOf is the net with its steps told apart by its copies.
func unrolledOf(n *ir.Net, p *timing.Placed, f frames) *unrolled {
	u := &unrolled{net: n.Head(), steps: p.Last - p.First + 1, frames: f, anyState: true, begins: map[*ir.Value]*ir.Tensor{}}
	u.net.Values = slices.Clone(n.Values)
	u.clear()
	body := inLastStep(p, u.net)
	b := &bodyOfCopies{Placed: p, u: u, body: body, held: map[timing.Read]*ir.Value{}}
	for i := range p.Chains {
		b.include(i)
	}
	for step, all := range p.Stands {
		for i, v := range all {
			switch {
			case step >= p.First:
				u.at[step-p.First][body[i]] = v
			case step == p.First-1 && v.Type == body[i].Type:
				u.begins[body[i]] = v.Const()
			}
		}
	}
	u.span = u.standing()
	return u
}

// inLastStep are the values of the chains in the last step; those that are missing there, as nothing
// reads them, are added to the net.
func inLastStep(p *timing.Placed, n *ir.Net) []*ir.Value {
	out := make([]*ir.Value, len(p.Chains))
	for i := range p.Chains {
		out[i] = p.Stands[p.Last][i]
	}
	var last func(i int) *ir.Value
	last = func(i int) *ir.Value {
		if out[i] != nil {
			return out[i]
		}
		chain := p.Chains[i]
		v := *chain[len(chain)-1]
		v.Name, v.Args = v.Name+".next", slices.Clone(v.Args)
		for k, r := range p.Reads[i] {
			if r.Chain != timing.Outside && p.Delay(i, r) == 0 {
				v.Args[k] = last(r.Chain)
			}
		}
		out[i] = &v
		n.Values = append(n.Values, &v)
		return out[i]
	}
	for i := range p.Chains {
		last(i)
	}
	return out
}

// bodyOfCopies makes chains the body of an unrolled net.
type bodyOfCopies struct {
	*timing.Placed
	u    *unrolled
	body []*ir.Value
	held map[timing.Read]*ir.Value // the value of a chain so many steps before the last
}

func (b *bodyOfCopies) include(chain int) {
	v := b.body[chain]
	edges := make([]edge, len(v.Args))
	for k, r := range b.Reads[chain] {
		switch {
		case r.Chain == timing.Outside:
			edges[k] = edge{fromOnce, v.Args[k]}
		case b.Delay(chain, r) == 0:
			edges[k] = edge{fromStep, b.body[r.Chain]}
		default:
			edges[k] = edge{fromPast, b.before(r.Chain, b.Delay(chain, r)-1)}
		}
	}
	b.u.body[v] = edges
}

// before is the value of the body that holds a chain's of so many steps before.
func (b *bodyOfCopies) before(chain, steps int) *ir.Value {
	if steps == 0 {
		return b.body[chain]
	}
	key := timing.Read{Chain: chain, Ahead: steps}
	if b.held[key] == nil {
		v := b.before(chain, steps-1)
		held := &ir.Value{Name: fmt.Sprintf("%s.before%d", b.body[chain].Name, steps), Op: ir.OpReshape, Attrs: ir.ShapeAttrs{Shape: v.Type.Shape.Dims()},
			Type: v.Type, Args: []*ir.Value{v}, Origin: v.Origin}
		b.u.net.Values = append(b.u.net.Values, held)
		b.held[key], b.u.body[held] = held, []edge{{fromPast, v}}
	}
	return b.held[key]
}

// heldBy is the value of the step before that v holds (before); nil where it computes one.
func (u *unrolled) heldBy(v *ir.Value) *ir.Value {
	if e := u.body[v]; v.Op == ir.OpReshape && len(e) == 1 && e[0].kind == fromPast && e[0].v.Type == v.Type {
		return e[0].v
	}
	return nil
}

// standing are the spans of values by the steps in which they stand; those that stand in two, or
// come in from outside, are of none.
func (u *unrolled) standing() map[*ir.Value]span {
	steps := map[*ir.Value]span{}
	for t, at := range u.at {
		for _, v := range at {
			steps[v] = steps[v].join(span{t + 1, t + 1})
		}
	}
	for _, edges := range u.body {
		for _, e := range edges {
			if e.kind == fromOnce {
				delete(steps, e.v)
			}
		}
	}
	out := map[*ir.Value]span{}
	for _, v := range u.net.Values {
		for _, a := range v.Args {
			out[v] = out[v].join(out[a])
		}
		if s := steps[v]; v.Const() == nil {
			if _, single := s.single(); single {
				out[v] = s
			}
		}
	}
	return out
}

// addsSteps reports whether a comparison that outputs alone read in a step is like one that was
// told: it is that of a step which differs.
func addsSteps(u *unrolled, told map[*ir.Value][]edge) bool {
	for v := range u.body {
		if told[v] == nil && v.Op == ir.OpCompare {
			for w := range told {
				if canonical.SameForm(v, w) {
					return true
				}
			}
		}
	}
	return false
}

// endsInStep reports whether a comparison behind the loop is like another one.
func endsInStep(n *ir.Net) bool {
	all := n.All(ir.OpCompare)
	return slices.ContainsFunc(all, func(v *ir.Value) bool {
		return v.Clock == ir.End && slices.ContainsFunc(all, func(w *ir.Value) bool { return v != w && canonical.SameForm(v, w) })
	})
}
