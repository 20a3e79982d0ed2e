// Package ir is the intermediate representation: a network as a list of values, each one
// operation on values above it. Front ends make a Net, passes turn it into another, back ends
// print it, and package runtime/interp says which numbers come out.
//
//	net mlp spiking steps=4 {
//	once
//		%x = input : real[6]
//		%w = const {fill=0.25} : real[3,6]
//		%drive = linear %x, %w : real[3]
//		%one = const {fill=1} : real[]
//		%half = const {fill=0.5} : real[]
//	step
//		%spikes = neuron %drive, %one, leak=%half {leak=factor round=floor compare=ge reset=zero when=fire} : spike[3]
//	end
//		%count = sum %spikes : u3[3] range 0..4
//		%y = output %count : u3[3] range 0..4
//	}
//
// Values. A line is a value: its name, its op, the operands by the order of the op's slots,
// attributes in braces, and its type, an element type with a shape. Nothing is assigned twice,
// and nothing is read before it is computed; a value of the last time step is the result of a
// delay, whose latch stores it. GRAMMAR.md has the grammar and every op.
//
// Levels. A net is at one of three: source, as the file has it, in float32, with time steps
// written out; spiking, one step with neurons and real weights; fixed, integers alone, without
// a product. Passes only lower. The row of an op says which levels allow it.
//
// Clocks. A value is computed once before the time steps, in each step, or at the end behind
// them. The clock follows from the operands: a neuron belongs to the steps, a readout such as
// sum takes its operand in each of them and is there at the end.
//
// Ranges. An integer value has the interval that its elements are proved to stay in (Range), a
// neuron also that of its membrane (State) and its current (Drive). They are inferred by each
// row from those of the operands, so nothing wraps, and an engine may choose words by them. A
// Scale says which real number one unit stands for; only reports read it.
//
// Rows. An op is a row of the table in op.go: operands, attributes, levels, inference, class
// (Op.Class), axis map (Value.Axes), the program of one element, a sentence. Printing, parsing,
// verifying and documentation ask the row; passes should, too, before they list ops:
//
//	v.Op.Class() == ir.Element     an element is computed of those in its place
//	v.Axes()[i][o]                 the axis of operand i that the result's axis o goes along
//	v.Selected()                   the operands whose elements are those of v
//	v.Op.Commutes()                whether the two operands may change places
//
// To make a net, use a Builder, which infers type, clock and range of each value, or Parse. A
// pass calls Rebuild with a function that returns the new form of each value: it names the changes
// alone. Verify holds a net to the invariants that its comment lists; it runs behind each pass.
//
//	op.go, axes.go              the rows
//	attrs*.go                   attributes of ops; attrs_neuron.go has the equation of neurons
//	infer*.go, window.go        types, clocks and ranges
//	net.go, type.go, tensor.go  nets, values, types, data
//	builder.go, rebuild.go      making nets
//	print.go, parse*.go, scan.go, arrays.go   the text form, with large arrays in an .npz beside it
//	update_*.go                 programs of elements, which package update runs and prints
//	bound.go                    how far integers are off from real numbers
package ir
