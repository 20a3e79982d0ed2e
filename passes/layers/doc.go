// Package layers has the passes on layers with real weights: factors go into weights
// and thresholds, until only sums over spikes, counts and pixels are left.
//
// Weighted is a linear layer or a convolution with constant weights, the subject of most of
// them (weighted.go). FoldBatchNorm multiplies a batch-norm into it, ComposeLinear a constant
// factor, ComposeLayers another layer. CommuteReadout moves a layer behind the sum over time,
// where it sees counts. DelayOperands moves a delay before it. EncodeInput takes pixels for normalised numbers, and AbsorbAffine
// carries x = gain·n + shift of such integers n forward, through whatever only moves or adds
// elements, until a layer takes gain and shift into its weights and bias, or a neuron into its
// gain (absorb_*.go), which FoldGain divides its threshold by. LowerLeak writes a leak as a
// shift or a fraction of a power of two; GroupLeaks makes a layer of each leak.
//
// All of it is exact in real numbers but for the leaks, which are noted.
package layers
