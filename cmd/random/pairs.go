package main

import (
	"math/rand/v2"

	"nomul/frontend/onnx/randnet"
)

// drawer draws networks such that every two features occur in one of them.
type drawer struct {
	random   *rand.Rand
	features []string
	index    map[string]int
	met      map[[2]int]bool
	tries    map[[2]int]int // of pairs that were wished for in vain
	open     [][2]int       // pairs to wish for
}

// patience is how often a pair is wished for before the two are said not to go together.
const patience = 30

func newDrawer(seed uint64) *drawer {
	d := &drawer{random: rand.New(rand.NewPCG(seed, 0)), features: randnet.Features(),
		index: map[string]int{}, met: map[[2]int]bool{}, tries: map[[2]int]int{}}
	for i, f := range d.features {
		d.index[f] = i
		for j := range i {
			d.open = append(d.open, [2]int{j, i})
		}
	}
	d.random.Shuffle(len(d.open), func(i, j int) { d.open[i], d.open[j] = d.open[j], d.open[i] })
	return d
}

// next draws a network; every second one is drawn with two features that have
// not met yet.
func (d *drawer) next() (randnet.Plan, *randnet.Model, error) {
	var wish [2]int
	var wanted []string
	for len(d.open) > 0 && d.random.IntN(2) == 0 {
		wish = d.open[0]
		d.open = d.open[1:]
		if !d.met[wish] {
			wanted = []string{d.features[wish[0]], d.features[wish[1]]}
			break
		}
	}
	p := randnet.Draw(d.random, wanted...)
	m, err := randnet.Build(p)
	if err != nil {
		return p, nil, err
	}
	for i, f := range m.Features {
		for _, g := range m.Features[:i] {
			d.met[[2]int{d.index[g], d.index[f]}] = true
		}
	}
	if wanted != nil && !d.met[wish] {
		if d.tries[wish]++; d.tries[wish] < patience {
			d.open = append(d.open, wish)
		}
	}
	return p, m, nil
}

// coverage counts the pairs that met, and of the others those that were wished
// for so often that the two do not go together.
type coverage struct {
	Met     int `json:"met"`
	Apart   int `json:"apart"`
	Missing int `json:"missing"`
}

func (d *drawer) coverage() coverage {
	c := coverage{Met: len(d.met)}
	for pair, n := range d.tries {
		if n >= patience && !d.met[pair] {
			c.Apart++
		}
	}
	c.Missing = len(d.features)*(len(d.features)-1)/2 - c.Met - c.Apart
	return c
}
