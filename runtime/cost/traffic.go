package cost

import "math/bits"

// Flow is the bytes of an array that are read and written per sample, and the memory that holds it.
type Flow struct {
	Array   string  `json:"array"`
	Size    int64   `json:"bytes"`
	Memory  string  `json:"memory"`
	Read    float64 `json:"read"`
	Written float64 `json:"written"`
}

// energy is that of all bytes, in pJ; bytes that follow each other share an access.
func (f Flow) energy() float64 { return (f.Read + f.Written) * holding(f.Size).access / accessBytes }

func flow(array string, size int64, read, written float64) Flow {
	return Flow{array, size, holding(size).name, read, written}
}

// Traffic is that of a layer driven by so many synaptic operations. Each reads a weight, and reads and writes the
// membrane that it is added to; each step reads and writes all states; each spike is an address that is
// written once and read once by each layer that it drives. A layer without spikes, or of words, goes by its
// outputs, with its sums in a register.
func (l Layer) Traffic(synops float64) []Flow {
	if !l.Spiking || l.Words {
		return append(dense(l, l.Slots, l.WeightBits, 8*stored(l.InputBits)), l.states(0), l.results())
	}
	spikes := l.events(synops) * float64(address(l.Inputs))
	return []Flow{
		flow("weights", packed(l.Weights, l.WeightBits), synops*float64(l.WeightBits)/8, 0),
		flow("parameters", l.Parameters/max(1, l.Steps), float64(l.Parameters), 0),
		flow("spikes", l.Inputs*address(l.Inputs), spikes, spikes),
		l.states(synops),
	}
}

// states are the membranes, or the sums of a layer without neurons.
func (l Layer) states(synops float64) Flow {
	each := float64(l.StateBytes)
	steps := float64(l.Outputs*l.Steps) * each
	if !l.Stateful {
		steps = 0
	}
	return flow("states", l.Outputs*l.StateBytes, synops*each+steps, synops*each+steps)
}

// results are the sums of a layer that goes by its outputs, each written once it is complete; neurons read
// theirs in each step.
func (l Layer) results() Flow {
	bytes, read := float64(packed(l.Outputs, l.OutputBits)), 0.0
	if l.Stateful {
		bytes = float64(l.Outputs * l.StateBytes)
		read = bytes * float64(l.Steps)
	}
	return flow("sums", int64(bytes), read, bytes*float64(max(1, l.Calls)))
}

// events are the inputs that bring so many synaptic operations, if all have the mean fan-out.
func (l Layer) events(synops float64) float64 {
	if l.Slots == 0 {
		return 0
	}
	return synops / float64(l.Slots) * float64(l.Inputs*l.Calls)
}

// ANNTraffic is that of the same layer without spikes: each product reads a weight and an input, sums are in a
// register, and each output is written once.
func (l Layer) ANNTraffic() []Flow {
	return append(dense(l, l.Connections, l.ANNWeightBits, int64(l.InputBits)),
		flow("outputs", packed(l.Outputs, l.OutputBits), 0, float64(l.Outputs*int64(l.OutputBits))/8))
}

// dense is the reading of weights, parameters and inputs of so many bits for so many products, output by output.
func dense(l Layer, products int64, weightBits int, inputBits int64) []Flow {
	once := l.Parameters / max(1, l.Steps)
	return []Flow{
		flow("weights", packed(l.Weights, weightBits), float64(products*int64(weightBits))/8, 0),
		flow("parameters", once, float64(once), 0),
		flow("inputs", packed(l.Inputs, int(inputBits)), float64(products*inputBits)/8, 0),
	}
}

// packed is the bytes of numbers of so many bits.
func packed(numbers int64, bits int) int64 { return (numbers*int64(bits) + 7) / 8 }

// address is the bytes of an index of one of n.
func address(n int64) int64 { return stored(bits.Len64(uint64(max(n-1, 0)))) }
