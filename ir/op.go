package ir

// Op is an operation of the IR. The table below is all that printing, parsing,
// building, verifying and documentation know about it; its meaning is the row
// of the same op in runtime/interp.
type Op uint8

// The operations.
const (
	OpInvalid Op = iota
	OpInput
	OpConst
	OpOutput
	OpUnknown
	OpAdd
	OpSub
	OpMul
	OpDiv
	OpNeg
	OpCompare
	OpCast
	OpWhere
	OpReshape
	OpTranspose
	OpConcat
	OpSlice
	OpGather
	OpReduceSum
	OpReduceMean
	OpMatmul
	OpLinear
	OpBatchNorm
	OpNeuron
	OpDelay
	OpLatch
	OpSum
	numOps
)

// Operand names one operand slot of an op.
type Operand struct {
	Name     string
	Optional bool // printed as name=%value, and only when present
	Variadic bool // any number; only as the sole slot
}

type opInfo struct {
	name     string
	operands []Operand
	attrs    Attrs // the zero attribute struct; nil when there are none
	from, to Level // the levels that allow the op
	traits   traits
	infer    func(*inference)
	doc      string
}

// traits are what sets an op apart where values are handled generically.
type traits uint8

const (
	remembers traits = 1 << iota // keeps something from step to step, so its clock is step
	readout                      // turns step into end
	typeGiven                    // the operands do not determine the type; it is written
)

// ops is THE table: one row per op.
var ops = [numOps]opInfo{
	OpInput:   {"input", nil, InputAttrs{}, Source, Fixed, typeGiven, inferGiven, "an input of the net: a real array, or integers such as pixels; per=step gives a new one each step"},
	OpConst:   {"const", nil, ConstAttrs{}, Source, Fixed, typeGiven, inferConst, "a constant: data, fill (one value everywhere), seed (reproducible noise, for tests) or a file beside the text"},
	OpOutput:  {"output", slots("x"), nil, Source, Fixed, 0, inferSame, "a result of the net; at the fixed level its scale is a power of two"},
	OpUnknown: {"unknown", variadic("x"), UnknownAttrs{}, Source, Source, typeGiven, inferGiven, "an operator of the source file that has no meaning here; kept so that all gaps are listed at once"},

	OpAdd:     {"add", slots("a", "b"), nil, Source, Fixed, 0, inferAdd, "a + b, broadcast"},
	OpSub:     {"sub", slots("a", "b"), nil, Source, Fixed, 0, inferSub, "a - b, broadcast"},
	OpMul:     {"mul", slots("a", "b"), nil, Source, Spiking, 0, inferArith, "a * b, broadcast"},
	OpDiv:     {"div", slots("a", "b"), nil, Source, Spiking, 0, inferArith, "a / b, broadcast; integers truncate toward zero"},
	OpNeg:     {"neg", slots("x"), nil, Source, Fixed, 0, inferNeg, "-x"},
	OpCompare: {"compare", slots("a", "b"), CompareAttrs{}, Source, Spiking, 0, inferCompare, "1 where a is {is} b, else 0, broadcast"},
	OpCast:    {"cast", slots("x"), nil, Source, Source, typeGiven, inferCast, "x in the element type written; real to integer truncates, to spike tells x != 0"},
	OpWhere:   {"where", slots("cond", "a", "b"), nil, Source, Spiking, 0, inferWhere, "a where cond is 1, else b, broadcast"},

	OpReshape:   {"reshape", slots("x"), ShapeAttrs{}, Source, Fixed, 0, inferReshape, "the same elements in C order in another shape"},
	OpTranspose: {"transpose", slots("x"), PermAttrs{}, Source, Fixed, 0, inferTranspose, "axes permuted: axis i of the result is axis perm[i] of x"},
	OpConcat:    {"concat", variadic("x"), AxisAttrs{}, Source, Fixed, 0, inferConcat, "the operands one after another along an axis"},
	OpSlice:     {"slice", slots("x"), SliceAttrs{}, Source, Fixed, 0, inferSlice, "elements start, start+step, … (count of them) along an axis"},
	OpGather:    {"gather", slots("x", "index"), AxisAttrs{}, Source, Source, 0, inferGather, "the entries of x along an axis that an integer constant lists"},

	OpReduceSum:  {"reduce-sum", slots("x"), ReduceAttrs{}, Source, Fixed, 0, inferReduceSum, "the sum over axes"},
	OpReduceMean: {"reduce-mean", slots("x"), ReduceAttrs{}, Source, Spiking, 0, inferReduceMean, "the mean over axes"},

	OpMatmul: {"matmul", slots("a", "b"), nil, Source, Source, 0, inferMatmul, "the matrix product of two values, numpy's rule"},
	OpLinear: {"linear", slots("x", "weight").opt("bias"), LinearAttrs{}, Source, Fixed, 0, inferLinear, "weight[N,K] · x[…,K] + bias[N]; at the fixed level an exact integer sum, run as additions of rows"},
	OpBatchNorm: {"batch-norm", slots("x", "gamma", "beta", "mean", "variance"), BatchNormAttrs{}, Source, Spiking, 0, inferBatchNorm,
		"gamma · (x − mean) / sqrt(variance + eps) + beta along an axis"},

	OpNeuron: {"neuron", slots("x", "threshold").opt("bias", "reset", "init", "leak", "gain"), NeuronAttrs{}, Spiking, Fixed, remembers, inferNeuron,
		"integrate and fire: H = leak(V) + gain·(x << guard) + bias; S = [H compare threshold]; V = reset(H, S)"},
	OpDelay: {"delay", slots("init"), nil, Source, Fixed, remembers | typeGiven, inferDelay, "the value latched in the last step; init in the first"},
	OpLatch: {"latch", slots("delay", "x"), nil, Source, Fixed, remembers, inferLatch, "stores x for the next step of its delay; nothing reads it"},
	OpSum:   {"sum", slots("x"), nil, Source, Fixed, readout, inferSum, "the sum of x over all steps"},
}

type slotList []Operand

func slots(names ...string) slotList {
	var out slotList
	for _, n := range names {
		out = append(out, Operand{Name: n})
	}
	return out
}

func variadic(name string) slotList { return slotList{{Name: name, Variadic: true}} }

func (s slotList) opt(names ...string) slotList {
	for _, n := range names {
		s = append(s, Operand{Name: n, Optional: true})
	}
	return s
}

func (o Op) String() string {
	if o == OpInvalid || o >= numOps {
		return "?"
	}
	return ops[o].name
}

// Doc is the op's meaning in one sentence.
func (o Op) Doc() string { return ops[o].doc }

// Operands lists the op's operand slots.
func (o Op) Operands() []Operand { return ops[o].operands }

// Levels are the first and the last level that allow the op.
func (o Op) Levels() (from, to Level) { return ops[o].from, ops[o].to }

// AllOps lists every op, in table order.
func AllOps() []Op {
	var out []Op
	for o := OpInvalid + 1; o < numOps; o++ {
		out = append(out, o)
	}
	return out
}

// OpNamed finds an op by its name in the text form.
func OpNamed(name string) (Op, bool) {
	for o := OpInvalid + 1; o < numOps; o++ {
		if ops[o].name == name {
			return o, true
		}
	}
	return OpInvalid, false
}
