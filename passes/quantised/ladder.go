package quantised

import (
	"math"
	"math/bits"
)

// steps are the thresholds of an element: its integer n reaches step k where it is above low[k], and
// does where it is not below high[k]; n is never between. A step that every n reaches has no low, one
// that none reaches no high.
type steps struct{ low, high []int64 }

// unbound is no bound, and −unbound is none below.
const unbound = int64(1) << 60

// rung is the ladder of an element: n·2^guard reaches step k, from 1 on, at first − bits[0] plus what
// bits has for the bits of k.
type rung struct {
	first int64
	bits  []int64
}

// even is the ladder of equal distances.
func even(first, step int64, count int) rung {
	r := rung{first: first}
	for b := range bits.Len(uint(count)) {
		r.bits = append(r.bits, step<<b)
	}
	return r
}

// ladder has the thresholds from .. upto of all elements, on integers that are cut to least .. most
// before.
type ladder struct {
	from, upto  int
	guard       int
	least, most int64
	rungs       []rung
	own         bool // bits are not all doubles of the first
}

// ladderBits bounds the integers that reach a ladder, and its thresholds have one bit more at most:
// engines hold the difference of two in 32 bits with a sign.
const ladderBits = 29

// ladders finds thresholds, with guard bits, that have every step exactly. Where no ladder has all of
// them, the steps are parted, and a number's level is the sum of its levels in all parts. One step
// alone is a threshold, so there is an answer but for numbers too wide.
func ladders(all []steps, from, upto int) []ladder {
	if l, ok := fit(all, from, upto); ok {
		return []ladder{l}
	}
	if upto-from == 1 {
		return nil
	}
	middle := from + (upto-from)/2
	a, b := ladders(all, from, middle), ladders(all, middle, upto)
	if a == nil || b == nil {
		return nil
	}
	return append(a, b...)
}

// fit finds one ladder for the steps from .. upto, with as few guard bits as will do: of equal
// distances first, then one whose bits are moved a little each.
func fit(all []steps, from, upto int) (ladder, bool) {
	l := ladder{from: from, upto: upto}
	l.cut(all)
	room := ladderBits - bits.Len64(uint64(max(abs(l.least), abs(l.most))))
	for _, l.own = range []bool{false, true} {
		for l.guard = 0; l.guard <= room; l.guard++ {
			if l.fitAll(all) {
				return l, true
			}
		}
	}
	return l, false
}

// cut finds the numbers beyond which no step changes.
func (l *ladder) cut(all []steps) {
	l.least, l.most = unbound, -unbound
	for _, s := range all {
		for k := l.from; k < l.upto; k++ {
			if s.low[k] > -unbound && s.high[k] < unbound {
				l.least, l.most = min(l.least, s.low[k]), max(l.most, s.high[k])
			}
		}
	}
	if l.least > l.most { // none is reached by some numbers only
		l.least, l.most = 0, 1
	}
}

func abs(n int64) int64 { return max(n, -n) }

// fitAll finds the ladder of each element; elements with the same steps share one.
func (l *ladder) fitAll(all []steps) bool {
	l.rungs = make([]rung, len(all))
	known := map[*int64]rung{}
	for i, s := range all {
		r, seen := known[&s.low[l.from]]
		if !seen {
			low, high := make([]int64, l.upto-l.from), make([]int64, l.upto-l.from)
			for k := range low {
				low[k], high[k] = l.bounds(s, l.from+k)
			}
			var ok bool
			if r, ok = l.fitOne(low, high); !ok {
				return false
			}
			known[&s.low[l.from]] = r
		}
		l.rungs[i] = r
	}
	return true
}

// bounds are those of the threshold of a step in units of 2^-guard, both included, for numbers that
// are cut to least .. most.
func (l *ladder) bounds(s steps, k int) (low, high int64) {
	low, high = -unbound, unbound
	if s.low[k] > -unbound {
		low = min(max(s.low[k], l.least), l.most)<<l.guard + 1
	}
	if s.high[k] < unbound {
		high = min(max(s.high[k], l.least), l.most) << l.guard
	}
	return low, high
}

// fitOne finds the ladder of an element.
func (l *ladder) fitOne(low, high []int64) (rung, bool) {
	count, room := len(low), int64(1)<<(ladderBits+1)
	if !l.own {
		first, step, ok := line(low, high, room>>bits.Len(uint(count)))
		r := even(first, step, count)
		return r, ok && r.within(room)
	}
	first, step, ok := line(finer(low, -1), finer(high, 1), unbound)
	if !ok {
		return rung{}, false
	}
	r := rung{first: coarser(first)}
	for b := range bits.Len(uint(count)) {
		r.bits = append(r.bits, coarser(step<<b))
	}
	return r, r.mend(low, high) && r.grows() && r.within(room)
}

// within reports whether all numbers of a ladder have so little room.
func (r rung) within(room int64) bool {
	total := abs(r.first)
	for _, part := range r.bits {
		total += part
	}
	return total < room
}

// grows reports whether each bit is above all lower ones together.
func (r rung) grows() bool {
	below := int64(0)
	for _, part := range r.bits {
		if part <= below {
			return false
		}
		below += part
	}
	return true
}

// fineBits are those by which a line of equal distances is finer than the ladder that is made of it.
const fineBits = 24

// finer are bounds in finer units, moved by one of the old ones: a number between two steps goes to the
// even one, so exact thresholds may lie on their bounds.
func finer(list []int64, by int64) []int64 {
	out := make([]int64, len(list))
	for i, n := range list {
		out[i] = n
		if abs(n) != unbound {
			out[i] = (n + by) << fineBits
		}
	}
	return out
}

func coarser(n int64) int64 { return (n + 1<<(fineBits-1)) >> fineBits }

// mends bounds the moves of mend.
const mends = 64

// mend moves first and bits by one unit at a time, always so that the bounds are missed by least,
// until none is.
func (r *rung) mend(low, high []int64) bool {
	moves := make([]*int64, len(r.bits)+1)
	for b := range r.bits {
		moves[b] = &r.bits[b]
	}
	moves[len(r.bits)] = &r.first
	missed := r.missed(low, high, math.MaxInt64)
	for range mends {
		if missed == 0 {
			return true
		}
		best, at, by := missed, -1, int64(0)
		for i, m := range moves {
			for _, d := range []int64{1, -1} {
				*m += d
				if now := r.missed(low, high, best); now < best {
					best, at, by = now, i, d
				}
				*m -= d
			}
		}
		if at < 0 {
			return false
		}
		*moves[at] += by
		missed = best
	}
	return missed == 0
}

// missed adds up by how much thresholds are beyond their bounds, until it is no less than a limit.
func (r *rung) missed(low, high []int64, limit int64) int64 {
	total, sums := int64(0), make([]int64, len(low)+1) // of bits, by the number that has them
	for k := range low {
		n := k + 1
		sums[n] = sums[n&(n-1)] + r.bits[bits.TrailingZeros(uint(n))]
		at := r.first - r.bits[0] + sums[n]
		if total += max(low[k]-at, 0) + max(at-high[k], 0); total >= limit {
			break
		}
	}
	return total
}
