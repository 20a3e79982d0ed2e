package dsl

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// layer is a function of the language: its parameters, and the code that adds its
// values to the net.
type layer struct {
	name   string
	doc    string
	params []param
	run    func(*call) value
}

func (l *layer) what() string { return "layer " + l.name }

func (l *layer) call(e *elab, f *frame, s *callSite) value {
	c := e.bindArgs(f, l.name, l.params, s)
	if c.bad {
		return bad
	}
	return l.run(c)
}

// builtins are the functions that need no declaration. One row each.
var builtins = table(
	&layer{"linear", "a dense layer along an axis, the last one by default; its weights are NAME.weight [n, inputs] and NAME.bias [n]",
		params("x value, n number, over any = -1, bias any = true, weight any"), runLinear},
	&layer{"conv", "a convolution over all axes behind the channels; its weights are NAME.weight [n, channels / groups, kernel…] and NAME.bias [n]; pad: same keeps the extents at stride 1",
		params("x value, n number, kernel any, stride any = 1, pad any = 0, dilation any = 1, groups number = 1, bias any = true, weight any"), runConv},
	&layer{"bn", "batch-norm over the channels, another axis, or tokens (all places of an image); its numbers are NAME.weight, .bias, .running_mean and .running_var",
		params("x value, over any = 0, eps number = 1e-5"), runBatchNorm},
	&layer{"max_pool", "the largest of each window; of spikes, their or", params("x value, kernel any, stride any, pad any = 0, dilation any = 1"), runMaxPool},
	&layer{"sum_pool", "the sum of each window", params("x value, kernel any, stride any, pad any = 0, dilation any = 1"), runSumPool},
	&layer{"avg_pool", "the mean of each window; count_pad: padding counts as 0s", params("x value, kernel any, stride any, pad any = 0, dilation any = 1, count_pad truth = true"), runAvgPool},

	&layer{"flatten", "all elements along one axis", params("x value"), runFlatten},
	&layer{"reshape", "the same elements in another shape; -1 stands for what is left", params("x value, shape list"), runReshape},
	&layer{"transpose", "axes in another order: axis i of the result is axis order[i] of x", params("x value, order list"), runTranspose},
	&layer{"concat", "values one after another, along the channels or another axis", params("parts rest, axis any = 0"), runConcat},
	&layer{"slice", "elements from start up to stop, step apart, along an axis", params("x value, axis any, start number = 0, stop any, step number = 1"), runSlice},
	&layer{"pad", "zeros, or another number, around the places of an image: one count, one per axis, or all begins and then all ends", params("x value, by any, fill number = 0"), runPad},
	&layer{"stretch", "x broadcast to a shape", params("x value, shape list"), runStretch},

	&layer{"mean", "the mean over time, space, or axes", params("x value, over any, keep truth = false"), runMean},
	&layer{"sum", "the sum over time, space, or axes", params("x value, over any, keep truth = false"), runSum},
	&layer{"max", "the largest over time, space, or axes; or of two values", params("x any, over any, keep truth = false"), runMax},
	&layer{"min", "the smallest over space or axes; or of two values", params("x any, over any, keep truth = false"), runMin},
	&layer{"last", "the value of the last step: last(time)", params("x value, over word = time"), runLast},
	&layer{"first", "the step of the first spike, the number of steps when there is none: first(time)", params("x value, over word = time"), runFirst},
	&layer{"argmax", "the index of the largest along an axis", params("x value, axis any = -1, keep truth = false"), runArgmax},
	&layer{"argmin", "the index of the smallest along an axis", params("x value, axis any = -1, keep truth = false"), runArgmin},
	&layer{"softmax", "exp(x) over its sum along an axis", params("x value, axis any = -1"), runSoftmax},

	&layer{"matmul", "the product of two matrices, or of those of two stacks; one of them must be spikes in the end", params("a value, b value"), runMatmul},
	&layer{"attention", "of spikes [tokens, channels]: (q · kᵀ) · v · scale by heads, numbers for neurons behind it", params("q value, k value, v value, heads number = 1, scale number = 1"), runAttention},

	&layer{"xor", "either of two spikes", params("a value, b value"), runXor},
	&layer{"select", "a where cond is 1, else b", params("cond value, a any, b any"), runSelect},
	&layer{"shift_left", "x · 2^k of an integer", params("x value, k number"), runShiftLeft},
	&layer{"relu", "max(x, 0)", params("x any"), runMap},
	&layer{"leaky_relu", "x, or alpha · x below 0", params("x any, alpha number = 0.01"), runMap},
	&layer{"elu", "x, or alpha · (exp(x) − 1) below 0", params("x any, alpha number = 1"), runMap},
	&layer{"sigmoid", "1 / (1 + exp(−x))", params("x any"), runMap},
	&layer{"tanh", "the hyperbolic tangent", params("x any"), runMap},
	&layer{"softplus", "log(1 + exp(x))", params("x any"), runMap},
	&layer{"exp", "e to the power of x", params("x any"), runMap},
	&layer{"log", "the natural logarithm", params("x any"), runMap},
	&layer{"sqrt", "the square root", params("x any"), runMap},
	&layer{"abs", "x without its sign", params("x any"), runMap},
	&layer{"sign", "−1, 0 or 1", params("x any"), runMap},
	&layer{"reciprocal", "1 / x", params("x any"), runMap},
	&layer{"erf", "the error function", params("x any"), runMap},
	&layer{"round_down", "the next whole number below", params("x any"), runMap},
	&layer{"round_up", "the next whole number above", params("x any"), runMap},
	&layer{"round_half_even", "the nearest whole number, of two the even one", params("x any"), runMap},

	&layer{"weight", "a trained constant by its whole name; its shape is that of the file, or given", params("name text, shape any"), runWeight},
	&layer{"random", "for weights: reproducible noise, by a seed", params("seed number, scale number = 1"), runRandom},
	&layer{"range", "the numbers from 0 up to n", params("n number"), runRange},
	&layer{"op", "an operation of the intermediate representation by its name, its attributes and optional operands by theirs", nil, nil},
)

func table(rows ...*layer) map[string]callable {
	out := map[string]callable{}
	for _, l := range rows {
		out[l.name] = l
		if l.name == "op" {
			out[l.name] = anyOp{}
		}
	}
	return out
}

var kindsByName = map[string]kind{"value": isSignal, "number": isNumber, "text": isText, "truth": isTruth, "word": isWord, "list": isList, "any": isNothing}

// params reads a list of parameters: name kind = default. One of any kind without
// a default may be absent; the kind rest takes all that is given.
func params(text string) []param {
	var out []param
	for _, item := range strings.Split(text, ", ") {
		head, def, hasDefault := strings.Cut(item, " = ")
		name, kind, _ := strings.Cut(head, " ")
		p := param{name: name, kind: kindsByName[kind], rest: kind == "rest"}
		if hasDefault {
			p.def = new(defaultValue(def))
		} else if kind == "any" && name != "x" && name != "kernel" && name != "over" && name != "axis" && name != "by" && name != "a" && name != "b" {
			p.def = &value{kind: isNothing}
		}
		out = append(out, p)
	}
	return out
}

func defaultValue(text string) value {
	var x float64
	switch _, err := fmt.Sscan(text, &x); {
	case err == nil:
		return number(x)
	case text == "true" || text == "false":
		return truth(text == "true")
	}
	return wordValue(text)
}

// LayerDoc is a function of the language for documentation.
type LayerDoc struct{ Name, Params, Doc string }

// Layers lists the functions of the language, by name.
func Layers() []LayerDoc {
	var out []LayerDoc
	for _, name := range slices.Sorted(maps.Keys(builtins)) {
		l, ok := builtins[name].(*layer)
		if !ok {
			continue
		}
		var ps []string
		for _, p := range l.params {
			ps = append(ps, p.name)
		}
		out = append(out, LayerDoc{name, strings.Join(ps, ", "), l.doc})
	}
	return out
}
