package verilog

import (
	"fmt"
	"strings"

	"nomul/ir/update"
)

// Scans tells whether the unit reads tiles by itself.
func (u *unit) Scans() bool { return len(u.Xs) > 0 && !u.TakesTiles() }

// TakesTiles tells whether the unit works on tiles as they come.
func (u *unit) TakesTiles() bool { return u.Kind == kindNeuron || u.Kind == kindSum }

// Remembers tells whether the unit carries something from step to step.
func (u *unit) Remembers() bool {
	return u.Kind == kindSum && !u.Forgets() || len(u.Neuron.Kept()) > 0
}

// AsksFirst tells whether the unit asks for the first step.
func (u *unit) AsksFirst() bool { return u.TakesTiles() && u.Remembers() || u.UsesStep }

// ReadBits is the bits of the number of a tile that the unit reads.
func (u *unit) ReadBits() int {
	n := 1
	for _, x := range u.Xs {
		if x != u.Rows {
			n = max(n, x.Addr())
		}
	}
	return n
}

// Width is the bits of an operand of a lanewise op.
func (u *unit) Width(operand) int { return u.Work }

// Forgets reports whether a readout takes the last step's value only.
func (u *unit) Forgets() bool { return u.Kind == kindSum && u.Readout.Loaded(0) < 0 }

// Numbers reports whether a readout asks for the number of the step.
func (u *unit) Numbers() bool { return u.Kind == kindSum && u.Readout.Steps() }

// Accumulated is the lane of a readout over time after this step, in Work bits.
func (u *unit) Accumulated() string {
	return formula(u.Readout, u.Work, func(i update.Instr) string {
		switch i.Kind {
		case update.Load:
			return "last"
		case update.Step:
			return "$signed(" + extend("step", indexBits(u.Steps), false, u.Work) + ")"
		case update.Operand, update.Param:
			return operandName(int(i.At))
		}
		return number(u.Work, i.At)
	})
}

// Begins is the value of a readout before the first step.
func (u *unit) Begins() string { return number(u.Work, u.Readout.Vars[0].Start) }

// Results are those of all lanes of a pool or sum.
func (u *unit) Results() string {
	old := map[string]string{kindPool: "wr_data", kindSum: "r_q"}[u.Kind]
	return u.lanes(func(lane int) string {
		if u.Forgets() {
			return "joined(" + part("x_q", lane, u.X.Bits) + ")"
		}
		result := fmt.Sprintf("joined(%s, %s)", part("x_q", lane, u.X.Bits), part(old, lane, u.Bits))
		if u.Numbers() { // it is not 0 where nothing fires
			return u.inside(lane, result)
		}
		return result
	})
}

// inside is a lane's result, or 0 behind the last element: a scan must find nothing there.
func (u *unit) inside(lane int, result string) string {
	zero := decimal(u.Bits, 0)
	switch {
	case lane < u.Tail():
		return result
	case u.Tiles == 1:
		return zero
	}
	return fmt.Sprintf("wr_tile == %s ? %s : %s", decimal(u.Addr(), u.Last()), zero, result)
}

// Stores tells whether the unit knows when a tile of its own is complete.
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
	case kindSum:
		return u.Results()
	case kindMap:
		return u.elements()
	}
	return "wr_data"
}

// elements are the results of all lanes of a lanewise op.
func (u *unit) elements() string {
	return u.lanes(func(lane int) string {
		var args []string
		for _, o := range u.Operands {
			if o.Unit == nil {
				args = append(args, o.Param.Lane(lane))
			} else {
				args = append(args, part(fmt.Sprintf("x%d_q", o.From), lane, o.Unit.Bits))
			}
		}
		return u.inside(lane, "element("+strings.Join(args, ", ")+")")
	})
}

// Constants are the operands of a lanewise op that are constants.
func (u *unit) Constants() []param {
	var out []param
	for _, o := range u.Operands {
		if o.Unit == nil {
			out = append(out, o.Param)
		}
	}
	return out
}

// walked tells whether the unit's tiles come from a memory that is walked.
func (u *unit) walked() bool {
	for _, w := range u.X.Walked {
		if w == u {
			return true
		}
	}
	return false
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
	if r.Rows == u {
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
