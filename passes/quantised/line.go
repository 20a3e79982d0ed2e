package quantised

import (
	"math"
	"sort"
)

// line finds first and step with low[k] <= first + k·step <= high[k] for all k from 0, the step from
// 1 to most. The step is looked for around the middle of those that the bounds allow.
func line(low, high []int64, most int64) (first, step int64, ok bool) {
	least, greatest := slopes(low, high)
	greatest = min(greatest, most)
	if least > greatest {
		return 0, 0, false
	}
	middle := least + (greatest-least)/2
	for try := range int64(2*slopeTries + 1) {
		if step = middle + (try+1)/2*(1-try%2*2); step < least || step > greatest {
			continue
		}
		a, b := -unbound, unbound
		for k := range low {
			if low[k] > -unbound {
				a = max(a, low[k]-int64(k)*step)
			}
			if high[k] < unbound {
				b = min(b, high[k]-int64(k)*step)
			}
		}
		if a <= b {
			return between(a, b), step, true
		}
	}
	return 0, 0, false
}

// slopeTries is how many steps are tried on each side of the middle.
const slopeTries = 4

// between is a number of an interval that may be open on a side.
func between(a, b int64) int64 {
	switch {
	case a == -unbound && b == unbound:
		return 0
	case a == -unbound:
		return b
	case b == unbound:
		return a
	}
	return a + (b-a)/2
}

// slopes bounds the distance of equal steps by the bounds of any two: the bounds of all pairs hold from a distance on, or
// up to one, which are searched for.
func slopes(low, high []int64) (least, most int64) {
	span := min(spanOf(low, high)+1, unbound/int64(len(low)+1)) // steps of more leave no room for so many
	above := func(step int64) bool {                            // low[k] − high[i] ≤ step·(k − i) for i < k
		room := unbound
		for k := range low {
			if at := int64(k) * step; low[k] > -unbound && low[k]-at > room {
				return false
			} else if high[k] < unbound {
				room = min(room, high[k]-at)
			}
		}
		return true
	}
	below := func(step int64) bool { // high[k] − low[i] ≥ step·(k − i) for i < k
		room := -unbound
		for k := range low {
			if at := int64(k) * step; high[k] < unbound && high[k]-at < room {
				return false
			} else if low[k] > -unbound {
				room = max(room, low[k]-at)
			}
		}
		return true
	}
	least = 1 + int64(sort.Search(int(span), func(s int) bool { return above(int64(s) + 1) }))
	if below(span + 1) {
		return least, math.MaxInt64
	}
	return least, int64(sort.Search(int(span), func(s int) bool { return !below(int64(s) + 1) }))
}

// spanOf is the distance of the least and the greatest bound.
func spanOf(low, high []int64) int64 {
	least, greatest := unbound, -unbound
	for k := range low {
		for _, x := range []int64{low[k], high[k]} {
			if x > -unbound && x < unbound {
				least, greatest = min(least, x), max(greatest, x)
			}
		}
	}
	return max(greatest-least, 0)
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }
