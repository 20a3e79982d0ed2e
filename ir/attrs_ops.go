package ir

// ModAttrs tells ONNX's two remainders apart: with the sign of the divisor, or
// C's fmod with the sign of the dividend.
type ModAttrs struct {
	Fmod bool
}

// ShlAttrs is a count of bits, 0 to 32.
type ShlAttrs struct {
	K int `ir:"always"`
}

// CSDAttrs are the right shift of a product with a constant, 0 to 62, and its rounding.
type CSDAttrs struct {
	Shift int   `ir:"always"`
	Round Round `ir:"always"`
}

// MapAttrs is a function of one number. Alpha is the slope of leaky-relu and
// the factor of elu.
type MapAttrs struct {
	Fn    Fn `ir:"always"`
	Alpha float64
}

// ArgAttrs are the axis along which to look, whether it stays with extent 1,
// and which of equal elements counts: the first, or the last.
type ArgAttrs struct {
	Axis int `ir:"always"`
	Keep bool
	Last bool
}

// PadAttrs are counts of elements before and after, one per axis, not negative.
type PadAttrs struct {
	Before []int `ir:"always"`
	After  []int `ir:"always"`
}

// ConvAttrs place the windows of a convolution: one stride and dilation per
// spatial axis; padding at the beginning of each, then at the end of each.
type ConvAttrs struct {
	Strides   []int `ir:"always"`
	Pads      []int `ir:"always"`
	Dilations []int `ir:"always"`
	Groups    int   `ir:"always"`
	Slots     Slots
}

// PoolAttrs place the windows of a pool over the last len(Kernel) axes; see ConvAttrs.
type PoolAttrs struct {
	Kernel    []int `ir:"always"`
	Strides   []int `ir:"always"`
	Pads      []int `ir:"always"`
	Dilations []int `ir:"always"`
}

// AvgPoolAttrs are PoolAttrs, and whether padding counts in the divisor.
type AvgPoolAttrs struct {
	Kernel    []int `ir:"always"`
	Strides   []int `ir:"always"`
	Pads      []int `ir:"always"`
	Dilations []int `ir:"always"`
	CountPad  bool
}

// Pool is where the windows lie.
func (a AvgPoolAttrs) Pool() PoolAttrs {
	return PoolAttrs{a.Kernel, a.Strides, a.Pads, a.Dilations}
}

func (ModAttrs) attrs()     {}
func (ShlAttrs) attrs()     {}
func (CSDAttrs) attrs()     {}
func (MapAttrs) attrs()     {}
func (ArgAttrs) attrs()     {}
func (PadAttrs) attrs()     {}
func (ConvAttrs) attrs()    {}
func (PoolAttrs) attrs()    {}
func (AvgPoolAttrs) attrs() {}

// Fn is a function of one number.
type Fn uint8

// The functions, as ONNX defines them. Round rounds halves to even; Elu is x
// above 0 and alpha·(exp(x) − 1) below; Softplus is log(1 + exp(x)).
const (
	FnRelu Fn = iota + 1
	FnLeakyRelu
	FnSigmoid
	FnTanh
	FnExp
	FnLog
	FnSqrt
	FnAbs
	FnFloor
	FnCeil
	FnRound
	FnSign
	FnReciprocal
	FnErf
	FnSoftplus
	FnElu
)

var fnNames = names{
	FnRelu: "relu", FnLeakyRelu: "leaky-relu", FnSigmoid: "sigmoid", FnTanh: "tanh",
	FnExp: "exp", FnLog: "log", FnSqrt: "sqrt", FnAbs: "abs",
	FnFloor: "floor", FnCeil: "ceil", FnRound: "round", FnSign: "sign",
	FnReciprocal: "reciprocal", FnErf: "erf", FnSoftplus: "softplus", FnElu: "elu",
}

func (f Fn) String() string { return fnNames.get(int(f)) }

// MarshalText prints the function.
func (f Fn) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a function.
func (f *Fn) UnmarshalText(b []byte) error {
	i, err := fnNames.find("function", string(b))
	*f = Fn(i)
	return err
}
