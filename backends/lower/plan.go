package lower

import (
	"slices"

	"nomul/ir"
)

// Layout says how a target lays a program out: the widths that its memory has, and the ways
// to save time and memory that it takes.
type Layout struct {
	// Target is its name in the text of a plan.
	Target string
	// Widths are the bits of its integers, ascending; with none each has 64.
	Widths []int
	// Packed is the bits of a word that spikes are packed in; 0: a spike is an integer.
	Packed int
	// LeastSum is the bits that a sum has at least.
	LeastSum int
	// Fuse reports whether a program may read the elements of a sweep as they are made; nil: none may.
	Fuse func(s *Sweep, next *Stage) bool
	// Overlay lets arrays share memory that are not alive at the same time.
	Overlay bool
	// Watched keeps traced arrays until the outputs are given.
	Watched bool
	// LayerMajor runs groups of layers for all time steps, one group after another.
	LayerMajor bool
}

// Always fuses all that can be.
func Always(*Sweep, *Stage) bool { return true }

// Plain is the layout of the interpreter of programs: any integer, as little memory as there
// must be.
var Plain = Layout{Target: "plain", Fuse: Always, Overlay: true}

// Tight is a layout with everything that a target may ask for; plans for it are tried by step
// and by layer.
var Tight = Layout{Target: "tight", Widths: []int{8, 16, 32}, Packed: 32, LeastSum: 16, Fuse: Always, Overlay: true}

// ByLayer is the layout with the other schedule.
func (l Layout) ByLayer() Layout {
	l.LayerMajor = true
	return l
}

// Plan is a program for a layout: which stages run together, in which order, and where
// their elements are.
type Plan struct {
	Program *Program
	Layout  Layout
	// Once runs before the time steps, End behind them. In each step a group runs its sweeps,
	// then its latches. Step-major there is one group; layer-major, a group runs all steps
	// before the next one begins.
	Once, End []*Sweep
	Groups    []*Group
	Outputs   []*Stage

	Slots []*Slot
	// At is the part of an array of the program in a slot. Constants, inputs, outputs, kept arrays
	// and those that are only passed on within a sweep have none.
	At map[*Array]*Use
	// Passed are the elements of arrays that are only passed on within a sweep.
	Passed map[*Array]Elem
	// Kept are the arrays that are a state variable of their stage, and which one: a readout, or
	// the spikes that a reset waits for.
	Kept map[*Array]int
	// States are the elements of the state variables of a stage.
	States map[*Stage][]Elem
	// Held are the latches that keep the next value apart until all of their group have read.
	Held map[*Stage]bool

	sweepOf map[*Array]*Sweep // that writes it, but for latches
}

// Sweep goes once over the places of a grid. Its first stage is a fold, a move or an each;
// those behind it are programs that read its elements as they are made.
type Sweep struct {
	Stages   []*Stage
	group    *Group // nil outside the time steps
	position int
}

// Group is a part of a time step. Its latches run in order, but those that are held write last.
type Group struct {
	Sweeps     []*Sweep
	Latches    []*Stage
	latch, end int // the positions of the latches, and behind the last step
}

// NewPlan lays a program out.
func NewPlan(p *Program, l Layout) *Plan {
	plan := emptyPlan(p, l)
	steps := plan.fuse()
	plan.schedule(steps)
	plan.hold()
	plan.number()
	plan.place()
	return plan
}

func emptyPlan(p *Program, l Layout) *Plan {
	return &Plan{Program: p, Layout: l, At: map[*Array]*Use{}, Passed: map[*Array]Elem{}, Kept: map[*Array]int{},
		States: map[*Stage][]Elem{}, Held: map[*Stage]bool{}, sweepOf: map[*Array]*Sweep{}}
}

// number gives sweeps, latches and ends of groups their positions in the order of running.
func (p *Plan) number() {
	n := 0
	count := func(sweeps []*Sweep) {
		for _, s := range sweeps {
			s.position = n
			n++
		}
	}
	count(p.Once)
	for _, g := range p.Groups {
		for _, s := range g.Sweeps {
			s.group = g
		}
		count(g.Sweeps)
		g.latch, g.end = n, n+1
		n += 2
	}
	count(p.End)
}

// startPosition is before all sweeps, outputsPosition behind them.
const (
	startPosition   = -1
	outputsPosition = 1 << 40
)

// Moment is a position in the order of running, of a group or outside the time steps.
type Moment struct {
	group    *Group
	position int
}

// Moment returns that of a sweep.
func (s *Sweep) Moment() Moment { return Moment{s.group, s.position} }

// Turn returns the moment at which the latches of a group run.
func (g *Group) Turn() Moment { return Moment{g, g.latch} }

// Loaded returns the moment at which all that is computed once is there.
func (p *Plan) Loaded() Moment { return Moment{position: len(p.Once) - 1} }

// Shown is the moment at which outputs are given.
var Shown = Moment{position: outputsPosition}

// fuse joins the stages to sweeps, and returns those of a time step.
func (p *Plan) fuse() []*Sweep {
	var steps []*Sweep
	for _, s := range p.Program.Stages {
		switch {
		case s.Output:
			p.Outputs = append(p.Outputs, s)
			continue
		case s.late():
			continue
		}
		if host := p.host(s); host != nil {
			host.Stages = append(host.Stages, s)
			p.sweepOf[s.To] = host
			continue
		}
		sweep := &Sweep{Stages: []*Stage{s}}
		p.sweepOf[s.To] = sweep
		switch s.Clock {
		case ir.Once:
			sweep.position = len(p.Once)
			p.Once = append(p.Once, sweep)
		case ir.Step:
			sweep.position = len(steps)
			steps = append(steps, sweep)
		default:
			sweep.position = len(p.End)
			p.End = append(p.End, sweep)
		}
	}
	return steps
}

// host is the sweep that a program may run in: it makes an operand, which the program reads
// element by element, and whatever else the program reads is there before.
func (p *Plan) host(s *Stage) *Sweep {
	if p.Layout.Fuse == nil || s.Each == nil {
		return nil
	}
	var host *Sweep
	for _, v := range s.Each.Views {
		if at := p.sweepOf[v.Array]; at.makes(s, v) && (host == nil || at.position > host.position) {
			host = at
		}
	}
	if host == nil || !p.Layout.Fuse(host, s) || !p.joins(host, s) {
		return nil
	}
	return host
}

// joins reports whether a program may run in a sweep, whose elements it reads in place.
func (p *Plan) joins(host *Sweep, s *Stage) bool {
	for _, v := range s.Each.Views {
		at := p.sweepOf[v.Array]
		_, onGrid := v.on(s.To.Type.Shape.Dims(), host.Grid())
		switch {
		case !onGrid:
			return false
		case at == nil || at.clock() != s.Clock || at.position < host.position:
		case at == host && at.makes(s, v):
		default:
			return false
		}
	}
	return true
}

// makes reports whether a sweep makes the elements that a view of a program reads, at the
// program's own places and in the same time step.
func (s *Sweep) makes(reader *Stage, v View) bool {
	return s != nil && s.clock() == reader.Clock && s.Stages[0].Move == nil && v.InPlace(reader.To.Type.Shape.Dims())
}

// Reads reports whether a stage of a sweep reads an array.
func (s *Sweep) Reads(a *Array) bool {
	return slices.ContainsFunc(s.Stages, func(stage *Stage) bool { return stage.readsArray(a) })
}

// SweepOf returns the sweep that makes an array, or nil.
func (p *Plan) SweepOf(a *Array) *Sweep { return p.sweepOf[a] }

// clock is when a sweep runs.
func (s *Sweep) clock() ir.Clock { return s.Stages[0].Clock }

// InPlace reports whether a view goes through its array in the order of a grid.
func (v *View) InPlace(dims []int) bool {
	if v.Start != 0 || len(v.Within) > 0 || v.Array.Type.Size() != Size(dims) {
		return false
	}
	for axis, stride := range Strides(dims) {
		if dims[axis] > 1 && v.Strides[axis] != stride {
			return false
		}
	}
	return true
}
