// Package passes rewrites nets: from what was imported to one step of neurons,
// and from real numbers to integers without a multiplication. A pass rebuilds
// its net; the pipeline below is the order in which they run.
package passes

import (
	"fmt"
	"runtime/debug"

	"nomul/ir"
	"nomul/ir/diag"
)

// Pass is one rewrite of a net.
type Pass struct {
	Name string
	Doc  string   // one sentence
	From ir.Level // the level of the nets it takes
	To   ir.Level // the level of the nets it gives
	Goal ir.Level // it runs when the pipeline goes to this level or beyond
	Run  func(*ir.Net, *Options) (*ir.Net, error)
}

// Options are the user's choices that passes read.
type Options struct {
	// Pixels is the normalisation the network was trained with, nil when it is not given.
	Pixels *Pixels
	// InputType is the integer type of the inputs' elements; zero is u8.
	InputType ir.Type
	// Off names passes to leave out; they must be optional.
	Off map[string]bool
	// Of a file of one time step: which inputs become which outputs of the step
	// before, how many steps there are (0 when not said), how outputs are read over
	// them (one of ReadoutNames, the first when empty; Readouts has those of single
	// outputs), and whether the other inputs are new in each step.
	State    []Binding
	Steps    int
	Readout  string
	Readouts map[string]string
	Stream   bool
	// Tell takes what the user should know; nil when nobody listens.
	Tell func(*diag.Diagnostic)
	// PixelBits is the width of the weights that read pixels; 0 is that of the others.
	PixelBits int
	// CSDDigits is how many signed powers of two stand for a constant that no
	// weights and no threshold can take; 0 is as many as its readers need.
	CSDDigits int
	// MembraneResiduals moves the additions of residual blocks in front of their neurons.
	MembraneResiduals bool
	// Note, when not nil, is told of every rewrite that is not exact: at which
	// value, and by how much.
	Note func(v *ir.Value, text string)
	// Bound, when not nil, is told of every value that integers stand for: how far
	// it is off at most.
	Bound func(*ir.Bound)

	manySteps bool // the file has several steps, so a single one that is left has forgotten nothing
}

// note tells of a rewrite that is not exact.
func (o *Options) note(v *ir.Value, format string, args ...any) {
	if o.Note != nil {
		o.Note(v, fmt.Sprintf(format, args...))
	}
}

func (o *Options) tell(d *diag.Diagnostic) {
	if o.Tell != nil {
		o.Tell(d)
	}
}

// Pixels says that an input number x stands for a pixel p by x = (p·Scale − Mean)/Std;
// lists have one entry, or one per channel (axis 0).
type Pixels struct{ Scale, Mean, Std []float64 }

// Named finds a pass.
func Named(name string) (Pass, bool) {
	for _, p := range All {
		if p.Name == name {
			return p, true
		}
	}
	return Pass{}, false
}

// Lower runs the pipeline until the net is at the end of a level, or behind the
// pass named after (when it is not empty). seen, when not nil, is shown the net
// after each pass. The net is verified first and after every pass.
func Lower(net *ir.Net, to ir.Level, after string, o *Options, seen func(Pass, *ir.Net)) (*ir.Net, error) {
	if err := ir.Verify(net); err != nil {
		return nil, err
	}
	if net.Level > to {
		return nil, fmt.Errorf("net %s is at the %v level already, which cannot be raised to %v", net.Name, net.Level, to)
	}
	if net.Level == ir.Source && (hasConstantSteps(net) || hasForgottenSteps(net)) {
		with := *o
		with.manySteps = true
		o = &with
	}
	var written, raised *ir.Net // the net before its steps were made one, and behind its neurons
	for _, p := range All {
		if p.From != net.Level || p.Goal > to {
			continue
		}
		if raised == nil && net.Level == ir.Spiking {
			raised = net
		}
		if p.Name == "reroll-time" && net.Steps == 1 {
			written = net
		}
		if !o.Off[p.Name] {
			next, err := Apply(p, net, o)
			switch {
			case err != nil && raised == nil:
				return nil, becauseOf(written, err, o)
			case err != nil:
				return nil, becauseUnfolded(written, raised, err, o)
			}
			net = next
			if p.Name == "raise-neurons" {
				tellUnfolded(written, net, o)
			}
			if seen != nil {
				seen(p, net)
			}
		}
		if p.Name == after {
			break
		}
	}
	return net, nil
}

// Apply runs one pass on a verified net and verifies the result. What a pass
// breaks or panics over is a bug of nomul, told with the pass's input.
func Apply(p Pass, net *ir.Net, o *Options) (out *ir.Net, err error) {
	if net.Level != p.From {
		return nil, fmt.Errorf("pass %s takes nets at the %v level; net %s is at %v", p.Name, p.From, net.Name, net.Level)
	}
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, &Bug{Pass: p.Name, Input: net, Cause: fmt.Errorf("panic: %v\n%s", r, debug.Stack())}
		}
	}()
	if out, err = p.Run(net, o); err != nil {
		return nil, err
	}
	if err := ir.Verify(out); err != nil {
		return nil, &Bug{Pass: p.Name, Input: net, Cause: err}
	}
	return out, nil
}

// Bug is a pass that failed by nomul's own fault.
type Bug struct {
	Pass  string
	Input *ir.Net
	Cause error
}

func (b *Bug) Error() string {
	return fmt.Sprintf("bug in pass %s: %v\nits input was:\n%s", b.Pass, b.Cause, ir.Print(b.Input, ""))
}

// refuse is the error of a pass that cannot go on at a value.
func refuse(v *ir.Value, code diag.Code, format string, args ...any) *diag.Diagnostic {
	return diag.Errorf(v.Origin, code, "%s %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}
