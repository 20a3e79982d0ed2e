// Package eval is the reference meaning of every op that keeps nothing from
// step to step: one row per op, from operand tensors to the result tensor.
//
// Reals are computed in float64 and not rounded; at the source level the caller
// rounds each result with RoundFloat32, which makes + − × ÷ equal to float32
// arithmetic (53 ≥ 2·24+2 bits: rounding twice is rounding once). Integers are
// exact in int64.
package eval

import "nomul/ir"

// A Kernel computes one value: it overwrites dst, which has the value's type,
// from one tensor per operand (nil where an optional one is absent). It may
// keep scratch memory, so it serves one goroutine at a time.
type Kernel func(args []*ir.Tensor, dst *ir.Tensor)

// rows has the evaluation of each op. Inputs, constants, unknown operators and
// ops with memory have none.
var rows = [...]func(v *ir.Value) Kernel{
	ir.OpOutput:     same,
	ir.OpAdd:        arith(add[float64], add[int64]),
	ir.OpSub:        arith(sub[float64], sub[int64]),
	ir.OpMul:        arith(mul[float64], mul[int64]),
	ir.OpDiv:        arith(divReals, divInts),
	ir.OpMod:        mod,
	ir.OpPow:        arith(powReals, powInts),
	ir.OpMin:        arith(pairs(minReal), pairs(minInt)),
	ir.OpMax:        arith(pairs(maxReal), pairs(maxInt)),
	ir.OpNeg:        negate,
	ir.OpShl:        shl,
	ir.OpCSD:        csd,
	ir.OpMap:        mapped,
	ir.OpLevels:     levels,
	ir.OpTable:      table,
	ir.OpSoftmax:    softmax,
	ir.OpAnd:        arith(nil, pairs(func(a, b int64) int64 { return a & b })),
	ir.OpOr:         arith(nil, pairs(func(a, b int64) int64 { return a | b })),
	ir.OpXor:        arith(nil, pairs(func(a, b int64) int64 { return a ^ b })),
	ir.OpAndNot:     arith(nil, pairs(func(a, b int64) int64 { return a &^ b })),
	ir.OpCompare:    compare,
	ir.OpCast:       cast,
	ir.OpWhere:      where,
	ir.OpReshape:    same,
	ir.OpTranspose:  transpose,
	ir.OpConcat:     concat,
	ir.OpSlice:      slice,
	ir.OpGather:     gather,
	ir.OpScatter:    scatter,
	ir.OpPad:        pad,
	ir.OpBroadcast:  stretch,
	ir.OpReduceSum:  reduceSum,
	ir.OpReduceMean: reduceMean,
	ir.OpReduceMax:  fold(maxReal, maxInt),
	ir.OpReduceMin:  fold(minReal, minInt),
	ir.OpReduceProd: fold(times[float64], times[int64]),
	ir.OpArgmax:     argument(1),
	ir.OpArgmin:     argument(-1),
	ir.OpMatmul:     matmul,
	ir.OpLinear:     linear,
	ir.OpConv:       conv,
	ir.OpMaxPool:    maxPool,
	ir.OpSumPool:    sumPool,
	ir.OpAvgPool:    avgPool,
	ir.OpBatchNorm:  batchNorm,
}

// Has reports whether the op is evaluated here.
func Has(op ir.Op) bool { return int(op) < len(rows) && rows[op] != nil }

// Prepare does the set-up of a value's evaluation once: index maps of
// broadcasts, weights laid out for access by input. The op must be one that Has
// knows, and the value must have passed inference.
func Prepare(v *ir.Value) Kernel { return rows[v.Op](v) }

// Do evaluates a value once.
func Do(v *ir.Value, args []*ir.Tensor, dst *ir.Tensor) { Prepare(v)(args, dst) }

// RoundFloat32 rounds each real element to the nearest float32, ties to even.
func RoundFloat32(t *ir.Tensor) {
	for i, f := range t.F {
		t.F[i] = float64(float32(f))
	}
}
