package goasm

import (
	"fmt"
	"slices"
	"strings"

	"nomul/backends/lower"
	"nomul/ir/update"
)

// layConstants puts a constant operand that is one number into the program, and lays the
// others out, once for all blocks if they repeat.
func (l *loop) layConstants(p *plan, w *written) {
	code, names, limits := l.program.Code, l.program.Names(), l.program.Limits()
	var params []int
	constants := make([][]int64, len(code))
	for i, instr := range code {
		if instr.Kind != update.Param {
			continue
		}
		d := w.data(instr.At)
		if limits[i] && !l.wide && l.form != packed {
			d = l.limit(update.Value(i), d)
		}
		if lower.Repeats(d, 1) {
			code[i] = update.Instr{Kind: update.Const, Name: instr.Name, At: d[0]}
			continue
		}
		params, constants[i] = append(params, i), d
	}
	l.block = padded(l.size)
	if l.form != packed {
		l.block = block(l.size, constants)
	}
	for _, i := range params {
		name := names[i]
		if code[i].Name == "" {
			name = fmt.Sprint("constant", code[i].At)
		}
		c := p.constant(l.of+upper(name), l.form, constants[i][:min(l.block, l.size)])
		l.add(i, argument{name: name, field: c.name, spikes: l.form == packed, constant: true, read: true})
	}
}

// limit makes data a limit that values are above, and that is an integer of a lane.
func (l *loop) limit(limit update.Value, data []int64) []int64 {
	lane, by := l.form.lane(), int64(0)
	for i := range l.program.Code {
		if c := &l.program.Code[i]; c.Kind == update.AtLeast && c.B == limit {
			c.Kind, by, l.less = update.Above, 1, true
		}
	}
	out := slices.Clone(data)
	for i, d := range data {
		out[i] = min(max(d-by, lane.Lo), lane.Hi)
	}
	return out
}

// The bounds of a block of elements, so that its constants stay in the nearest cache.
const (
	mostBlock  = 4096
	leastBlock = 1024
)

// block is after how many elements all constants repeat, a multiple of 64, and
// some more to make blocks worth a call; all of them if they do not repeat, or if there
// are none.
func block(size int, constants [][]int64) int {
	constants = slices.DeleteFunc(slices.Clone(constants), func(c []int64) bool { return c == nil })
	if size%64 != 0 || len(constants) == 0 {
		return padded(size)
	}
	for n := 64; n <= min(mostBlock, size); n += 64 {
		if !slices.ContainsFunc(constants, func(c []int64) bool { return !lower.Repeats(c, n) }) {
			return min(size, max(n, leastBlock/n*n))
		}
	}
	return size
}

// call calls the function, block by block where the constants repeat. Elements that fill up
// the last word of spikes have no say.
func (l *loop) call(t *stage) {
	all := padded(l.size)
	if l.block < all {
		t.do("for at := 0; at < %d; at += %d {\n%s\n}", all, l.block, l.with(all))
	} else {
		t.do("%s", l.with(all))
	}
	for _, b := range l.results {
		if rest := l.size % 64; b.form == packed && rest > 0 {
			t.do("m.%s[%d] &= 1<<%d - 1", b.name, b.words()-1, rest)
		}
	}
}

// with is the call for all elements, or for those of the block that begins at at.
func (l *loop) with(all int) string {
	var args []string
	lead := l.lead()
	for i, a := range l.args {
		arg := "m." + a.field
		switch {
		case l.block == all || a.constant:
		case a.spikes:
			arg += "[at>>6:]"
		case i == lead && all%l.block == 0:
			arg += fmt.Sprintf("[at:at+%d]", l.block)
		case i == lead:
			arg += fmt.Sprintf("[at:min(at+%d, %d)]", l.block, all)
		default:
			arg += "[at:]"
		}
		args = append(args, arg)
	}
	return fmt.Sprintf("m.updates.%s(%s)", l.first.of, strings.Join(args, ", "))
}
