package drawn

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// Word is a many-valued neuron by its equation: H = leak(V) + X reaches so many of ordered thresholds, sends
// the value of that number, and is reset by it. Lists have an entry for each element.
type Word struct {
	X          *ir.Value
	Thresholds [][]int64
	Above      []bool // of each threshold: it is reached above it only
	Values     []int64
	Silent     int // the number that leaves the membrane where the reset is to 0
	Reset      ir.Reset
	Amounts    [][]int64    // that a reset takes away, by number
	Leak       update.Decay // none without digits
	Init       []int64
}

// Words draws a net as Net does, most of it layers of weights that read words, and neurons that send them. It returns
// the equations of these.
func Words(seed uint64) (*ir.Net, map[*ir.Value]*Word) {
	d := drawing{words: map[*ir.Value]*Word{}}
	n := d.net(fmt.Sprintf("words%d", seed), seed, append(slices.Repeat([]func(*drawing) *ir.Value{(*drawing).layer}, 2*len(moving)), moving...))
	return n, d.words
}

// moving are the makers between layers of words.
var moving = []func(*drawing) *ir.Value{
	(*drawing).word, (*drawing).word, (*drawing).levels, (*drawing).levels, (*drawing).pool, (*drawing).pair, (*drawing).pair,
	(*drawing).concat, (*drawing).slice, (*drawing).reshape, (*drawing).pad, (*drawing).reduce, (*drawing).where, (*drawing).csd,
	(*drawing).neuron, (*drawing).earlyReadout,
}

// layer is weights, at times beside a residual, neurons or thresholds of words behind them, and at times a pool.
func (d *drawing) layer() *ir.Value {
	x := pick(d.Rand, (*drawing).linear, (*drawing).conv, (*drawing).conv)(d)
	if !d.keep(x) || magnitude(x) >= 1<<18 || x.Clock == ir.End {
		return nil
	}
	if d.IntN(3) == 0 {
		if sum := d.add(ir.OpAdd, nil, d.either(x, d.partner(x, -20, 20, below(1<<17)))...); d.keep(sum) && magnitude(sum) < 1<<18 && sum.Clock != ir.End {
			x = sum
		}
	}
	v := d.wordOf(x)
	if d.IntN(3) == 0 {
		v = d.levelsOf(x, x.Range.Hi)
	}
	if !d.keep(v) || d.IntN(4) > 0 {
		return nil
	}
	return d.pool()
}

func (d *drawing) word() *ir.Value {
	x := d.operand(below(1 << 18))
	if x == nil {
		return nil
	}
	return d.wordOf(x)
}

// wordOf draws neurons until their numbers stay in bounds.
func (d *drawing) wordOf(x *ir.Value) *ir.Value {
	for range 20 {
		w := &stairs{routine: routine{drawing: d}, x: x, word: Word{X: x}}
		if v := w.make(); v != nil {
			return v
		}
	}
	return nil
}

// stairs is a Word with its program in the making.
type stairs struct {
	routine
	x       *ir.Value
	word    Word
	slots   map[*ir.Value]int64
	reached []update.Value // bits, by threshold
	missed  []bool         // bits that are 1 where the threshold is not reached
}

func (w *stairs) make() *ir.Value {
	w.slots = map[*ir.Value]int64{}
	unit, thresholds := w.thresholds()
	w.word.Reset = pick(w.Rand, ir.ResetSubtract, ir.ResetSubtract, ir.ResetZero, ir.ResetNone)
	w.Vars = []update.Var{{Name: ir.MembraneVar, Init: -1, Start: pick[int64](w.Rand, 0, 0, 0, 3, -20)}}
	w.word.Init = []int64{w.Vars[0].Start}
	if w.IntN(3) == 0 {
		init := w.perElement(w.x, -9, max(1, w.x.Range.Hi))
		w.word.Init, w.Vars[0].Init = w.stretched(init), int(w.slot(init))
	}
	h := w.charge()
	for i, t := range thresholds {
		w.compare(h, t, w.word.Above[i])
	}
	sent := w.chosen(w.numbers(w.word.Values))
	w.add(update.Instr{Kind: update.Store, A: w.reset(h, unit), At: 0})
	w.add(update.Instr{Kind: update.Result, A: sent})
	if !bounded(&w.Program, w.steps, w.args) {
		return nil
	}
	v := w.drawing.add(ir.OpCell, ir.CellAttrs{Do: ir.Routine{Program: &w.Program}}, w.args...)
	if v != nil {
		w.words[v] = &w.word
	}
	return v
}

// thresholds draws them: of numbers that are rounded to the nearest, of floors, with a sign, or any.
func (w *stairs) thresholds() (unit *ir.Value, all []*ir.Value) {
	most := pick(w.Rand, 2, 2, 2, 3, 3, 4, 4, 4, 4, 5, 6, 7, 7, 8, 8, pick(w.Rand, 15, 31))
	top := min(max(w.x.Range.Hi>>pick(w.Rand, 1, 2, 4, 6), 2), 1<<16)
	half := w.perElement(w.x, 1, top)
	unit = w.times(half, 2)
	kind := w.IntN(4)
	low, size := 0, int64(1)
	if kind == 2 {
		low, size = -most/2, pick[int64](w.Rand, 1, 1, 2, 7)
		most = 2 * (most / 2)
	}
	w.word.Silent, w.word.Values = -low, []int64{int64(low)}
	for n := low + 1; n <= low+most; n++ {
		t, above, value := w.times(unit, int64(n)), false, int64(n)
		switch {
		case kind == 0:
			t, above = w.times(half, int64(2*n-1)), n%2 != 0
		case kind == 1:
			above = len(all) > 0 && w.word.Above[0] || len(all) == 0 && w.coin()
		case kind == 2 && n <= 0: // −θ·k is reached from below
			t, above = w.times(unit, int64(n-1)), true
		case kind == 2:
			value *= size
		default:
			value, above = w.Int64N(40)-20, w.coin()
		}
		all, w.word.Above, w.word.Values = append(all, t), append(w.word.Above, above), append(w.word.Values, value)
		w.word.Thresholds = append(w.word.Thresholds, w.stretched(t))
	}
	return unit, all
}

// times is a constant with each element multiplied.
func (w *stairs) times(c *ir.Value, by int64) *ir.Value {
	data := slices.Clone(c.Const().I)
	for i := range data {
		data[i] *= by
	}
	v, err := w.b.Const(w.name("k"), ir.Ints(c.Type.Shape, data))
	if err != nil {
		panic(err)
	}
	return v
}

func (w *stairs) stretched(c *ir.Value) []int64 {
	return ir.Stretch(c.Const().I, c.Type.Shape, w.x.Type.Shape)
}

// slot is the number of an operand of the cell.
func (w *stairs) slot(a *ir.Value) int64 {
	if _, ok := w.slots[a]; !ok {
		w.slots[a] = int64(len(w.args))
		w.args = append(w.args, a)
	}
	return w.slots[a]
}

func (w *stairs) operandOf(a *ir.Value) update.Value {
	return w.add(update.Instr{Kind: update.Operand, At: w.slot(a)})
}

// charge is the membrane behind a leak and the input.
func (w *stairs) charge() update.Value {
	v := w.add(update.Instr{Kind: update.Load, At: 0})
	if w.IntN(3) > 0 {
		w.word.Leak = w.decay()
		v = w.add(update.Instr{Kind: update.Leak, A: v, Decay: w.word.Leak})
	}
	x := w.operandOf(w.x)
	if w.coin() {
		v, x = x, v
	}
	return w.add(update.Instr{Kind: update.Add, A: v, B: x})
}

// compare is the bit of a threshold, or its opposite.
func (w *stairs) compare(h update.Value, threshold *ir.Value, above bool) {
	kinds := []update.Kind{update.AtLeast, update.Above}
	i := update.Instr{Kind: kinds[toInt(above)], A: h, B: w.operandOf(threshold)}
	missed := w.coin()
	if missed { // not h > t is t ≥ h
		i = update.Instr{Kind: kinds[1-toInt(above)], A: i.B, B: h}
	}
	w.reached, w.missed = append(w.reached, w.add(i)), append(w.missed, missed)
}

func toInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (w *stairs) numbers(values []int64) []update.Value {
	var out []update.Value
	for _, n := range values {
		out = append(out, w.add(update.Instr{Kind: update.Const, At: n}))
	}
	return out
}

// chosen is the number that stands for how many thresholds are reached: a choice for each, from the lowest on or the
// other way round, or a sum.
func (w *stairs) chosen(numbers []update.Value) update.Value {
	out := numbers[0]
	switch w.IntN(3) {
	case 0:
		for i := range w.reached {
			out = w.choice(i, numbers[i+1], out)
		}
	case 1:
		out = numbers[len(w.reached)]
		for i := len(w.reached) - 1; i >= 0; i-- {
			out = w.choice(i, out, numbers[i])
		}
	default:
		zero := w.add(update.Instr{Kind: update.Const})
		for i := range w.reached {
			step := w.add(update.Instr{Kind: update.Sub, A: numbers[i+1], B: numbers[i]})
			out = w.add(update.Instr{Kind: update.Add, A: out, B: w.choice(i, step, zero)})
		}
	}
	return out
}

// choice is a where a threshold is reached, else b.
func (w *stairs) choice(i int, a, b update.Value) update.Value {
	if w.missed[i] {
		a, b = b, a
	}
	return w.add(update.Instr{Kind: update.Select, A: a, B: b, C: w.reached[i]})
}

// reset is the membrane behind the word that was sent.
func (w *stairs) reset(h update.Value, unit *ir.Value) update.Value {
	switch w.word.Reset {
	case ir.ResetSubtract:
		var amounts []update.Value
		for _, n := range w.word.Values {
			amount := w.times(unit, n)
			amounts = append(amounts, w.operandOf(amount))
			w.word.Amounts = append(w.word.Amounts, w.stretched(amount))
		}
		return w.add(update.Instr{Kind: update.Sub, A: h, B: w.chosen(amounts)})
	case ir.ResetZero:
		out, zero := h, w.add(update.Instr{Kind: update.Const})
		if n := w.word.Silent; n > 0 {
			out = w.choice(n-1, out, zero)
		}
		if n := w.word.Silent; n < len(w.reached) {
			out = w.choice(n, zero, out)
		}
		return out
	}
	return h
}
