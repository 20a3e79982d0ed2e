package main

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"nomul/backends/cgen"
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes"
	"nomul/passes/rewrite"
	"nomul/runtime/metrics"
)

// budgetFlag bounds the flash or the additions of a network; the widths of its weights or of its words follow from it.
type budgetFlag struct {
	text  string
	flash size
	ops   float64 // additions for a sample; 0 where none are said
}

func (b *budgetFlag) String() string { return b.text }

func (b *budgetFlag) Type() string { return "budget" }

func (b *budgetFlag) Set(text string) error {
	of, number, _ := strings.Cut(text, "=")
	if b.text != "" {
		return fmt.Errorf("wanted one budget, flash=SIZE or ops=N")
	}
	switch b.text = text; of {
	case "flash":
		return b.flash.Set(number)
	case "ops":
		return b.setOps(number)
	}
	return fmt.Errorf("wanted flash=SIZE or ops=N")
}

// budgetWidths are the widths of weights that C stores in less flash each, the widest first.
var budgetWidths = []int{8, 4, 2}

// planner chooses widths of weights.
type planner struct {
	c      *cobra.Command
	model  *model
	within int            // bytes of flash
	said   map[string]int // widths that the user gives
	// imported are the predictions of the network as imported.
	imported predicted
	layers   []plannedLayer // in net order
	index    map[string]int // of layers
}

// plannedLayer is a layer whose width is chosen.
type plannedLayer struct {
	name    string
	weights int
	steady  bool            // its errors are the same in all steps
	lost    map[int]float64 // by width, the share of its result's variance that rounding loses
	width   int
}

// apply chooses the widths of weights such that the model takes the flash that there is, in C.
func (b *budgetFlag) apply(c *cobra.Command, m *model) error {
	switch o := m.options; {
	case b.text == "":
		return nil
	case o.Samples == nil:
		return usageError{fmt.Errorf("--budget: wanted --calibrate IMAGES beside it, on which layers are measured")}
	case b.ops > 0:
		return b.fewerOps(c, m)
	case o.Weights.All > 0:
		return usageError{fmt.Errorf("--budget: it chooses the width of weights; --weights may give that of single layers, LAYER=BITS")}
	}
	p := &planner{c: c, model: m, within: b.flash.bytes, said: m.options.Weights.Of, index: map[string]int{}}
	for _, width := range budgetWidths {
		if err := p.measure(width); err != nil {
			return err
		}
	}
	best, err := p.best()
	if err != nil {
		return err
	}
	m.options.Weights = p.widths(best.layers)
	p.print(best)
	return nil
}

// plan is a choice of widths, with its integers, flash and predictions.
type plan struct {
	layers []plannedLayer
	net    *ir.Net
	flash  int
	kept   float64 // the share of predictions that stay as in the network as imported; 0 where that is not known
	tried  int     // on so many images
}

// steadyWeights are how much more an error counts that is the same in all time steps, in the plans that are tried:
// how much depends on the network.
var steadyWeights = []float64{1, 4, 16}

// best is the plan with which most predictions stay.
func (p *planner) best() (plan, error) {
	var best plan
	for i, weight := range steadyWeights {
		next, err := p.fit(weight)
		if err == nil && (i == 0 || !slices.EqualFunc(next.layers, best.layers, sameWidth)) {
			err = p.expect(&next)
		} else if err == nil {
			next.kept = best.kept
		}
		if err != nil {
			return best, err
		}
		if i == 0 || next.kept > best.kept {
			best = next
		}
	}
	return best, nil
}

func sameWidth(a, b plannedLayer) bool { return a.width == b.width }

// lower makes the integers of some widths of weights.
func (p *planner) lower(widths rewrite.PerLayer, rounded func(rewrite.RoundedLayer)) (*ir.Net, error) {
	return p.quietly(func(o *passes.Options) { o.Weights, o.Rounded = widths, rounded })
}

// quietly makes the integers of other options, of which nobody is told.
func (p *planner) quietly(change func(*passes.Options)) (*ir.Net, error) {
	o := *p.model.options
	o.Tell, o.Note, o.Bound = nil, nil, nil
	change(&o)
	return passes.Lower(p.model.net, ir.Fixed, "", &o, nil)
}

// measure notes how much each layer loses by weights of a width, in a network of that width.
func (p *planner) measure(width int) error {
	_, err := p.lower(rewrite.PerLayer{All: width, Of: p.said}, func(l rewrite.RoundedLayer) {
		at, known := p.index[l.Name]
		if !known {
			at = len(p.layers)
			p.index[l.Name] = at
			p.layers = append(p.layers, plannedLayer{name: l.Name, weights: l.Weights, steady: l.Steady, lost: map[int]float64{}})
		}
		p.layers[at].lost[l.Bits] = l.Lost
	})
	return err
}

// fitRounds bounds how often widths are chosen again because the model took more than the weights told.
const fitRounds = 6

// fit chooses the widths with which the emitted C takes the flash that there is.
func (p *planner) fit(steady float64) (plan, error) {
	return p.fitting(steady, func(chosen []plannedLayer) (plan, error) {
		net, err := p.lower(p.widths(chosen), nil)
		if err != nil {
			return plan{}, err
		}
		return plan{layers: chosen, net: net, flash: flashOf(net)}, nil
	})
}

// fitting chooses widths until the model made of them takes the flash that there is: the excess goes off the room for
// weights. The narrowest come last.
func (p *planner) fitting(steady float64, made func([]plannedLayer) (plan, error)) (plan, error) {
	room := p.within
	for round := 0; ; round++ {
		if round == fitRounds {
			room = 0
		}
		chosen, found := p.choose(room, steady)
		out, err := made(chosen)
		switch {
		case err != nil:
			return plan{}, err
		case out.flash <= p.within:
			return out, nil
		case !found:
			return plan{}, diag.Errorf(diag.Origin{File: p.model.file}, diag.TooLarge, "with the narrowest weights the model takes %d bytes of flash in C, and --budget is %d", out.flash, p.within)
		}
		room = weightBytes(chosen) - (out.flash - p.within)
	}
}

// weightBytes are those of the weights of a choice.
func weightBytes(chosen []plannedLayer) int {
	n := 0
	for _, l := range chosen {
		n += l.weights * l.width / 8
	}
	return n
}

// flashOf is the flash that a net's C takes, with the estimate of its code.
func flashOf(net *ir.Net) int {
	n := 0
	for _, need := range cgen.New().Needs(net) {
		if need.Memory == "flash" {
			n += need.Bytes
		}
	}
	return n
}

// widths are those chosen, and those that were said.
func (p *planner) widths(chosen []plannedLayer) rewrite.PerLayer {
	out := rewrite.PerLayer{Of: map[string]int{}}
	for _, l := range chosen {
		out.Of[l.name] = l.width
	}
	for name, width := range p.said {
		out.Of[name] = width
	}
	return out
}

// grains is how finely bytes are counted where widths are chosen: so many are the room.
const grains = 4096

// choose gives the layers the widths that lose least together and whose weights take no more than so many
// bytes, as a knapsack of which each layer takes one width; the errors of steady layers count more. It reports
// whether there are such; else all are the narrowest.
func (p *planner) choose(room int, steady float64) ([]plannedLayer, bool) {
	grain := max(1, room/grains)
	least := make([]float64, max(0, room/grain)+1) // by grains: the least loss of the layers so far
	var taken [][]int
	for _, l := range p.layers {
		next, widths := make([]float64, len(least)), make([]int, len(least))
		for at := range next {
			next[at] = math.Inf(1)
			for width, lost := range l.lost {
				size := (l.weights*width/8 + grain - 1) / grain
				if at < size {
					continue
				}
				if l.steady {
					lost *= steady
				}
				if all := least[at-size] + lost; all < next[at] || all == next[at] && width > widths[at] {
					next[at], widths[at] = all, width
				}
			}
		}
		least, taken = next, append(taken, widths)
	}
	at := len(least) - 1
	found := room > 0 && !math.IsInf(least[at], 1)
	out := slices.Clone(p.layers)
	for i := range slices.Backward(out) {
		l := &out[i]
		if l.width = slices.Min(slices.Collect(maps.Keys(l.lost))); found {
			l.width = taken[i][at]
			at -= (l.weights*l.width/8 + grain - 1) / grain
		}
	}
	return out, found
}

// print tells a plan.
func (p *planner) print(best plan) {
	w := p.c.ErrOrStderr()
	var rows [][]string
	for _, l := range best.layers {
		rows = append(rows, []string{l.name, fmt.Sprint(l.weights), fmt.Sprint(l.width), fmt.Sprintf("%.2f %%", 100*l.lost[l.width])})
	}
	fmt.Fprintf(w, "budget: %d of %d bytes of flash in C, code with it\n", best.flash, p.within)
	printTable(w, []string{"layer", "weights", "bits", "of its variance lost"}, rows)
	p.printExpected(best)
}

func (p *planner) printExpected(of plan) {
	if of.tried > 0 {
		fmt.Fprintf(p.c.ErrOrStderr(), "expected: %.1f %% of predictions as those of the network as imported, on %d images of --calibrate\n", 100*of.kept, of.tried)
	}
}

// expect finds how many predictions stay, on images that have no part in the calibration where there are
// some; only where one output tells classes.
func (p *planner) expect(of *plan) error {
	images := p.model.calibration.images
	if others := p.model.calibration.others; others != nil && others.Len() > 0 {
		images = others
	}
	if images == nil {
		return nil
	}
	e := &evaluator{c: p.c, model: p.model, images: p.model.feed(of.net).arranged(images), count: images.Len()}
	if _, err := e.decide(of.net); err != nil {
		return nil
	}
	if p.imported.classes == nil {
		p.imported = e.sourcePredictions(of.net)
	}
	if p.imported.err != nil || p.imported.classes == nil {
		return p.imported.err
	}
	got := e.interpret(of.net, false, nil)
	if got.err == nil {
		of.kept, of.tried = metrics.Agreement(p.imported.classes, got.classes), e.count
	}
	return got.err
}
