// Package cost estimates the energy of a net at the fixed level, from counted operations and bytes, beside
// that of the quantised network without spikes that has the same layers. An estimate is of a regime, a set of
// assumptions; none is the energy of a machine.
package cost

// Energies in pJ of 45 nm at 0.9 V: M. Horowitz, "Computing's energy problem (and what we can do about
// it)", ISSCC 2014, figure 1.1.9.
const (
	addFP32       = 0.9
	multiplyFP32  = 3.7
	addInt32      = 0.1
	multiplyInt8  = 0.2
	multiplyInt32 = 3.1
)

// memories are those of which the same figure has the energy of an access of 64 bits; of DRAM the least of
// 1300 to 2600.
var memories = []memory{{8 << 10, 10, "8 KB"}, {32 << 10, 20, "32 KB"}, {1 << 20, 100, "1 MB"}, {unbounded, 1300, "DRAM"}}

const (
	unbounded   = 1 << 62
	accessBytes = 8
)

// memory is a buffer of so many bytes.
type memory struct {
	bytes  int64
	access float64 // pJ of 64 bits
	name   string
}

// holding is the smallest memory that holds an array of so many bytes.
func holding(bytes int64) memory {
	for _, m := range memories {
		if bytes <= m.bytes {
			return m
		}
	}
	return memories[len(memories)-1]
}

// Regime is a set of assumptions.
type Regime struct {
	Name   string `json:"name"`
	Doc    string `json:"doc"`
	Source string `json:"source"`

	add, multiply float64 // pJ of a synaptic operation: of an addition, and of the product that an ANN has beside it
	other         float64 // pJ of any other operation but a product
	requantise    float64 // pJ of the product that makes an activation of a sum
	real          bool    // layers without spikes, and of words, multiply
	traffic       bool
}

// Regimes are those that are printed, in this order.
var Regimes = []Regime{
	{
		Name: "fp32", Doc: "0.9 pJ for a spike, 4.6 for a product, nothing else: as in most papers",
		Source: "Horowitz, ISSCC 2014, 45 nm, 0.9 V",
		add:    addFP32, multiply: multiplyFP32, real: true,
	},
	{
		Name: "int8", Doc: "weights of 8 bits, sums of 32: 0.1 pJ for a spike, 0.3 for a product",
		Source: "Horowitz, ISSCC 2014, 45 nm, 0.9 V",
		add:    addInt32, multiply: multiplyInt8, other: addInt32, requantise: multiplyInt32,
	},
	{
		Name: "memory", Doc: "int8, and each byte of weights, membranes and spikes that is moved",
		Source: "Lemaire et al., ICONIP 2022 (arXiv 2210.13107), with accesses of Horowitz, ISSCC 2014",
		add:    addInt32, multiply: multiplyInt8, other: addInt32, requantise: multiplyInt32, traffic: true,
	},
}
