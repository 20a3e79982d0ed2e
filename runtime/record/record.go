// Package record has the record of an evaluation: the network and images, and the counts while it
// ran, in integers that add up. Every figure of a report follows from it. The records of the
// shards of an evaluation merge to the record of one run, byte for byte but for times.
package record

// Format is the version of the form of a record.
const Format = 1

// Record has the counts of an evaluation. Two records of the same images, but for Times, are equal.
type Record struct {
	Format int `json:"format"`
	Run    Run `json:"run"`
	// Shard is the part of the images that was run; nil for all.
	Shard *Shard `json:"shard,omitempty"`
	// Layers are the neurons, and the weighted ops that no neuron reads, in the order of the net.
	Layers []Layer `json:"layers"`
	// Operations are the weighted ops, in the order of the net.
	Operations []Operation `json:"operations"`
	// Costs are the layers that energies are estimated of; none of a net of real numbers.
	Costs []LayerCost `json:"costs,omitempty"`
	// Counted is the number of images on which spikes and operations were counted.
	Counted int `json:"counted"`
	// Images are the results by image.
	Images Images `json:"images"`
	// Unstepped says why there are no classes after each step; empty where there are.
	Unstepped string `json:"unstepped,omitempty"`
	// Compared is nil where the net was not compared with the network as imported.
	Compared *Compared `json:"compared,omitempty"`
	// Kept is nil where no residuals were moved.
	Kept *Kept `json:"kept,omitempty"`
	// Times are those of this run; no two runs have the same.
	Times Times `json:"times"`
}

// Run names the network, the images and the settings. It is equal in all shards of an evaluation.
type Run struct {
	// Version is that of nomul.
	Version string `json:"version"`
	// Model is the model's file, without its folder, and ModelDigest that of the bytes of it and of
	// the files that it names.
	Model       string `json:"model"`
	ModelDigest string `json:"model_digest"`
	// NetDigest is that of the text of the net that was run.
	NetDigest string `json:"net_digest"`
	// DataDigest is that of the pixels and labels of all images, of which there are Samples.
	DataDigest string `json:"data_digest"`
	Samples    int    `json:"samples"`
	// Settings are the flags of the command line that a result may depend on.
	Settings map[string]string `json:"settings"`
	Engine   string            `json:"engine"`
	Level    string            `json:"level"`
	Steps    int               `json:"steps"`
	// Classes is the number of classes, and Names those that have a name.
	Classes int            `json:"classes"`
	Names   map[int]string `json:"names,omitempty"`
	// Decides says which element of the output is the class.
	Decides string `json:"decides"`
	// Counts says on which images the engine's activity is counted, and by which.
	Counts string `json:"counts"`
}

// Shard is part Part, from 1, of Of; it has the images From to To−1.
type Shard struct {
	Part int `json:"part"`
	Of   int `json:"of"`
	From int `json:"from"`
	To   int `json:"to"`
}

// Layer is a layer of neurons, or a weighted op that no neuron reads.
type Layer struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"` // neuron, words or readout
	Neurons int    `json:"neurons"`
	// Spikes of all neurons and counted images, by time step; nil of a layer that cannot fire.
	Spikes []int64 `json:"spikes,omitempty"`
}

// Operation is a weighted op: a linear, a convolution or a product of two values.
type Operation struct {
	Name  string `json:"name"`
	Op    string `json:"op"`
	Layer string `json:"layer"` // to which it brings input, or itself
	Clock string `json:"clock"` // once, step or end
	// Dense are the multiply-accumulates of one evaluation, every operand a number.
	Dense int64 `json:"dense"`
	// Synops are the synaptic operations on all counted images: by time step, or one sum of an op
	// that runs once or at the end.
	Synops []int64 `json:"synops"`
}

// Images are the results by image, in the order of the images.
type Images struct {
	Labels  []int `json:"labels"`
	Classes []int `json:"classes"` // that the net gave
	// After is, for each time step but the last, the classes if the net had stopped behind it;
	// nil where that has no meaning.
	After [][]int `json:"after,omitempty"`
}

// Compared is how the network as imported classified some images.
type Compared struct {
	Images  int `json:"images"`
	Correct int `json:"correct"` // classes of the network as imported that are the label
	Equal   int `json:"equal"`   // classes of the net that are those of the network as imported
}

// Kept is how the net classified all images with residuals where they were trained.
type Kept struct {
	Correct int `json:"correct"`
}

// Times are sums in seconds. The engine's time is that of the first Measured images on one
// thread, without counting.
type Times struct {
	Measured int     `json:"measured"`
	Engine   float64 `json:"engine"`
	Data     float64 `json:"data"`
	Start    float64 `json:"start"`
}

// Steps is, per image, the first time step, from 1, from which on the class is the label; 0 where
// the last class is wrong. It is nil where there are no classes after each step.
func (m Images) Steps() []int {
	if m.After == nil {
		return nil
	}
	out := make([]int, len(m.Labels))
	for i, label := range m.Labels {
		if m.Classes[i] != label {
			continue
		}
		out[i] = len(m.After) + 1
		for out[i] > 1 && m.After[out[i]-2][i] == label {
			out[i]--
		}
	}
	return out
}

// Correct is, by time step, the number of images whose class behind it is the label: of the last
// step alone where there are no others.
func (m Images) Correct() []int {
	var out []int
	for _, classes := range append(m.After[:len(m.After):len(m.After)], m.Classes) {
		n := 0
		for i, c := range classes {
			if c == m.Labels[i] {
				n++
			}
		}
		out = append(out, n)
	}
	return out
}
