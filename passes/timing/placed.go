package timing

import (
	"cmp"
	"slices"

	"nomul/ir"
)

// Placed are the copies of a net's values with the steps in which they stand. Which copies are of
// one step is a choice, as in retiming: any delay may be moved from the result of an op to its operands. A copy
// that depends on an input is in no step before the first; else each is as early as its operands allow.
// Lazily, a value that does not tell its step is as late as its readers allow: a state is computed
// where it is read, as in files whose last step does not compute it. Latest, so are all but those that outputs read:
// a comparison of a count is made where a membrane asks for it, and no step begins with one that fires.
// In the order of the file, cuts choose where its last step begins.
type Placed struct {
	*Copies
	Chains [][]*ir.Value // the copies of each value, the earliest first
	Reads  [][]Read      // of each chain, by operand
	begin  []int         // the step of the first copy of each chain
	First  int           // the first step
	Last   int
	Longer bool // than the steps of another placing of the same copies
	// Stands[t] are the values in step t, by chains: their copies, or in the first steps whatever
	// takes a copy's place.
	Stands map[int]map[int]*ir.Value
}

// Read is an operand that is a copy too: of that chain, so many places behind that in its own.
type Read struct{ Chain, Ahead int }

// fewestPlaced is the number of steps from which on copies show a state.
const fewestPlaced = 3

// Outside is the chain of an operand that is the same in every step.
const Outside = -1

// Places is how late values stand, where their operands and readers leave a choice.
type Places uint8

const (
	Eagerly Places = iota
	Lazily
	Latest
)

// NewPlaced puts copies into steps; nil where there are none, or too few steps.
func NewPlaced(c *Copies, at Places) *Placed {
	p := &Placed{Copies: c, Chains: c.chains()}
	p.begin = make([]int, len(p.Chains))
	p.link()
	p.behindInputs()
	if len(p.Chains) == 0 || !p.behindOperands() {
		return nil
	}
	if (at == Lazily || at == Latest) && !p.beforeReaders(p.pinned(at)) {
		return nil
	}
	if p.fill(); p.Last-p.First+1 < fewestPlaced {
		return nil
	}
	return p
}

// link finds the operands of each chain, by its last two copies.
func (p *Placed) link() {
	in, at := map[*ir.Value]int{}, map[*ir.Value]int{}
	for i, chain := range p.Chains {
		for t, v := range chain {
			in[v], at[v] = i, t
		}
	}
	for _, chain := range p.Chains {
		v := chain[len(chain)-1]
		reads := make([]Read, len(v.Args))
		for i, a := range v.Args {
			reads[i].Chain = Outside
			if k, ok := in[a]; ok && (p.earlier[v] == nil || a != p.earlier[v].Args[i]) {
				reads[i] = Read{k, at[a] - at[v]}
			}
		}
		p.Reads = append(p.Reads, reads)
	}
}

// reading is an operand of a copy: v, in the place of a chain's copy.
type reading struct {
	chain, place int
	by, at       int // the chain that reads it, and the place of its copy
	v            *ir.Value
}

// readings lists the operands of all copies that are copies.
func (p *Placed) readings() []reading {
	var out []reading
	for i, chain := range p.Chains {
		for t, v := range chain {
			for k, r := range p.Reads[i] {
				if r.Chain != Outside {
					out = append(out, reading{r.Chain, t + r.Ahead, i, t, v.Args[k]})
				}
			}
		}
	}
	return out
}

// behindInputs leaves room before the copies of a chain for values that take the place of one and
// are no constant.
func (p *Placed) behindInputs() {
	for _, r := range p.readings() {
		if r.v.Const() == nil {
			p.begin[r.chain] = max(p.begin[r.chain], -r.place)
		}
	}
}

// behindOperands moves chains behind those that they are computed from; false where they go round
// without a step between.
func (p *Placed) behindOperands() bool {
	for range len(p.Chains) + 1 {
		moved := false
		for i, reads := range p.Reads {
			for _, r := range reads {
				if r.Chain != Outside && p.begin[i] < p.begin[r.Chain]+r.Ahead {
					p.begin[i], moved = p.begin[r.Chain]+r.Ahead, true
				}
			}
		}
		if !moved {
			return true
		}
	}
	return false
}

// pinned tells the chains that stay where they are: those that tell their step, or that outputs read.
func (p *Placed) pinned(at Places) []bool {
	out, in := make([]bool, len(p.Chains)), map[*ir.Value]int{}
	for i, chain := range p.Chains {
		out[i] = at == Lazily && TellsStep(chain[0])
		for _, v := range chain {
			in[v] = i + 1
		}
	}
	for _, v := range p.net.Values {
		for _, a := range v.Args {
			if in[a] > 0 && in[v] == 0 && at == Latest {
				out[in[a]-1] = true
			}
		}
	}
	return out
}

// mostCuts bounds the placings in the order of the file.
const mostCuts = 8

// Placings are the ways to put copies into steps that are to be tried, the likeliest first.
func Placings(c *Copies) []*Placed {
	out := c.cuts()
	for _, at := range []Places{Lazily, Eagerly, Latest} {
		if p := NewPlaced(c, at); p != nil {
			out = append(out, p)
		}
	}
	return out
}

// cuts are the placings in the order of the file. Its last step begins at one of the values that end their
// copies, and those before this one are of the step before. Fewest steps come first, then those of which the
// first has most values, for constants are folded away there.
func (c *Copies) cuts() []*Placed {
	var out []*Placed
	chains, at := c.chains(), map[*ir.Value]int{}
	for i, v := range c.net.Values {
		at[v] = i
	}
	last := func(i int) int { return at[chains[i][len(chains[i])-1]] }
	order := make([]int, len(chains))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return last(a) - last(b) })
	before := make([]int, len(chains))
	for _, i := range order {
		p := &Placed{Copies: c, Chains: chains, begin: make([]int, len(chains))}
		for k, chain := range chains {
			p.begin[k] = -before[k] - len(chain)
		}
		before[i] = 1
		if p.link(); !p.ordered() {
			continue
		}
		if p.fill(); p.Last-p.First+1 >= fewestPlaced {
			out = append(out, p)
		}
	}
	slices.SortStableFunc(out, func(p, q *Placed) int {
		return cmp.Or((p.Last-p.First)-(q.Last-q.First), len(q.Stands[q.First])-len(p.Stands[p.First]))
	})
	for _, p := range out {
		p.Longer = p.Last-p.First > out[0].Last-out[0].First
	}
	return out[:min(len(out), mostCuts)]
}

// ordered reports whether no value is read before it is made.
func (p *Placed) ordered() bool {
	for i, reads := range p.Reads {
		if slices.ContainsFunc(reads, func(r Read) bool { return r.Chain != Outside && p.Delay(i, r) < 0 }) {
			return false
		}
	}
	return true
}

// beforeReaders moves chains that are not pinned to the first of their readers, but none behind the last
// step of those that are; false where they go round with none among them that is, and have no place.
func (p *Placed) beforeReaders(pinned []bool) bool {
	const unread = 1 << 30
	last := 0
	for i, chain := range p.Chains {
		if pinned[i] {
			last = max(last, p.begin[i]+len(chain)-1)
		}
	}
	for range len(p.Chains) + 1 {
		moved := false
		latest := slices.Repeat([]int{unread}, len(p.begin))
		for i, reads := range p.Reads {
			for _, r := range reads {
				if r.Chain != Outside {
					latest[r.Chain] = min(latest[r.Chain], p.begin[i]-r.Ahead)
				}
			}
		}
		for i := range p.Chains {
			if most := min(latest[i], last-len(p.Chains[i])+1); !pinned[i] && latest[i] != unread && p.begin[i] < most {
				p.begin[i], moved = most, true
			}
		}
		if !moved {
			return true
		}
	}
	return false
}

// fill notes the values that stand in each step. The copies of the first step are read as they are, since
// their operands may be folded into them.
func (p *Placed) fill() {
	p.Stands = map[int]map[int]*ir.Value{}
	p.First, p.Last = p.begin[0], p.begin[0]
	for i, chain := range p.Chains {
		p.First, p.Last = min(p.First, p.begin[i]), max(p.Last, p.begin[i]+len(chain)-1)
		for t, v := range chain {
			p.stand(p.begin[i]+t, i, v)
		}
	}
	all := p.readings()
	for _, r := range all {
		if r.v.Const() == nil {
			p.First = min(p.First, p.begin[r.chain]+r.place)
		}
	}
	for _, r := range all {
		if step := p.begin[r.chain] + r.place; step < p.First || p.begin[r.by]+r.at > p.First {
			p.stand(step, r.chain, r.v)
		}
	}
}

func (p *Placed) stand(step, chain int, v *ir.Value) {
	if p.Stands[step] == nil {
		p.Stands[step] = map[int]*ir.Value{}
	}
	if p.Stands[step][chain] == nil {
		p.Stands[step][chain] = v
	}
}

// Same reports whether two placings have the same copies in the same steps.
func (p *Placed) Same(q *Placed) bool {
	return slices.Equal(p.begin, q.begin) && slices.EqualFunc(p.Chains, q.Chains, slices.Equal[[]*ir.Value])
}

// Delay counts the steps between a chain and an operand of it.
func (p *Placed) Delay(chain int, r Read) int { return p.begin[chain] - p.begin[r.Chain] - r.Ahead }
