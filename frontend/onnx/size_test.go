package onnx_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand"
	"os"
	"runtime"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"nomul/frontend/onnx"
	"nomul/frontend/onnx/onnxpb"
	"nomul/ir/irtest"
)

// whole is a bundled export as it left its exporter: with its weights inside.
func whole(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m := &onnxpb.ModelProto{}
	if err := proto.Unmarshal(data, m); err != nil {
		t.Fatal(err)
	}
	for _, c := range m.Graph.Initializer {
		inline(t, file, c)
	}
	for _, n := range m.Graph.Node {
		for _, a := range n.Attribute {
			if a.T != nil {
				inline(t, file, a.T)
			}
		}
	}
	return (&model{m}).bytes(t)
}

// cost imports a file and gives the time, the best of three on a busy machine,
// and all memory that is ever asked for, the net included, as a multiple of the
// file's size.
func cost(t *testing.T, data []byte) (seconds, memory float64) {
	t.Helper()
	seconds = math.Inf(1)
	for range 3 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		start := time.Now()
		net, list := onnx.Import("m.onnx", data, onnx.Options{})
		seconds = min(seconds, time.Since(start).Seconds())
		runtime.ReadMemStats(&after)
		if net == nil || len(onnx.Unsupported(net)) > 0 {
			t.Fatal(list)
		}
		memory = float64(after.TotalAlloc-before.TotalAlloc) / float64(len(data))
		if seconds < 0.5 {
			break
		}
	}
	return seconds, memory
}

// TestLargestFile: the bundled export with the most nodes, 3,800, takes less than
// a second, and less memory than ten times its size.
func TestLargestFile(t *testing.T) {
	file := modelsDir + "fmnist-spiking-mlp-bnc/smlpbnc_ts26_sjhead_multi.onnx"
	seconds, memory := cost(t, whole(t, file))
	t.Logf("%.3f s, %.1f times the file", seconds, memory)
	if seconds > 1 || memory > 10 {
		t.Errorf("import takes %.2f s and %.1f times the file's size, wanted 1 and 10 at most", seconds, memory)
	}
}

// resNet18 is a network of the size of ResNet-18 on 224×224 images, with random weights.
func resNet18(t *testing.T) []byte {
	t.Helper()
	r := rand.New(rand.NewSource(1))
	m := x(13, -1, 3, 224, 224)
	weights := func(name string, dims ...int64) {
		count := int64(1)
		for _, d := range dims {
			count *= d
		}
		raw := make([]byte, 0, 4*count)
		for range count {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(r.Float32()))
		}
		m.init(&onnxpb.TensorProto{Name: name, DataType: tFloat, Dims: dims, RawData: raw})
	}
	convolved := func(in, out string, from, to, kernel, stride int64) {
		weights(out+".w", to, from, kernel, kernel)
		for _, p := range []string{"g", "b", "m", "v"} {
			weights(out+"."+p, to)
		}
		pad := kernel / 2
		m.node(fmt.Sprintf("Conv %s,%s.w -> %s.c", in, out, out), attrInts("strides", stride, stride), attrInts("pads", pad, pad, pad, pad))
		m.node(fmt.Sprintf("BatchNormalization %s.c,%s.g,%s.b,%s.m,%s.v -> %s", out, out, out, out, out, out))
	}
	convolved("x", "stem", 3, 64, 7, 2)
	m.node("Relu stem -> stem.r").node("MaxPool stem.r -> s", attrInts("kernel_shape", 3, 3), attrInts("strides", 2, 2), attrInts("pads", 1, 1, 1, 1))
	at, from := "s", int64(64)
	for stage, to := range []int64{64, 128, 256, 512} {
		for block := range 2 {
			name, stride, skip := fmt.Sprintf("l%d.%d", stage, block), int64(1), at
			if to != from {
				stride, skip = 2, name+".skip"
				convolved(at, skip, from, to, 1, 2)
			}
			convolved(at, name+".a", from, to, 3, stride)
			m.node("Relu " + name + ".a -> " + name + ".r")
			convolved(name+".r", name+".z", to, to, 3, 1)
			m.node("Add " + name + ".z," + skip + " -> " + name + ".s").node("Relu " + name + ".s -> " + name)
			at, from = name, to
		}
	}
	weights("fc", 1000, 512)
	m.node("GlobalAveragePool "+at+" -> g").node("Flatten g -> f").node("Gemm f,fc -> y", attrInt("transB", 1)).out("y")
	return m.bytes(t)
}

// TestResNet18: a network of 45 MB takes less than 5 s and ten times its size.
func TestResNet18(t *testing.T) {
	irtest.Long(t)
	data := resNet18(t)
	if len(data) < 44e6 {
		t.Fatalf("the file has %d bytes", len(data))
	}
	seconds, memory := cost(t, data)
	t.Logf("%.3f s, %.1f times the file", seconds, memory)
	if seconds > 5 || memory > 10 {
		t.Errorf("import takes %.2f s and %.1f times the file's size, wanted 5 and 10 at most", seconds, memory)
	}
}
