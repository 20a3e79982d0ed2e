package integers

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/canonical"
	"nomul/passes/rewrite"
)

// engineBits is how many bits an integer of an engine has.
const engineBits = 32

// ProveWidths refuses a net with values that need more bits than engines have. It
// stands last, for a neuron that is left out may be the only reader of a wide one.
func ProveWidths(n *ir.Net, _ *rewrite.Options) (*ir.Net, error) {
	for _, v := range n.Values {
		if v.Op == ir.OpConst {
			continue // its reader tells it
		}
		for slot, a := range v.Args {
			if a != nil && a.Op == ir.OpConst && !fitsEngines(a.Range) {
				return nil, rewrite.Refuse(v, diag.TooWide, "its %s has numbers from %d to %d in its units, and engines have %d bits", operandName(v, slot), a.Range.Lo, a.Range.Hi, engineBits).
					WithHelp("its units are those of the weights beside it, which are far smaller")
			}
		}
		if r := v.Range.Union(v.State).Union(v.Current); !fitsEngines(r) {
			of := "it goes"
			if v.Op == ir.OpNeuron {
				of = "its membrane may go"
			}
			return nil, tooWide(n, v, of, r)
		}
		if v.Op == ir.OpNeuron && !fitsEngines(v.GrownThreshold(n.Steps)) {
			return nil, tooWide(n, v, "its threshold may grow", v.GrownThreshold(n.Steps))
		}
	}
	return n, nil
}

func tooWide(n *ir.Net, v *ir.Value, of string, r ir.Range) error {
	help := "fewer time steps, or numbers nearer to each other, take fewer"
	if len(n.All(ir.OpLevels)) > 0 {
		help = "words or weights of fewer bits (--activations, --weights), or channels nearer to each other, take fewer"
	}
	if fed := fedBy(v); fed != nil {
		help += "; " + canonical.Where(fed) + " is a state of finer units that comes in: constants that it is multiplied by before and behind may be one, 0.1 * s for -0.5 * (0.2 * s)"
	}
	return rewrite.Refuse(v, diag.TooWide, "%s from %d to %d in its units, and engines have %d bits", of, r.Lo, r.Hi, engineBits).WithHelp("%s", help)
}

// fedBy is a state without a threshold that a neuron's current is made of in a step; nil where there is none.
func fedBy(v *ir.Value) *ir.Value {
	if v.Op != ir.OpNeuron {
		return nil
	}
	for queue := []*ir.Value{v.Args[ir.NeuronX]}; len(queue) > 0; queue = queue[1:] {
		x := queue[0]
		if a, ok := x.Attrs.(ir.NeuronAttrs); ok && a.Silent {
			return x
		}
		if x.Op.Class() == ir.Element && x.Op != ir.OpWhere {
			queue = append(queue, x.Args...)
		}
	}
	return nil
}

func fitsEngines(r ir.Range) bool { return ir.SintType(engineBits, ir.Shape{}).Full().Contains(r) }

// operandName is that of an operand in words: its slot's, of a list just "operand".
func operandName(v *ir.Value, slot int) string {
	if slots := v.Op.Operands(); slot < len(slots) && !slots[slot].Variadic {
		return slots[slot].Name
	}
	return "operand"
}
