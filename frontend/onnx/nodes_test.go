package onnx_test

import (
	"archive/zip"
	"encoding/binary"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir"
	"nomul/ir/irtest"
	"nomul/runtime/interp"
)

var nodeTests = flag.String("nodes", "", "folder of the ONNX project's node tests; without it a part of them is run")

// These are the tolerances of the ONNX project's own runner.
const (
	relative = 1e-3
	absolute = 1e-7
)

// TestNodes runs the node tests of the ONNX project and holds the table of
// results per operator against the file. None may be wrong.
func TestNodes(t *testing.T) {
	irtest.Long(t)
	files, table := nodeFiles(t)
	models, err := fs.Glob(files, "test_*/model.onnx")
	if err != nil || len(models) < 400 {
		t.Fatalf("found %d node tests (%v)", len(models), err)
	}
	counts := map[string]*tally{}
	for _, model := range models {
		c := readNodeCase(t, files, path.Dir(model))
		result, why := c.run()
		if result == wrong {
			t.Errorf("%s: %s", c.name, why)
		}
		if counts[c.op] == nil {
			counts[c.op] = &tally{reasons: map[string]int{}}
		}
		counts[c.op].add(result, why)
	}
	got := tabulate(counts)
	if irtest.Update() {
		if err := os.WriteFile(table, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(table)
	if err != nil || string(want) != got {
		t.Errorf("the table in %s is not the one below (%v); if this is right, run with -update", table, err)
	}
	fmt.Print(got)
}

// nodeFiles are the tests, and the table that they must give.
func nodeFiles(t *testing.T) (files fs.FS, table string) {
	t.Helper()
	if *nodeTests != "" {
		return os.DirFS(*nodeTests), "../../testdata/onnx/node-tests.txt"
	}
	part, err := zip.OpenReader("../../testdata/onnx/node-tests.zip")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { part.Close() })
	return part, "../../testdata/onnx/node-tests-part.txt"
}

type result int

const (
	passed result = iota
	refused
	wrong
)

// tally counts the results of one operator.
type tally struct {
	count   [3]int
	reasons map[string]int
}

func (c *tally) add(r result, why string) {
	c.count[r]++
	if r == refused {
		c.reasons[why]++
	}
}

// tabulate prints operators with something passed or wrong, then those that are
// refused altogether.
func tabulate(counts map[string]*tally) string {
	var b strings.Builder
	var sum [3]int
	var none []string
	fmt.Fprintf(&b, "%-42s %6s %7s %5s  %s\n", "operator", "passed", "refused", "wrong", "refused because")
	ops := slices.Sorted(func(yield func(string) bool) {
		for op := range counts {
			if !yield(op) {
				return
			}
		}
	})
	for _, op := range ops {
		c := counts[op]
		for i, n := range c.count {
			sum[i] += n
		}
		if c.count[passed]+c.count[wrong] == 0 {
			none = append(none, fmt.Sprintf("%-42s %6d %7d %5d  %s\n", op, 0, c.count[refused], 0, c.why()))
			continue
		}
		fmt.Fprintf(&b, "%-42s %6d %7d %5d  %s\n", op, c.count[passed], c.count[refused], c.count[wrong], c.why())
	}
	b.WriteString(strings.Join(none, ""))
	fmt.Fprintf(&b, "%-42s %6d %7d %5d\n", "all", sum[passed], sum[refused], sum[wrong])
	return b.String()
}

func (c *tally) why() string {
	var out []string
	for why, n := range c.reasons {
		out = append(out, fmt.Sprintf("%s (%d)", why, n))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

// nodeCase is one node test: a model, its inputs and the expected outputs.
type nodeCase struct {
	name, op   string
	model      *onnxpb.ModelProto
	inputs     []*onnxpb.TensorProto
	outputs    []*onnxpb.TensorProto
	notTensors bool // nor sequences of them
}

func readNodeCase(t *testing.T, files fs.FS, dir string) *nodeCase {
	t.Helper()
	c := &nodeCase{name: dir, model: &onnxpb.ModelProto{}}
	readProto(t, files, dir+"/model.onnx", c.model)
	c.op = operatorOf(t, files, dir, c.model)
	c.notTensors = !c.flatten(t, files, dir+"/test_data_set_0/")
	return c
}

var expanded = regexp.MustCompile(`_expanded(_function)?(_ver\d+)?$`)

// operatorOf is the operator that a test is about. Tests of the functions that
// operators are defined by stand beside the operators' own.
func operatorOf(t *testing.T, files fs.FS, dir string, m *onnxpb.ModelProto) string {
	t.Helper()
	base := expanded.ReplaceAllString(dir, "")
	if base != dir {
		plain := &onnxpb.ModelProto{}
		if _, err := fs.Stat(files, base+"/model.onnx"); err == nil {
			readProto(t, files, base+"/model.onnx", plain)
			return plain.Graph.Node[0].OpType + " as a function"
		}
		return "other functions"
	}
	return m.Graph.Node[len(m.Graph.Node)-1].OpType
}

func readProto(t *testing.T, files fs.FS, file string, into proto.Message) {
	t.Helper()
	data, err := fs.ReadFile(files, file)
	if err == nil {
		err = proto.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(file, err)
	}
}

// readTensor reads a tensor with the element type that the model says: bfloat16
// stands in the tests as uint16, for numpy has no such type.
func readTensor(t *testing.T, files fs.FS, file string, as *onnxpb.ValueInfoProto) *onnxpb.TensorProto {
	t.Helper()
	out := &onnxpb.TensorProto{}
	readProto(t, files, file, out)
	if said := as.GetType().GetTensorType().ElemType; said == 16 {
		out.DataType = said
	}
	return out
}

// run imports the model in three forms: with all inputs given at run time, with
// all but the first constant, and with all constant. Those that import must
// give the outputs; a test passes when one does.
func (c *nodeCase) run() (result, string) {
	if c.notTensors {
		return refused, "optional types"
	}
	status, why := refused, ""
	for _, constants := range []int{len(c.inputs), 1, 0} {
		r, reason := c.runForm(constants)
		switch {
		case r == wrong:
			return wrong, fmt.Sprintf("with inputs from %d on constant: %s", constants, reason)
		case r == passed:
			status = passed
		default:
			why = reason
		}
	}
	return status, why
}

// runForm runs the model with the inputs from a number on constant.
func (c *nodeCase) runForm(constants int) (result, string) {
	m := proto.CloneOf(c.model)
	for i := constants; i < len(c.inputs); i++ {
		pb := proto.CloneOf(c.inputs[i])
		pb.Name = m.Graph.Input[i].Name
		m.Graph.Initializer = append(m.Graph.Initializer, pb)
	}
	data, err := proto.Marshal(m)
	if err != nil {
		return wrong, err.Error()
	}
	net, list := onnx.Import("m.onnx", data, onnx.Options{})
	if net == nil {
		return refused, shortened(list[0].Message)
	}
	if gaps := onnx.Unsupported(net); len(gaps) > 0 {
		return refused, gaps[0].Op + ": " + gaps[0].Reason
	}
	if err := ir.Verify(net); err != nil {
		return wrong, err.Error()
	}
	machine, err := interp.New(net)
	if err != nil {
		return wrong, err.Error()
	}
	in := map[string]*ir.Tensor{}
	for i, v := range net.All(ir.OpInput) {
		in[v.Name] = numbers(c.inputs[i], v.Type)
		if in[v.Name] == nil {
			return refused, "data of open shapes"
		}
	}
	got, err := machine.Run(in, nil)
	if err != nil {
		return refused, "data that is not finite"
	}
	return c.compare(net, got)
}

// shortened replaces the names, shapes and numbers of a message, which differ from test to test.
func shortened(message string) string {
	for _, r := range [][2]string{{`attribute "(\w+)"`, "attribute $1"}, {`"[^"]*" `, ""}, {`\[[^]]*\]`, "[…]"}, {`%\S+ `, ""}, {`\b-?\d+(\.\d+)?\b`, "N"}} {
		message = regexp.MustCompile(r[0]).ReplaceAllString(message, r[1])
	}
	return message
}

func (c *nodeCase) compare(net *ir.Net, got map[string]*ir.Tensor) (result, string) {
	for i, v := range net.All(ir.OpOutput) {
		want := numbers(c.outputs[i], v.Type)
		if want == nil {
			return wrong, fmt.Sprintf("output %d is %v, wanted element type %d and shape %v", i, v.Type, c.outputs[i].DataType, c.outputs[i].Dims)
		}
		for k := range want.Type.Size() {
			if a, b := got[v.Name].At(k), want.At(k); !near(a, b) {
				return wrong, fmt.Sprintf("output %d element %d is %v, wanted %v", i, k, a, b)
			}
		}
	}
	return passed, ""
}

func near(a, b float64) bool {
	return a == b || math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= absolute+relative*math.Abs(b)
}

// numbers is a tensor of the tests as one of a type; nil when it is none. It
// shares no code with the importer.
func numbers(pb *onnxpb.TensorProto, t ir.Type) *ir.Tensor {
	out := ir.NewTensor(t)
	dims := t.Shape.Dims()
	if len(dims) != len(pb.Dims) {
		return nil
	}
	for i, d := range pb.Dims {
		if int64(dims[i]) != d {
			return nil
		}
	}
	width := map[int32]int{1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 1, 10: 16, 11: 64, 12: 32, 13: 64, 16: 16, 21: 4, 22: 4}[pb.DataType]
	isReal := pb.DataType == 1 || pb.DataType == 10 || pb.DataType == 11 || pb.DataType == 16
	signed := pb.DataType == 3 || pb.DataType == 5 || pb.DataType == 6 || pb.DataType == 7 || pb.DataType == 22
	if isReal != t.IsReal() || !isReal && (int(t.Bits) != width || signed != (t.Kind == ir.Sint)) {
		return nil
	}
	if !isReal && len(pb.RawData) == 0 && len(pb.Int32Data) == t.Size() {
		for i, n := range pb.Int32Data {
			out.I[i] = int64(n)
		}
		return out
	}
	if isReal && len(pb.RawData) == 0 && len(pb.FloatData)+len(pb.Int32Data) == t.Size() {
		for i, f := range pb.FloatData {
			out.F[i] = float64(f)
		}
		for i, bits := range pb.Int32Data {
			out.F[i] = realNumber(pb.DataType, uint64(bits))
		}
		return out
	}
	if width == 4 {
		return nibbles(pb, out, signed)
	}
	size := max(1, width/8)
	if len(pb.RawData) != size*t.Size() {
		return nil
	}
	for i := range t.Size() {
		bits := make([]byte, 8)
		copy(bits, pb.RawData[i*size:][:size])
		u := binary.LittleEndian.Uint64(bits)
		switch {
		case isReal:
			out.F[i] = realNumber(pb.DataType, u)
		case signed:
			out.I[i] = int64(u<<(64-width)) >> (64 - width)
		default:
			out.I[i] = int64(u)
		}
	}
	return out
}

// nibbles fills in integers of 4 bits, of which each byte has two, the lower first.
func nibbles(pb *onnxpb.TensorProto, out *ir.Tensor, signed bool) *ir.Tensor {
	packed := pb.RawData
	for _, n := range pb.Int32Data {
		packed = append(packed, byte(n))
	}
	if len(packed) != (len(out.I)+1)/2 {
		return nil
	}
	for i := range out.I {
		n := int64(packed[i/2]>>(i%2*4)) & 15
		if signed && n > 7 {
			n -= 16
		}
		out.I[i] = n
	}
	return out
}

func realNumber(dataType int32, bits uint64) float64 {
	switch dataType {
	case 11:
		return math.Float64frombits(bits)
	case 16:
		return float64(math.Float32frombits(uint32(bits) << 16))
	case 10: // the same number with the exponent and fraction of a float32
		small := uint32(bits&0x7fff) << 13
		f := float64(math.Float32frombits(small)) * math.Ldexp(1, 112)
		if bits&0x7c00 == 0x7c00 {
			f = float64(math.Float32frombits(small | 0x7f800000))
		}
		return math.Copysign(f, 1-2*float64(bits>>15&1))
	}
	return float64(math.Float32frombits(uint32(bits)))
}
