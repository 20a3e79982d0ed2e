package passes

import (
	"strings"

	"nomul/ir/diag"
	"nomul/passes/oddities"
)

// namesKind reports whether a refusal names the kind of neuron that it is of.
func namesKind(d *diag.Diagnostic) bool { return strings.HasSuffix(d.Message, oddities.OnlyLinear) }
