package interp

import (
	"slices"

	"nomul/ir"
)

// Samples gives sample i of a batch: the inputs of a run, by name. It is called from several
// goroutines at once.
type Samples func(i int) (map[string]*ir.Tensor, error)

// Observe runs the first count samples of a batch through a net and shows the values that are
// wanted, or every computed one where want is nil; of the net only those are run that they
// depend on. Each of the workers has a machine of its own and runs ahead of what is shown, but see is
// called from one goroutine, sample by sample in their order and within one as a Tap is: with
// step −1 for clock once and the number of steps for clock end. So sums over samples do not
// depend on the workers. A tensor that was shown is see's own.
func Observe(net *ir.Net, want []*ir.Value, workers, count int, samples Samples, see func(sample, step int, v *ir.Value, t *ir.Tensor)) error {
	if want != nil {
		net = net.Cone(want...)
	}
	o := observer{net: net, want: want, samples: samples, stop: make(chan struct{})}
	defer close(o.stop)
	var lanes []chan observed
	for w := range workers {
		m, err := New(net)
		if err != nil {
			return err
		}
		lane := make(chan observed, 1)
		lanes = append(lanes, lane)
		go o.work(m, lane, w, workers, count)
	}
	for i := range count {
		got := <-lanes[i%workers]
		if got.err != nil {
			return got.err
		}
		for _, s := range got.shown {
			see(i, s.step, s.value, s.result)
		}
	}
	return nil
}

// observer is the work that the workers share.
type observer struct {
	net     *ir.Net
	want    []*ir.Value
	samples Samples
	stop    chan struct{} // closed when nobody takes results any more
}

// observed is the values of one sample, or the reason why there are none.
type observed struct {
	shown []shown
	err   error
}

type shown struct {
	step   int
	value  *ir.Value
	result *ir.Tensor
}

// work runs every stride-th sample from one on.
func (o *observer) work(m *Machine, lane chan<- observed, from, stride, count int) {
	for i := from; i < count; i += stride {
		got := o.observe(m, i)
		select {
		case lane <- got:
		case <-o.stop:
			return
		}
		if got.err != nil {
			return
		}
	}
}

// observe runs sample i and keeps its wanted values.
func (o *observer) observe(m *Machine, i int) observed {
	given, err := o.samples(i)
	if err != nil {
		return observed{err: err}
	}
	in, out := map[string]*ir.Tensor{}, observed{}
	for _, c := range m.inputs {
		in[c.value.Name] = given[c.value.Name]
	}
	_, out.err = m.Run(in, func(step int, v *ir.Value, result *ir.Tensor, _ []*ir.Tensor) {
		if o.want == nil || slices.Contains(o.want, v) {
			out.shown = append(out.shown, shown{step, v, &ir.Tensor{Type: result.Type, F: slices.Clone(result.F), I: slices.Clone(result.I)}})
		}
	})
	return out
}
