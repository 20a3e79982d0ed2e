package quantised

import "math"

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

// slopes bounds the distance of equal steps by the bounds of any two.
func slopes(low, high []int64) (least, most int64) {
	least, most = 1, math.MaxInt64
	for i := range low {
		for k := i + 1; k < len(low); k++ {
			if low[k] > -unbound && high[i] < unbound {
				least = max(least, ceilDiv(low[k]-high[i], int64(k-i)))
			}
			if high[k] < unbound && low[i] > -unbound {
				most = min(most, floorDiv(high[k]-low[i], int64(k-i)))
			}
		}
	}
	return least, most
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func ceilDiv(a, b int64) int64 { return -floorDiv(-a, b) }
