package ir

import "nomul/ir/update"

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
	OpMod
	OpPow
	OpMin
	OpMax
	OpNeg
	OpShl
	OpCSD
	OpMap
	OpSoftmax
	OpAnd
	OpOr
	OpXor
	OpAndNot
	OpCompare
	OpCast
	OpWhere
	OpReshape
	OpTranspose
	OpConcat
	OpSlice
	OpGather
	OpScatter
	OpPad
	OpBroadcast
	OpReduceSum
	OpReduceMean
	OpReduceMax
	OpReduceMin
	OpReduceProd
	OpArgmax
	OpArgmin
	OpMatmul
	OpLinear
	OpConv
	OpMaxPool
	OpSumPool
	OpAvgPool
	OpBatchNorm
	OpNeuron
	OpDelay
	OpLatch
	OpSum
	OpLast
	OpMaxTime
	OpFirst
	numOps
)

// Operand names one operand slot of an op.
type Operand struct {
	Name     string
	Optional bool // printed as name=%value, and only when present
	Bare     bool // optional, but printed without its name; only right behind the required ones
	Variadic bool // any number; only as the sole slot
}

type opInfo struct {
	name     string
	operands []Operand
	attrs    Attrs // the zero attribute struct; nil when there are none
	from, to Level // the levels that allow the op
	traits   traits
	infer    func(*inference)
	update   func(*updating) update.Value // the program of an element, as far as an op has one
	doc      string
}

// traits set an op apart where values are handled generically.
type traits uint8

const (
	remembers traits = 1 << iota // keeps something from step to step, so its clock is step
	readout                      // turns step into end
	typeGiven                    // the operands do not determine the type; it is written
)

// ops is THE table: one row per op.
var ops = [numOps]opInfo{
	OpInput:   {"input", nil, InputAttrs{}, Source, Fixed, typeGiven, inferGiven, nil, "an input of the net: a real array, or integers such as pixels; per=step gives a new one each step"},
	OpConst:   {"const", nil, ConstAttrs{}, Source, Fixed, typeGiven, inferConst, nil, "a constant: data, fill (one value everywhere), seed (reproducible noise, for tests) or a file beside the text"},
	OpOutput:  {"output", slots("x"), OutputAttrs{}, Source, Fixed, 0, inferSame, nil, "a result of the net; at the fixed level it has one scale; read says how it was made of the results of all time steps, where the user said so"},
	OpUnknown: {"unknown", variadic("x"), UnknownAttrs{}, Source, Source, typeGiven, inferGiven, nil, "an operator of the source file that has no meaning here; kept so that all gaps are listed at once"},

	OpAdd: {"add", slots("a", "b"), nil, Source, Fixed, 0, inferAdd, updateAdd, "a + b, broadcast"},
	OpSub: {"sub", slots("a", "b"), nil, Source, Fixed, 0, inferSub, updateSub, "a - b, broadcast"},
	OpMul: {"mul", slots("a", "b"), nil, Source, Spiking, 0, inferArith, nil, "a * b, broadcast"},
	OpDiv: {"div", slots("a", "b"), nil, Source, Spiking, 0, inferArith, nil, "a / b, broadcast; integers truncate toward zero"},
	OpMod: {"mod", slots("a", "b"), ModAttrs{}, Source, Source, 0, inferMod, nil, "the remainder of a / b, broadcast, with the sign of b; fmod: with the sign of a"},
	OpPow: {"pow", slots("a", "b"), nil, Source, Spiking, 0, inferPow, nil, "a to the power of b, broadcast"},
	OpMin: {"min", slots("a", "b"), nil, Source, Fixed, 0, inferMin, updateMin, "the smaller of a and b, broadcast"},
	OpMax: {"max", slots("a", "b"), nil, Source, Fixed, 0, inferMax, updateMax, "the larger of a and b, broadcast"},
	OpNeg: {"neg", slots("x"), nil, Source, Fixed, 0, inferNeg, updateNeg, "-x"},
	OpShl: {"shl", slots("x"), ShlAttrs{}, Spiking, Fixed, 0, inferShl, updateShl, "x · 2^k of an integer"},
	OpCSD: {"csd", slots("x", "factor"), CSDAttrs{}, Fixed, Fixed, 0, inferCSD, updateCSD,
		"(x · factor) >> shift of integers, factor a constant: the sum of shifted copies of x, rounded once"},
	OpMap:     {"map", slots("x"), MapAttrs{}, Source, Fixed, 0, inferMap, updateMap, "a function fn of each element; relu and abs of integers too"},
	OpSoftmax: {"softmax", slots("x"), AxisAttrs{}, Source, Spiking, 0, inferReal, nil, "exp(x) over its sum along an axis"},
	OpAnd:     {"and", slots("a", "b"), nil, Source, Fixed, 0, inferLogic, updateAnd, "a and b of spikes, broadcast"},
	OpOr:      {"or", slots("a", "b"), nil, Source, Fixed, 0, inferLogic, updateOr, "a or b of spikes, broadcast"},
	OpXor:     {"xor", slots("a", "b"), nil, Source, Fixed, 0, inferLogic, updateXor, "either a or b of spikes, broadcast"},
	OpAndNot:  {"and-not", slots("a", "b"), nil, Source, Fixed, 0, inferLogic, updateAndNot, "a and not b of spikes, broadcast"},
	OpCompare: {"compare", slots("a", "b"), CompareAttrs{}, Source, Spiking, 0, inferCompare, nil, "1 where a is {is} b, else 0, broadcast"},
	OpCast:    {"cast", slots("x"), nil, Source, Source, typeGiven, inferCast, nil, "x in the element type written; real to integer truncates, to spike tells x != 0"},
	OpWhere:   {"where", slots("cond", "a", "b"), nil, Source, Fixed, 0, inferWhere, updateWhere, "a where cond is 1, else b, broadcast"},

	OpReshape:   {"reshape", slots("x"), ShapeAttrs{}, Source, Fixed, 0, inferReshape, nil, "the same elements in C order in another shape"},
	OpTranspose: {"transpose", slots("x"), PermAttrs{}, Source, Fixed, 0, inferTranspose, nil, "axes permuted: axis i of the result is axis perm[i] of x"},
	OpConcat:    {"concat", variadic("x"), AxisAttrs{}, Source, Fixed, 0, inferConcat, nil, "the operands one after another along an axis"},
	OpSlice:     {"slice", slots("x"), SliceAttrs{}, Source, Fixed, 0, inferSlice, nil, "elements start, start+step, … (count of them) along an axis"},
	OpGather:    {"gather", slots("x", "index"), AxisAttrs{}, Source, Source, 0, inferGather, nil, "the entries of x along an axis that an integer constant lists"},
	OpScatter:   {"scatter", slots("x", "index", "updates"), AxisAttrs{}, Source, Source, 0, inferScatter, nil, "x with the entries that an integer constant lists along axis 0 replaced; the last one wins"},
	OpPad:       {"pad", slots("x").opt("value"), PadAttrs{}, Source, Fixed, 0, inferPad, nil, "x with a scalar, 0 when absent, before and after it on each axis"},
	OpBroadcast: {"broadcast", slots("x"), ShapeAttrs{}, Source, Fixed, 0, inferBroadcast, nil, "x stretched to a shape, numpy's rule"},

	OpReduceSum:  {"reduce-sum", slots("x"), ReduceAttrs{}, Source, Fixed, 0, inferReduceSum, nil, "the sum over axes"},
	OpReduceMean: {"reduce-mean", slots("x"), ReduceAttrs{}, Source, Spiking, 0, inferReduceMean, nil, "the mean over axes"},
	OpReduceMax:  {"reduce-max", slots("x"), ReduceAttrs{}, Source, Fixed, 0, inferReduceSame, nil, "the largest over axes"},
	OpReduceMin:  {"reduce-min", slots("x"), ReduceAttrs{}, Source, Fixed, 0, inferReduceSame, nil, "the smallest over axes"},
	OpReduceProd: {"reduce-prod", slots("x"), ReduceAttrs{}, Source, Spiking, 0, inferReduceProd, nil, "the product over axes"},
	OpArgmax:     {"argmax", slots("x"), ArgAttrs{}, Source, Spiking, 0, inferArg, nil, "the index of the largest along an axis, of several the first; last: the last"},
	OpArgmin:     {"argmin", slots("x"), ArgAttrs{}, Source, Spiking, 0, inferArg, nil, "the index of the smallest along an axis, of several the first; last: the last"},

	OpMatmul: {"matmul", slots("a", "b"), nil, Source, Fixed, 0, inferMatmul, nil,
		"the matrix product of two values, numpy's rule; at the fixed level one of them is spikes, which choose what of the other is added"},
	OpLinear: {"linear", slots("x", "weight").opt("bias"), LinearAttrs{}, Source, Fixed, 0, inferLinear, nil, "weight[N,K] · x[…,K] + bias, [N] or a map over the result; at the fixed level an exact integer sum, run as additions of rows"},
	OpConv: {"conv", slots("x", "weight").opt("bias"), ConvAttrs{}, Source, Fixed, 0, inferConv, nil,
		"the correlation of x[…,C,spatial] with weight[M,C/groups,kernel], padded by 0, + bias, [M] or a map over [M,spatial]; 1 to 3 spatial axes"},
	OpMaxPool: {"max-pool", slots("x"), PoolAttrs{}, Source, Fixed, 0, inferMaxPool, nil, "the largest of each window of the last axes; padding does not count; of spikes, their or"},
	OpSumPool: {"sum-pool", slots("x"), PoolAttrs{}, Source, Fixed, 0, inferSumPool, nil, "the sum of each window of the last axes; padding is 0"},
	OpAvgPool: {"avg-pool", slots("x"), AvgPoolAttrs{}, Source, Spiking, 0, inferAvgPool, nil, "the mean of each window of the last axes; count-pad: padding counts as 0s"},
	OpBatchNorm: {"batch-norm", slots("x", "gamma", "beta", "mean", "variance"), BatchNormAttrs{}, Source, Spiking, 0, inferBatchNorm, nil,
		"gamma · (x − mean) / sqrt(variance + eps) + beta along an axis"},

	OpNeuron: {"neuron", slots("x").bare("threshold").opt("bias", "reset", "init", "jump", "leak", "gain", "current", "adapt"), NeuronAttrs{}, Spiking, Fixed, remembers, inferNeuron, updateNeuron,
		"integrate and fire: H = leak(V) + gain·(x << guard) + bias; S = [H compare threshold]; V = reset(H, S); with current, x first goes through a leak of its own; adapt: each spike raises the threshold by jump, which leaks; silent: the result is V"},
	OpDelay:   {"delay", slots("init"), nil, Source, Fixed, remembers | typeGiven, inferDelay, nil, "the value latched in the last step; init in the first"},
	OpLatch:   {"latch", slots("delay", "x"), nil, Source, Fixed, remembers, inferLatch, nil, "stores x for the next step of its delay; nothing reads it"},
	OpSum:     {"sum", slots("x"), nil, Source, Fixed, readout, inferSum, updateSum, "the sum of x over all steps"},
	OpLast:    {"last", slots("x"), nil, Source, Fixed, readout, inferSame, updateLast, "x of the last step"},
	OpMaxTime: {"max-time", slots("x"), nil, Source, Fixed, readout, inferSame, updateMaxTime, "the largest x of all steps"},
	OpFirst:   {"first", slots("x"), nil, Source, Fixed, readout, inferFirst, updateFirst, "the step of the first spike of x, from 0; the number of steps when there is none"},
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

// bare adds an optional slot that is printed without its name.
func (s slotList) bare(name string) slotList {
	return append(s, Operand{Name: name, Optional: true, Bare: true})
}

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

// Temporal tells whether the op relates the steps to each other: it remembers
// something from one to the next, or reads all of them.
func (o Op) Temporal() bool { return ops[o].traits&(remembers|readout) != 0 }

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
