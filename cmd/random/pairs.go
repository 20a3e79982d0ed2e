package main

import (
	"math/rand/v2"
	"slices"

	"nomul/frontend/onnx/randnet"
)

// drawer draws networks such that every two features occur in one of them.
type drawer struct {
	random   *rand.Rand
	features []string
	index    map[string]int
	met      map[[2]int]bool
	open     [][2]int        // pairs to wish for
	apart    map[[2]int]bool // pairs that were wished for in vain
	never    int             // pairs that exclude each other
}

// patience is how often a pair is wished for before the two are said not to go together.
const patience = 40

func newDrawer(seed uint64) *drawer {
	d := &drawer{random: rand.New(rand.NewPCG(seed, 0)), features: randnet.Features(), index: map[string]int{}, met: map[[2]int]bool{}, apart: map[[2]int]bool{}}
	for i, f := range d.features {
		d.index[f] = i
		for j, g := range d.features[:i] {
			if randnet.Exclusive(f, g) {
				d.never++
			} else {
				d.open = append(d.open, [2]int{j, i})
			}
		}
	}
	d.random.Shuffle(len(d.open), func(i, j int) { d.open[i], d.open[j] = d.open[j], d.open[i] })
	return d
}

// next draws a network; every second one has two features that have not met yet.
func (d *drawer) next() (randnet.Plan, *randnet.Model, error) {
	for d.random.IntN(2) == 0 {
		wish, ok := d.wish()
		if !ok {
			break
		}
		for range patience {
			p, m, err := d.draw(d.features[wish[0]], d.features[wish[1]])
			if d.met[wish] || err != nil {
				return p, m, err
			}
		}
		d.apart[wish] = true
	}
	return d.draw()
}

// wish is a pair that has not met.
func (d *drawer) wish() (pair [2]int, ok bool) {
	for len(d.open) > 0 {
		pair, d.open = d.open[0], d.open[1:]
		if !d.met[pair] {
			return pair, true
		}
	}
	return pair, false
}

// draw draws a network, and counts its pairs if it has the features that were wanted.
func (d *drawer) draw(wanted ...string) (randnet.Plan, *randnet.Model, error) {
	p := randnet.Draw(d.random, wanted...)
	m, err := randnet.Build(p)
	if err != nil {
		return p, nil, err
	}
	for _, f := range wanted {
		if !slices.Contains(m.Features, f) {
			return p, m, nil
		}
	}
	for i, f := range m.Features {
		for _, g := range m.Features[:i] {
			d.met[[2]int{d.index[g], d.index[f]}] = true
			delete(d.apart, [2]int{d.index[g], d.index[f]})
		}
	}
	return p, m, nil
}

// coverage counts the pairs that met; those that exclude each other, or were
// wished for so often that the two do not go together; and those not met yet.
type coverage struct {
	Met     int `json:"met"`
	Apart   int `json:"apart"`
	Missing int `json:"missing"`
}

func (d *drawer) coverage() coverage {
	all, apart := len(d.features)*(len(d.features)-1)/2, len(d.apart)+d.never
	return coverage{Met: len(d.met), Apart: apart, Missing: all - len(d.met) - apart}
}
