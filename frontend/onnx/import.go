package onnx

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// The operator sets of ai.onnx that the table's rows follow.
const (
	firstOpset = 6
	lastOpset  = 26
)

// Constants that a file implies without spelling them out (filled states,
// broadcasts, transposed weights) may have madeBase elements and madePerByte
// more for each byte of the file: a few bytes must not ask for all memory.
const (
	madeBase    = 1 << 22
	madePerByte = 16
)

// Loops and functions may be written out to turnsBase nodes, and turnsPerByte
// more for each byte of the file; all nodes together to four times as many values.
const (
	turnsBase     = 1 << 16
	turnsPerByte  = 1
	valuesPerTurn = 4
)

// Options add to a file: a reader of its data, neurons, shapes and contents of inputs.
type Options struct {
	// Load reads data that the file keeps in other files. Nil when there are none.
	Load Loader
	// Neurons says which neurons operators are that the file does not define.
	Neurons []Neuron
	// Shapes are those of inputs, by name, in place of open axes in the file.
	Shapes map[string][]int64
	// Bind is the contents of inputs, by name: they are constants then.
	Bind map[string]*ir.Tensor
}

// importer is one import under way.
type importer struct {
	file      string
	load      Loader
	model     *onnxpb.ModelProto
	list      diag.List
	b         *ir.Builder
	rows      map[string]*row
	functions map[functionKey]*onnxpb.FunctionProto
	neurons   map[functionKey]*Neuron // functions that a mapping made
	batch     map[string]bool         // symbols of the batch axis
	extents   map[string]int64        // of axes, by symbol, where Options say them
	given     map[string][]int64      // shapes of inputs
	bound     map[string]*ir.Tensor   // contents of inputs
	taken     map[string]int          // names of values, and how often each was asked for
	outputs   map[string]string       // names of the output values, by ONNX name
	origins   map[string]named        // names of nodes met
	captured  map[*onnxpb.GraphProto][]string
	decoded   map[*onnxpb.TensorProto]*tensor
	weights   map[weightKey]*tensor
	rounded   map[elem]int    // values that are float32 here but not in the file
	room      int             // elements of constants that may still be made
	turns     int             // nodes of loops and functions that may still be written out
	values    int             // values that may still be made
	lost      map[string]bool // the faults of files of external data, each told once
	unknowns  int
}

// Import reads an ONNX file into a net at the source level: one step, all of it
// computed once, real[…] for float tensors, with the axes that the file gives them.
// file is the name to use in messages, data the file's content. The list holds
// warnings and errors; the net is nil when it holds an error.
// Operators that are not supported are no error here: see Unsupported.
func Import(file string, data []byte, o Options) (*ir.Net, diag.List) {
	imp := newImporter(file, len(data), o)
	net := imp.read(data, o)
	return net, merged(imp.list)
}

// read makes the net; nil behind an error, which is in the list.
func (imp *importer) read(data []byte, o Options) *ir.Net {
	if !imp.decode(data) || !imp.mapNeurons(o.Neurons) {
		return nil
	}
	s := imp.modelScope()
	if s == nil {
		return nil
	}
	g := imp.model.Graph
	if !imp.checkGiven(g, o) {
		return nil
	}
	imp.checkOutputs(s, g, s.checkGraph(g))
	s.readConstants(g)
	imp.readInputs(s, g)
	if !s.run(g.Node) {
		return nil
	}
	imp.writeOutputs(s, g)
	if imp.list.Err() != nil {
		return nil
	}
	net := imp.b.Net()
	imp.warnUnread(net)
	imp.warnRounded()
	return net
}

func newImporter(file string, size int, o Options) *importer {
	imp := &importer{
		file: file, load: o.Load, rows: rowsByName(),
		functions: map[functionKey]*onnxpb.FunctionProto{}, neurons: map[functionKey]*Neuron{},
		batch: map[string]bool{}, extents: map[string]int64{}, taken: map[string]int{}, outputs: map[string]string{},
		origins: map[string]named{}, captured: map[*onnxpb.GraphProto][]string{},
		decoded: map[*onnxpb.TensorProto]*tensor{}, weights: map[weightKey]*tensor{}, rounded: map[elem]int{}, lost: map[string]bool{},
		room: madeBase + madePerByte*size, turns: turnsBase + turnsPerByte*size,
	}
	imp.values = valuesPerTurn * imp.turns
	imp.b = ir.NewBuilder(imp.netName(), ir.Source, 1)
	return imp
}

// netName is the file's name without folder and extension.
func (imp *importer) netName() string {
	base := filepath.Base(imp.file)
	return ir.CleanName(strings.TrimSuffix(base, filepath.Ext(base)))
}

// at is the place of faults that belong to no node.
func (imp *importer) at() diag.Origin { return diag.Origin{File: imp.file} }

func (imp *importer) fail(code diag.Code, format string, args ...any) {
	imp.list.Add(imp.at(), code, format, args...)
}

// decode reads the protobuf and lists the functions.
func (imp *importer) decode(data []byte) bool {
	imp.model = &onnxpb.ModelProto{}
	// The decoder's own message changes from run to run, on purpose.
	if proto.Unmarshal(data, imp.model) != nil {
		imp.fail(diag.BadFile, "is not an ONNX file, or only a part of one")
		return false
	}
	if imp.model.Graph == nil {
		imp.fail(diag.BadFile, "is not an ONNX file: it holds no graph")
		return false
	}
	for _, f := range imp.model.Functions {
		key := functionKey{domain(f.Domain), f.Name, f.Overload}
		if imp.functions[key] != nil {
			imp.fail(diag.BadFile, "defines the function %s twice", key)
			return false
		}
		imp.functions[key] = f
	}
	return true
}

// domain is the canonical spelling of an operator domain.
func domain(s string) string {
	if s == "ai.onnx" {
		return ""
	}
	return s
}

// modelScope is the scope of the model's graph, or nil when the model's opsets
// are not those of the table.
func (imp *importer) modelScope() *scope {
	opsets, d := readOpsets(imp.model.OpsetImport)
	if d == nil && !imp.timeless(opsets) {
		d = checkOpset(opsets)
	}
	if d != nil {
		d.Origin = imp.at()
		imp.list = append(imp.list, d)
		return nil
	}
	s := &scope{imp: imp, tensors: map[string]*tensor{}, opsets: opsets}
	s.declare(imp.model.Graph.ValueInfo, imp.model.Graph.Output)
	return s
}

// timeless reports whether the graph has only operators that are the same in all
// opsets, or of other domains.
func (imp *importer) timeless(opsets map[string]int) bool {
	standard := false
	for _, pb := range imp.model.Graph.Node {
		if domain(pb.Domain) != "" {
			continue
		}
		standard = true
		if r := imp.rows[pb.OpType]; r == nil || !r.old {
			return false
		}
	}
	version, said := opsets[""]
	return !said && !standard && len(opsets) > 0 || said && version >= 1 && version < firstOpset
}

func readOpsets(list []*onnxpb.OperatorSetIdProto) (map[string]int, *diag.Diagnostic) {
	out := map[string]int{}
	for _, o := range list {
		if _, twice := out[domain(o.Domain)]; twice {
			return nil, diag.Errorf(diag.Origin{}, diag.BadFile, "imports the operators of domain %q twice", o.Domain)
		}
		out[domain(o.Domain)] = int(min(max(o.Version, 0), 1<<30))
	}
	return out, nil
}

func checkOpset(opsets map[string]int) *diag.Diagnostic {
	version, ok := opsets[""]
	switch {
	case !ok:
		return diag.Errorf(diag.Origin{}, diag.BadFile, "does not say which version of the ONNX operators it uses")
	case version < firstOpset || version > lastOpset:
		return diag.Errorf(diag.Origin{}, diag.BadFile, "uses opset %d, wanted %d to %d", version, firstOpset, lastOpset).
			WithHelp("export with opset_version=17")
	}
	return nil
}

// unique is a name for a value that no other value has.
func (imp *importer) unique(name string) string {
	base := ir.CleanName(name)
	candidate := base
	for imp.taken[candidate] > 0 {
		candidate = base + "." + strconv.Itoa(imp.taken[base])
		imp.taken[base]++
	}
	imp.taken[candidate] = 1
	return candidate
}

// charge accounts for n elements of a constant about to be made.
func (imp *importer) charge(at diag.Origin, n int) error {
	if n > imp.room {
		return diag.Errorf(at, diag.BadConstant, "asks for a constant of %d elements, too large for a file of this size", n)
	}
	imp.room -= n
	return nil
}

// spend accounts for n nodes of a body or function about to be written out.
func (imp *importer) spend(at diag.Origin, n int) error {
	if imp.turns -= n + 1; imp.turns < 0 {
		return diag.Errorf(at, diag.UnsupportedAttribute, "comes to more nodes than can be written out, with the loops and functions around it")
	}
	return nil
}

// value is the IR's value of a tensor. Known contents become a constant when
// the first reader asks for them.
func (imp *importer) value(t *tensor) (*ir.Value, error) {
	if t.value != nil {
		return t.value, nil
	}
	if t.empty {
		return nil, diag.Errorf(t.origin, diag.BadConstant, "%q has no elements", t.name)
	}
	imp.noteRounded(t.elem)
	imp.b.At(t.origin)
	v, err := imp.b.Const(imp.unique(t.name), t.data)
	t.value = v
	return v, err
}

// noteRounded counts a value of the net that is float32 here, but not in the file.
func (imp *importer) noteRounded(e elem) {
	if e.isReal() && e != elemFloat {
		imp.rounded[e]++
	}
}

// warnRounded tells of values that the file computes in another floating-point type.
func (imp *importer) warnRounded() {
	for _, e := range slices.Sorted(maps.Keys(imp.rounded)) {
		n := imp.rounded[e]
		imp.list.Add(imp.at(), diag.UnsupportedType, "%d %s of type %v in the file and float here, so results may differ in the last digits",
			n, pluralOf(n, "value is", "values are"), e).Severity = diag.Warning
	}
}
