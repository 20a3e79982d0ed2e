package report

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Mark is a point with a name.
type Mark struct {
	Point
	Name string
}

// Scatter is a plot of costs (x) and gains (y), with intervals of these; the Pareto front is a line along the points
// that no other beats in both.
func Scatter(title, x, y string, all []Mark, behind Table) (Plot, error) {
	p := axes(x, y)
	lines(p)
	var dots points
	labels := plotter.XYLabels{}
	for _, m := range all {
		dots = append(dots, m.Point)
		labels.Labels = append(labels.Labels, shortened(m.Name))
		labels.XYs = append(labels.XYs, plotter.XY{X: m.X, Y: m.Y})
	}
	line, err := plotter.NewLine(front(dots))
	if err != nil {
		return Plot{}, err
	}
	bars, err := plotter.NewYErrorBars(dots)
	if err != nil {
		return Plot{}, err
	}
	marks, err := plotter.NewScatter(dots)
	if err != nil {
		return Plot{}, err
	}
	names, err := plotter.NewLabels(labels)
	if err != nil {
		return Plot{}, err
	}
	line.Color, line.Dashes = second.RGBA, []vg.Length{3, 3}
	bars.Color, bars.Width = first.RGBA, 0.7
	marks.Color, marks.Shape, marks.Radius = first.RGBA, draw.CircleGlyph{}, 2.8
	names.Offset = vg.Point{X: 5, Y: 4}
	face := sans
	face.Size = textSize - 1
	for i := range names.TextStyle {
		names.TextStyle[i].Font = face
		names.TextStyle[i].Color = text.RGBA
	}
	p.Add(line, bars, marks, names)
	p.X.Min, p.Y.Max = 0, p.Y.Max+(p.Y.Max-p.Y.Min)/20
	p.X.Max = 1.3 * max(p.X.Max, math.SmallestNonzeroFloat32) // for the name of the last
	return Plot{title, picture(p, plotHeight, title), behind}, nil
}

// front are the points that no other beats in both, as steps from the cheapest on.
func front(all points) plotter.XYs {
	sorted := slices.SortedFunc(slices.Values(all), func(a, b Point) int { return cmp.Or(cmp.Compare(a.X, b.X), cmp.Compare(b.Y, a.Y)) })
	var out plotter.XYs
	for _, p := range sorted {
		if n := len(out); n > 0 {
			if p.Y <= out[n-1].Y {
				continue
			}
			out = append(out, plotter.XY{X: p.X, Y: out[n-1].Y})
		}
		out = append(out, plotter.XY{X: p.X, Y: p.Y})
	}
	return out
}
