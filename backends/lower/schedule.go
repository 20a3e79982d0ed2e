package lower

import "slices"

// schedule cuts the sweeps of a time step into groups. Step-major there is one. Layer-major a
// group ends behind spikes, which are cheap to keep for all steps, when weights follow; and
// it has all sweeps from the first that reads a delay to the last that its latch depends on.
func (p *Plan) schedule(steps []*Sweep) {
	var latches []*Stage
	for _, s := range p.Program.Stages {
		if s.late() {
			latches = append(latches, s)
		}
	}
	if !p.Layout.LayerMajor || len(steps) == 0 {
		if len(steps) > 0 || len(latches) > 0 {
			p.Groups = []*Group{{Sweeps: steps, Latches: latches}}
		}
		return
	}
	spans := spansOf(steps, latches)
	for from := 0; from < len(steps); {
		to := from
		for grown := true; grown; {
			grown = false
			for _, s := range spans {
				if s.from <= to && s.to > to {
					to, grown = s.to, true
				}
			}
			if rest := steps[to+1:]; len(rest) > 0 && !(steps[to].fires() && slices.ContainsFunc(rest, (*Sweep).weighs)) {
				to, grown = to+1, true
			}
		}
		g := &Group{Sweeps: steps[from : to+1]}
		for _, s := range spans {
			if s.from >= from && s.to <= to {
				g.Latches = append(g.Latches, s.latches...)
			}
		}
		p.Groups = append(p.Groups, g)
		from = to + 1
	}
}

// hold orders the latches of each group: next comes one whose array no later one reads. Where
// there is none, of those that read one another's or their own, the first is held.
func (p *Plan) hold() {
	for _, g := range p.Groups {
		var order []*Stage
		for rest := slices.Clone(g.Latches); len(rest) > 0; {
			at := slices.IndexFunc(rest, func(l *Stage) bool {
				return !slices.ContainsFunc(rest, func(later *Stage) bool { return later.readsArray(l.To) })
			})
			if at < 0 {
				at, p.Held[rest[0]] = 0, true
			}
			order, rest = append(order, rest[at]), slices.Delete(rest, at, at+1)
		}
		g.Latches = order
	}
}

// readsArray reports whether a stage reads an array.
func (s *Stage) readsArray(a *Array) bool {
	return slices.ContainsFunc(s.Views(), func(v View) bool { return v.Array == a })
}

// fires reports whether a sweep makes spikes.
func (s *Sweep) fires() bool {
	return slices.ContainsFunc(s.Stages, func(stage *Stage) bool { return stage.To.Type.IsSpike() })
}

// weighs reports whether a sweep adds up weights.
func (s *Sweep) weighs() bool { return s.Stages[0].Fold != nil && s.Stages[0].Fold.Weight != nil }

// span is the sweeps that must run in the same time step, from one to another, and the
// latches that tie them.
type span struct {
	from, to int
	latches  []*Stage
}

// spansOf returns the span of each set of latches that hang together.
func spansOf(steps []*Sweep, latches []*Stage) []span {
	var out []span
	for len(latches) > 0 {
		tied := []*Stage{latches[0]}
		latches = slices.Clone(latches[1:])
		for grown := true; grown; {
			grown = false
			for i, l := range latches {
				if slices.ContainsFunc(tied, func(t *Stage) bool { return chained(l, t) || chained(t, l) }) {
					tied, latches, grown = append(tied, l), slices.Delete(latches, i, i+1), true
					break
				}
			}
		}
		s := span{from: len(steps), to: -1, latches: tied}
		for at, sweep := range steps {
			if slices.ContainsFunc(tied, func(l *Stage) bool { return sweep.touches(l) }) {
				s.from, s.to = min(s.from, at), max(s.to, at)
			}
		}
		if s.to < 0 { // a delay of a value computed once: no sweep has a part in it
			s.from, s.to = 0, 0
		}
		out = append(out, s)
	}
	return out
}

// chained reports whether a latch takes the array that another one sets.
func chained(l, other *Stage) bool {
	return l.readsArray(other.To) || l.To == other.To
}

// touches reports whether a sweep makes an operand of a latch, or reads the array it sets.
func (s *Sweep) touches(l *Stage) bool {
	return s.Reads(l.To) || slices.ContainsFunc(s.Stages, func(stage *Stage) bool { return l.readsArray(stage.To) })
}
