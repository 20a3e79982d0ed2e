package main

import (
	"fmt"
	"strconv"
	"strings"

	"nomul/ir"
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
	// the greatest.
	Start   string `json:"start,omitempty"`
	silence bool   // Start is the membrane that steps without input leave
	own     bool   // it has a program of its own
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

// ownUpdates names the layers that are no neurons by the equation; empty when there are none.
func ownUpdates(rows []neuronRow) string {
	var names []string
	for _, n := range rows {
		if n.own && n.of == "" {
			names = append(names, n.Name)
		}
	}
	if names == nil {
		return ""
	}
	return "no neurons by the equation, whose updates are compiled as they are written: " + strings.Join(names, ", ")
}

// started names the neurons that do not start from 0, and says how several values in a layer may
// have come: a run leaves another for each neuron. Empty when there are none.
func started(rows []neuronRow) string {
	var names []string
	for _, n := range rows {
		if n.Start != "" && !n.silence {
			names = append(names, n.Name+" ("+n.Start+")")
		}
	}
	if names == nil {
		return ""
	}
	text := "membranes that do not start from 0: " + strings.Join(names, ", ")
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

// cellRow describes a neuron by its program: how many state variables it keeps, and the constants
// it is compared with.
func cellRow(net *ir.Net, v *ir.Value, c ir.CellAttrs) neuronRow {
	row := neuronRow{Name: v.Name, Kind: "own update", Count: v.Type.Size(), Leak: "–", Reset: "–", Compare: "–", Threshold: "–", own: true}
	if n := len(c.Do.Vars); n > 1 {
		row.Kind += fmt.Sprintf(", %d state variables", n)
	}
	if of, ok := strings.CutSuffix(v.Name, ".potential"); ok && !v.Type.IsSpike() && net.Find(of) != nil {
		row.Kind, row.Reset, row.of = "membrane", "by "+of, of
	} else if !v.Type.IsSpike() {
		row.Kind += ", silent"
	}
	return row
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
