package dsl

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"nomul/ir"
	"nomul/ir/diag"
)

// weightSource is where trained numbers come from: a file, or noise.
type weightSource struct {
	file    string
	arrays  map[string]*ir.Tensor
	renames []rename
	random  *noise
}

// rename pairs a name here with the name there, in the file; stars match.
type rename struct {
	here, there string
	transposed  bool
}

// noise is reproducible noise in place of training.
type noise struct {
	seed  int64
	scale float64
}

func (n *noise) what() string { return "random numbers" }

func (n *noise) call(e *elab, f *frame, s *callSite) value {
	f.src.fail(s.node.Pos, diag.BadCall, "random numbers cannot be called")
	return bad
}

// spread is how random numbers of one kind lie: in −width..width, or in
// width/2..3·width/2 for those that must be positive (width 1).
type spread struct {
	width  float64
	scales bool // with the scale of the source
}

func runRandom(c *call) value {
	return function(&noise{seed: int64(c.whole("seed", 0)), scale: c.args["scale"].num})
}

// weightsFrom adds a source of trained numbers; those that stand first are asked first.
func (e *elab) weightsFrom(f *frame, s *Weights) {
	v := e.expr(f, s.From)
	src := weightSource{}
	switch n, isNoise := v.fn.(*noise); {
	case v.kind == isFunction && isNoise:
		src.random = n
	case v.kind == isText:
		arrays, ok := e.arrays(f, s.From.Pos, v.text)
		if !ok {
			arrays = nil
		}
		src.file, src.arrays = v.text, arrays
	default:
		e.want(f, s.From.Node, v, isText)
		return
	}
	for _, r := range s.Renames {
		here, ok1 := unquote(f.src, r.Pos, r.Here)
		there, ok2 := unquote(f.src, r.Pos, r.There)
		if ok1 && ok2 && strings.Count(here, "*") < strings.Count(there, "*") {
			f.src.fail(r.Pos, diag.BadAttribute, "%q has more stars than %q", there, here)
			continue
		}
		src.renames = append(src.renames, rename{here, there, r.Transposed})
	}
	e.weights = append(e.weights, src)
}

func (e *elab) arrays(f *frame, at lexer.Position, path string) (map[string]*ir.Tensor, bool) {
	if e.load == nil {
		f.src.fail(at, diag.BadFile, "%s cannot be read here", path)
		return nil, false
	}
	arrays, err := e.load(path)
	if err != nil {
		f.src.fail(at, diag.BadFile, "%s cannot be read: %v", path, err)
		return nil, false
	}
	return arrays, true
}

// match fits a name to a pattern; a star stands for any run of characters. It
// returns the runs.
func match(pattern, name string) ([]string, bool) {
	before, after, star := strings.Cut(pattern, "*")
	if !star {
		return nil, pattern == name
	}
	if !strings.HasPrefix(name, before) {
		return nil, false
	}
	name = name[len(before):]
	for i := range len(name) + 1 {
		if rest, ok := match(after, name[i:]); ok {
			return append([]string{name[:i]}, rest...), true
		}
	}
	return nil, false
}

// there is a name as the source has it.
func (w *weightSource) there(name string) (string, bool) {
	for _, r := range w.renames {
		stars, ok := match(r.here, name)
		if !ok {
			continue
		}
		out := r.there
		for _, s := range stars {
			out = strings.Replace(out, "*", s, 1)
		}
		return out, r.transposed
	}
	return name, false
}

// trained is a constant of a layer, by its path name, which no other layer has.
func (c *call) trained(name string, dims []int, s spread) *ir.Value {
	if c.e.taken[name] && !c.bad {
		d := c.fail(c.site.node, diag.BadName, "the weights %s are another layer's", name)
		d.Help = "give this one a name of its own: as NAME, in a loop as \"NAME{i}\"; to share weights: weight: weight(\"NAME.weight\")"
		return nil
	}
	c.e.taken[name] = true
	return c.constant(name, dims, s)
}

// constant is a trained constant of a shape.
func (c *call) constant(name string, dims []int, s spread) *ir.Value {
	if c.bad {
		return nil
	}
	shape, err := ir.NewShape(dims)
	if err != nil {
		c.fail(c.site.node, diag.BadAttribute, "the weights %s would have a %v", name, err)
		return nil
	}
	if c.e.numbers -= shape.Size(); c.e.numbers < 0 {
		c.fail(c.site.node, diag.TooLarge, "with the weights %s %v the model has too many numbers", name, shape)
		return nil
	}
	data, ok := c.find(name, &shape)
	switch {
	case c.bad:
		return nil
	case ok:
		return c.made(c.e.constant(c.f, c.at(), name, data))
	}
	if n := c.e.noise(); n != nil {
		c.e.untrained = append(c.e.untrained, name)
		return c.made(c.e.seeded(c.f, c.at(), name, shape, n, s))
	}
	c.missing(name)
	return nil
}

// warnUntrained tells which numbers are random although there are files: a
// misspelt name would be a network without training.
func (e *elab) warnUntrained(f *frame, at lexer.Position) {
	files := slices.ContainsFunc(e.weights, func(w weightSource) bool { return w.random == nil })
	if !files || len(e.untrained) == 0 {
		return
	}
	shown := e.untrained[:min(len(e.untrained), 5)]
	more := ""
	if n := len(e.untrained) - len(shown); n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	d := f.src.fail(at, diag.MissingWeights, "random numbers stand for weights that no file has: %s%s", strings.Join(shown, ", "), more)
	d.Severity = diag.Warning
}

// made passes on a value, and notes when there is none.
func (c *call) made(v *ir.Value) *ir.Value {
	c.bad = c.bad || v == nil
	return v
}

// noise is the random source, if there is one.
func (e *elab) noise() *noise {
	for _, w := range e.weights {
		if w.random != nil {
			return w.random
		}
	}
	return nil
}

// seeded makes noise from the source's seed and the name, so that a layer more
// or less changes no other.
func (e *elab) seeded(f *frame, at lexer.Position, name string, shape ir.Shape, n *noise, s spread) *ir.Value {
	h := fnv.New32a()
	h.Write([]byte(name))
	lo, hi := -s.width, s.width
	switch {
	case s.scales:
		lo, hi = float64(lo*n.scale), float64(hi*n.scale)
	case s.width == 1: // factors and variances
		lo, hi = 0.5, 1.5
	}
	data := ir.Noise(ir.RealType(shape), ir.Seed{Seed: n.seed<<32 | int64(h.Sum32()), Lo: lo, Hi: hi})
	return e.put(f, at, func() (*ir.Value, error) {
		return e.b.AddTyped(ir.OpConst, e.b.Unique(ir.CleanName(name)), data, data.Data.Type)
	})
}

// find looks for trained numbers in the files. A shape that differs in axes of
// extent 1 only is taken; a nil shape takes any.
func (c *call) find(name string, shape *ir.Shape) (*ir.Tensor, bool) {
	for i := range c.e.weights {
		w := &c.e.weights[i]
		there, transposed := w.there(name)
		data := w.arrays[there]
		if data == nil {
			continue
		}
		if transposed {
			data = flipped(data)
		}
		if shape == nil {
			return data, true
		}
		if !alike(data.Type.Shape, *shape) {
			c.fail(c.site.node, diag.ShapeMismatch, "%s in %s is %v, wanted %v", there, w.file, data.Type.Shape, *shape)
			return nil, false
		}
		return &ir.Tensor{Type: data.Type.WithShape(*shape), F: data.F, I: data.I}, true
	}
	return nil, false
}

// flipped is a matrix with its axes exchanged; anything else stays.
func flipped(t *ir.Tensor) *ir.Tensor {
	if t.Type.Shape.Rank() != 2 || !t.Type.IsReal() {
		return t
	}
	n, k := t.Type.Shape.Dim(0), t.Type.Shape.Dim(1)
	out := ir.Reals(ir.ShapeOf(k, n), make([]float64, n*k))
	for i := range n {
		for j := range k {
			out.F[j*n+i] = t.F[i*k+j]
		}
	}
	return out
}

// alike reports whether two shapes are equal but for axes of extent 1.
func alike(a, b ir.Shape) bool {
	one := func(d int) bool { return d == 1 }
	return a == b || slices.Equal(slices.DeleteFunc(a.Dims(), one), slices.DeleteFunc(b.Dims(), one))
}

// missing tells that no source has the numbers.
func (c *call) missing(name string) {
	var all, files []string
	c.bad = true
	for i := range c.e.weights {
		w := &c.e.weights[i]
		if w.random == nil && w.arrays == nil {
			return // it could not be read, which was told
		}
		files = append(files, w.file)
		for n := range w.arrays {
			all = append(all, n)
		}
	}
	d := c.fail(c.site.node, diag.MissingWeights, "there are no weights %s in %s", name, strings.Join(files, ", "))
	switch near := diag.Nearest(name, all); {
	case len(files) == 0:
		d.Message = "there are no weights " + name
		d.Help = `say where they are: weights "FILE.npz", or weights random(seed: 1) without training`
	case near != "":
		d.Help = "did you mean " + near + "? a layer takes another name by: as NAME"
	default:
		d.Help = weightsHint(all)
	}
}

// runWeight is a trained constant by its whole name.
func runWeight(c *call) value {
	name := c.args["name"].text
	name = c.e.filled(c.f, c.at(), name)
	if c.args["shape"].kind != isNothing {
		return signal(c.constant(name, c.wholes("shape", -1, 1), spread{1, false}))
	}
	data, ok := c.find(name, nil)
	if !ok {
		c.missing(name)
		return bad
	}
	return signal(c.e.constant(c.f, c.at(), name, data))
}
