package lower

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Every element is in the data, at the sum of the offsets and strides of its place.
func TestClassesKeepElements(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		dims, class := make([]int, 1+r.IntN(4)), [][]int{}
		for axis := range dims {
			dims[axis] = 1 + r.IntN(6)
			class = append(class, make([]int, dims[axis]))
			for place := range class[axis] {
				class[axis][place] = r.IntN(1 + r.IntN(dims[axis]))
			}
		}
		var data []int64
		numbers := map[string]int64{}
		places := placesOf(dims)
		for _, place := range places {
			key := ""
			for axis, at := range place {
				key += fmt.Sprint(class[axis][at], " ")
			}
			if _, known := numbers[key]; !known {
				numbers[key] = r.Int64N(1 << 40)
			}
			data = append(data, numbers[key])
		}
		axes := r.Perm(len(dims))[:r.IntN(len(dims)+1)]
		c := ClassesOf(data, dims, axes)
		for i, place := range places {
			at := along(0, c.Strides, place)
			for axis, of := range c.Offsets {
				if of != nil {
					at += int(of[place[axis]])
				}
			}
			if c.Data[at] != data[i] {
				t.Fatalf("seed %d: %v of %v is %d, wanted %d", seed, place, dims, c.Data[at], data[i])
			}
		}
	}
}

// placesOf are the indices of a grid in C order.
func placesOf(dims []int) [][]int {
	out := [][]int{nil}
	for _, d := range dims {
		var next [][]int
		for _, before := range out {
			for i := range d {
				next = append(next, append(before[:len(before):len(before)], i))
			}
		}
		out = next
	}
	return out
}

// The border of a window of 3 leaves 3 classes of rows and of columns, that of a stride of 2 leaves 2; a
// random map is as large as before, and so is an axis of which a class has one place more than another.
func TestClassesAreFew(t *testing.T) {
	border := func(stride int) []int64 {
		var out []int64
		for y := 0; y < 16; y += stride {
			for x := 0; x < 16; x += stride {
				seen := func(at int) int64 { return int64(min(at+1, 15) - max(at-1, 0) + 1 + 4*min(at, 1)) }
				out = append(out, seen(y)*100+seen(x))
			}
		}
		return out
	}
	random := make([]int64, 64)
	for i := range random {
		random[i] = int64(i)
	}
	for _, c := range []struct {
		name string
		data []int64
		dims []int
		want int
	}{
		{"stride 1", border(1), []int{16, 16}, 9},
		{"stride 2", border(2), []int{8, 8}, 4},
		{"random", random, []int{8, 8}, 64},
		{"half", []int64{1, 1, 2, 2}, []int{4}, 2},
		{"more than half", []int64{1, 1, 2, 3}, []int{4}, 4},
	} {
		axes := []int{0, 1}[:len(c.dims)]
		if got := len(ClassesOf(c.data, c.dims, axes).Data); got != c.want {
			t.Errorf("%s: %d elements, wanted %d", c.name, got, c.want)
		}
	}
}
