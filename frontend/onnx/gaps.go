package onnx

import (
	"strconv"
	"strings"

	"nomul/ir"
	"nomul/ir/diag"
)

// behindUnknown is the reason of values that a supported operator makes, but
// from an operand whose type is not known.
const behindUnknown = "reads the result of an unsupported operator, whose type the file does not give"

// unknown makes values for a node that is not understood: of the type that the
// file gives, else of no type. The operands are those that the IR can hold.
func (n *node) unknown(reason string) ([]*tensor, error) {
	n.imp.unknowns++
	var args []*ir.Value
	for _, t := range n.in {
		if t == nil || t.empty || !t.elem.computes() && !t.untyped {
			continue
		}
		v, err := n.imp.value(t)
		if err != nil {
			return nil, err
		}
		args = append(args, v)
	}
	attrs := ir.UnknownAttrs{Op: n.pb.OpType, Domain: n.at.Domain, Opset: n.at.Opset, Reason: reason}
	out := make([]*tensor, len(n.pb.Output))
	for i, name := range n.pb.Output {
		if name == "" {
			continue
		}
		e, s, ok := n.scope.writtenType(name)
		if !ok {
			// A placeholder: nothing but other unknown values and outputs read it.
			e = elemFloat
		}
		n.imp.b.At(n.at)
		v, err := n.imp.b.AddTyped(ir.OpUnknown, n.imp.unique(n.scope.label(name)), attrs, e.of(s), args...)
		if err != nil {
			return nil, err
		}
		out[i] = &tensor{name: name, elem: e, shape: s, value: v, untyped: !ok, origin: n.at}
	}
	return out, nil
}

// Gap is one kind of operator in a file that is not supported.
type Gap struct {
	Op     string // ONNX's name
	Domain string // empty is ai.onnx
	Opset  int    // version of the domain; 0 when the file does not import it
	Reason string
	Nodes  []string // every node of the kind, in file order
}

// Unsupported lists the operators of an imported net that are not supported,
// each kind once, in the order they are met. Supported operators that could not
// be typed because they read such a result are not listed.
func Unsupported(net *ir.Net) []Gap {
	var out []Gap
	index := map[ir.UnknownAttrs]int{}
	seen := map[string]bool{}
	for _, v := range net.All(ir.OpUnknown) {
		kind := v.Attrs.(ir.UnknownAttrs)
		if kind.Reason == behindUnknown || seen[v.Origin.Node] {
			continue
		}
		seen[v.Origin.Node] = true
		i, met := index[kind]
		if !met {
			i = len(out)
			index[kind] = i
			out = append(out, Gap{Op: kind.Op, Domain: kind.Domain, Opset: kind.Opset, Reason: kind.Reason})
		}
		out[i].Nodes = append(out[i].Nodes, v.Origin.Node)
	}
	return out
}

// MapHelp is the help text for an author's own operator.
const MapHelp = "if it is a neuron, say which with --neurons FILE"

// random is the way without random numbers, of which every run would have others.
const random = "random numbers are others in every run: draw them once, before the export and for all steps, or export without noise"

// instead has, by operator, a supported way to write it.
var instead = map[string]string{
	"RandomUniformLike": random, "RandomNormalLike": random, "RandomUniform": random, "RandomNormal": random, "Bernoulli": random,
	"TopK": "it compares the neurons of a layer with each other, and a neuron fires by its own state and what comes in: " +
		"let the spikes of a layer inhibit it instead, as in m - 0.3 * (s.sum(1, keepdim=True) - s)",
	"NonZero": "h[mask] -= 1 is exported so, and has a shape of its own for every input: write torch.where(mask, h - 1, h)",
}

// Diagnostic is the gap as an error, at its first node of the file.
func (g Gap) Diagnostic(file string) *diag.Diagnostic {
	at := diag.Origin{File: file, Node: g.Nodes[0], Op: g.Op, Domain: g.Domain, Opset: g.Opset}
	d := diag.Errorf(at, diag.UnsupportedOp, "%s (%d %s)", g.Reason, len(g.Nodes), plural(len(g.Nodes)))
	var help []string
	if g.Domain != "" {
		help = append(help, MapHelp)
	}
	if way := instead[g.Op]; g.Domain == "" && way != "" {
		help = append(help, way)
	}
	if others := g.Nodes[1:]; len(others) > 0 {
		help = append(help, "the others: "+listed(others))
	}
	if help == nil {
		return d
	}
	return d.WithHelp("%s", strings.Join(help, "; "))
}

func plural(n int) string { return pluralOf(n, "node", "nodes") }

func pluralOf(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// listed quotes names, at most five.
func listed(names []string) string {
	const most = 5
	var out []string
	for i, name := range names {
		if i == most {
			out = append(out, "…")
			break
		}
		out = append(out, strconv.Quote(name))
	}
	return strings.Join(out, ", ")
}
