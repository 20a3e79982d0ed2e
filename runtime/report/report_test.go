package report

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/plotter"
)

func written(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Names from files and folders stay text, and shades stay as light as text on them allows.
func TestWrite(t *testing.T) {
	name := `<b onclick="x">&`
	table := Table{Title: name, Head: []string{"layer", name}, Rows: [][]string{{name, "7"}, {"b", "8"}}, Shades: [][]float64{{2}, {0.5}}}
	bars, err := Bars(name, name+" (%)", []string{name, "b"}, []float64{7, 8}, table)
	if err != nil {
		t.Fatal(err)
	}
	text := written(t, &Report{Title: name, Lead: name, Figures: []Figure{{name, name, name}}, Sections: []Section{{ID: "a", Title: name, Texts: []string{name}, Plots: []Plot{bars}, Tables: []Table{table}, Code: name}}})
	if strings.Contains(text, "<b onclick") || !strings.Contains(text, "&lt;b onclick") {
		t.Error("a name becomes HTML")
	}
	if strings.Count(text, `style="--shade:35%"`) != 2 || strings.Count(text, `style="--shade:18%"`) != 2 {
		t.Errorf("shades %v", regexp.MustCompile(`--shade:[^"]*`).FindAllString(text, -1))
	}
}

// Plots have the colours of the page, no font of their own, and a name.
func TestPlotsTakeColours(t *testing.T) {
	meet := 3.0
	line, err := Line("accuracy", "step", "accuracy (%)", []Point{{1, 50, 40, 60}, {2, 70, 60, 80}}, Table{})
	if err != nil {
		t.Fatal(err)
	}
	cross, err := Cross("energy", "rate (%)", "energy (nJ)", "ours", "theirs", Crossing{Rate: 9, Energy: 7, Constant: 4, Meet: &meet}, Table{})
	if err != nil {
		t.Fatal(err)
	}
	alone, err := Cross("energy", "rate (%)", "energy (nJ)", "ours", "theirs", Crossing{Energy: 7, Constant: 4}, Table{})
	if err != nil {
		t.Fatal(err)
	}
	marks, err := Scatter("front", "energy (nJ)", "accuracy (%)", []Mark{{Point{1, 50, 40, 60}, "one"}, {Point{2, 70, 60, 80}, "two"}}, Table{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []Plot{line, cross, alone, marks} {
		svg := string(p.Picture)
		if found := regexp.MustCompile(`#[0-9A-Fa-f]{6}|font-family|<\?xml`).FindString(svg); found != "" {
			t.Errorf("%s: %s in %s", p.Title, found, svg)
		}
		if texts := strings.Count(svg, "<text "); texts == 0 || texts != strings.Count(svg, `<text textLength="`) {
			t.Errorf("%s: %d texts, not all as wide as measured", p.Title, texts)
		}
		if !strings.HasPrefix(svg, `<svg class="plot" role="img" viewBox="0 0 `) || !strings.Contains(svg, `aria-label="`+p.Title) || !strings.Contains(svg, "var(--accent)") {
			t.Errorf("%.300s", svg)
		}
	}
	free, err := Cross("energy", "rate (%)", "energy (nJ)", "ours", "theirs", Crossing{Rate: 144, Energy: 7, Constant: 4, Meet: &meet}, Table{})
	if err != nil || !strings.Contains(string(free.Picture), ">250<") || !strings.Contains(string(cross.Picture), ">10<") {
		t.Errorf("the axis of a rate of 144 %% ends before it: %v", err)
	}
	if a, b := strings.Count(string(cross.Picture), "<path"), strings.Count(string(alone.Picture), "<path"); a <= b {
		t.Errorf("%d strokes with a line for the network, %d without", a, b)
	}
}

// The line goes through the measured point and the one where both meet.
func TestSlope(t *testing.T) {
	meet := 3.0
	if slope, ok := (Crossing{Rate: 9, Energy: 7, Constant: 4, Meet: &meet}).slope(); !ok || slope != 0.5 {
		t.Errorf("slope %v", slope)
	}
	if _, ok := (Crossing{Rate: 3, Energy: 4, Constant: 4, Meet: &meet}).slope(); ok {
		t.Error("one point has a slope")
	}
}

func TestWholes(t *testing.T) {
	for _, hi := range []float64{4, 26, 1000} {
		if n := len(wholes{}.Ticks(0.7, hi)); n < 4 || n > 11 {
			t.Errorf("%d ticks to %v", n, hi)
		}
	}
}

// The front has the points that no other beats in both, with the steps between.
func TestFront(t *testing.T) {
	got := front(points{{X: 3, Y: 5}, {X: 1, Y: 2}, {X: 2, Y: 1}, {X: 1, Y: 1}, {X: 4, Y: 5}, {X: 5, Y: 6}})
	if want := (plotter.XYs{{X: 1, Y: 2}, {X: 3, Y: 2}, {X: 3, Y: 5}, {X: 5, Y: 5}, {X: 5, Y: 6}}); !slices.Equal(got, want) {
		t.Errorf("got %v, wanted %v", got, want)
	}
}
