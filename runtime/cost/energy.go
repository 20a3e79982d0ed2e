package cost

// Comparison is the energy of a layer or a net per sample, in pJ, with spikes and without.
type Comparison struct {
	Name string `json:"name"`
	// Spikes is that of the net, and ANN that of the quantised network without spikes of the same layers.
	Spikes float64 `json:"spikes_pj"`
	ANN    float64 `json:"ann_pj"`
	// Rate is the share of additions that happen, of layers driven by spikes; BreakEven that at which both
	// need the same, below 0 when even silence needs more; nil without such layers.
	Rate      float64  `json:"rate"`
	BreakEven *float64 `json:"break_even_rate"`
}

// Better reports whether the net needs less than the network without spikes.
func (c Comparison) Better() bool { return c.Spikes < c.ANN }

// Estimate is a regime with its figures.
type Estimate struct {
	Regime
	Total  Comparison   `json:"total"`
	Layers []Comparison `json:"layers"`
}

// Estimates are those of measured layers in all regimes.
func Estimates(layers []Layer) []Estimate {
	var out []Estimate
	for _, r := range Regimes {
		e := Estimate{Regime: r, Total: r.compare("total", layers)}
		for _, l := range layers {
			e.Layers = append(e.Layers, r.compare(l.Name, []Layer{l}))
		}
		out = append(out, e)
	}
	return out
}

// compare adds layers up. The energy is linear in the spike rate, so that both meet where the rates of all
// layers are those measured times one factor; of silent ones, where all rates are the same.
func (r Regime) compare(name string, layers []Layer) Comparison {
	c := Comparison{Name: name}
	var silent, synops, slots, all float64
	for _, l := range layers {
		c.Spikes += r.Energy(l)
		c.ANN += r.ANNEnergy(l)
		if !l.Spiking || r.products(l) {
			silent += r.Energy(l)
			continue
		}
		silent += r.energy(l, 0)
		synops += l.Synops
		slots += float64(l.Slots)
		all += r.energy(l, float64(l.Slots)) - r.energy(l, 0)
	}
	if slots == 0 {
		return c
	}
	c.Rate = synops / slots
	slope := all
	if c.Rate > 0 {
		slope = (c.Spikes - silent) / c.Rate
	}
	meet := (c.ANN - silent) / slope
	c.BreakEven = &meet
	return c
}

// Energy is that of a layer with its measured spikes, in pJ per sample.
func (r Regime) Energy(l Layer) float64 { return r.energy(l, l.Synops) }

func (r Regime) energy(l Layer, synops float64) float64 {
	if r.products(l) {
		return float64(l.Slots) * (r.add + r.multiply)
	}
	out := synops*r.add + l.Updates*r.other + l.Multiplies*r.requantise
	if r.traffic {
		out += energies(l.Traffic(synops))
	}
	return out
}

// products reports whether a layer multiplies in the regime: float32 has no set bits.
func (r Regime) products(l Layer) bool { return r.real && (!l.Spiking || l.Words) }

// ANNEnergy is that of the same layer without spikes.
func (r Regime) ANNEnergy(l Layer) float64 {
	out := float64(l.Connections)*(r.add+r.multiply) + l.ANNUpdates*r.other + float64(l.Activations)*r.requantise
	if r.traffic {
		out += energies(l.ANNTraffic())
	}
	return out
}

func energies(flows []Flow) float64 {
	total := 0.0
	for _, f := range flows {
		total += f.energy()
	}
	return total
}
