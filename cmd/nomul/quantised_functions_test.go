package main

import (
	"math"
	"math/big"
)

// functionOps are the functions of the reference: leaky ones are exact, the others as float64 has them.
func functionOps() map[string]func(*refNode, []*rats) *rats {
	ops := map[string]func(*refNode, []*rats) *rats{}
	for name, f := range map[string]func(float64) float64{
		"Sigmoid": sigmoidOf,
		"Tanh":    math.Tanh,
		"Erf":     math.Erf,
	} {
		ops[name] = func(_ *refNode, a []*rats) *rats { return eachOf(a[0], 1, inFloat64(f)) }
	}
	ops["Div"] = pairwise(divOf)
	ops["LeakyRelu"] = func(n *refNode, a []*rats) *rats { return eachOf(a[0], 1, leakyBy(n.float("alpha", 0.01))) }
	ops["PRelu"] = func(_ *refNode, a []*rats) *rats { return broadcastOf(a[0], a[1], 1, leaky) }
	ops["HardSwish"] = func(_ *refNode, a []*rats) *rats { return eachOf(a[0], 1, hardSwishOf) }
	ops["QLinearMul"] = func(_ *refNode, a []*rats) *rats {
		return quantised(broadcastOf(realOf(a[0], a[1], a[2]), realOf(a[3], a[4], a[5]), 1, mulOf), a[6], a[7])
	}
	ops["QLinearSigmoid"] = func(_ *refNode, a []*rats) *rats {
		return quantised(eachOf(realOf(a[0], a[1], a[2]), 1, inFloat64(sigmoidOf)), a[3], a[4])
	}
	ops["QLinearLeakyRelu"] = func(n *refNode, a []*rats) *rats {
		return quantised(eachOf(realOf(a[0], a[1], a[2]), 1, leakyBy(n.float("alpha", 0.01))), a[3], a[4])
	}
	ops["BatchNormalization"] = func(n *refNode, a []*rats) *rats { return normOf(a[0], a[1:], float64(n.float("epsilon", 1e-5))) }
	return ops
}

// normOf is a batch-norm along axis 1, of gamma, beta, mean and variance, whose factor is rounded to float64.
func normOf(x *rats, of []*rats, epsilon float64) *rats {
	out, inner := newRats(1, x.shape...), countOf(x.shape[2:])
	for i, v := range x.v {
		c := i / inner % x.shape[1]
		gamma, _ := of[0].v[c].Float64()
		variance, _ := of[3].v[c].Float64()
		y := new(big.Rat).Sub(v, of[2].v[c])
		y.Mul(y, ratOf(gamma/math.Sqrt(variance+epsilon)))
		out.v[i] = y.Add(y, of[1].v[c])
	}
	return out
}

func sigmoidOf(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

func inFloat64(f func(float64) float64) func(*big.Rat) *big.Rat {
	return func(x *big.Rat) *big.Rat {
		y, _ := x.Float64()
		return ratOf(f(y))
	}
}

func leaky(x, slope *big.Rat) *big.Rat {
	if x.Sign() < 0 {
		return mulOf(x, slope)
	}
	return x
}

func leakyBy(alpha float32) func(*big.Rat) *big.Rat {
	return func(x *big.Rat) *big.Rat { return leaky(x, ratOf(float64(alpha))) }
}

// hardSwishOf is x·max(0, min(1, x/6 + 1/2)), with the sixth of float32.
func hardSwishOf(x *big.Rat) *big.Rat {
	gate := addOf(mulOf(x, ratOf(float64(float32(1)/6))), big.NewRat(1, 2))
	return mulOf(x, clipOf(gate, new(big.Rat), big.NewRat(1, 1)))
}
