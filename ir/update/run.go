package update

// Run computes one step of one element from its state variables: the value of each
// instruction, which for a store or result is the value that it takes.
func (p *Program) Run(values []int64, step int64, state []int64, operand func(slot int) int64) {
	for v, i := range p.Code {
		switch i.Kind {
		case Step:
			values[v] = step
		case Load:
			values[v] = state[i.At]
		case Operand, Param:
			values[v] = operand(int(i.At))
		case Store, Result:
			values[v] = values[i.A]
		default:
			values[v] = i.compute(values[i.A], values[i.B], values[i.C])
		}
	}
}

// compute returns the value of an instruction that depends on values alone.
func (i Instr) compute(a, b, c int64) int64 {
	switch i.Kind {
	case Const:
		return i.At
	case Add:
		return a + b
	case Sub:
		return a - b
	case Shl:
		return a << i.At
	case Shr:
		return a >> i.At
	case Leak:
		return i.Decay.Of(a)
	case Lookup:
		return i.Table[a]
	case Scale:
		return i.Decay.rounded(a * b)
	case AtLeast:
		return bit(a >= b)
	case Above:
		return bit(a > b)
	case And:
		return a & b
	case Or:
		return a | b
	case Xor:
		return a ^ b
	case AndNot:
		return a &^ b
	case Min:
		return min(a, b)
	case Max:
		return max(a, b)
	}
	if c != 0 { // Select
		return a
	}
	return b
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
