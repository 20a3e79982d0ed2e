package record

// LayerCost has the counts of a layer, per sample, that energies are made of and that the net alone decides.
type LayerCost struct {
	Name string `json:"name"`
	// Spiking tells that the layer's inputs come from neurons, or are −1, 0 and 1.
	Spiking bool `json:"spiking"`
	// Words tells that they are words of activations, of which no membrane waits for more.
	Words bool `json:"words"`
	// Connections are the products of one pass of the network without spikes, and Slots the additions if every
	// input fires in every step.
	Connections int64 `json:"connections"`
	Slots       int64 `json:"slots"`
	// Updates are all other operations, and ANNUpdates those of the network without spikes besides its products.
	Updates    float64 `json:"updates"`
	ANNUpdates float64 `json:"ann_updates"`
	// Activations are the outputs of the network without spikes that are rounded to a few bits.
	Activations int64 `json:"activations"`
	// Multiplies are products of integers besides, of a net that has some.
	Multiplies float64 `json:"multiplies"`
	// Bits of a weight, and of the network without spikes those of a weight, which may be a computed value
	// there, of an input and of a result.
	WeightBits    int `json:"weight_bits"`
	ANNWeightBits int `json:"ann_weight_bits"`
	InputBits     int `json:"ann_input_bits"`
	OutputBits    int `json:"ann_output_bits"`

	Weights int64 `json:"weights"` // numbers
	Inputs  int64 `json:"inputs"`  // elements
	Outputs int64 `json:"outputs"` // elements
	// Steps are the net's, Calls those in which the layer runs.
	Steps int64 `json:"steps"`
	Calls int64 `json:"calls"`
	// Stateful tells that the layer is neurons, which keep a state from step to step. StateBytes are those of an
	// element's, or of a sum of a layer without one, and Parameters the bytes of biases and thresholds that are read.
	Stateful   bool  `json:"stateful"`
	StateBytes int64 `json:"state_bytes"`
	Parameters int64 `json:"parameter_bytes"`
}
