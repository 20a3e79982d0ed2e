// Package passes rewrites nets: from the imported file to one step of neurons, and from real
// numbers to integers without a multiplication. A pass rebuilds its net; the pipeline below is the
// order in which they run.
package passes

import (
	"fmt"
	"runtime/debug"

	"nomul/ir"
	"nomul/passes/rewrite"
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

// The user's choices, as package rewrite has them.
type (
	Options = rewrite.Options
	Pixels  = rewrite.Pixels
	Binding = rewrite.Binding
)

// ReadoutNames are the ways to read an output over the time steps; the first is the default.
var ReadoutNames = rewrite.ReadoutNames

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
		with.ManySteps = true
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

// Apply runs one pass on a verified net and verifies the result. An invalid
// result, or a panic, is a bug of nomul, reported with the pass's input.
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
