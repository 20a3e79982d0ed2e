package onnx_test

import "math"

// weights are 3×2 (or 2×3) and exact in float32.
var weights = []float32{1, -2, 0.5, 3, -0.25, 4}

func linearCases() []opCase {
	kn, nk := []int64{2, 3}, []int64{3, 2}
	return []opCase{
		{"Gemm", x(7, 1, 2).floats("w", kn, weights...).floats("c", []int64{3}, 1, 2, 3).node("Gemm x,w,c -> y").out("y")},
		{"Gemm-transB", x(13, -1, 2).floats("w", nk, weights...).floats("c", []int64{1, 3}, 1, 2, 3).
			node("Gemm x,w,c -> y", attrInt("transB", 1), attrFloat("alpha", 1), attrFloat("beta", 1), attrInt("transA", 0)).out("y")},
		{"Gemm-no-C", x(11, 1, 2).floats("w", nk, weights...).node("Gemm x,w -> y", attrInt("transB", 1)).out("y")},
		{"Gemm-scalar-C", x(11, 1, 2).floats("w", nk, weights...).floats("c", nil, 5).node("Gemm x,w,c -> y", attrInt("transB", 1)).out("y")},
		{"Gemm-beta-0", x(11, 1, 2).floats("w", nk, weights...).floats("c", nil, 5).node("Gemm x,w,c -> y", attrInt("transB", 1), attrFloat("beta", 0)).out("y")},
		{"Gemm-exact-alpha", x(11, 1, 2).floats("w", kn, weights...).floats("c", []int64{3}, 1, 2, 3).
			node("Gemm x,w,c -> y", attrFloat("alpha", -0.5), attrFloat("beta", 0.1)).out("y")},
		{"Gemm-inexact-alpha", x(11, 1, 2).floats("w", nk, weights...).floats("c", []int64{3}, 1, 2, 3).
			node("Gemm x,w,c -> y", attrFloat("alpha", 0.3), attrInt("transB", 1)).out("y")},
		{"Gemm-shared-weights", x(11, 1, 2).floats("w", kn, weights...).node("Gemm x,w -> a").node("Neg x -> n").node("Gemm n,w -> b").node("Add a,b -> y").out("y")},
		{"Gemm-transA", x(11, 1, 3).floats("w", []int64{1, 2}, 3, 4).node("Gemm x,w -> y", attrInt("transA", 1)).out("y")},
		{"Gemm-C-per-row", x(11, 1, 3).floats("w", []int64{1, 2}, 3, 4).floats("c", []int64{3, 1}, 1, 2, 3).node("Gemm x,w,c -> y", attrInt("transA", 1)).out("y")},
		{"Gemm-two-inputs", x(11, 1, 2).in("b", tFloat, 1, 2).in("c", tFloat, 1, 1).
			node("Gemm x,b,c -> y", attrInt("transB", 1), attrFloat("alpha", 0.3), attrFloat("beta", 2)).out("y")},

		{"MatMul", x(13, 1, 2).floats("w", kn, weights...).node("MatMul x,w -> y").out("y")},
		{"MatMul-rank-3", x(13, 1, 4, 2).floats("w", kn, weights...).node("MatMul x,w -> y").out("y")},
		{"MatMul-transposed-weights", x(13, 1, 2).floats("w", nk, weights...).node("Transpose w -> t").node("MatMul x,t -> y").out("y")},
		{"Einsum-scores", x(13, 1, 3, 2).in("b", tFloat, 1, 4, 2).node("Einsum x,b -> y", attrString("equation", "bnd,bmd->bnm")).out("y")},
		{"Einsum-outer", x(13, 1, 3).floats("v", []int64{2}, 1, 2).node("Einsum x,v -> y", attrString("equation", "ab, c -> acb")).out("y")},
		{"Einsum-sum", x(13, 1, 2, 3).node("Einsum x -> y", attrString("equation", "abc->ca")).out("y")},
		{"Einsum-weights", x(13, 1, 2, 3).floats("w", []int64{2, 3}, 1, 2, 3, 4, 5, 6).node("Einsum x,w -> y", attrString("equation", "bni,oi->bno")).out("y")},
		{"Einsum-weights-left", x(13, 1, 2, 3).floats("w", []int64{2, 3, 2}, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12).node("Einsum w,x -> y", attrString("equation", "oip,bpi->bo")).out("y")},
		{"MatMul-two-inputs", x(13, 1, 2, 3).in("b", tFloat, 1, 3, 2).node("MatMul x,b -> y").out("y")},
		{"MatMul-vector-right", x(13, 1, 2, 3).floats("v", []int64{3}, 1, 2, 3).node("MatMul x,v -> y").out("y")},
		{"MatMul-vector-left", x(13, 1, 2, 3).floats("v", []int64{2}, 1, 2).node("MatMul v,x -> y").out("y")},
		{"MatMul-vectors", x(13, 1, 3).node("Squeeze x,zero -> a").ints("zero", 0).floats("v", []int64{3}, 1, 2, 3).node("MatMul a,v -> y").out("y")},

		{"BatchNormalization", batchNorm(x(15, 1, 2), 2).node("BatchNormalization x,g,b,m,v -> y", attrFloat("epsilon", 0.001), attrFloat("momentum", 0.9), attrInt("training_mode", 0)).out("y")},
		{"BatchNormalization-opset-7", batchNorm(x(7, 1, 2, 2), 2).node("BatchNormalization x,g,b,m,v -> y", attrInt("spatial", 1)).out("y")},
	}
}

func batchNorm(m *model, channels int64) *model {
	dims := []int64{channels}
	return m.floats("g", dims, 2, -1).floats("b", dims, 0.5, 1).floats("m", dims, 1, -1).floats("v", dims, 4, 0.25)
}

func shapeCases() []opCase {
	return []opCase{
		{"Flatten", x(13, 1, 2, 3).node("Flatten x -> y").out("y")},
		{"Flatten-axis", x(13, 1, 2, 3).node("Flatten x -> a", attrInt("axis", 0)).node("Flatten x -> b", attrInt("axis", -1)).node("Flatten x -> c", attrInt("axis", 3)).out("a", "b", "c")},
		{"Reshape", x(13, -1, 2, 6).ints("s", 0, -1, 3).node("Reshape x,s -> y").out("y")},
		{"Reshape-allowzero", x(14, 1, 6).ints("s", 2, 3).node("Reshape x,s -> y", attrInt("allowzero", 1)).out("y")},
		{"Reshape-scalar", x(14, 1, 1).ints("s").node("Reshape x,s -> y").out("y")},
		{"Reshape-shape-arithmetic", x(13, -1, 2, 2, 3).node("Shape x -> s").ints("zero", 0).node("Gather s,zero -> n").
			ints("rest", -1).node("Concat n,rest -> t", attrInt("axis", 0)).node("Reshape x,t -> y").out("y")},
		{"Squeeze", x(11, 1, 1, 2, 1).node("Squeeze x -> y", attrInts("axes", 1, -1)).out("y")},
		{"Squeeze-input", x(13, 1, 1, 2).ints("axes", -2).node("Squeeze x,axes -> y").out("y")},
		{"Squeeze-all", x(13, 1, 3, 1).node("Squeeze x -> y").out("y")},
		{"Unsqueeze", x(11, 1, 2).node("Unsqueeze x -> y", attrInts("axes", 0, -1)).out("y")},
		{"Unsqueeze-input", x(13, 1, 2).ints("axes", 1).node("Unsqueeze x,axes -> y").out("y")},
		{"Transpose", x(13, 1, 2, 3).node("Transpose x -> y").out("y")},
		{"Transpose-perm", x(13, 1, 2, 3).node("Transpose x -> y", attrInts("perm", 0, 2, 1)).out("y")},
		{"Concat", x(13, 1, 2).in("b", tFloat, 1, 3).node("Concat x,b,x -> y", attrInt("axis", -1)).out("y")},
		{"Concat-empty-list", x(13, 1, 2).ints("none").ints("two", 1, 2, 1).node("Concat none,two -> s", attrInt("axis", 0)).node("Reshape x,s -> y").out("y")},
		{"Slice", x(13, 1, 5).ints("start", 1).ints("end", math.MaxInt64).ints("axis", 1).ints("step", 2).node("Slice x,start,end,axis,step -> y").out("y")},
		{"Slice-backwards", x(13, 1, 5).ints("start", -1).ints("end", math.MinInt64).ints("axis", -1).ints("step", -2).node("Slice x,start,end,axis,step -> y").out("y")},
		{"Slice-attributes", x(9, 1, 5, 4).node("Slice x -> y", attrInts("axes", 1, 2), attrInts("starts", 1, -3), attrInts("ends", 3, 100)).out("y")},
		{"Slice-no-axes", x(11, 1, 5).ints("start", 0, 2).ints("end", 1, 4).node("Slice x,start,end -> y").out("y")},
		{"Slice-folded-bounds", x(13, 1, 5).ints("a", 2).ints("b", math.MaxInt64).node("Concat a,b -> ab", attrInt("axis", 0)).ints("zero", 0).ints("one", 1).
			node("Gather ab,zero -> start").node("Gather ab,one -> end").node("Slice x,start,end,one -> y").out("y")},
		{"Slice-nothing-cut", x(13, 1, 5).ints("start", 0).ints("end", 9).ints("axis", 1).node("Slice x,start,end,axis -> y").out("y")},
		{"Gather", x(13, 1, 4).ints("i", 2, -1).node("Gather x,i -> y", attrInt("axis", 1)).out("y")},
		{"Gather-scalar", x(13, 1, 4).node("Constant -> i", attrInt("value_int", 0)).node("Gather x,i -> y").out("y")},
		{"Shape", x(13, -1, 4, 5).node("Shape x -> s").node("Identity x -> y").out("s", "y")},
		{"Shape-start-end", x(15, 1, 4, 5).node("Shape x -> s", attrInt("start", -2), attrInt("end", 2)).node("Identity x -> y").out("s", "y")},
	}
}

func reduceCases() []opCase {
	return []opCase{
		{"ReduceSum", x(11, 1, 2, 3).node("ReduceSum x -> y", attrInts("axes", -1), attrInt("keepdims", 0)).out("y")},
		{"ReduceSum-input", x(13, 1, 2, 3).ints("axes", 1).node("ReduceSum x,axes -> y").out("y")},
		{"ReduceSum-all", x(13, 1, 2, 3).node("ReduceSum x -> y").out("y")},
		{"ReduceSum-noop", x(13, 1, 3).node("ReduceSum x -> y", attrInt("noop_with_empty_axes", 1)).out("y")},
		{"ReduceSum-known-integers", x(13, 1, 3, 4).node("Shape x -> s").node("ReduceSum s -> y", attrInt("keepdims", 0)).node("Identity x -> z").out("y", "z")},
		{"ReduceMean", x(13, 1, 4, 2).node("ReduceMean x -> y", attrInts("axes", 1, 2), attrInt("keepdims", 0)).out("y")},
		{"ReduceMax", x(13, 1, 2, 3).node("ReduceMax x -> y", attrInts("axes", 2)).out("y")},
		{"ReduceMax-bool", x(20, 1, 3).floats("zero", nil, 0).node("Greater x,zero -> p").node("ReduceMax p -> y").out("y")},
		{"ReduceMin", x(18, 1, 2, 3).ints("a", 1).node("ReduceMin x,a -> y", attrInt("keepdims", 0)).out("y")},
		{"ReduceProd", x(13, 1, 2, 3).node("ReduceProd x -> y", attrInts("axes", 1)).out("y")},
		{"ReduceProd-int32", newModel(13).in("x", tInt32, 1, 3).node("ReduceProd x -> y", attrInts("axes", 1)).out("y")},
		{"ArgMax", x(13, 1, 2, 3).node("ArgMax x -> y", attrInt("axis", 1), attrInt("keepdims", 0)).out("y")},
		{"ArgMax-last", x(13, 1, 3).floats("c", []int64{3}, 2, 2, 1).node("Mul x,c -> z").node("ArgMax z -> y", attrInt("axis", -1), attrInt("select_last_index", 1)).out("y")},
		{"ArgMin", x(13, 2, 3).node("ArgMin x -> y").out("y")},
		{"ReduceMean-input", x(18, 1, 4, 2).ints("axes", 1).node("ReduceMean x,axes -> y").out("y")},
	}
}
