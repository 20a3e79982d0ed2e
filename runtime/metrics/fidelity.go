package metrics

import (
	"math"

	"nomul/ir"
	"nomul/runtime/interp"
)

// LayerFidelity is how near a layer of integers is to that of real numbers.
type LayerFidelity struct {
	Name string `json:"name"`
	ir.Measured
}

// Fidelity compares a net of integers with the one of real numbers that it was rounded from, layer by layer, and
// with the network before anything was made for integers, which may have other layers. It serves one
// goroutine; those of the same nets can be merged.
type Fidelity struct {
	fixed         *ir.Net
	forced        *Flips
	imported, own *interp.Machine
	means         [2]map[string][]float64 // of a sample, in the network as imported and in integers
	pairs         map[string][]pairs      // by channel of words, which have units of their own
	clipped       map[string]*tally
}

// tally is how many of some are of a kind.
type tally struct{ some, all int64 }

// NewFidelity prepares the comparison. Layers are matched by name.
func NewFidelity(imported, real, fixed *ir.Net) (*Fidelity, error) {
	forced, err := newFlips(real, fixed)
	if err != nil {
		return nil, err
	}
	f := &Fidelity{fixed: fixed, forced: forced, pairs: map[string][]pairs{}, clipped: map[string]*tally{}}
	if f.imported, err = interp.New(imported); err != nil {
		return nil, err
	}
	if f.own, err = interp.New(fixed); err != nil {
		return nil, err
	}
	forced.noise = map[string]*noise{}
	looked := map[*ir.Value]bool{} // words that are none but to a table
	for _, v := range fixed.All(ir.OpTable) {
		looked[v.Args[0]] = true
	}
	for _, v := range fixed.Values {
		like, before := real.Find(v.Name), imported.Find(v.Name)
		if prices[v.Op] != nil && v.Scale != nil && v.Clock != ir.End && like != nil && like.Op == v.Op && like.Type.IsReal() && like.Type.Shape == v.Type.Shape {
			forced.noise[v.Name] = newNoise(v)
		}
		if isLayer(v) && before != nil && before.Type.Size() == v.Type.Size() {
			f.pairs[v.Name] = make([]pairs, channels(v))
		}
		if isWord(v) && !looked[v] {
			f.clipped[v.Name] = &tally{}
		}
	}
	return f, nil
}

// isLayer reports whether a value is the spikes or words that layers send.
func isLayer(v *ir.Value) bool { return v.IsNeuron() && v.Type.IsSpike() || isWord(v) }

func isWord(v *ir.Value) bool { return v.Op == ir.OpLevels || v.Op == ir.OpTable }

// channels is how many groups of elements have units of their own: one of spikes, and of words one for each
// place on the first axis.
func channels(v *ir.Value) int {
	if v.Op == ir.OpLevels && v.Type.Shape.Rank() > 0 {
		return v.Type.Shape.Dim(0)
	}
	return 1
}

// Run compares one sample, as the network as imported takes it and as the net of integers does.
func (f *Fidelity) Run(imported, fixed map[string]*ir.Tensor) error {
	if err := f.forced.Run(fixed); err != nil {
		return err
	}
	for i := range f.means {
		f.means[i] = map[string][]float64{}
	}
	if _, err := f.imported.Run(imported, f.averaging(0)); err != nil {
		return err
	}
	if _, err := f.own.Run(fixed, f.averaging(1)); err != nil {
		return err
	}
	for name, list := range f.pairs {
		x, y := f.means[0][name], f.means[1][name]
		for c, each := 0, len(x)/len(list); c < len(list); c++ {
			list[c].add(x[c*each:][:each], y[c*each:][:each])
		}
	}
	return nil
}

// averaging adds up the layers of one of the networks over its steps.
func (f *Fidelity) averaging(which int) interp.Tap {
	return func(_ int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if f.pairs[v.Name] != nil {
			sums := f.means[which][v.Name]
			if sums == nil {
				sums = make([]float64, result.Type.Size())
				f.means[which][v.Name] = sums
			}
			for i := range sums {
				sums[i] += result.At(i)
			}
		}
		if s := f.clipped[v.Name]; which == 1 && s != nil {
			s.all += int64(len(result.I))
			for _, n := range result.I {
				if n == v.Range.Hi {
					s.some++
				}
			}
		}
	}
}

// Merge adds the figures of another comparison of the same nets.
func (f *Fidelity) Merge(other *Fidelity) {
	f.forced.Merge(other.forced)
	for name, list := range f.pairs {
		for c := range list {
			list[c].merge(other.pairs[name][c])
		}
	}
	for name, s := range f.clipped {
		s.some, s.all = s.some+other.clipped[name].some, s.all+other.clipped[name].all
	}
}

// Keep puts figures to the layers of a net.
func Keep(fixed *ir.Net, layers []LayerFidelity) {
	for _, l := range layers {
		if v := fixed.Find(l.Name); v != nil {
			v.Measured = &l.Measured
		}
	}
}

// Kept returns the figures of the layers of a net, in its order.
func Kept(fixed *ir.Net) []LayerFidelity {
	var out []LayerFidelity
	for _, v := range fixed.Values {
		if v.Measured != nil {
			out = append(out, LayerFidelity{v.Name, *v.Measured})
		}
	}
	return out
}

// Layers are the figures so far, in net order.
func (f *Fidelity) Layers() []LayerFidelity {
	flips := map[string]float64{}
	for _, l := range f.forced.Layers() {
		flips[l.Name] = l.Share
	}
	var out []LayerFidelity
	for _, v := range f.fixed.Values {
		l := LayerFidelity{Name: v.Name}
		some := false
		set := func(to **float64, x float64, known bool) {
			if some = some || known; known && !math.IsInf(x, 0) && !math.IsNaN(x) {
				*to = &x
			}
		}
		if n := f.forced.noise[v.Name]; n != nil {
			set(&l.SNR, n.snr(), true)
		}
		x, known := flips[v.Name]
		set(&l.Flips, x, known)
		if p := f.pairs[v.Name]; p != nil {
			set(&l.Correlation, correlation(p), true)
		}
		if s := f.clipped[v.Name]; s != nil {
			set(&l.Clipped, float64(s.some)/float64(max(1, s.all)), true)
		}
		if some {
			out = append(out, l)
		}
	}
	return out
}

// noise is the error that rounding adds to the result of a layer, element by element; its mean is not counted, for it
// is in the bias, which stands elsewhere.
type noise struct {
	scale        []float64
	count        float64
	of, ofSquare []float64 // the result of real numbers, summed up
	by, bySquare []float64 // the error that is added to it
}

func newNoise(v *ir.Value) *noise {
	n, size := &noise{scale: ir.Stretch(v.Scale.Data.F, v.Scale.Data.Type.Shape, v.Type.Shape)}, v.Type.Size()
	for _, list := range []*[]float64{&n.of, &n.ofSquare, &n.by, &n.bySquare} {
		*list = make([]float64, size)
	}
	return n
}

func (n *noise) add(real []float64, fixed *ir.Tensor) {
	n.count++
	for i, x := range real {
		e := float64(fixed.I[i])*n.scale[i] - x
		n.of[i], n.ofSquare[i] = n.of[i]+x, n.ofSquare[i]+x*x
		n.by[i], n.bySquare[i] = n.by[i]+e, n.bySquare[i]+e*e
	}
}

func (n *noise) merge(other *noise) {
	n.count += other.count
	for i := range n.of {
		n.of[i], n.ofSquare[i] = n.of[i]+other.of[i], n.ofSquare[i]+other.ofSquare[i]
		n.by[i], n.bySquare[i] = n.by[i]+other.by[i], n.bySquare[i]+other.bySquare[i]
	}
}

// exactly is the share of a variance below which it is the rounding of float64.
const exactly = 1e-18

// snr is in decibels; infinite where rounding adds nothing.
func (n *noise) snr() float64 {
	signal, added := 0.0, 0.0
	for i := range n.of {
		signal += n.ofSquare[i] - n.of[i]*n.of[i]/n.count
		added += n.bySquare[i] - n.by[i]*n.by[i]/n.count
	}
	if added <= exactly*signal {
		return math.Inf(1)
	}
	return 10 * math.Log10(signal/added)
}

// pairs are sums over pairs of numbers.
type pairs struct{ n, x, y, xx, yy, xy float64 }

func (p *pairs) add(x, y []float64) {
	for i := range x {
		a, b := x[i], y[i]
		p.n, p.x, p.y = p.n+1, p.x+a, p.y+b
		p.xx, p.yy, p.xy = p.xx+a*a, p.yy+b*b, p.xy+a*b
	}
}

func (p *pairs) merge(o pairs) {
	p.n, p.x, p.y, p.xx, p.yy, p.xy = p.n+o.n, p.x+o.x, p.y+o.y, p.xx+o.xx, p.yy+o.yy, p.xy+o.xy
}

// correlation is the mean of those of channels that have one; NaN where one side is always the same.
func correlation(channels []pairs) float64 {
	sum, n := 0.0, 0.0
	for _, p := range channels {
		if x, y := p.n*p.xx-p.x*p.x, p.n*p.yy-p.y*p.y; x > 0 && y > 0 {
			sum, n = sum+(p.n*p.xy-p.x*p.y)/math.Sqrt(x*y), n+1
		}
	}
	return sum / n
}
