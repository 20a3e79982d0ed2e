package report

import (
	"fmt"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// short are gonum's ticks with as few digits as tell them apart.
type short struct{}

func (short) Ticks(lo, hi float64) []plot.Tick {
	out := plot.DefaultTicks{}.Ticks(lo, hi)
	for i, t := range out {
		if !t.IsMinor() {
			out[i].Label = strconv.FormatFloat(t.Value, 'g', 4, 64)
		}
	}
	return out
}

// wholes are ticks at whole numbers, at most ten.
type wholes struct{}

func (wholes) Ticks(lo, hi float64) []plot.Tick {
	const most = 10
	every := math.Ceil((hi - lo) / most)
	var out []plot.Tick
	for x := math.Ceil(lo); x <= hi; x += max(1, every) {
		out = append(out, plot.Tick{Value: x, Label: fmt.Sprintf("%.0f", x)})
	}
	return out
}

// longest is the length of a name in a plot; the table behind has all of it.
const longest = 18

func shortened(name string) string {
	if r := []rune(name); len(r) > longest {
		return "…" + string(r[len(r)-longest+1:])
	}
	return name
}

// Bars is a plot of a bar for each name, from the first at the top down.
func Bars(title, x string, names []string, values []float64, behind Table) (Plot, error) {
	p := axes(x, "")
	lines(p)
	n := len(names)
	downwards, labels := make(plotter.Values, n), make([]string, n)
	for i := range names {
		downwards[n-1-i], labels[n-1-i] = values[i], shortened(names[i])
	}
	bars, err := plotter.NewBarChart(downwards, rowHeight*0.6)
	if err != nil {
		return Plot{}, err
	}
	bars.Horizontal, bars.Color, bars.LineStyle.Width = true, first.RGBA, 0
	p.Add(bars)
	p.NominalY(labels...)
	p.Y.Min, p.Y.Max = -0.5, float64(n)-0.5
	p.X.Min = 0
	p.X.Max = max(p.X.Max, math.SmallestNonzeroFloat32)
	return Plot{title, picture(p, 52+rowHeight*vg.Length(n), title), behind}, nil
}

// Crossing is how the energy of a network grows with its spike rate (%), beside one that has none.
type Crossing struct {
	Rate, Energy float64  // measured
	Constant     float64  // of the network without spikes
	Meet         *float64 // the rate at which both are the same
	Most         float64  // that a rate can be; 0 where there is no bound
}

// slope is that of the line through the measured point and the one where both meet.
func (c Crossing) slope() (float64, bool) {
	if c.Meet == nil || math.Abs(*c.Meet-c.Rate) < 1e-9 {
		return 0, false
	}
	return (c.Constant - c.Energy) / (*c.Meet - c.Rate), true
}

// Cross is the plot of a crossing.
func Cross(title, x, y, ours, theirs string, c Crossing, behind Table) (Plot, error) {
	p := axes(x, y)
	lines(p)
	end := max(1, 2*c.Rate)
	if c.Meet != nil {
		end = max(end, 1.3**c.Meet)
	}
	if c.Most > 0 {
		end = min(end, c.Most)
	}
	constant, err := plotter.NewLine(plotter.XYs{{X: 0, Y: c.Constant}, {X: end, Y: c.Constant}})
	if err != nil {
		return Plot{}, err
	}
	constant.Color, constant.Width, constant.Dashes = second.RGBA, 1.4, []vg.Length{4, 3}
	p.Add(constant)
	if slope, ok := c.slope(); ok {
		line, err := plotter.NewLine(plotter.XYs{{X: 0, Y: c.Energy - slope*c.Rate}, {X: end, Y: c.Energy + slope*(end-c.Rate)}})
		if err != nil {
			return Plot{}, err
		}
		line.Color, line.Width = first.RGBA, 1.4
		p.Add(line)
	}
	dot, err := plotter.NewScatter(plotter.XYs{{X: c.Rate, Y: c.Energy}})
	if err != nil {
		return Plot{}, err
	}
	dot.Color, dot.Shape, dot.Radius = first.RGBA, draw.CircleGlyph{}, 3.2
	p.Add(dot)
	p.Legend.Add(ours, dot)
	p.Legend.Add(theirs, constant)
	p.Legend.Top, p.Legend.Left, p.Legend.XOffs = true, true, 6
	p.Y.Min = 0
	p.Y.Max = 1.35 * max(p.Y.Max, math.SmallestNonzeroFloat32) // the legend is above all lines
	return Plot{title, picture(p, plotHeight, title), behind}, nil
}
