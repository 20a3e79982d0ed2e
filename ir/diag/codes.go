package diag

// A Code names one kind of diagnostic; it is stable, for searching and for tests.
// Each has a testdata/errors archive of its name.
type Code string

// The codes.
const (
	// Syntax: the text does not follow the grammar.
	Syntax Code = "syntax"
	// UnknownName: a value, op, pass or attribute of that name does not exist.
	UnknownName Code = "unknown-name"
	// BadName: a name is declared twice, or cannot be one.
	BadName Code = "bad-name"
	// BadCall: a call has too many arguments, too few, or of the wrong kind.
	BadCall Code = "bad-call"
	// BadAttribute: an attribute's value is of the wrong kind or out of bounds.
	BadAttribute Code = "bad-attribute"
	// ShapeMismatch: the operands' shapes do not fit together.
	ShapeMismatch Code = "shape-mismatch"
	// TypeMismatch: the op does not take operands of this element type.
	TypeMismatch Code = "type-mismatch"
	// BadConstant: constant data is missing, of the wrong size, NaN or infinite.
	BadConstant Code = "bad-constant"
	// BadNet: a structural invariant of the IR does not hold (see ir.Verify).
	BadNet Code = "bad-net"
	// BadLevel: an op or a real number stands where the net's level forbids it.
	BadLevel Code = "bad-level"
	// BadFile: a file cannot be read, or not in its format.
	BadFile Code = "bad-file"
	// UnsupportedOp: no meaning is known for an operator.
	UnsupportedOp Code = "unsupported-op"
	// UnsupportedAttribute: an operator is known, but not with this attribute or input.
	UnsupportedAttribute Code = "unsupported-attribute"
	// UnsupportedType: an element type has no place in the IR.
	UnsupportedType Code = "unsupported-type"
	// CyclicGraph: a graph's nodes depend on each other in a circle.
	CyclicGraph Code = "cyclic-graph"
	// NoBatch: the batch axis is not kept apart from the others.
	NoBatch Code = "no-batch"
	// NotUnrolled: the time steps found do not repeat one body.
	NotUnrolled Code = "not-unrolled"
	// NotANeuron: a threshold unit's update is not one the neuron op can express.
	NotANeuron Code = "not-a-neuron"
	// NeedsPixels: the input's numbers are not said to be pixels.
	NeedsPixels Code = "needs-pixels"
	// NotExact: a rewrite cannot be done exactly and was not asked for.
	NotExact Code = "not-exact"
	// UnsupportedTarget: a back end cannot emit this value.
	UnsupportedTarget Code = "unsupported-target"
	// TooWide: an integer may leave its type in the file, or 32 bits.
	TooWide Code = "too-wide"
	// MissingWeights: no file has the trained numbers that a layer needs.
	MissingWeights Code = "missing-weights"
	// TooLarge: a text makes more at compile time, or a model needs more memory, than is allowed.
	TooLarge Code = "too-large"
	// BadData: images, labels or arrays do not fit the model.
	BadData Code = "bad-data"
)
