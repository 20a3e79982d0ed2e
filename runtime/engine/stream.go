package engine

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

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

// encode returns the bytes of samples that fit the net.
func (s stream) encode(samples [][][]int64) []byte {
	var out []byte
	for _, sample := range samples {
		for i, v := range s.ports.Inputs {
			out = backends.AppendIntegers(out, sample[i], backends.Width(v.Type))
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

// decode reads an engine's results for the samples, to their end. It holds nothing besides
// the vectors: of large networks those of one sample take hundreds of megabytes.
func (s stream) decode(from io.Reader, samples [][][]int64, trace bool) (backends.Vectors, error) {
	out, _, err := s.decodeBefore(from, samples, trace, 0)
	return out, err
}

// decodeBefore reads results, and so many bytes behind them.
func (s stream) decodeBefore(from io.Reader, samples [][][]int64, trace bool, behind int) (backends.Vectors, []byte, error) {
	out := make(backends.Vectors, len(samples))
	r := &reader{from: bufio.NewReaderSize(from, 1<<16)}
	for i := range out {
		if out[i] = s.sample(r, samples[i], trace); r.err != nil {
			break
		}
	}
	rest := make([]byte, behind)
	r.fill(rest)
	more, err := io.Copy(io.Discard, r.from)
	got, want := r.got+int(more), len(samples)*s.size(trace)+behind
	switch {
	case err != nil:
		return nil, nil, err
	case r.err != nil || got != want:
		return nil, nil, fmt.Errorf("the engine gave %d bytes for %d samples, wanted %d", got, len(samples), want)
	}
	return out, rest, nil
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
			out.Steps[t].States = append(out.Steps[t].States, r.words(backends.StateSize(v)))
		}
	}
	for _, v := range s.ports.Outputs {
		out.Outputs = append(out.Outputs, backends.Elements[int64](r.words(v.Type.Size())))
	}
	return out
}

// reader is a source of bytes as they come. After an error its integers mean nothing.
type reader struct {
	from  io.Reader
	got   int    // bytes
	layer []byte // the last, of words
	err   error
}

func (r *reader) fill(data []byte) {
	if r.err == nil {
		var n int
		n, r.err = io.ReadFull(r.from, data)
		r.got += n
	}
}

func (r *reader) spikes(n int) []uint8 {
	out := make([]uint8, n)
	r.fill(out)
	return out
}

func (r *reader) words(n int) []int32 {
	r.layer = slices.Grow(r.layer[:0], 4*n)[:4*n]
	r.fill(r.layer)
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(binary.LittleEndian.Uint32(r.layer[4*i:]))
	}
	return out
}
