package metrics

import (
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// CostMatrix has what it costs to take an image of a class (row) for one of another (column).
type CostMatrix [][]float64

// ParseCosts reads the short form of a cost matrix, such as missed=50,false=1: a cost of taking an image of another
// class for the negative one, and of the reverse; and wrong, of taking one for another of these, 0 if it is not said.
func ParseCosts(text string, classes, negative int) (CostMatrix, error) {
	said := map[string]float64{"wrong": 0}
	for _, part := range strings.Split(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok || !slices.Contains([]string{"missed", "false", "wrong"}, name) {
			return nil, fmt.Errorf("costs %q: wanted such as missed=50,false=1, and wrong=…", text)
		}
		cost, err := parseCost(value)
		if err != nil {
			return nil, fmt.Errorf("costs %q: %s: %v", text, name, err)
		}
		said[name] = cost
	}
	if len(said) < 2 || !has(said, "missed") || !has(said, "false") {
		return nil, fmt.Errorf("costs %q: wanted both missed=… and false=…", text)
	}
	if negative < 0 || negative >= classes {
		return nil, fmt.Errorf("costs %q are of a negative class: say which with --negative", text)
	}
	m := newCostMatrix(classes)
	for label := range m {
		for taken := range m[label] {
			switch {
			case label == taken:
			case taken == negative:
				m[label][taken] = said["missed"]
			case label == negative:
				m[label][taken] = said["false"]
			default:
				m[label][taken] = said["wrong"]
			}
		}
	}
	return m, nil
}

func has(m map[string]float64, key string) bool { _, ok := m[key]; return ok }

func newCostMatrix(classes int) CostMatrix {
	m := make(CostMatrix, classes)
	for i := range m {
		m[i] = make([]float64, classes)
	}
	return m
}

// ReadCosts reads a cost matrix from CSV: in the first row, behind an empty or any cell, the classes that images
// are taken for; then, for each class that they are of, its name and the costs. Classes may stand in any order, and
// all of them must.
func ReadCosts(text string, classes []string) (CostMatrix, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(rows) != len(classes)+1 {
		return nil, fmt.Errorf("%d rows of costs, wanted one for each of %d classes behind a row of names", len(rows)-1, len(classes))
	}
	columns, err := placed(rows[0][1:], classes)
	if err != nil {
		return nil, err
	}
	m, names := newCostMatrix(len(classes)), []string{}
	for _, row := range rows[1:] {
		names = append(names, row[0])
	}
	labels, err := placed(names, classes)
	if err != nil {
		return nil, err
	}
	for i, row := range rows[1:] {
		for k, cell := range row[1:] {
			if m[labels[i]][columns[k]], err = parseCost(cell); err != nil {
				return nil, fmt.Errorf("the cost of taking %s for %s: %v", names[i], classes[columns[k]], err)
			}
		}
	}
	return m, nil
}

// placed finds each of the names among the classes, all of which must be there once.
func placed(names, classes []string) ([]int, error) {
	var out []int
	for _, name := range names {
		i := slices.Index(classes, strings.TrimSpace(name))
		switch {
		case i < 0:
			return nil, fmt.Errorf("%q is no class: wanted %s", name, strings.Join(classes, ", "))
		case slices.Contains(out, i):
			return nil, fmt.Errorf("the class %s stands there twice", classes[i])
		}
		out = append(out, i)
	}
	if len(out) != len(classes) {
		return nil, fmt.Errorf("%d classes, wanted %s", len(out), strings.Join(classes, ", "))
	}
	return out, nil
}

func parseCost(text string) (float64, error) {
	cost, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || cost < 0 || math.IsInf(cost, 0) || math.IsNaN(cost) {
		return 0, fmt.Errorf("%q is no cost: wanted a number from 0 up", text)
	}
	return cost, nil
}

// Of are the costs of predictions, one for each image.
func (m CostMatrix) Of(labels, predictions []int) []float64 {
	out := make([]float64, len(labels))
	for i, label := range labels {
		out[i] = m[label][predictions[i]]
	}
	return out
}

// Cost is the mean cost of an image, with its interval.
type Cost struct {
	Mean float64 `json:"mean"`
	Interval
}

// Expected is the cost of an image like those of a run.
func (m CostMatrix) Expected(labels, predictions []int) Cost {
	costs, sum := m.Of(labels, predictions), 0.0
	for _, c := range costs {
		sum += c
	}
	return Cost{sum / float64(max(1, len(costs))), Bootstrap(costs)}
}
