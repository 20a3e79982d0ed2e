package main

import (
	"maps"
	"math"
	"math/big"
	"slices"
)

// The operators of the reference, by their names in ONNX, onnxruntime's domain and QONNX.
func init() {
	referenceOps = map[string]func(*refNode, []*rats) *rats{
		"Add": pairwise(addOf), "Mul": pairwise(mulOf),
		"Relu": func(_ *refNode, a []*rats) *rats {
			return eachOf(a[0], 1, func(x *big.Rat) *big.Rat { return clipOf(x, new(big.Rat), nil) })
		},
		"Clip": func(_ *refNode, a []*rats) *rats {
			return eachOf(a[0], a[0].elem, func(x *big.Rat) *big.Rat { return clipOf(x, a[1].v[0], a[2].v[0]) })
		},
		"Cast":     func(n *refNode, a []*rats) *rats { return &rats{a[0].shape, a[0].v, int32(n.int("to", 1))} },
		"Identity": func(_ *refNode, a []*rats) *rats { return a[0] },
		"Flatten": func(_ *refNode, a []*rats) *rats {
			return &rats{[]int{a[0].shape[0], countOf(a[0].shape[1:])}, a[0].v, a[0].elem}
		},
		"Reshape": func(_ *refNode, a []*rats) *rats {
			return &rats{[]int{a[0].shape[0], countOf(a[0].shape[1:])}, a[0].v, a[0].elem} // as the files have it
		},
		"Transpose": func(n *refNode, a []*rats) *rats { return permutedOf(a[0], n.ints("perm", 1, 0)) },
		"Concat":    func(n *refNode, a []*rats) *rats { return concatOf(n.int("axis", 0), a) },
		"Pad":       func(_ *refNode, a []*rats) *rats { return padOf(a[0], a[1], a[2]) },
		"QuantizeLinear": func(n *refNode, a []*rats) *rats {
			s, z := perAxis(n, a)
			return quantised(a[0], s, z)
		},
		"DequantizeLinear": func(n *refNode, a []*rats) *rats {
			s, z := perAxis(n, a)
			return realOf(a[0], s, z)
		},
		"Conv":              func(n *refNode, a []*rats) *rats { return convOf(n, a[0], a[1], optional(a, 2)) },
		"ConvTranspose":     func(n *refNode, a []*rats) *rats { return spreadOf(n, a[0], a[1], optional(a, 2)) },
		"MaxPool":           maxPoolOf,
		"AveragePool":       func(n *refNode, a []*rats) *rats { return averageOf(n, a[0]) },
		"GlobalAveragePool": func(_ *refNode, a []*rats) *rats { return globalOf(a[0]) },
		"MatMul":            func(_ *refNode, a []*rats) *rats { return matmulOf(a[0], a[1]) },
		"Gemm": func(n *refNode, a []*rats) *rats {
			return broadcastOf(matmulOf(a[0], transposedOf(a[1], n.int("transB", 0) != 0)), a[2], 1, addOf)
		},
		"ConvInteger": func(n *refNode, a []*rats) *rats {
			return convOf(n, centredOf(a[0], optional(a, 2), 1), centredOf(a[1], optional(a, 3), 0), nil)
		},
		"MatMulInteger": func(_ *refNode, a []*rats) *rats {
			return matmulOf(centredOf(a[0], optional(a, 2), 0), centredOf(a[1], optional(a, 3), 1))
		},
		"QLinearConv": func(n *refNode, a []*rats) *rats {
			scale := broadcastOf(a[1], a[4], 1, mulOf)
			y := convOf(n, centredOf(a[0], a[2], 1), centredOf(a[3], a[5], 0), optional(a, 8))
			return quantised(broadcastOf(y, alongAxis(scale, 4, 1), 1, mulOf), a[6], a[7])
		},
		"QLinearMatMul": func(_ *refNode, a []*rats) *rats {
			y := matmulOf(centredOf(a[0], a[2], 0), centredOf(a[3], a[5], 1))
			return quantised(broadcastOf(broadcastOf(y, a[1], 1, mulOf), a[4], 1, mulOf), a[6], a[7])
		},
		"QGemm": func(n *refNode, a []*rats) *rats {
			b := centredOf(a[3], a[5], 0) // as the files have it: transB
			y := broadcastOf(matmulOf(centredOf(a[0], a[2], 0), transposedOf(b, n.int("transB", 0) != 0)), a[6], 1, addOf)
			return quantised(broadcastOf(broadcastOf(y, a[1], 1, mulOf), a[4], 1, mulOf), a[7], a[8])
		},
		"QLinearAdd": func(_ *refNode, a []*rats) *rats {
			return quantised(broadcastOf(realOf(a[0], a[1], a[2]), realOf(a[3], a[4], a[5]), 1, addOf), a[6], a[7])
		},
		"QLinearConcat": func(n *refNode, a []*rats) *rats {
			var parts []*rats
			for i := 2; i < len(a); i += 3 {
				parts = append(parts, realOf(a[i], a[i+1], a[i+2]))
			}
			return quantised(concatOf(n.int("axis", 0), parts), a[0], a[1])
		},
		"QLinearGlobalAveragePool": func(_ *refNode, a []*rats) *rats { return quantised(globalOf(realOf(a[0], a[1], a[2])), a[3], a[4]) },
		"QLinearAveragePool": func(n *refNode, a []*rats) *rats {
			return quantised(averageOf(n, realOf(a[0], a[1], a[2])), a[3], a[4])
		},
		"Quant": quantOf,
		"BipolarQuant": func(_ *refNode, a []*rats) *rats {
			return broadcastOf(a[0], a[1], 1, func(x, s *big.Rat) *big.Rat {
				if x.Sign() < 0 {
					return new(big.Rat).Neg(s)
				}
				return s
			})
		},
		"Trunc": func(n *refNode, a []*rats) *rats {
			y := broadcastOf(broadcastOf(a[0], a[1], 1, divOf), a[2], 1, addOf)
			unit := ratOf(math.Ldexp(1, int(a[3].v[0].Num().Int64()-a[4].v[0].Num().Int64())))
			y = eachOf(y, 1, func(x *big.Rat) *big.Rat { return n.rounded(divOf(roundOf(x), unit)) })
			return broadcastOf(broadcastOf(y, a[2], 1, subOf), a[1], 1, mulOf)
		},
	}
	maps.Copy(referenceOps, functionOps())
}

func optional(a []*rats, i int) *rats {
	if i < len(a) {
		return a[i]
	}
	return nil
}

func (n *refNode) rounded(x *big.Rat) *big.Rat {
	mode := "ROUND"
	if n.OpType == "Trunc" {
		mode = "FLOOR"
	}
	if a := n.attr("rounding_mode"); a != nil {
		mode = string(a.S)
	}
	switch {
	case slices.Contains([]string{"FLOOR", "floor"}, mode):
		return floorOf(x)
	case slices.Contains([]string{"CEIL", "ceil"}, mode):
		return ceilOf(x)
	}
	return roundOf(x)
}

// quantOf is (round(clip(x/s + z)) − z)·s.
func quantOf(n *refNode, a []*rats) *rats {
	width := int(a[3].v[0].Num().Int64())
	lo, hi := new(big.Rat), ratOf(math.Ldexp(1, width)-1)
	if n.int("signed", 0) != 0 {
		lo, hi = ratOf(-math.Ldexp(1, width-1)), ratOf(math.Ldexp(1, width-1)-1)
		if n.int("narrow", 0) != 0 {
			lo.Add(lo, big.NewRat(1, 1))
		}
	} else if n.int("narrow", 0) != 0 {
		hi.Sub(hi, big.NewRat(1, 1))
	}
	y := broadcastOf(broadcastOf(a[0], a[1], 1, divOf), a[2], 1, addOf)
	y = eachOf(y, 1, func(x *big.Rat) *big.Rat { return n.rounded(clipOf(x, lo, hi)) })
	return broadcastOf(broadcastOf(y, a[2], 1, subOf), a[1], 1, mulOf)
}
