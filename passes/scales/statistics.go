package scales

import (
	"nomul/ir"
	"nomul/ir/diag"
	"nomul/passes/rewrite"
	"nomul/passes/unsupported"
)

// refuseProduct is the error of a product or quotient of two computed numbers. That of
// a value less its mean by itself is the variance of a normalisation.
func refuseProduct(v *ir.Value) error {
	if a := v.Args[0]; a != v.Args[1] || a.Op != ir.OpSub || !averages(a.Args[1], a.Args[0]) {
		help := "one of the two may be 0 or 1, a comparison; numbers are multiplied by constants only"
		if v.Op == ir.OpDiv {
			help = unsupported.UseCompared
		}
		return rewrite.Refuse(v, diag.NotExact, "multiplies or divides two computed values").WithHelp("%s", help)
	}
	return rewrite.Refuse(v, diag.NotExact, "computes the variance of its operand: a normalisation by statistics that are new for every input multiplies and divides numbers").
		WithHelp("train with batch normalisation, whose statistics are constants in evaluation mode")
}

// averages reports whether a value is a mean of x, at most moved or scaled.
func averages(v, x *ir.Value) bool {
	for v != x && len(v.Args) > 0 {
		switch v.Op {
		case ir.OpReduceSum, ir.OpReduceMean:
			return true
		case ir.OpReshape, ir.OpBroadcast, ir.OpMul, ir.OpDiv:
			v = v.Args[0]
		default:
			return false
		}
	}
	return false
}
