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
	OpLevels
	OpTable
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
	OpCell
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
	Control  bool // says which elements of the others are meant; none of its own are in the result
}

// Class is the way in which an op's result depends on its operands; classDocs has them in words.
type Class uint8

// The classes.
const (
	Boundary Class = iota
	Element
	Move
	Patch
	Reduce
	Norm
	Window
	Contract
	State
	OverTime
)

var (
	classNames = names{"boundary", "element", "move", "patch", "reduce", "norm", "window", "contract", "state", "over-time"}
	classDocs  = names{
		"where values come into the net or leave it",
		"each element from those in its place of the operands, broadcast",
		"the elements of the operands, elsewhere",
		"those of the first operand, by an index, or with others among them",
		"one element from all along some axes",
		"each element with others or with parameters along an axis",
		"one element from those in a window of the last axes",
		"sums of products: of matrices, and of weighted layers",
		"something that is kept from step to step, so its clock is step",
		"one element from those in its place of all steps; turns step into end",
	}
)

func (c Class) String() string { return classNames.get(int(c)) }

// Doc is the class in words.
func (c Class) Doc() string { return classDocs.get(int(c)) }

type opInfo struct {
	name     string
	class    Class
	operands []Operand
	attrs    Attrs // the zero attribute struct; nil when there are none
	from, to Level // the levels that allow the op
	traits   traits
	infer    func(*inference)
	axes     func(Attrs, []Shape) Axes    // nil where there are no operands
	update   func(*updating) update.Value // the program of an element, as far as an op has one
	doc      string
}

// traits set an op apart where values are handled generically.
type traits uint8

const (
	typeGiven traits = 1 << iota // the operands do not determine the type; it is written
	commutes                     // its two operands may change places
	selects                      // each element of the result is one of the operands', or the 0 of a padding
)

// ops is THE table: one row per op.
var ops = [numOps]opInfo{
	OpInput:   {"input", Boundary, nil, InputAttrs{}, Source, Fixed, typeGiven, inferGiven, nil, nil, "an input of the net: a real array, or integers such as pixels; per=step gives a new one each step"},
	OpConst:   {"const", Boundary, nil, ConstAttrs{}, Source, Fixed, typeGiven, inferConst, nil, nil, "a constant: data, fill (one value everywhere), seed (reproducible noise, for tests) or a file beside the text"},
	OpOutput:  {"output", Boundary, slots("x"), OutputAttrs{}, Source, Fixed, 0, inferSame, elementAxes, nil, "a result of the net; at the fixed level it has one scale; read says how it was made of the results of all time steps, where the user said so"},
	OpUnknown: {"unknown", Boundary, variadic("x"), UnknownAttrs{}, Source, Source, typeGiven, inferGiven, nil, nil, "an operator of the source file that has no meaning here; kept so that all gaps are listed at once"},

	OpAdd: {"add", Element, slots("a", "b"), nil, Source, Fixed, commutes, inferAdd, elementAxes, updateAdd, "a + b, broadcast"},
	OpSub: {"sub", Element, slots("a", "b"), nil, Source, Fixed, 0, inferSub, elementAxes, updateSub, "a - b, broadcast"},
	OpMul: {"mul", Element, slots("a", "b"), nil, Source, Spiking, commutes, inferArith, elementAxes, nil, "a * b, broadcast"},
	OpDiv: {"div", Element, slots("a", "b"), nil, Source, Spiking, 0, inferArith, elementAxes, nil, "a / b, broadcast; integers truncate toward zero"},
	OpMod: {"mod", Element, slots("a", "b"), ModAttrs{}, Source, Source, 0, inferMod, elementAxes, nil, "the remainder of a / b, broadcast, with the sign of b; fmod: with the sign of a"},
	OpPow: {"pow", Element, slots("a", "b"), nil, Source, Spiking, 0, inferPow, elementAxes, nil, "a to the power of b, broadcast"},
	OpMin: {"min", Element, slots("a", "b"), nil, Source, Fixed, commutes | selects, inferMin, elementAxes, updateMin, "the smaller of a and b, broadcast"},
	OpMax: {"max", Element, slots("a", "b"), nil, Source, Fixed, commutes | selects, inferMax, elementAxes, updateMax, "the larger of a and b, broadcast"},
	OpNeg: {"neg", Element, slots("x"), nil, Source, Fixed, 0, inferNeg, elementAxes, updateNeg, "-x"},
	OpShl: {"shl", Element, slots("x"), ShlAttrs{}, Source, Fixed, 0, inferShl, elementAxes, updateShl, "x · 2^k of an integer"},
	OpCSD: {"csd", Element, slots("x", "factor"), CSDAttrs{}, Fixed, Fixed, 0, inferCSD, elementAxes, updateCSD,
		"(x · factor) >> shift of integers, factor a constant: the sum of shifted copies of x, rounded once"},
	OpMap: {"map", Element, slots("x"), MapAttrs{}, Source, Fixed, 0, inferMap, elementAxes, updateMap, "a function fn of each element; relu and abs of integers too"},
	OpLevels: {"levels", Element, slots("x", "first", "step").opt(levelParts[:]...), LevelsAttrs{}, Source, Fixed, 0, inferLevels, elementAxes, updateLevels,
		"how many of the thresholds first, first + step, … x reaches, count at most: a word of bits instead of a spike; ties: an x on a threshold reaches it (up), or takes the even or the odd one of the two numbers; with bit1, bit2, … the threshold of n lies by these above first − step in place of step·2, step·4, … for the bits of n"},
	OpTable:   {"table", Element, slots("x"), TableAttrs{}, Source, Fixed, 0, inferTable, elementAxes, updateTable, "entry x of entries, which are counted from 0: any function of a word"},
	OpSoftmax: {"softmax", Norm, slots("x"), AxisAttrs{}, Source, Spiking, 0, inferReal, alongAxes, nil, "exp(x) over its sum along an axis"},
	OpAnd:     {"and", Element, slots("a", "b"), nil, Source, Fixed, commutes, inferLogic, elementAxes, updateAnd, "a and b of spikes, broadcast"},
	OpOr:      {"or", Element, slots("a", "b"), nil, Source, Fixed, commutes, inferLogic, elementAxes, updateOr, "a or b of spikes, broadcast"},
	OpXor:     {"xor", Element, slots("a", "b"), nil, Source, Fixed, commutes, inferLogic, elementAxes, updateXor, "either a or b of spikes, broadcast"},
	OpAndNot:  {"and-not", Element, slots("a", "b"), nil, Source, Fixed, 0, inferLogic, elementAxes, updateAndNot, "a and not b of spikes, broadcast"},
	OpCompare: {"compare", Element, slots("a", "b"), CompareAttrs{}, Source, Spiking, 0, inferCompare, elementAxes, nil, "1 where a is {is} b, else 0, broadcast"},
	OpCast:    {"cast", Element, slots("x"), nil, Source, Source, typeGiven, inferCast, elementAxes, nil, "x in the element type written; real to integer truncates, to spike tells x != 0"},
	OpWhere:   {"where", Element, slots("cond", "a", "b").control("cond"), nil, Source, Fixed, selects, inferWhere, elementAxes, updateWhere, "a where cond is 1, else b, broadcast"},

	OpReshape:   {"reshape", Move, slots("x"), ShapeAttrs{}, Source, Fixed, selects, inferReshape, reshapedAxes, nil, "the same elements in C order in another shape"},
	OpTranspose: {"transpose", Move, slots("x"), PermAttrs{}, Source, Fixed, selects, inferTranspose, permutedAxes, nil, "axes permuted: axis i of the result is axis perm[i] of x"},
	OpConcat:    {"concat", Move, variadic("x"), AxisAttrs{}, Source, Fixed, selects, inferConcat, alongAxes, nil, "the operands one after another along an axis"},
	OpSlice:     {"slice", Move, slots("x"), SliceAttrs{}, Source, Fixed, selects, inferSlice, alongAxes, nil, "elements start, start+step, … (count of them) along an axis"},
	OpGather:    {"gather", Patch, slots("x", "index").control("index"), AxisAttrs{}, Source, Source, selects, inferGather, gatheredAxes, nil, "the entries of x along an axis that an integer constant lists"},
	OpScatter:   {"scatter", Patch, slots("x", "index", "updates").control("index"), AxisAttrs{}, Source, Source, selects, inferScatter, scatteredAxes, nil, "x with the entries that an integer constant lists along axis 0 replaced; the last one wins"},
	OpPad:       {"pad", Patch, slots("x").opt("value"), PadAttrs{}, Source, Fixed, selects, inferPad, paddedAxes, nil, "x with a scalar, 0 when absent, before and after it on each axis"},
	OpBroadcast: {"broadcast", Move, slots("x"), ShapeAttrs{}, Source, Fixed, selects, inferBroadcast, stretchedAxes, nil, "x stretched to a shape, numpy's rule"},

	OpReduceSum:  {"reduce-sum", Reduce, slots("x"), ReduceAttrs{}, Source, Fixed, 0, inferReduceSum, reducedAxes, nil, "the sum over axes"},
	OpReduceMean: {"reduce-mean", Reduce, slots("x"), ReduceAttrs{}, Source, Spiking, 0, inferReduceMean, reducedAxes, nil, "the mean over axes"},
	OpReduceMax:  {"reduce-max", Reduce, slots("x"), ReduceAttrs{}, Source, Fixed, selects, inferReduceSame, reducedAxes, nil, "the largest over axes"},
	OpReduceMin:  {"reduce-min", Reduce, slots("x"), ReduceAttrs{}, Source, Fixed, selects, inferReduceSame, reducedAxes, nil, "the smallest over axes"},
	OpReduceProd: {"reduce-prod", Reduce, slots("x"), ReduceAttrs{}, Source, Spiking, 0, inferReduceProd, reducedAxes, nil, "the product over axes"},
	OpArgmax:     {"argmax", Reduce, slots("x"), ArgAttrs{}, Source, Spiking, 0, inferArg, reducedAxes, nil, "the index of the largest along an axis, of several the first; last: the last"},
	OpArgmin:     {"argmin", Reduce, slots("x"), ArgAttrs{}, Source, Spiking, 0, inferArg, reducedAxes, nil, "the index of the smallest along an axis, of several the first; last: the last"},

	OpMatmul: {"matmul", Contract, slots("a", "b"), nil, Source, Fixed, 0, inferMatmul, matmulAxes, nil,
		"the matrix product of two values, numpy's rule; at the fixed level one of them is spikes, which choose what of the other is added"},
	OpLinear: {"linear", Contract, slots("x", "weight").opt("bias"), LinearAttrs{}, Source, Fixed, 0, inferLinear, linearAxes, nil, "weight[N,K] · x[…,K] + bias, [N] or a map over the result; at the fixed level an exact integer sum, run as additions of rows"},
	OpConv: {"conv", Contract, slots("x", "weight").opt("bias"), ConvAttrs{}, Source, Fixed, 0, inferConv, convAxes, nil,
		"the correlation of x[…,C,spatial] with weight[M,C/groups,kernel], padded by 0, + bias, [M] or a map over [M,spatial]; 1 to 3 spatial axes"},
	OpMaxPool: {"max-pool", Window, slots("x"), PoolAttrs{}, Source, Fixed, selects, inferMaxPool, pooledAxes, nil, "the largest of each window of the last axes; padding does not count; of spikes, their or"},
	OpSumPool: {"sum-pool", Window, slots("x"), PoolAttrs{}, Source, Fixed, 0, inferSumPool, pooledAxes, nil, "the sum of each window of the last axes; padding is 0"},
	OpAvgPool: {"avg-pool", Window, slots("x"), AvgPoolAttrs{}, Source, Spiking, 0, inferAvgPool, pooledAxes, nil, "the mean of each window of the last axes; count-pad: padding counts as 0s"},
	OpBatchNorm: {"batch-norm", Norm, slots("x", "gamma", "beta", "mean", "variance"), BatchNormAttrs{}, Source, Spiking, 0, inferBatchNorm, normAxes, nil,
		"gamma · (x − mean) / sqrt(variance + eps) + beta along an axis"},

	OpNeuron: {"neuron", State, slots("x").bare("threshold").opt("bias", "reset", "init", "jump", "leak", "gain", "current", "adapt"), NeuronAttrs{}, Spiking, Fixed, 0, inferNeuron, elementAxes, updateNeuron,
		"integrate and fire: H = leak(V) + gain·(x << guard) + bias; S = [H compare threshold]; V = reset(H, S); with current, x first goes through a leak of its own; adapt: each spike raises the threshold by jump, which leaks; silent: the result is V"},
	OpCell: {"cell", State, variadic("x"), CellAttrs{}, Source, Fixed, 0, inferCell, elementAxes, updateCell,
		"a neuron by its program, which each element runs in a time step: state, sums, products with constants, comparisons and choices; see CellAttrs"},
	OpDelay:   {"delay", State, slots("init"), nil, Source, Fixed, typeGiven, inferDelay, elementAxes, nil, "the value latched in the last step; init in the first"},
	OpLatch:   {"latch", State, slots("delay", "x"), nil, Source, Fixed, 0, inferLatch, elementAxes, nil, "stores x for the next step of its delay; nothing reads it"},
	OpSum:     {"sum", OverTime, slots("x"), nil, Source, Fixed, 0, inferSum, elementAxes, updateSum, "the sum of x over all steps"},
	OpLast:    {"last", OverTime, slots("x"), nil, Source, Fixed, selects, inferSame, elementAxes, updateLast, "x of the last step"},
	OpMaxTime: {"max-time", OverTime, slots("x"), nil, Source, Fixed, selects, inferSame, elementAxes, updateMaxTime, "the largest x of all steps"},
	OpFirst:   {"first", OverTime, slots("x"), nil, Source, Fixed, 0, inferFirst, elementAxes, updateFirst, "the step of the first spike of x, from 0; the number of steps when there is none"},
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

// control marks a slot that says which elements of the others are meant.
func (s slotList) control(name string) slotList {
	for i := range s {
		s[i].Control = s[i].Control || s[i].Name == name
	}
	return s
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

// Class is the way in which the op's result depends on its operands.
func (o Op) Class() Class { return ops[o].class }

// Temporal reports whether the op relates the steps to each other: it remembers
// something from one to the next, or reads all of them.
func (o Op) Temporal() bool { return o.Class() >= State }

// Typed reports whether the operands do not determine the type of the result.
func (o Op) Typed() bool { return ops[o].traits&typeGiven != 0 }

// Commutes reports whether the op's two operands may change places.
func (o Op) Commutes() bool { return ops[o].traits&commutes != 0 }

// Selected returns the operands whose elements a value's are, some of them, each once or
// often, besides the 0 of a padding; nil where elements are computed.
func (v *Value) Selected() []*Value {
	if ops[v.Op].traits&selects == 0 {
		return nil
	}
	var out []*Value
	for i, a := range v.Args {
		if slots := ops[v.Op].operands; a != nil && !slots[min(i, len(slots)-1)].Control {
			out = append(out, a)
		}
	}
	return out
}

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
