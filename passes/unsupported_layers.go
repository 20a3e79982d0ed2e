package passes

import (
	"strings"

	"nomul/ir/diag"
	"nomul/passes/unsupported"
)

// namesKind reports whether a refusal names the kind of neuron that it is of.
func namesKind(d *diag.Diagnostic) bool { return strings.HasSuffix(d.Message, unsupported.OnlyLinear) }
