package dsl

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"nomul/ir"
)

// infixOps are the operators of ops.
var infixOps = map[ir.Op]string{
	ir.OpAdd: "+", ir.OpSub: "-", ir.OpMul: "*", ir.OpDiv: "/", ir.OpAnd: "&&", ir.OpOr: "||", ir.OpCompare: "",
}

// stages write the ops that have a layer of their own; the text is empty
// when the layer cannot express the value. All others are written as op("name", …).
var stages = map[ir.Op]func(*exporter, *ir.Value) string{
	ir.OpLinear:     (*exporter).linear,
	ir.OpConv:       (*exporter).conv,
	ir.OpBatchNorm:  (*exporter).batchNorm,
	ir.OpNeuron:     (*exporter).neuron,
	ir.OpReshape:    (*exporter).reshape,
	ir.OpTranspose:  (*exporter).transpose,
	ir.OpSlice:      (*exporter).slice,
	ir.OpMaxPool:    (*exporter).pool,
	ir.OpSumPool:    (*exporter).pool,
	ir.OpReduceSum:  (*exporter).reduce,
	ir.OpReduceMean: (*exporter).reduce,
	ir.OpReduceMax:  (*exporter).reduce,
	ir.OpReduceMin:  (*exporter).reduce,
	ir.OpPad:        (*exporter).pad,
	ir.OpAvgPool:    (*exporter).avgPool,
	ir.OpMap:        (*exporter).mapping,
	ir.OpSoftmax:    (*exporter).softmax,
	ir.OpMatmul:     (*exporter).matmul,
	ir.OpSum:        (*exporter).readout,
	ir.OpLast:       (*exporter).readout,
	ir.OpMaxTime:    (*exporter).readout,
	ir.OpFirst:      (*exporter).readout,
}

// chainOf is a value as a chain.
func (x *exporter) chainOf(v *ir.Value) *chain {
	if op, infix := infixOps[v.Op]; infix {
		if a, ok := v.Attrs.(ir.CompareAttrs); ok {
			op = compareSigns[a.Is]
		}
		if c := x.infix(v, op); c != nil {
			return c
		}
	}
	if v.Op == ir.OpConcat {
		var parts []string
		for _, a := range v.Args {
			parts = append(parts, x.reference(a))
		}
		return &chain{head: fmt.Sprintf("concat(%s%s)", strings.Join(parts, ", "), optional("axis", v.Attrs.(ir.AxisAttrs).Axis, 0))}
	}
	if write := stages[v.Op]; write != nil {
		if text := write(x, v); text != "" {
			return x.onward(v.Args[0], text)
		}
	}
	return x.anyOp(v)
}

var compareSigns = map[ir.Compare]string{ir.GE: ">=", ir.GT: ">", ir.LE: "<=", ir.LT: "<", ir.EQ: "==", ir.NE: "!="}

// infix is a op b; nil when both are numbers, which would be worked out.
func (x *exporter) infix(v *ir.Value, op string) *chain {
	_, a := literal(v.Args[0])
	_, b := literal(v.Args[1])
	if a && b || a && !v.Args[1].Type.IsReal() || b && !v.Args[0].Type.IsReal() {
		return nil // beside integers a whole number would be one
	}
	return &chain{head: x.reference(v.Args[0]) + " " + op + " " + x.reference(v.Args[1])}
}

// onward is the operand's chain with one stage more.
func (x *exporter) onward(operand *ir.Value, stage string) *chain {
	c := x.operand(operand)
	return &chain{c.head, append(slices.Clone(c.stages), stage)}
}

// anyOp writes an op by its name in the representation, as a stage where that is possible.
func (x *exporter) anyOp(v *ir.Value) *chain {
	args := []string{strconv.Quote(v.Op.String())}
	slots := v.Op.Operands()
	piped := len(v.Args) > 0 && v.Args[0] != nil && v.Args[0].Op != ir.OpConst && !slots[0].Variadic
	for i, a := range v.Args {
		switch {
		case a == nil || i == 0 && piped:
		case slots[min(i, len(slots)-1)].Optional:
			args = append(args, slots[i].Name+": "+x.constReference(a))
		default:
			args = append(args, x.constReference(a))
		}
	}
	text := "op(" + strings.Join(append(args, namedAttrs(ir.AttrsText(v))...), ", ") + ")"
	if piped {
		return x.onward(v.Args[0], text)
	}
	return &chain{head: text}
}

// namedAttrs are the attributes of the text form as arguments by name.
func namedAttrs(text string) []string {
	var args []string
	for text != "" {
		key, rest, _ := strings.Cut(text, "=")
		value := rest
		switch i := strings.IndexByte(rest, ' '); {
		case strings.HasPrefix(rest, "["):
			value = rest[:strings.IndexByte(rest, ']')+1]
		case i >= 0 && !strings.HasPrefix(rest, `"`):
			value = rest[:i]
		}
		text = strings.TrimPrefix(rest[len(value):], " ")
		args = append(args, strings.ReplaceAll(key, "-", "_")+": "+attrLiteral(value))
	}
	return args
}

// constReference is a value by name, also where a number would be ambiguous.
func (x *exporter) constReference(v *ir.Value) string {
	if v.Op == ir.OpConst && x.names[v] == "" {
		key := x.array(v.Name, v.Const())
		x.line("let %s = weight(%q)", x.name(v), key)
	}
	return x.names[v]
}

// attrLiteral is an attribute of the text form in the language.
func attrLiteral(s string) string {
	isList := strings.HasPrefix(s, "[") && !strings.Contains(s, ";") // and no program
	if _, err := strconv.ParseFloat(s, 64); err == nil || s == "true" || s == "false" || isList {
		return s
	}
	return strconv.Quote(strings.Trim(s, `"`))
}

// optional is an argument by name, unless it has its default.
func optional[T comparable](name string, x, none T) string {
	if x == none {
		return ""
	}
	return fmt.Sprintf(", %s: %v", name, x)
}

// sizes is a list argument: one number if all are equal.
func sizes(list []int) string {
	if len(list) > 0 && !slices.ContainsFunc(list, func(n int) bool { return n != list[0] }) {
		return strconv.Itoa(list[0])
	}
	parts := make([]string, len(list))
	for i, n := range list {
		parts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// list is a list argument as it is.
func list(ints []int) string {
	if len(ints) == 1 {
		return "[" + strconv.Itoa(ints[0]) + "]"
	}
	parts := make([]string, len(ints))
	for i, n := range ints {
		parts[i] = strconv.Itoa(n)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// padding is one number, or begins and ends.
func padding(pads []int) string {
	half := len(pads) / 2
	if slices.Equal(pads[:half], pads[half:]) {
		return sizes(pads[:half])
	}
	return list(pads)
}

// trainedArg is an operand that the layer finds by its own name, or is given.
func (x *exporter) trainedArg(v *ir.Value, slot int, suffix, labelled string) string {
	a := v.Args[slot]
	if labelled != "" && len(x.readers[a]) == 1 && a.Op == ir.OpConst {
		x.array(v.Name+"."+suffix, a.Const())
		return ""
	}
	return fmt.Sprintf(", %s: %s", suffix, x.constReference(a))
}

// weighted are the arguments for the weights and the bias of a layer.
func (x *exporter) weighted(v *ir.Value, label string) string {
	text := x.trainedArg(v, 1, "weight", label)
	switch bias := v.Arg(2); {
	case bias == nil:
		return text + ", bias: false"
	case bias.Type.Shape.Rank() == 1:
		return text + x.trainedArg(v, 2, "bias", label)
	default:
		return text + ", bias: " + x.constReference(bias)
	}
}

func (x *exporter) linear(v *ir.Value) string {
	label := x.label(v)
	return fmt.Sprintf("linear(%d%s)%s", v.Args[1].Type.Shape.Dim(0), x.weighted(v, label), label)
}

func (x *exporter) conv(v *ir.Value) string {
	a, w := v.Attrs.(ir.ConvAttrs), v.Args[1].Type.Shape.Dims()
	if v.Args[0].Type.Shape.Rank() != len(w)-1 {
		return "" // axes in front of the channels
	}
	label := x.label(v)
	text := fmt.Sprintf("conv(%d, %s", w[0], sizes(w[2:]))
	text += optional("stride", sizes(a.Strides), "1") + optional("pad", padding(a.Pads), "0")
	text += optional("dilation", sizes(a.Dilations), "1") + optional("groups", a.Groups, 1)
	return text + x.weighted(v, label) + ")" + label
}

func (x *exporter) batchNorm(v *ir.Value) string {
	a := v.Attrs.(ir.BatchNormAttrs)
	if float32s(a.Eps) != a.Eps {
		return ""
	}
	label := x.label(v)
	for i, suffix := range []string{"weight", "bias", "running_mean", "running_var"} {
		if label == "" || v.Args[i+1].Op != ir.OpConst {
			return ""
		}
		x.array(v.Name+"."+suffix, v.Args[i+1].Const())
	}
	args := strings.TrimPrefix(optional("over", a.Axis, 0)+optional("eps", shortest(a.Eps), "1e-05"), ", ")
	if args == "" {
		return "bn" + label
	}
	return "bn(" + args + ")" + label
}

func (x *exporter) reshape(v *ir.Value) string {
	if v.Type.Shape.Rank() == 1 {
		return "flatten"
	}
	return "reshape(" + list(v.Type.Shape.Dims()) + ")"
}

func (x *exporter) transpose(v *ir.Value) string {
	return "transpose(" + list(v.Attrs.(ir.PermAttrs).Perm) + ")"
}

func (x *exporter) slice(v *ir.Value) string {
	a := v.Attrs.(ir.SliceAttrs)
	if a.Step < 1 {
		return ""
	}
	return fmt.Sprintf("slice(%d, start: %d, stop: %d%s)", a.Axis, a.Start, a.Start+(a.Count-1)*a.Step+1, optional("step", a.Step, 1))
}

func (x *exporter) pool(v *ir.Value) string {
	a := v.Attrs.(ir.PoolAttrs)
	if v.Type.Shape.Rank() != len(a.Kernel)+1 {
		return ""
	}
	return fmt.Sprintf("%s(%s%s%s%s)", strings.ReplaceAll(v.Op.String(), "-", "_"), sizes(a.Kernel),
		optional("stride", sizes(a.Strides), sizes(a.Kernel)), optional("pad", padding(a.Pads), "0"), optional("dilation", sizes(a.Dilations), "1"))
}

func (x *exporter) avgPool(v *ir.Value) string {
	a := v.Attrs.(ir.AvgPoolAttrs)
	if v.Type.Shape.Rank() != len(a.Kernel)+1 {
		return ""
	}
	return fmt.Sprintf("avg_pool(%s%s%s%s%s)", sizes(a.Kernel), optional("stride", sizes(a.Strides), sizes(a.Kernel)),
		optional("pad", padding(a.Pads), "0"), optional("dilation", sizes(a.Dilations), "1"), optional("count_pad", a.CountPad, true))
}

// pad is a layer where only the axes behind the channels are padded, with zeros.
func (x *exporter) pad(v *ir.Value) string {
	a := v.Attrs.(ir.PadAttrs)
	if len(a.Before) < 2 || a.Before[0] != 0 || a.After[0] != 0 || v.Arg(1) != nil {
		return ""
	}
	return "pad(" + padding(append(slices.Clone(a.Before[1:]), a.After[1:]...)) + ")"
}

func (x *exporter) mapping(v *ir.Value) string {
	a := v.Attrs.(ir.MapAttrs)
	for name, f := range functions {
		switch {
		case f.fn != a.Fn || float32s(a.Alpha) != a.Alpha:
		case f.fn == ir.FnLeakyRelu || f.fn == ir.FnElu:
			return name + "(alpha: " + shortest(a.Alpha) + ")"
		case a.Alpha == 0:
			return name
		}
	}
	return ""
}

// matmul is a layer where something comes in.
func (x *exporter) matmul(v *ir.Value) string {
	if v.Args[0].Op == ir.OpConst {
		return ""
	}
	return "matmul(" + x.reference(v.Args[1]) + ")"
}

func (x *exporter) softmax(v *ir.Value) string {
	return fmt.Sprintf("softmax(%d)", v.Attrs.(ir.AxisAttrs).Axis)
}

func (x *exporter) reduce(v *ir.Value) string {
	a := v.Attrs.(ir.ReduceAttrs)
	var space []int
	for i := 1; i < v.Args[0].Type.Shape.Rank(); i++ {
		space = append(space, i)
	}
	over := list(a.Axes)
	if len(space) > 0 && slices.Equal(a.Axes, space) {
		over = "space"
	}
	return strings.TrimPrefix(v.Op.String(), "reduce-") + "(" + over + optional("keep", a.Keep, false) + ")"
}

func (x *exporter) readout(v *ir.Value) string {
	return strings.TrimSuffix(v.Op.String(), "-time") + "(time)"
}
