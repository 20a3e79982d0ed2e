package passes

import (
	"slices"

	"nomul/ir"
	"nomul/passes/canonical"
	"nomul/passes/integers"
	"nomul/passes/layers"
	"nomul/passes/quantised"
	"nomul/passes/raise"
	"nomul/passes/reroll"
	"nomul/passes/scales"
	"nomul/passes/timing"
	"nomul/passes/words"
)

// All lists the passes in pipeline order.
var All = []Pass{
	{"read-quantised", "keeps the integers of activations and weights that the file rounds to steps of a scale, with the thresholds of each step", ir.Source, ir.Source, ir.Spiking, quantised.ReadQuantised},
	{"fold-constants", "computes what depends on constants only", ir.Source, ir.Source, ir.Spiking, canonical.FoldConstants},
	{"unbatch-time", "takes values that hold all time steps in their first axis apart, step by step", ir.Source, ir.Source, ir.Spiking, timing.UnbatchTime},
	{"strip-batch", "drops the leading batch axis of extent 1", ir.Source, ir.Source, ir.Spiking, canonical.StripBatch},
	{"canonicalise", "writes equal things the same way and merges duplicates; exact in IEEE arithmetic", ir.Source, ir.Source, ir.Spiking, canonical.Canonicalise},
	{"widen-integers", "proves that no integer leaves its type, where it would wrap, and gives all one wide type", ir.Source, ir.Source, ir.Spiking, timing.WidenIntegers},
	{"bind-state", "makes one time step with its state as inputs and outputs the body of a loop", ir.Source, ir.Source, ir.Spiking, timing.BindState},
	{"reroll-time", "folds the copies of unrolled time steps back into one step", ir.Source, ir.Source, ir.Spiking, reroll.RerollTime},
	{"raise-neurons", "recognises membranes, thresholds and resets as neurons", ir.Source, ir.Spiking, ir.Spiking, raise.RaiseNeurons},

	{"name-layers", "names layers by their module or their weights, so that all exporters agree", ir.Spiking, ir.Spiking, ir.Spiking, layers.NameLayers},
	{"delay-operands", "delays the spikes that a number is made of in place of the number, z⁻¹(W·s + b) = W·(z⁻¹s) + b", ir.Spiking, ir.Spiking, ir.Spiking, layers.DelayOperands},
	{"fold-batch-norm", "multiplies batch-norm into the weights before it: W' = a·W, b' = a·(b − mean) + beta, a = gamma/sqrt(variance + eps)", ir.Spiking, ir.Spiking, ir.Spiking, layers.FoldBatchNorm},
	{"commute-readout", "counts spikes first where a linear layer is summed over time: sum of (W·s + b) = W·(sum of s) + steps·b", ir.Spiking, ir.Spiking, ir.Spiking, layers.CommuteReadout},
	{"compose-linear", "multiplies constant factors behind a linear layer into its weights", ir.Spiking, ir.Spiking, ir.Spiking, layers.ComposeLinear},
	{"prune-dead", "drops values that no output depends on", ir.Spiking, ir.Spiking, ir.Spiking, layers.PruneDead},

	{"drop-softmax", "leaves out a softmax or a function that grows at the end, before which the greatest output is the same", ir.Spiking, ir.Spiking, ir.Fixed, layers.DropSoftmax},
	{"rewire-residuals", "on request, adds residuals before the neuron instead of behind it: another function", ir.Spiking, ir.Spiking, ir.Fixed, layers.RewireResiduals},
	{"code-activations", "makes words of functions of numbers between layers of weights, such as ReLU: how many thresholds a number reaches", ir.Spiking, ir.Spiking, ir.Fixed, words.CodeActivations},
	{"encode-input", "takes pixels instead of normalised numbers, x = (p·scale − mean)/std", ir.Spiking, ir.Spiking, ir.Fixed, layers.EncodeInput},
	{"fold-pooling", "writes means as sums times a constant", ir.Spiking, ir.Spiking, ir.Fixed, layers.FoldPooling},
	{"lower-batch-norm", "writes a batch-norm that no weights before it could take as a·x + c", ir.Spiking, ir.Spiking, ir.Fixed, layers.LowerBatchNorm},
	{"part-concat", "makes a weighted layer on joined values, one of them a weighted layer, a sum of layers, W·(a, b) = Wₐ·a + W_b·b", ir.Spiking, ir.Spiking, ir.Fixed, layers.PartConcat},
	{"absorb-affine", "moves factors and shifts of integers (pixels, counts, spikes) into the weights and bias that read them, W·(g·n + c) = (W·g)·n + W·c, or into a neuron's gain", ir.Spiking, ir.Spiking, ir.Fixed, layers.AbsorbAffine},
	{"compose-layers", "makes one of two weighted layers without a neuron between them", ir.Spiking, ir.Spiking, ir.Fixed, layers.ComposeLayers},
	{"code-sums", "makes signed words of sums of weights that layers of weights read, where samples measure them", ir.Spiking, ir.Spiking, ir.Fixed, words.CodeSums},
	{"spread-weights", "writes a small linear layer on membranes as products with constants that are added up", ir.Spiking, ir.Spiking, ir.Fixed, layers.SpreadWeights},
	{"fold-pads", "gives a convolution the zeros that a pad puts around its operand", ir.Spiking, ir.Spiking, ir.Fixed, layers.FoldPads},
	{"merge-neurons", "makes one of neurons that fire alike, also of those of a concat's parts", ir.Spiking, ir.Spiking, ir.Fixed, layers.MergeNeurons},
	{"fold-gain", "divides a neuron by its input gain: threshold, bias, reset and initial membrane", ir.Spiking, ir.Spiking, ir.Fixed, layers.FoldGain},
	{"group-leaks", "makes a layer with a leak for each neuron one layer for each leak", ir.Spiking, ir.Spiking, ir.Fixed, layers.GroupLeaks},
	{"lower-leak", "writes leaks of 2^-k and 1 − 2^-k as shifts, others as N/2^K", ir.Spiking, ir.Spiking, ir.Fixed, layers.LowerLeak},
	{"choose-scales", "gives each layer the scale in which its thresholds are integers, and layers that are added scales that agree", ir.Spiking, ir.Spiking, ir.Fixed, scales.ChooseScales},
	{"quantise", "rounds weights and biases once and leaves integers only", ir.Spiking, ir.Fixed, ir.Fixed, integers.Quantise},
	{"fold-constant-neurons", "leaves out neurons that are proved never to fire", ir.Fixed, ir.Fixed, ir.Fixed, integers.FoldConstantNeurons},
	{"prove-widths", "proves that every integer has at most 32 bits, as those of engines", ir.Fixed, ir.Fixed, ir.Fixed, integers.ProveWidths},
}

// Constraint says that one pass must stand before another, and why.
type Constraint struct{ Before, After, Why string }

// Order lists the constraints on the pipeline's order; a test holds All against it.
var Order = []Constraint{
	{"read-quantised", "fold-constants", "weights are integers and scales still, not their products in float32"},
	{"fold-constants", "strip-batch", "a constant [1,512] and a value [1,512] lose the axis by different rules"},
	{"fold-constants", "canonicalise", "rewrites look at constants, not at what computes them"},
	{"fold-constants", "unbatch-time", "which rows are read is known by constants"},
	{"unbatch-time", "strip-batch", "steps and batch may share the first axis"},
	{"unbatch-time", "reroll-time", "the copies of a step must stand apart"},
	{"canonicalise", "widen-integers", "spikes are seen as such behind casts to real numbers and on to integers"},
	{"widen-integers", "reroll-time", "ranges are those of the steps that there are, and sums over time have no casts between"},
	{"strip-batch", "bind-state", "a state has no batch axis then"},
	{"bind-state", "reroll-time", "what has its loop needs no folding"},
	{"strip-batch", "reroll-time", "readouts sum over axes counted without the batch"},
	{"canonicalise", "reroll-time", "the copies of a step are compared structurally"},
	{"reroll-time", "raise-neurons", "only then is the state of a membrane visible"},
	{"name-layers", "fold-batch-norm", "the layers still have the names of their own weights"},
	{"delay-operands", "fold-batch-norm", "factors behind a delay meet the weights before it"},
	{"raise-neurons", "fold-batch-norm", "the spikes before it are bit-equal to the source's"},
	{"fold-batch-norm", "commute-readout", "a batch-norm between linear and sum is gone"},
	{"commute-readout", "compose-linear", "the factor 1/T behind the sum meets the linear layer"},
	{"compose-linear", "choose-scales", "scales are chosen for the final weights"},
	{"drop-softmax", "choose-scales", "no integers stand for exp"},
	{"drop-softmax", "code-activations", "a function at the end needs no words"},
	{"code-activations", "encode-input", "samples are as the file takes them, and so are their sizes"},
	{"code-activations", "absorb-affine", "the distance of thresholds goes into the weights behind a word"},
	{"encode-input", "absorb-affine", "the pixels' scale and shift go into weights"},
	{"fold-pooling", "absorb-affine", "the factor of a mean goes into the weights behind it"},
	{"lower-batch-norm", "absorb-affine", "so does a batch-norm of spikes"},
	{"part-concat", "absorb-affine", "factors of spikes among the joined go into weights"},
	{"part-concat", "compose-layers", "the layers on a current become one"},
	{"absorb-affine", "fold-pads", "what padding stands for is in the bias then, and padding is 0"},
	{"absorb-affine", "compose-layers", "what pixels stand for is in the inner layer's weights and bias"},
	{"compose-layers", "code-sums", "two layers that are one need no word between them"},
	{"code-sums", "choose-scales", "a layer reads integers then"},
	{"compose-layers", "spread-weights", "two layers that are one have no numbers between them"},
	{"spread-weights", "choose-scales", "products with constants have units"},
	{"compose-layers", "choose-scales", "a layer reads integers then"},
	{"absorb-affine", "choose-scales", "scales are chosen for the final weights"},
	{"absorb-affine", "fold-gain", "factors of integers end in the gain of a neuron"},
	{"fold-gain", "lower-leak", "a gain of 1 − leak leaves only the leak"},
	{"fold-gain", "group-leaks", "gains of a neuron each are gone"},
	{"group-leaks", "lower-leak", "a layer has one leak then"},
	{"fold-gain", "choose-scales", "thresholds are final then"},
	{"choose-scales", "quantise", "rounding needs the scale"},
	{"quantise", "fold-constant-neurons", "ranges are proved on integers"},
	{"fold-constant-neurons", "prove-widths", "neurons that never fire may be all that reads a wide value"},
}

// optional are the passes that may be switched off: without them nets compute the same
// or are refused by name. Without any other, some would not reach their level.
var optional = []string{"name-layers", "fold-batch-norm", "commute-readout", "compose-linear", "prune-dead",
	"drop-softmax", "rewire-residuals", "fold-pooling", "lower-batch-norm", "part-concat", "absorb-affine",
	"compose-layers", "fold-pads", "merge-neurons", "fold-constant-neurons"}

// Optional reports whether a pass may be switched off.
func (p Pass) Optional() bool { return slices.Contains(optional, p.Name) }
