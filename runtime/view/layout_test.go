package view

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"
)

// Boxes of a row do not overlap, and neither do lanes and boxes; edges lead downwards but for those that close
// circles, through one lane in each row between; and all is within the extent.
func TestLayouts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "boxes")
		boxes := make([]size, n)
		for i := range boxes {
			boxes[i] = size{rapid.IntRange(20, 200).Draw(t, "width"), rapid.IntRange(10, 60).Draw(t, "height")}
		}
		var wires []wire
		for range rapid.IntRange(0, 24).Draw(t, "edges") {
			w := wire{rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to"), rapid.IntRange(0, 4).Draw(t, "later") == 0}
			if w.from != w.to && !slices.Contains(wires, w) {
				wires = append(wires, w)
			}
		}
		l := layered(boxes, wires)
		apart(t, l)
		for _, e := range l.Edges {
			downwards(t, l, e)
		}
	})
}

// span is where something is in a row.
type span struct{ from, to int }

func apart(t *rapid.T, l *Layout) {
	rows := make([][]span, len(l.Rows))
	for _, b := range l.Boxes {
		rows[b.Row] = append(rows[b.Row], span{b.X, b.X + b.W})
		if b.X < -1 || b.X+b.W > l.Width+1 || b.H > l.Rows[b.Row].H || l.Rows[b.Row].Y+b.H > l.Height {
			t.Fatalf("box %+v is outside", b)
		}
	}
	for _, e := range l.Edges {
		for _, lane := range e.Lanes {
			rows[lane[1]] = append(rows[lane[1]], span{lane[0] - laneWidth/2, lane[0] + laneWidth/2})
		}
	}
	for _, row := range rows {
		slices.SortFunc(row, func(a, b span) int { return a.from - b.from })
		for i := range row[1:] {
			if row[i+1].from < row[i].to+gapAcross-2 {
				t.Fatalf("%v and %v are too near", row[i], row[i+1])
			}
		}
	}
}

func downwards(t *rapid.T, l *Layout, e Edge) {
	from, to := l.Boxes[e.From].Row, l.Boxes[e.To].Row
	if e.Back {
		from, to = to, from
	} else if from >= to {
		t.Fatalf("edge %+v leads from row %d to row %d", e, from, to)
	}
	if e.Later && !e.Back {
		t.Fatalf("edge %+v leads to the next time step, and counts for the rows", e)
	}
	if len(e.Lanes) != max(0, to-from-1) {
		t.Fatalf("edge %+v has %d lanes", e, len(e.Lanes))
	}
	for i, lane := range e.Lanes {
		if lane[1] != from+1+i {
			t.Fatalf("edge %+v has no lane in row %d", e, from+1+i)
		}
	}
}

// The graph of two crossed pairs is drawn without crossing.
func TestLayoutUncrosses(t *testing.T) {
	boxes := make([]size, 4)
	for i := range boxes {
		boxes[i] = size{100, 40}
	}
	l := layered(boxes, []wire{{0, 3, false}, {1, 2, false}})
	for _, e := range l.Edges {
		if l.Boxes[e.From].X != l.Boxes[e.To].X {
			t.Errorf("edge %+v is not straight: %+v", e, l.Boxes)
		}
	}
}
