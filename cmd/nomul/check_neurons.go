package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nomul/ir"
	"nomul/ir/update"
	"nomul/passes/raise"
)

type neuronRow struct {
	Name      string `json:"name"`
	Kind      string `json:"kind"` // IF without a leak, else LIF; or membrane, of another neuron
	Count     int    `json:"count"`
	Threshold string `json:"threshold"`
	Leak      string `json:"leak"`
	Reset     string `json:"reset"`
	Compare   string `json:"compare"`
	// Start has the membranes of the first step, where they are not 0: one, or the least and
	// the greatest. Of an own update it has the state variables that do not start from 0, by name.
	Start string `json:"start,omitempty"`
	// States counts the state variables of an own update.
	States  int    `json:"states,omitempty"`
	silence bool   // Start is the membrane that steps without input leave
	own     bool   // it has a program of its own
	limits  string // the constants that the program compares numbers with
	gives   string // by an own update, in each step: spikes, their counts, or numbers
	of      string // the neuron whose membrane it is, that is given out
}

// givenOut says which rows are membranes of others, and no neurons more; empty when none is.
func givenOut(rows []neuronRow) string {
	var texts []string
	for _, n := range rows {
		if n.of != "" {
			texts = append(texts, fmt.Sprintf("%s is the membrane of %s, kept beside it because it is read, and no neuron more", n.Name, n.of))
		}
	}
	return strings.Join(texts, "; ")
}

// started names the neurons that do not start from 0, and says how several values in a layer may
// have come: a run leaves another for each neuron. Own updates are named where they have such. Empty
// when there are none.
func started(rows []neuronRow) string {
	var names []string
	of := "membranes"
	for _, n := range rows {
		if n.own && !strings.Contains(n.Start, spread) {
			continue
		}
		if n.Start != "" && !n.silence {
			names = append(names, n.Name+" ("+n.Start+")")
		}
		if n.own {
			of = "states"
		}
	}
	if names == nil {
		return ""
	}
	text := of + " that do not start from 0: " + strings.Join(names, ", ")
	if strings.Contains(text, spread) {
		text += ". A run before the export may have left them: if so, reset the network and export it again"
	}
	return text
}

// spread stands between the least and the greatest of several numbers.
const spread = " … "

func neuronRows(net *ir.Net) []neuronRow {
	rows, silent := []neuronRow{}, raise.SilentStarts(net)
	for _, v := range net.Neurons() {
		if c, ok := v.Attrs.(ir.CellAttrs); ok {
			rows = append(rows, cellRow(net, v, c))
			continue
		}
		a := v.Attrs.(ir.NeuronAttrs)
		row := neuronRow{Name: v.Name, Kind: "LIF", Count: v.Type.Size(),
			Leak: leakText(a.Leak, v.Args[ir.NeuronLeak]), Reset: a.Reset.String() + whenReset(a), Compare: a.Compare.String()}
		if a.Leak.Kind == ir.LeakNone {
			row.Kind = "IF"
		}
		if a.Current.Kind != 0 {
			row.Kind += " with current, leak " + leakText(a.Current, v.Args[ir.NeuronCurrent])
			if a.Order == ir.OrderLate {
				row.Kind += ", a step late"
			}
		}
		if a.Adapt.Kind != 0 {
			row.Kind += ", threshold grows by " + span(v.Args[ir.NeuronJump].Const()) + ", leak " + leakText(a.Adapt, v.Args[ir.NeuronAdapt])
		}
		if a.Refractory.Kind != 0 {
			row.Kind += ", refractory " + a.Refractory.String()
		}
		if of, ok := strings.CutSuffix(v.Name, ".potential"); ok && a.Silent && net.Find(of) != nil {
			row.Kind, row.Reset, row.of = "membrane", "by "+of, of
		} else if a.Silent {
			row.Kind += ", silent"
		}
		if !a.Fires() {
			row.Compare = "never"
		} else {
			row.Threshold = span(v.Args[ir.NeuronThreshold].Const())
		}
		if start := v.Arg(ir.NeuronInit).Const(); start != nil {
			if f, same := start.Uniform(); !same || f != 0 {
				row.Start, row.silence = span(start), silent[v]
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// cellRow describes a neuron by its program: how many state variables it keeps, from which numbers
// they start, and the constants it is compared with.
func cellRow(net *ir.Net, v *ir.Value, c ir.CellAttrs) neuronRow {
	row := neuronRow{Name: v.Name, Kind: "own update", Count: v.Type.Size(), Leak: own, Reset: own, Compare: own, Threshold: own,
		Start: startsOf(v, c.Do.Program), States: len(c.Do.Vars), own: true, gives: "spikes", limits: strings.Join(limitsOf(v, c.Do.Program), ", ")}
	if row.limits != "" {
		row.Threshold += " (" + row.limits + ")"
	}
	if !v.Type.IsSpike() && !slices.ContainsFunc(c.Do.Code, update.Instr.Compares) {
		row.Threshold, row.Compare = "", "never"
	}
	if of, ok := strings.CutSuffix(v.Name, ".potential"); ok && !v.Type.IsSpike() && net.Find(of) != nil {
		row.Kind, row.Threshold, row.Reset, row.Compare, row.of = "membrane", "", "by "+of, "never", of
	} else if v.Type.IsReal() {
		row.Kind, row.gives = row.Kind+", silent", "numbers"
	} else if !v.Type.IsSpike() {
		row.gives = fmt.Sprintf("%d..%d", v.Range.Lo, v.Range.Hi)
		row.Kind += ", fires " + row.gives
	}
	return row
}

// own stands for a part of a neuron that its program has.
const own = "own"

// startsOf names the state variables of a cell that do not start from 0, with their first numbers.
func startsOf(v *ir.Value, p *update.Program) string {
	var out []string
	for _, state := range p.Vars {
		text := strconv.FormatInt(state.Start, 10)
		if state.Init >= 0 {
			text = span(v.Args[state.Init].Const())
		}
		if text != "0" {
			out = append(out, state.Name+" "+text)
		}
	}
	return strings.Join(out, ", ")
}

// limitsOf are the constants that the program of a cell compares numbers with, in its order. State that
// keeps bits is no number.
func limitsOf(v *ir.Value, p *update.Program) []string {
	var out []string
	var add func(at update.Value)
	add = func(at update.Value) {
		text := ""
		switch i := p.Code[at]; i.Kind {
		case update.Const:
			text = strconv.FormatInt(i.At, 10)
		case update.Operand:
			if c := v.Args[i.At].Const(); c != nil {
				text = span(c)
			}
		case update.Select:
			add(i.A)
			add(i.B)
		}
		if text != "" && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	for _, i := range p.Code {
		if i.Compares() && !keptBit(p, i) {
			add(i.A)
			add(i.B)
		}
	}
	return out
}

// keptBit reports whether a comparison is that of a state variable which is 0 or 1 with its neighbour.
func keptBit(p *update.Program, i update.Instr) bool {
	state := p.Code[i.A]
	if state.Kind != update.Load {
		return false
	}
	stored := p.Code[p.Stored(int(state.At))]
	bit := func(v update.Value) bool {
		return p.Code[v].Kind == update.Const && (p.Code[v].At == 0 || p.Code[v].At == 1)
	}
	return stored.Kind == update.Select && bit(stored.A) && bit(stored.B)
}

// leakText is a leak's factor if it is an operand, else the leak as it is written.
func leakText(l ir.Leak, factor *ir.Value) string {
	if factor != nil {
		return span(factor.Const())
	}
	return l.String()
}

func whenReset(a ir.NeuronAttrs) string {
	switch {
	case a.MasksCurrent:
		return ", with the current and the input of the next step"
	case a.Masks:
		return ", with the input of the next step"
	case a.When == ir.WhenNext:
		return ", at the next step"
	case a.When == ir.WhenBoth:
		return ", at once or at the next step"
	}
	return ""
}

// span is a constant's number, or the least and greatest of its numbers.
func span(t *ir.Tensor) string {
	if t == nil {
		return "none"
	}
	lo, hi := t.At(0), t.At(0)
	for i := range t.Type.Size() {
		lo, hi = min(lo, t.At(i)), max(hi, t.At(i))
	}
	short := func(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
	if lo == hi {
		return short(lo)
	}
	return short(lo) + spread + short(hi)
}
