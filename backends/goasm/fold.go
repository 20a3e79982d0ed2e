package goasm

import "nomul/backends/lower"

// fold plans a fold: by rows of weights, by tables of the elements that spikes choose where it
// is a product, and as a pool where there are no weights. Wide weights of words are added bit
// by bit, which convolutions do.
func (p *plan) fold(s *lower.Stage) {
	f := &folded{s, s.Fold.Rows()}
	p.watchFold(f)
	switch {
	case s.Fold.Weight == nil:
		p.pool(f)
	case f.isProduct():
		p.product(f)
	case f.Positions == 1 && (p.home(s.Fold.X.Array).bits() || int8s.Contains(s.Fold.Weight.Array.Range)):
		p.linear(f)
	default:
		p.convolve(f)
	}
}

// folded is a stage of a fold, and its description.
type folded struct {
	*lower.Stage
	*lower.Rows
}

// isProduct reports whether a fold is run as a product of two arrays: one whose weights are
// computed, or too wide or too large for rows, which spikes may choose as well.
func (f *folded) isProduct() bool {
	w, x := f.Fold.Weight.Array, f.Fold.X.Array
	if !w.Const() {
		return true
	}
	return f.Fold.Start == nil && (w.Type.IsSpike() || x.Type.IsSpike()) && (!int16s.Contains(w.Range) || f.tooLarge() != "")
}

// start is the value that the sum of a place starts from.
func (f *folded) start(position, group, output int) int64 {
	if f.Fold.Start == nil {
		return 0
	}
	return f.Fold.Start.Array.Data.I[f.Start(position, group, output)]
}

// grid are the elements that lie by group, row and column.
func (f *folded) grid(rows, columns int, at func(group, row, column int) int) order {
	out := make(order, 0, f.Groups*rows*columns)
	for group := range f.Groups {
		for row := range rows {
			for column := range columns {
				out = append(out, int32(at(group, row, column)))
			}
		}
	}
	return out
}

// inputs are the elements that a position sees, group by group; −1 is padding.
func (f *folded) inputs(position int) order {
	return f.grid(1, f.Inputs, func(group, _, input int) int { return f.X(position, group, input) })
}

// outputs are the elements of the result at a position, group by group.
func (f *folded) outputs(position int) order {
	return f.grid(1, f.Outputs, func(group, _, output int) int { return f.Place(position, group, output) })
}

// starts are the values of the result's places in an order of positions.
func (f *folded) starts(positions order) []int64 {
	var out []int64
	for position := range f.Positions {
		for group := range f.Groups {
			for output := range f.Outputs {
				out = append(out, f.start(positions.element(position), group, output))
			}
		}
	}
	return out
}

// matrix has the weights from the inputs of all groups to their outputs, those of one tap of a
// window behind one another; an input of another group counts as 0.
func (f *folded) matrix(taps int) matrix {
	channels := f.Inputs / taps
	m := matrix{outputs: f.Groups * f.Outputs, inputs: f.Groups * f.Inputs}
	m.data = make([]int64, m.outputs*m.inputs)
	for group := range f.Groups {
		for output := range f.Outputs {
			row := m.data[(group*f.Outputs+output)*m.inputs:]
			for input := range f.Inputs {
				at := (input%taps*f.Groups+group)*channels + input/taps
				row[at] = f.Fold.Weight.Array.Data.I[f.Weight(group, output, input)]
			}
		}
	}
	return m
}
