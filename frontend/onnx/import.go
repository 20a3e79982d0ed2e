package onnx

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/diag"
)

// The operator sets of ai.onnx that the table's rows follow.
const (
	firstOpset = 7
	lastOpset  = 23
)

// Constants that a file implies without spelling them out (filled states,
// broadcasts, transposed weights) may have madeBase elements and madePerByte
// more for each byte of the file: a few bytes must not ask for all memory.
const (
	madeBase    = 1 << 22
	madePerByte = 16
)

// importer is one import under way.
type importer struct {
	file      string
	model     *onnxpb.ModelProto
	graph     *onnxpb.GraphProto
	list      diag.List
	b         *ir.Builder
	rows      map[string]*row
	opsets    map[string]int               // by domain; ai.onnx is ""
	functions map[string]bool              // domain::name of the operators the file defines
	tensors   map[string]*tensor           // by ONNX name
	declared  map[string]*onnxpb.TypeProto // types the file writes down for tensors between nodes
	batch     map[string]bool              // symbols of the batch axis
	taken     map[string]int               // names of values, and how often each was asked for
	outputs   map[string]string            // names of the output values, by ONNX name
	origins   map[string]bool              // names of nodes met
	weights   map[weightKey]*tensor
	room      int // elements of constants that may still be made
	unknowns  int
}

// Import reads an ONNX file into a net at the source level: one step, all of it
// computed once, real[1, …] for float tensors with the batch axis in front.
// file is the name to use in messages, data the file's content. The list holds
// warnings and errors; the net is nil when it holds an error.
// Operators that are not supported are no error here: see Unsupported.
func Import(file string, data []byte) (*ir.Net, diag.List) {
	imp := &importer{
		file: file, rows: rowsByName(), opsets: map[string]int{}, functions: map[string]bool{},
		tensors: map[string]*tensor{}, declared: map[string]*onnxpb.TypeProto{}, batch: map[string]bool{},
		taken: map[string]int{}, outputs: map[string]string{}, origins: map[string]bool{},
		weights: map[weightKey]*tensor{}, room: madeBase + madePerByte*len(data),
	}
	imp.b = ir.NewBuilder(imp.netName(), ir.Source, 1)
	if !imp.decode(data) {
		return nil, imp.list
	}
	imp.checkNames()
	imp.readConstants()
	imp.readInputs()
	order, ok := imp.order()
	if !ok {
		return nil, imp.list
	}
	for _, pb := range order {
		imp.readNode(pb)
	}
	imp.writeOutputs()
	if imp.list.Err() != nil {
		return nil, imp.list
	}
	net := imp.b.Net()
	imp.warnUnread(net)
	return net, imp.list
}

// netName is the file's name without folder and extension.
func (imp *importer) netName() string {
	base := filepath.Base(imp.file)
	return ir.CleanName(strings.TrimSuffix(base, filepath.Ext(base)))
}

// at is the place of what belongs to no node.
func (imp *importer) at() diag.Origin { return diag.Origin{File: imp.file} }

func (imp *importer) fail(code diag.Code, format string, args ...any) {
	imp.list.Add(imp.at(), code, format, args...)
}

// decode reads the protobuf and the model's head.
func (imp *importer) decode(data []byte) bool {
	imp.model = &onnxpb.ModelProto{}
	// The decoder's own message changes from run to run, on purpose.
	if proto.Unmarshal(data, imp.model) != nil {
		imp.fail(diag.BadFile, "is not an ONNX file, or only a part of one")
		return false
	}
	imp.graph = imp.model.Graph
	if imp.graph == nil {
		imp.fail(diag.BadFile, "is not an ONNX file: it holds no graph")
		return false
	}
	for _, f := range imp.model.Functions {
		imp.functions[domain(f.Domain)+"::"+f.Name] = true
	}
	for _, v := range append(imp.graph.ValueInfo, imp.graph.Output...) {
		imp.declared[v.Name] = v.Type
	}
	return imp.readOpsets()
}

// domain is the canonical spelling of an operator domain.
func domain(s string) string {
	if s == "ai.onnx" {
		return ""
	}
	return s
}

func (imp *importer) readOpsets() bool {
	for _, o := range imp.model.OpsetImport {
		if _, twice := imp.opsets[domain(o.Domain)]; twice {
			imp.fail(diag.BadFile, "imports the operators of domain %q twice", o.Domain)
			return false
		}
		imp.opsets[domain(o.Domain)] = int(min(max(o.Version, 0), 1<<30))
	}
	version, ok := imp.opsets[""]
	switch {
	case !ok:
		imp.fail(diag.BadFile, "does not say which version of the ONNX operators it uses")
	case version < firstOpset || version > lastOpset:
		imp.list = append(imp.list, diag.Errorf(imp.at(), diag.BadFile, "uses opset %d, wanted %d to %d", version, firstOpset, lastOpset).
			WithHelp("export with opset_version=17"))
	}
	return imp.list.Err() == nil
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

// value is the IR's value of a tensor. Known contents become a constant when
// the first reader asks for them.
func (imp *importer) value(t *tensor) (*ir.Value, error) {
	if t.value != nil {
		return t.value, nil
	}
	switch {
	case t.empty:
		return nil, diag.Errorf(t.origin, diag.BadConstant, "%q has no elements", t.name)
	case !t.elem.computes():
		return nil, diag.Errorf(t.origin, diag.UnsupportedType, "%q has element type %v, wanted float", t.name, t.elem)
	}
	imp.b.At(t.origin)
	v, err := imp.b.Const(imp.unique(t.name), t.data)
	t.value = v
	return v, err
}

// report takes an error of any kind into the list.
func (imp *importer) report(at diag.Origin, err error) {
	var d *diag.Diagnostic
	if !errors.As(err, &d) {
		imp.list.Add(at, diag.BadNet, "%v", err)
		return
	}
	imp.list = append(imp.list, d)
}
