package lower

import (
	"math"

	"nomul/ir"
	"nomul/ir/diag"
	"nomul/ir/update"
)

// Limits are the widths of a target, and its demands; every back end has its own, and Check reads them.
type Limits struct {
	Target string // in messages
	Input  int    // bits of an element of an input
	// Narrow targets compute in 32 bits, which sums may leave on the way but nothing else.
	Narrow bool
	// Fits returns the reason why a stage does not fit, or "", and the help text. It is asked of
	// nets without other faults only.
	Fits func(s *Stage) (why, help string)
}

// Every engine exchanges values of 32 bits, adds up weights of 16, and shifts sums of at
// most 64.
const (
	weightBits  = 16
	productBits = 64
)

// Int32s is the range of an integer of 32 bits.
var Int32s = ir.Range{Lo: math.MinInt32, Hi: math.MaxInt32}

// checker collects the values that a target cannot run.
type checker struct {
	limits Limits
	steps  int
	found  diag.List
}

// Check lists everything in a net that a target of the limits cannot do.
func (l Limits) Check(net *ir.Net) diag.List {
	c := &checker{limits: l, steps: net.Steps}
	if net.Level != ir.Fixed {
		c.found.Add(diag.Origin{}, diag.UnsupportedTarget, "target %s takes a net at the fixed level, %s is at %v", l.Target, net.Name, net.Level)
		return c.found
	}
	if len(net.All(ir.OpInput)) == 0 || len(net.All(ir.OpOutput)) == 0 {
		c.found.Add(diag.Origin{}, diag.UnsupportedTarget, "target %s needs an input and an output", l.Target)
	}
	for _, v := range net.Values {
		c.value(v)
	}
	if l.Fits != nil && c.found.Err() == nil {
		c.stages(net)
	}
	return c.found
}

// stages asks the target for each stage of a net.
func (c *checker) stages(net *ir.Net) {
	named := map[string]*ir.Value{}
	for _, v := range net.Values {
		named[v.Name] = v
	}
	for _, s := range Of(net).Stages {
		if why, help := c.limits.Fits(s); why != "" {
			c.refuse(named[s.To.Name], "%s", why).Help = help
		}
	}
}

// refuse adds that a value cannot be run, and why.
func (c *checker) refuse(v *ir.Value, format string, args ...any) *diag.Diagnostic {
	return c.found.Add(v.Origin, diag.UnsupportedTarget, "target "+c.limits.Target+" cannot run %v %%%s: "+format, append([]any{v.Op, v.Name}, args...)...)
}

func (c *checker) value(v *ir.Value) {
	program, ranges := v.Update(c.steps)
	switch {
	case program == nil && !lowers(v.Op):
		c.refuse(v, "no engine has the op")
		return
	case v.Type.IsReal():
		c.refuse(v, "it is %v, wanted integers", v.Type)
		return
	case v.Op != ir.OpConst && !Int32s.Contains(v.Range):
		c.refuse(v, "its range %v takes more than 32 bits", v.Range)
		return
	}
	for slot, arg := range v.Args {
		if arg != nil {
			c.operand(v, v.Op.Operands()[min(slot, len(v.Op.Operands())-1)].Name, arg)
		}
	}
	switch v.Op {
	case ir.OpInput:
		if v.Type.Bits > uint8(c.limits.Input) {
			c.refuse(v, "it is %v, wanted at most %d bits", v.Type, c.limits.Input)
		}
	case ir.OpOutput:
		if v.Clock == ir.Step {
			c.refuse(v, "it gives %%%s at every step, wanted once or at the end", v.Args[0].Name)
		}
	}
	if program != nil {
		c.program(v, program, ranges)
	}
}

// lowers reports whether an op without a program of an element is lowered all the same.
func lowers(op ir.Op) bool {
	return views[op] != nil || stages[op] != nil || op == ir.OpLatch || op == ir.OpOutput
}

// constants are the operands that must be constants.
var constants = map[ir.Op][]string{
	ir.OpLinear: {"weight", "bias"}, ir.OpConv: {"weight", "bias"}, ir.OpCSD: {"factor"}, ir.OpLevels: {"first", "step"}, ir.OpPad: {"value"}, ir.OpDelay: {"init"},
}

// operand demands a constant where engines lay one out, of as many bits as they have for it.
func (c *checker) operand(v *ir.Value, name string, arg *ir.Value) {
	for _, constant := range constants[v.Op] {
		if constant == name && arg.Const() == nil {
			c.refuse(v, "its %s %%%s must be a constant", name, arg.Name)
		}
	}
	if arg.Const() == nil {
		return
	}
	r := arg.Const().Range()
	switch {
	case name == "weight" && r.SignedBits() > weightBits:
		c.refuse(v, "its weights %%%s are %v, wanted at most %d bits", arg.Name, r, weightBits)
	case !Int32s.Contains(r):
		c.refuse(v, "its %s %%%s is %v, which takes more than 32 bits", name, arg.Name, r)
	}
}

// program demands that the state of a value fits 32 bits, and sums before a shift 64.
func (c *checker) program(v *ir.Value, p *update.Program, r update.Ranges) {
	for i, variable := range p.Vars {
		if !variable.Bit && !Int32s.Contains(r.Vars[i]) {
			c.refuse(v, "its %s, %v, takes more than 32 bits", variable.Name, r.Vars[i])
		}
	}
	if wide := p.Exact(r); c.limits.Narrow && !Int32s.Contains(wide) {
		c.refuse(v, "its numbers go from %d to %d on the way, which takes more than 32 bits", wide.Lo, wide.Hi)
	}
	for _, i := range p.Code {
		switch i.Kind {
		case update.Leak:
			if n := r.Values[i.A].SignedBits() + i.Decay.Shift + 2; i.Decay.Factor() != 1 && n > productBits { // the factor is at most 1
				c.refuse(v, "a leak of %v takes %d bits to compute, wanted at most %d", i.Decay, n, productBits)
			}
		case update.Scale:
			if n := max(r.Values[i.A].SignedBits()+r.Values[i.B].SignedBits(), i.Decay.Shift) + 2; n > productBits {
				c.refuse(v, "it takes %d bits to compute, wanted at most %d", n, productBits)
			}
		}
	}
}
