package verilog

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends/lower"
)

// Scans reports whether the unit reads tiles by itself.
func (u *unit) Scans() bool { return len(u.Xs) > 0 && !u.TakesTiles() }

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
		return fmt.Sprintf("joined(%s, %s)", part("x_q", lane, u.X.Bits), part("wr_data", lane, u.Bits))
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

// Written is what the unit stores.
func (u *unit) Written() string {
	switch u.Kind {
	case kindLinear, kindConv:
		return "acc"
	case kindSum, kindMap:
		return u.calls()
	}
	return "wr_data"
}

// walked reports whether the unit's tiles come from a memory that is walked.
func (u *unit) walked() bool {
	return slices.Contains(u.X.Walked, u)
}

// FromPre, FromTile and From are the signals that the unit takes tiles from.
func (u *unit) FromPre() string { return u.pick("wre_", "pre_") }

// FromTile is the number of the tile.
func (u *unit) FromTile() string { return u.pick("waddr_", "tile_") }

// From is the tile.
func (u *unit) From() string { return u.pick("q_", "y_") }

func (u *unit) pick(walked, streamed string) string {
	if u.walked() {
		return walked + u.X.ID
	}
	return streamed + u.X.ID
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

// readPort is what a reader says when it reads the unit, and the bits of the address.
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
