package raise

import ()

// Fired is the bit that a layer that rests, and whose spikes are held back then, fires in a step.
func (d *Diagrams) Fired(rests []*Diagram, step int) *Diagram {
	return d.Choose(rests[step], d.Leaf(0), d.Bit(step))
}
