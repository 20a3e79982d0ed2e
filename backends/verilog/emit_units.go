package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends/lower"
)

// port is a port of the unit's module, and the net of the engine that it is connected to.
type port struct {
	Dir, Name, Net string
	Bits           int // 0 of a single wire
}

// Made reports whether the unit drives the net.
func (p port) Made() bool { return p.Dir[0] == 'o' && p.Net != "" }

// Ports are those of the unit's module, beside clk and rst.
func (u *unit) Ports() []port {
	var out []port
	add := func(on bool, dir, name, net string, bits int) {
		if on {
			out = append(out, port{dir, name, net, bits})
		}
	}
	const in, wire, reg = "input  wire", "output wire", "output reg "
	is := func(kinds ...string) bool { return slices.Contains(kinds, u.Kind) }
	on := func(prefix string) string { return prefix + u.ID }
	add(!u.TakesTiles(), in, "start", on("go_"), 0)
	add(u.Remembers(), in, "first", "first", 0)
	add(u.Numbers(), in, "step", "step", indexBits(u.Steps))
	add(is(kindInput), reg, "open", on("open_"), 0)
	add(is(kindInput), in, "valid", "in_valid", 0)
	add(is(kindInput), in, "x", slice("in_data", u.Bits, u.Wide), u.Bits)
	reads, re, addr := wire, on("rdre_"), on("rdaddr_")
	if is(kindMap, kindOutput) {
		reads = reg
	}
	if len(u.Xs) == 0 { // a gather of constants
		re, addr = "", ""
	}
	add(!u.TakesTiles() && !is(kindInput), reads, "x_re", re, 0)
	add(!u.TakesTiles() && !is(kindInput), reads, "x_addr", addr, u.ReadBits())
	add(u.TakesTiles(), in, "x_pre", u.pick("wre_", "pre_", u.X), 0)
	add(u.TakesTiles(), in, "x_tile", u.pick("waddr_", "tile_", u.X), u.Addr())
	for i, x := range u.Xs {
		add(x != u.Weights, in, fmt.Sprintf("x%d_q", i), u.pick("q_", "y_", x), x.Word())
	}
	if w := u.Weights; w != nil {
		add(true, wire, "row_re", on("rowre_"), 0)
		add(true, wire, "row_addr", on("rowaddr_"), u.RowAddr())
		add(true, in, "weight_q", "q_"+w.ID, w.Word())
	}
	add(is(kindOutput), reg, "valid", on("valid_"), 0)
	add(is(kindOutput), in, "ready", "out_ready", 0)
	add(is(kindOutput), wire, "y", on("out_"), u.Wide)
	add(len(u.Streams) > 0, wire, "y_pre", on("pre_"), 0)
	add(len(u.Streams) > 0, wire, "y_tile", on("tile_"), u.Addr())
	add(len(u.Streams) > 0, wire, "y", on("y_"), u.Word())
	add(u.Mem(), in, "r_re", on("re_"), 0)
	add(u.Mem(), in, "r_addr", on("addr_"), u.Addr())
	add(u.Mem(), reg, "r_q", on("q_"), u.Word())
	add(u.Ends, reg, "done", on("done_"), 0)
	return out
}

// TakesTiles reports whether the unit works on tiles as they come.
func (u *unit) TakesTiles() bool { return u.Kind == kindNeuron || u.Kind == kindSum }

// ReadBits is the bits of the number of a tile that the unit reads.
func (u *unit) ReadBits() int {
	n := 1
	for _, x := range u.Xs {
		if x != u.Weights {
			n = max(n, x.Addr())
		}
	}
	return n
}

// Joins are those of all lanes of a pool.
func (u *unit) Joins() string {
	return u.lanes(func(lane int) string {
		return fmt.Sprintf("joined(%s, %s)", part("x0_q", lane, u.X.Bits), part("wr_data", lane, u.Bits))
	})
}

// Stores reports whether the unit knows when a tile of its own is complete.
func (u *unit) Stores() bool { return u.Mem() || u.Ends }

// Storing are the signals that something is stored, read or over.
func (u *unit) Storing() string {
	s := ""
	if u.Stores() || u.Kind == kindNeuron {
		s += " | wr"
	}
	if u.Mem() {
		s += " | r_re"
	}
	if u.Ends {
		s += " | done"
	}
	return s
}

// Written is the signal that the unit stores.
func (u *unit) Written() string {
	switch u.Kind {
	case kindLayer:
		return "acc"
	case kindSum, kindMap:
		return u.calls()
	}
	return "wr_data"
}

// pick is a signal that comes from a memory, or with a tile as it is made.
func (u *unit) pick(stored, streamed string, x *unit) string {
	if x == nil {
		return ""
	}
	if u.TakesTiles() && !slices.Contains(x.Walked, u) {
		return streamed + x.ID
	}
	return stored + x.ID
}

// ReadRE and ReadAddr join all that read the unit's memory; they take turns.
func (u *unit) ReadRE() string {
	var terms []string
	for _, r := range u.Readers {
		re, _, _ := u.readPort(r)
		terms = append(terms, re)
	}
	if len(u.Walked) > 0 {
		terms = append(terms, "wre_"+u.ID)
	}
	return strings.Join(terms, " | ")
}

// readPort returns a reader's enable and address signals, and the bits of the address.
func (u *unit) readPort(r *unit) (re, addr string, bits int) {
	if r.Weights == u {
		return "rowre_" + r.ID, "rowaddr_" + r.ID, r.RowAddr()
	}
	return "rdre_" + r.ID, "rdaddr_" + r.ID, r.ReadBits()
}

// ReadAddr is the tile that the one whose turn it is reads.
func (u *unit) ReadAddr() string {
	var b strings.Builder
	for i, r := range u.Readers {
		re, addr, bits := u.readPort(r)
		addr = slice(addr, u.Addr(), bits)
		if i == len(u.Readers)-1 && len(u.Walked) == 0 {
			return b.String() + addr
		}
		fmt.Fprintf(&b, "%s ? %s : ", re, addr)
	}
	return b.String() + "waddr_" + u.ID
}

// Joined is an element joined with those before it in a pool.
func (u *unit) Joined() string {
	return map[lower.Monoid]string{
		lower.Sum: "had + wide", lower.Max: "(wide > had) ? wide : had", lower.Min: "(wide < had) ? wide : had",
	}[u.Monoid]
}
