package main

import (
	"nomul/ir/diag"

	"nomul/backends"
	"nomul/backends/cgen"
	"nomul/backends/goasm"
	"nomul/backends/verilog"
	"nomul/runtime/interp"
)

// runFixed runs the fixed net, every value within its promised range.
func (n *network) runFixed() error {
	m, err := interp.New(n.fixed)
	if err != nil {
		return err
	}
	m.Checked = true
	for i := range n.samples {
		if _, err := n.traced(m, n.give(n.fixed, &n.samples[i])); err != nil {
			return err
		}
	}
	return nil
}

// targets are the back ends.
func targets() []backends.Backend {
	return []backends.Backend{goasm.New(), cgen.New(), verilog.New()}
}

// emit prints the network with every back end that takes it.
func (n *network) emit() error {
	var list diag.List
	for _, b := range targets() {
		if err := b.Check(n.fixed).Err(); err != nil {
			list = append(list, diag.Of(err)...)
			continue
		}
		b.Emit(n.fixed, backends.Options{Name: "net"})
	}
	return list.Err()
}
