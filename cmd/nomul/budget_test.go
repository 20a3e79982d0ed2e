package main

import (
	"math"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	_ "nomul/ir/irtest/seed"

	"nomul/ir/irtest"
)

// The widths that are chosen lose least of all that take no more bytes: tried one by one.
func TestChooseWidths(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &planner{}
		for range rapid.IntRange(1, 4).Draw(t, "layers") {
			l := plannedLayer{weights: 8 * rapid.IntRange(1, 40).Draw(t, "weights"), steady: rapid.Bool().Draw(t, "steady"), lost: map[int]float64{}}
			for _, width := range budgetWidths {
				l.lost[width] = float64(rapid.IntRange(0, 100).Draw(t, "lost"))
			}
			p.layers = append(p.layers, l)
		}
		room := rapid.IntRange(0, 900).Draw(t, "room") // each byte is a grain
		steady := float64(rapid.IntRange(1, 4).Draw(t, "steady"))
		cost := func(layers []plannedLayer) (bytes int, lost float64) {
			for _, l := range layers {
				if bytes += l.weights * l.width / 8; l.steady {
					lost += (steady - 1) * l.lost[l.width]
				}
				lost += l.lost[l.width]
			}
			return bytes, lost
		}
		least, all := math.Inf(1), append([]plannedLayer{}, p.layers...)
		var try func(at int)
		try = func(at int) {
			if at < len(all) {
				for _, all[at].width = range budgetWidths {
					try(at + 1)
				}
				return
			}
			if bytes, lost := cost(all); bytes <= room {
				least = min(least, lost)
			}
		}
		try(0)
		chosen, found := p.choose(room, steady)
		bytes, lost := cost(chosen)
		if found != !math.IsInf(least, 1) || found && (bytes > room || lost != least) {
			t.Fatalf("found %v: %d of %d bytes lose %v, wanted %v", found, bytes, room, lost, least)
		}
	})
}

// A budget is refused only where the narrowest weights take more, however much the rest of the model takes.
func TestWidthsFitTheBudget(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, widest := &planner{model: &model{}}, 0
		for range rapid.IntRange(1, 5).Draw(t, "layers") {
			p.layers = append(p.layers, plannedLayer{weights: 8 * rapid.IntRange(1, 60).Draw(t, "weights"),
				lost: map[int]float64{8: 0, 4: float64(rapid.IntRange(0, 9).Draw(t, "lost")), 2: 20}})
			widest += p.layers[len(p.layers)-1].weights
		}
		rest := rapid.IntRange(0, 3000).Draw(t, "rest")
		p.within = rest + widest - rapid.IntRange(0, widest).Draw(t, "less")
		made := func(chosen []plannedLayer) (plan, error) {
			return plan{layers: chosen, flash: weightBytes(chosen) + rest}, nil
		}
		narrowest, _ := p.choose(0, 1)
		least, err := p.fitting(1, made)
		if fits := weightBytes(narrowest)+rest <= p.within; fits != (err == nil) || least.flash > p.within {
			t.Fatalf("the narrowest take %d of %d: %d, %v", weightBytes(narrowest)+rest, p.within, least.flash, err)
		}
	})
}

// A budget of additions gives words fewer bits, which a network of spikes does not have.
func TestBudgetOfAdditions(t *testing.T) {
	irtest.Long(t)
	args := []string{"ir", "--level", "fixed", "--mean", ".286", "--std", ".353", "--calibrate", lastImages(t, 16), "--calibrate-limit", "8", "--budget"}
	const relu, mlp = "../../testdata/models/fmnist-relu-cnn/relucnn_ts26_bn.onnx", mlpFolder + "/mlp_ts26_sjhead_bn.onnx"
	for _, c := range []struct {
		budget, model string
		code          int
		wanted, net   string
	}{
		{"ops=20M", relu, 0, `budget: 1\d{7} of 20000000 additions a sample, at the densities of the calibration\nwords of activations have [3-7] bits\nexpected: \d`, ` = levels .*: u[3-7]\[`},
		{"ops=1K", relu, exitFault, `words of one bit are as few as there are`, ``},
		{"ops=2M", mlp, 0, `budget: \d+ of 2000000 additions a sample, at the densities of the calibration\nexpected: \d`, ``},
		{"ops=2K", mlp, exitFault, `no bits of words make them fewer, for layers send spikes`, ``},
		{"ops=0", mlp, exitUsage, `wanted a number of additions above 0`, ``},
	} {
		var out, said strings.Builder
		code := run(append(args, c.budget, c.model), &out, &said)
		if code != c.code || !regexp.MustCompile(c.wanted).MatchString(said.String()) || !regexp.MustCompile(c.net).MatchString(out.String()) {
			t.Errorf("--budget %s: exit %d, said %s", c.budget, code, said.String())
		}
	}
}

// A budget of flash is kept by the C that is emitted, most predictions stay, and the chosen widths are told.
func TestBudget(t *testing.T) {
	irtest.Long(t)
	args := []string{mlpFolder + "/mlp_ts26_sjhead_bn.onnx", "--mean", ".286", "--std", ".353", "--calibrate", lastImages(t, 256), "--calibrate-limit", "128"}
	var out, said strings.Builder
	if code := run(append([]string{"build", "-t", "c", "-o", filepath.Join(t.TempDir(), "c"), "--flash", "256K", "--budget", "flash=256K"}, args...), &out, &said); code != 0 {
		t.Fatal(said.String())
	}
	for _, wanted := range []string{`budget: 2\d{5} of 262144 bytes of flash in C`, `bn1 +401408 +[24]`, `expected: 9\d\.\d % of predictions as those of the network as imported, on 128 images`} {
		if !regexp.MustCompile(wanted).MatchString(said.String()) {
			t.Errorf("said nothing of %s:\n%s", wanted, said.String())
		}
	}
	said.Reset()
	if code := run(append([]string{"ir", "--budget", "flash=100K"}, args...), &out, &said); code != exitFault || !strings.Contains(said.String(), "with the narrowest weights the model takes") {
		t.Errorf("exit %d: %s", code, said.String())
	}
}
