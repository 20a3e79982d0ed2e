package kernel

import (
	"math/rand"
	"testing"
)

func BenchmarkLevels(b *testing.B) {
	r := rand.New(rand.NewSource(1))
	x := make([]uint8, 784)
	for i := range x {
		if i/14%2 == 0 {
			x[i] = uint8(r.Intn(256))
		}
	}
	rows := make([]byte, 784*512)
	r.Read(rows)
	rows = arena(string(rows))
	dst := make([]int32, 512)
	list, counts := make([]uint32, 784), make([]uint32, 15)
	ready := newWords(784)
	for _, k := range kernels() {
		b.Run(k.name, func(b *testing.B) {
			for range b.N {
				set(&ready, x, 0, 0)
				for shift := uint(0); shift < 8; shift += 4 {
					rest := ready.digits(list, counts, shift)
					k.levels8x32(dst, dst, rows, 784<<rowShift, rest, counts, int(shift))
				}
			}
		})
	}
	b.Run("digits", func(b *testing.B) {
		for range b.N {
			set(&ready, x, 0, 0)
			ready.digits(list, counts, 0)
			ready.digits(list, counts, 4)
		}
	})
}
