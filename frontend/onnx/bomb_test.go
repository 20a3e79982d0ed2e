package onnx_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/irtest"
)

// TestBombs: small files that ask for endless work are refused in a minute, with
// little memory.
func TestBombs(t *testing.T) {
	irtest.Long(t)
	for name, m := range bombs() {
		t.Run(name, func(t *testing.T) {
			data := m.bytes(t)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			net, list := onnx.Import("bomb.onnx", data, onnx.Options{})
			runtime.ReadMemStats(&after)
			if net != nil || len(list) == 0 {
				t.Errorf("is not refused: %v", list)
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 1<<30 || time.Since(start) > time.Minute {
				t.Errorf("takes %v and %d bytes", time.Since(start), used)
			}
		})
	}
}

func bombs() map[string]*model {
	doubling := x(13, 1, 2)
	for i := range 30 {
		f := &onnxpb.FunctionProto{Domain: "mine", Name: fmt.Sprint("F", i), Input: []string{"a"}, Output: []string{"r"}}
		next := fmt.Sprint("F", i+1)
		doubling.function(f, newModel(13).node(next+" a -> b").of("mine", "").node(next+" b -> r").of("mine", ""))
	}
	doubling.function(&onnxpb.FunctionProto{Domain: "mine", Name: "F30", Input: []string{"a"}, Output: []string{"r"}}, newModel(13).node("Neg a -> r"))
	inner := attrGraph("body", newModel(13).node("Neg v -> w").node("Identity go -> on").out("on", "w"), "t", "go", "v")
	outer := attrGraph("body", newModel(13).node("Loop n,,v -> w", inner).node("Identity go -> on").out("on", "w"), "t", "go", "v")
	many := func() *model { return x(13, 1, 2).init(scalar(int64s("n", 1<<40))) }
	long := attrGraph("body", newModel(13).node("Neg v -> "+strings.Repeat("w", 1<<16)).node("Identity go -> on").out("on", strings.Repeat("w", 1<<16)), "t", "go", "v")
	growing := attrGraph("body", newModel(13).node("Concat v,v -> w", attrInt("axis", 0)).node("Identity go -> on").out("on", "w"), "t", "go", "v")
	longer := attrGraph("body", newModel(13).node("SequenceInsert v,x -> w").node("Identity go -> on").out("on", "w"), "t", "go", "v")
	places := make([]int64, 1<<12)
	scatter := x(16, 2, 1).init(&onnxpb.TensorProto{Name: "i", DataType: tInt64, Dims: []int64{1 << 12, 1}, Int64Data: places}).
		in("u", tFloat, 1<<12, 1).init(scalar(int64s("n", 1<<40))).
		node("Loop n,,x -> y", attrGraph("body", newModel(16).node("ScatterND v,i,u -> w", attrString("reduction", "add")).node("Identity go -> on").out("on", "w"), "t", "go", "v")).out("y")
	windows := x(13, 1, 1, 1<<27)
	for i := range 1000 {
		windows.node(fmt.Sprintf("MaxPool x -> p%d", i), attrInts("kernel_shape", 1))
	}
	return map[string]*model{
		"functions": doubling.node("F0 x -> y").of("mine", "").out("y"),
		"loops":     many().node("Loop n,,x -> y", outer).out("y"),
		"names":     many().node("Loop n,,x -> y", long).out("y"),
		"growth":    many().ints("one", 1).node("Loop n,,one -> y", growing).out("y"),
		"sequence":  many().node("SequenceEmpty -> q").node("Loop n,,q -> r", longer).node("SequenceLength r -> y").out("y"),
		"extents":   x(13, 1<<27).node("SplitToSequence x -> q").node("SequenceLength q -> y").out("y"),
		"scatter":   scatter,
		"windows":   windows.out("p0"),
	}
}
