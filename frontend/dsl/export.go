package dsl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"nomul/ir"
)

// Exported is a net as a source text, and the numbers that it reads from a file.
type Exported struct {
	Text   string
	Arrays map[string]*ir.Tensor
}

// Export writes a net of the spiking level as a source text that compiles to it
// again: layers under their names, chains of values as pipelines, neurons that
// are alike as one kind. file is the path that the text gives for its numbers;
// pixels, when not nil, is how pixels became the inputs.
func Export(n *ir.Net, file string, pixels *Pixels) (*Exported, error) {
	if n.Level != ir.Spiking {
		return nil, fmt.Errorf("net %s is at the %v level; only nets at the spiking level have a text in the language", n.Name, n.Level)
	}
	x := &exporter{net: n, pixels: pixels, readers: n.Readers(), names: map[*ir.Value]string{}, taken: map[string]bool{},
		chains: map[*ir.Value]*chain{}, kinds: map[string]string{}, arrays: map[string]*ir.Tensor{}, labels: map[string]bool{}}
	for _, v := range n.Values {
		if v.Op == ir.OpOutput {
			x.labels[v.Name] = true
		}
	}
	for _, v := range n.Values {
		x.value(v)
	}
	text, err := Format(n.Name, x.text(file))
	return &Exported{Text: text, Arrays: x.arrays}, err
}

// exporter writes the statements of a model's body.
type exporter struct {
	net     *ir.Net
	pixels  *Pixels
	readers map[*ir.Value][]*ir.Value
	names   map[*ir.Value]string // of values that have a statement of their own
	taken   map[string]bool      // names
	labels  map[string]bool      // of layers
	chains  map[*ir.Value]*chain // of values that are written where they are read
	kinds   map[string]string    // neurons: definition to name
	neurons []string             // their definitions, in order
	arrays  map[string]*ir.Tensor
	body    strings.Builder
}

// chain is an expression: its head and the stages behind it.
type chain struct {
	head   string
	stages []string
}

func (c *chain) String() string {
	return strings.Join(append([]string{c.head}, c.stages...), " |> ")
}

func (x *exporter) text(file string) string {
	var b strings.Builder
	for _, n := range x.neurons {
		b.WriteString(n + "\n")
	}
	if len(x.neurons) > 0 {
		b.WriteString("\n")
	}
	fmt.Fprintf(&b, "model %s {\nsteps %d\n", x.ident(x.net.Name), x.net.Steps)
	if len(x.arrays) > 0 {
		fmt.Fprintf(&b, "weights %s\n", strconv.Quote(file))
	}
	b.WriteString(x.body.String() + "}\n")
	return b.String()
}

func (x *exporter) line(format string, args ...any) { fmt.Fprintf(&x.body, format+"\n", args...) }

// statements write the values that are no expressions.
var statements = map[ir.Op]func(*exporter, *ir.Value){
	ir.OpConst: func(*exporter, *ir.Value) {}, // written by its readers
	ir.OpInput: (*exporter).input,
	ir.OpDelay: (*exporter).state,
	ir.OpLatch: func(x *exporter, v *ir.Value) { x.line("next %s = %v", x.names[v.Args[0]], x.operand(v.Args[1])) },
	ir.OpOutput: func(x *exporter, v *ir.Value) {
		x.line("output %s = %v", v.Name, x.operand(v.Args[0]))
	},
}

// value writes a value: as a statement, or as a chain that its reader goes on with.
func (x *exporter) value(v *ir.Value) {
	if write := statements[v.Op]; write != nil {
		write(x, v)
		return
	}
	c := x.chainOf(v)
	if r := x.readers[v]; len(r) == 1 && goesOn(r[0], v) {
		x.chains[v] = c
		return
	}
	x.line("let %s = %v", x.name(v), c)
}

// goesOn reports whether a reader can be the next stage of a chain: it takes the
// value first, and nowhere else.
func goesOn(reader, v *ir.Value) bool {
	_, infix := infixOps[reader.Op]
	return !infix && !reader.Op.Operands()[0].Variadic && reader.Op != ir.OpLatch && reader.Args[0] == v
}

// operand is a value where it is read.
func (x *exporter) operand(v *ir.Value) *chain {
	if c := x.chains[v]; c != nil {
		return c
	}
	return &chain{head: x.reference(v)}
}

// reference is a value by name; a constant by number, if it is one, else by a
// name of its own.
func (x *exporter) reference(v *ir.Value) string {
	if v.Op != ir.OpConst {
		return x.names[v]
	}
	if n, ok := literal(v); ok {
		return n
	}
	if x.names[v] == "" {
		key := x.array(v.Name, v.Const())
		name := x.name(v)
		x.line("let %s = weight(%q)", name, key)
	}
	return x.names[v]
}

// literal is a constant that a number in the text makes again: one real that is
// a float32.
func literal(v *ir.Value) (string, bool) {
	t := v.Const()
	if t == nil || t.Type.Shape.Rank() != 0 || !t.Type.IsReal() || float32s(t.F[0]) != t.F[0] {
		return "", false
	}
	return shortest(t.F[0]), true
}

// shortest is the shortest decimal that means the same float32.
func shortest(f float64) string { return strconv.FormatFloat(f, 'g', -1, 32) }

// array puts numbers into the file, under a name.
func (x *exporter) array(name string, t *ir.Tensor) string {
	x.arrays[name] = t
	return name
}

// name gives a value a name of its own in the text: the one it has, or that of
// its op where an exporter named it by a path.
func (x *exporter) name(v *ir.Value) string {
	name := v.Name
	if strings.HasPrefix(name, "/") {
		name = v.Op.String()
	}
	x.names[v] = x.ident(name)
	return x.names[v]
}

var notIdent = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// ident is a name as an identifier that nothing else has.
func (x *exporter) ident(name string) string {
	id := strings.Trim(notIdent.ReplaceAllString(name, "_"), "_")
	if id == "" || id[0] >= '0' && id[0] <= '9' {
		id = "v" + id
	}
	unique := id
	for i := 1; x.taken[unique] || reserved(unique); i++ {
		unique = id + "_" + strconv.Itoa(i)
	}
	x.taken[unique] = true
	return unique
}

func reserved(name string) bool {
	return builtins[name] != nil || words[name] || keywords[name]
}

var keywords = wordSet("import weights neuron block model steps input output state let for in repeat if else as true false")

var plainIdent = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// label is the as clause that names a layer; empty where an output has the name.
func (x *exporter) label(v *ir.Value) string {
	if x.labels[v.Name] {
		return "" // it is the name of an output
	}
	x.labels[v.Name] = true
	if plainIdent.MatchString(v.Name) && !keywords[v.Name] {
		return " as " + v.Name
	}
	return " as " + strconv.Quote(v.Name)
}

func (x *exporter) input(v *ir.Value) {
	a := v.Attrs.(ir.InputAttrs)
	if a.Of != nil {
		x.line("// samples of %s are its frames: entries along axis %d of %v, from %d + t*%d on in step t", v.Name, a.Axis, a.Of, a.First, a.Every)
	}
	text := fmt.Sprintf("input %s: %v", x.name(v), v.Type)
	if p := x.pixels; p != nil && v.Type.IsReal() {
		text = fmt.Sprintf("input %s: %v mean %s std %s", x.names[v], p.Type.WithShape(v.Type.Shape), numbers(p.Mean), numbers(p.Std))
		if len(p.Scale) != 1 || p.Scale[0] != 1.0/255 {
			text += " scale " + numbers(p.Scale)
		}
	}
	if a.Per == ir.Step {
		text += " per step"
	}
	x.line("%s", text)
}

// numbers is one number, or a list.
func numbers(list []float64) string {
	if len(list) == 1 && list[0] >= 0 {
		return formatNumber(list[0])
	}
	parts := make([]string, len(list))
	for i, f := range list {
		parts[i] = formatNumber(f)
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// state writes a delay; its start is a number everywhere, or a constant.
func (x *exporter) state(v *ir.Value) {
	init := v.Args[0]
	t := init.Const()
	start := ""
	if f, uniform := t.Uniform(); !uniform || !t.Type.IsReal() && f != float64(int64(f)) || t.Type.IsReal() && float32s(f) != f || t.Type != v.Type {
		start = " = " + x.reference(init)
	} else if f != 0 {
		start = " = " + formatNumber(f)
	}
	x.line("state %s: %v%s", x.name(v), v.Type, start)
}
