package engine

import (
	"encoding/binary"
	"fmt"

	"nomul/backends"
	"nomul/ir"
)

// stream reads and writes the format in which engines exchange samples; see
// backends.PortsOf.
type stream struct {
	net   *ir.Net
	ports backends.Ports
}

func newStream(net *ir.Net) stream { return stream{net, backends.PortsOf(net)} }

// encode gives the bytes of samples that fit the net.
func (s stream) encode(samples [][][]int64) []byte {
	var out []byte
	for _, sample := range samples {
		for i, v := range s.ports.Inputs {
			width := backends.Width(v.Type)
			for _, x := range sample[i] {
				out = binary.LittleEndian.AppendUint64(out, uint64(x))[:len(out)+width]
			}
		}
	}
	return out
}

// size is the bytes that come out for one sample.
func (s stream) size(trace bool) int {
	if trace {
		return s.ports.TraceBytes(s.net.Steps)
	}
	return s.ports.OutputBytes()
}

// decode reads what an engine gave for the samples.
func (s stream) decode(data []byte, samples [][][]int64, trace bool) (backends.Vectors, error) {
	if want := len(samples) * s.size(trace); len(data) != want {
		return nil, fmt.Errorf("the engine gave %d bytes for %d samples, wanted %d", len(data), len(samples), want)
	}
	out := make(backends.Vectors, len(samples))
	r := reader(data)
	for i := range out {
		out[i] = s.sample(&r, samples[i], trace)
	}
	return out, nil
}

// source gives integers one after another, of spikes and of wider numbers.
type source interface {
	spikes(n int) []uint8
	words(n int) []int32
}

func (s stream) sample(r source, inputs [][]int64, trace bool) backends.Sample {
	out := backends.Sample{Inputs: inputs}
	if trace {
		out.Steps = make([]backends.StepTrace, s.net.Steps)
	}
	for t := range out.Steps {
		for _, v := range s.ports.Neurons {
			out.Steps[t].Spikes = append(out.Steps[t].Spikes, r.spikes(v.Type.Size()))
			out.Steps[t].Membranes = append(out.Steps[t].Membranes, r.words(v.Type.Size()))
		}
	}
	for _, v := range s.ports.Outputs {
		out.Outputs = append(out.Outputs, backends.Elements[int64](r.words(v.Type.Size())))
	}
	return out
}

// reader is a source of bytes whose number has been checked.
type reader []byte

// spikes shares the bytes that were read.
func (r *reader) spikes(n int) []uint8 {
	out := (*r)[:n:n]
	*r = (*r)[n:]
	return out
}

func (r *reader) words(n int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32((*r)[4*i:]))
	}
	*r = (*r)[4*n:]
	return out
}
