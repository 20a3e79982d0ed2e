package main

import (
	"fmt"

	"nomul/runtime/cost"
	"nomul/runtime/metrics"
	"nomul/runtime/record"
	"nomul/runtime/report"
)

// energySection has the estimates of energy, each beside that of the quantised network.
func (e *evaluation) energySection(*record.Record) (*report.Section, error) {
	if e.Costs == nil {
		return nil, nil
	}
	rate, fine, meet := "spike rate", "as fine as "+counted(e.Costs.Steps, "step"), "; above 100 % they meet at no rate"
	if e.Costs.Steps == 1 {
		rate, fine, meet = "set bits", "the most that a layer of this one reads", ""
	}
	s := &report.Section{ID: "energy", Title: "Energy per image, estimated", Texts: []string{
		fmt.Sprintf("Three sets of assumptions about a chip of 45 nm; none is the energy of a machine. Beside this network stands a quantised one of the same layers, whose activations have %s, %s.",
			counted(e.Costs.ANNBits, "bit"), fine),
		fmt.Sprintf("Both need the same where the lines meet%s. Measured: %s of the connections %.1f %%.", meet, rate, 100*e.Costs.Regimes[1].Total.Rate)}}
	table := report.Table{Title: "Regimes", Words: true, Head: []string{"regime", "this network", fmt.Sprintf("quantised ANN, %d bits", e.Costs.ANNBits), "equal at", "verdict", "assumes", "source"}}
	for _, r := range e.Costs.Regimes {
		t := r.Total
		table.Rows = append(table.Rows, []string{r.Name, energy(t.Spikes), energy(t.ANN), meeting(t), advantage(t), r.Doc, r.Source})
		layers := layerEnergies(r, rate)
		if t.BreakEven == nil { // nothing depends on the rate
			s.Tables = append(s.Tables, layers)
			continue
		}
		plot, err := crossing(r, rate, layers)
		if err != nil {
			return nil, err
		}
		s.Plots = append(s.Plots, plot)
	}
	s.Tables = append([]report.Table{table}, s.Tables...)
	return s, nil
}

// crossing is the plot of a regime in which energy depends on the rate, with the energies of layers behind it.
func crossing(r cost.Estimate, rate string, layers report.Table) (report.Plot, error) {
	unit, name := 1e3, "nJ"
	if max(r.Total.Spikes, r.Total.ANN) >= 1e6 {
		unit, name = 1e6, "µJ"
	}
	meet := 100 * *r.Total.BreakEven
	c := report.Crossing{Rate: 100 * r.Total.Rate, Energy: r.Total.Spikes / unit, Constant: r.Total.ANN / unit, Meet: &meet}
	if rate == "spike rate" {
		c.Most = 100
	}
	return report.Cross("Regime "+r.Name, rate+" (%)", "energy ("+name+")", "this network", "quantised ANN", c, layers)
}

// layerEnergies are those of layers in a regime.
func layerEnergies(r cost.Estimate, rate string) report.Table {
	out := report.Table{Title: "Energy by layer, regime " + r.Name, Head: []string{"layer", "this network", "quantised ANN", rate, "equal at"}}
	for _, l := range append(r.Layers[:len(r.Layers):len(r.Layers)], r.Total) {
		out.Rows = append(out.Rows, []string{l.Name, energy(l.Spikes), energy(l.ANN), fmt.Sprintf("%.1f %%", 100*l.Rate), meeting(l)})
	}
	return out
}

// alarmSection has missed images and false alarms, where a class is negative.
func (e *evaluation) alarmSection(*record.Record) (*report.Section, error) {
	if e.Alarms == nil {
		return nil, nil
	}
	s := &report.Section{ID: "alarms", Title: "Missed and false alarms"}
	for _, row := range e.alarmRows() {
		s.Texts = append(s.Texts, row[0]+": "+row[1])
	}
	s.Tables = []report.Table{{Title: "By class", Head: alarmHead, Rows: e.alarmTable()}}
	return s, nil
}

// flipSection has the decisions that integers change.
func (e *evaluation) flipSection(*record.Record) (*report.Section, error) {
	if e.Flips == nil {
		return nil, nil
	}
	return &report.Section{ID: "flips", Title: "Decisions that integers change",
		Texts:  []string{"Each layer is fed the spikes of the network of real numbers, and its decisions on integers are compared with those on real numbers."},
		Tables: []report.Table{{Title: "Flips", Head: []string{"layer", "neurons", "decisions", "flips", "share"}, Rows: flipRows(e.Flips)}}}, nil
}

// benchSection has operations by kind and NeuroBench's figures.
func (e *evaluation) benchSection(*record.Record) (*report.Section, error) {
	if e.Bench == nil {
		return nil, nil
	}
	head, rows := operationRows(e.Bench.Operations)
	names, figures := benchRows(e.Bench)
	return &report.Section{ID: "operations", Title: "Operations by kind",
		Tables: []report.Table{{Title: "Operations per image", Head: head, Rows: rows}, {Title: "NeuroBench's figures", Head: names, Rows: figures}}}, nil
}

// verdictSection has the level of each edge, L4 for a multiplication.
func verdictSection(edges []metrics.Edge) report.Section {
	return report.Section{ID: "verdict", Title: "Verdict by edge",
		Texts: []string{fmt.Sprintf("%s; %d of %d products are multiplications. L0: one side is 0 or 1, add or not. L1: −1, 0 or 1, add, subtract or not. L3: words as bit planes, additions and shifts. L4: a multiplication.",
			metrics.Worst(edges), metrics.Multiplications(edges), len(edges))},
		Tables: []report.Table{{Title: "Edges", Words: true, Head: verdictHead, Rows: edgeRows(edges)}}}
}
