package metrics

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestParseCosts(t *testing.T) {
	m, err := ParseCosts("missed=50, false=1", 3, 1)
	if want := (CostMatrix{{0, 50, 0}, {1, 0, 1}, {0, 50, 0}}); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("got %v, %v", m, err)
	}
	m, err = ParseCosts("wrong=.5,false=1,missed=2", 3, 0)
	if want := (CostMatrix{{0, 1, 1}, {2, 0, .5}, {2, .5, 0}}); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("got %v, %v", m, err)
	}
	for text, want := range map[string]string{"missed=50": "wanted both", "missed=50,flase=1": "wanted such as", "missed=-1,false=1": "is no cost",
		"missed=NaN,false=1": "is no cost", "50": "wanted such as"} {
		if _, err := ParseCosts(text, 3, 1); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, wanted %q", text, err, want)
		}
	}
	if _, err := ParseCosts("missed=50,false=1", 3, -1); err == nil || !strings.Contains(err.Error(), "--negative") {
		t.Errorf("without a negative class: %v", err)
	}
}

func TestReadCosts(t *testing.T) {
	classes := []string{"good", "open", "short"}
	m, err := ReadCosts("of\\as,short,good,open\nshort,0,50,1\ngood,2,0,3\nopen,1,40,0\n", classes)
	if want := (CostMatrix{{0, 3, 2}, {40, 0, 1}, {50, 1, 0}}); err != nil || !reflect.DeepEqual(m, want) {
		t.Errorf("got %v, %v", m, err)
	}
	for text, want := range map[string]string{
		"x,good,open,short\n": "0 rows",
		"x,good,open,bent\ngood,0,1,1\nopen,1,0,1\nshort,1,1,0\n":       `"bent" is no class`,
		"x,good,open,good\ngood,0,1,1\nopen,1,0,1\nshort,1,1,0\n":       "good stands there twice",
		"x,good,open,short\ngood,0,1,1\ngood,1,0,1\nshort,1,1,0\n":      "good stands there twice",
		"x,good,open,short\ngood,0,1,-1\nopen,1,0,1\nshort,1,1,0\n":     "taking good for short",
		"x,good,open\ngood,0,1\nopen,1,0\nshort,1,1\n":                  "2 classes",
		"x,good,open,short\ngood,0,1\nopen,1,0,1\nshort,1,1,0\n":        "wrong number of fields",
		"x,good,open,short\ngood,0,\"1\"x,1\nopen,1,0,1\nshort,1,1,0\n": "quote",
	} {
		if _, err := ReadCosts(text, classes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, wanted %q", text, err, want)
		}
	}
}

// Offsets of random outputs cost no more than none, and no other offset of one class costs less.
func TestOffsetsAreBestOneByOne(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	mean := func(costs []float64) (sum float64) {
		for _, c := range costs {
			sum += c
		}
		return sum
	}
	gained := 0
	for range 50 {
		m := newCostMatrix(3)
		labels, outputs := make([]int, 30), make([][]int64, 30)
		for i := range labels {
			labels[i] = draw.IntN(3)
			outputs[i] = []int64{draw.Int64N(9), draw.Int64N(9), draw.Int64N(9)}
			outputs[i][labels[i]] += 2
		}
		for i := range m {
			for k := range m {
				if i != k {
					m[i][k] = float64(draw.IntN(10))
				}
			}
		}
		offsets := m.Offsets(labels, outputs)
		cost := mean(m.Of(labels, Offset(outputs, offsets)))
		switch none := mean(m.Of(labels, Offset(outputs, make([]int64, 3)))); {
		case cost > none:
			t.Errorf("offsets %v cost %v, none %v", offsets, cost, none)
		case cost < none:
			gained++
		}
		for k := range offsets {
			for other := int64(-40); other <= 40; other++ {
				moved := slices.Clone(offsets)
				moved[k] = other
				if c := mean(m.Of(labels, Offset(outputs, moved))); c < cost {
					t.Fatalf("offsets %v cost %v, %v cost %v", offsets, cost, moved, c)
				}
			}
		}
	}
	if gained < 25 {
		t.Errorf("offsets helped %d times", gained)
	}
}

// A missed defect costs 50, a false alarm 1: the threshold falls, and the images that it was not chosen on cost less.
func TestChooseOffsets(t *testing.T) {
	draw := rand.New(rand.NewPCG(5, 6))
	labels, outputs := make([]int, 2000), make([][]int64, 2000)
	for i := range labels {
		labels[i] = draw.IntN(2) // 0 is good
		outputs[i] = []int64{0, int64(40*draw.NormFloat64()) + 60*int64(2*labels[i]-1)}
	}
	m, err := ParseCosts("missed=50,false=1", 2, 0)
	if err != nil {
		t.Fatal(err)
	}
	c := ChooseOffsets(m, labels, outputs)
	// Two normal distributions at ±60 with σ = 40 meet at log(50)·40²/120 = 52 below the middle.
	if at := c.Offsets[1] - c.Offsets[0]; at < 35 || at > 75 {
		t.Errorf("offsets %v", c.Offsets)
	}
	if c.ChosenOn+c.Images != 2000 || c.After.Hi >= c.Before.Lo || c.After.Lo > c.After.Mean || c.After.Mean > c.After.Hi || c.Score.Samples != c.Images {
		t.Errorf("got %+v", c)
	}
	if same := ChooseOffsets(CostMatrix{{0, 1}, {1, 0}}, []int{0, 1, 0, 1}, [][]int64{{5, 0}, {0, 5}, {5, 0}, {0, 5}}); !reflect.DeepEqual(same.Offsets, []int64{0, 0}) {
		t.Errorf("nothing to gain: %v", same.Offsets)
	}
}
