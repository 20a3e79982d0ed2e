package goasm

import (
	"fmt"
	"slices"

	"nomul/ir"
	"nomul/ir/update"
)

// spread is a constant's data for every element of a shape; nil is nil.
func spread(v *ir.Value, s ir.Shape) []int64 {
	if v == nil {
		return nil
	}
	return ir.Stretch(v.Const().I, v.Const().Type.Shape, s)
}

// layConstants puts a constant operand that is one number into the program, and lays the
// others out, once for all blocks if they repeat.
func (s *laneStage) layConstants(p *plan, of operands) {
	code, names, limits := s.program.Code, s.program.Names(), s.program.Limits()
	var params []int
	data := make([][]int64, len(code))
	for i, instr := range code {
		if instr.Kind != update.Param {
			continue
		}
		d := of.data(int(instr.At))
		if limits[i] && !s.wide {
			s.limit(update.Value(i), d)
		}
		if repeats(d, 1) {
			code[i] = update.Instr{Kind: update.Const, Name: instr.Name, At: d[0]}
			continue
		}
		params, data[i] = append(params, i), d
	}
	s.block = block(s.dst.size, data)
	for _, i := range params {
		d := data[i][:min(s.block, len(data[i]))]
		name := names[i]
		if code[i].Name == "" {
			name = fmt.Sprint("constant", code[i].At)
		}
		c := p.constant(s.dst.name+upper(name), d, s.block, s.form, 0)
		s.add(i, argument{name: name, field: c.field, constant: &c})
	}
}

// limit makes data a limit that values are above, and that is an integer of a lane.
func (s *laneStage) limit(limit update.Value, data []int64) {
	lane, by := s.lane(), int64(0)
	for i := range s.program.Code {
		if c := &s.program.Code[i]; c.Kind == update.AtLeast && c.B == limit {
			c.Kind, by, s.less = update.Above, 1, true
		}
	}
	for i, d := range data {
		data[i] = min(max(d-by, lane.Lo), lane.Hi)
	}
}

// What a block of neurons may have, so that its constants stay in the nearest cache.
const (
	mostBlock  = 4096
	leastBlock = 1024
)

// block is after how many neurons all constants repeat, a multiple of 64, and
// some more to make blocks worth a call; all of them if they do not repeat, or if there
// are none.
func block(size int, constants [][]int64) int {
	constants = slices.DeleteFunc(slices.Clone(constants), func(c []int64) bool { return c == nil })
	if size%64 != 0 || len(constants) == 0 {
		return padded(size)
	}
	for n := 64; n <= min(mostBlock, size); n += 64 {
		if !slices.ContainsFunc(constants, func(c []int64) bool { return !repeats(c, n) }) {
			return min(size, max(n, leastBlock/n*n))
		}
	}
	return size
}

func repeats(data []int64, n int) bool {
	for i := n; i < len(data); i++ {
		if data[i] != data[i-n] {
			return false
		}
	}
	return true
}
