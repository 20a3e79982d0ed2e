package backends_test

import (
	"testing"

	"nomul/backends"
	"nomul/ir"
)

// TestPortNames fixes the identifiers that are made of exporters' names; ports of one side
// that nobody named have numbers.
func TestPortNames(t *testing.T) {
	for _, c := range []struct{ inputs, outputs, want []string }{
		{[]string{"x"}, []string{"y"}, []string{"x", "y"}},
		{[]string{"onnx::Unsqueeze_0"}, []string{"/fc/Gemm_output_0"}, []string{"x", "y"}},
		{[]string{"input.1"}, []string{"123"}, []string{"x", "y"}},
		{[]string{"input"}, []string{"output"}, []string{"input", "output"}},
		{[]string{"args_0", "args_1"}, []string{"add_17", "spk_rec"}, []string{"x0", "x1", "y", "spk_rec"}},
		{[]string{"x1", "x0"}, []string{"y1", "y0"}, []string{"x1", "x0", "y1", "y0"}},
		{[]string{"x0"}, []string{"y1"}, []string{"x", "y"}},
		{[]string{"Audio-Frames"}, []string{"Class-Scores", "class.scores"}, []string{"audio_frames", "class_scores", "class_scores_2"}},
		{[]string{"y"}, []string{"linear_3"}, []string{"y", "y_2"}},
		{[]string{"x"}, []string{"a_name_that_nobody_would_ever_want_to_type"}, []string{"x", "y"}},
	} {
		b := ir.NewBuilder("names", ir.Fixed, 1)
		var values []*ir.Value
		for _, name := range c.inputs {
			values = append(values, must(b.Input(name, ir.UintType(8, ir.ShapeOf(2)), ir.InputAttrs{Per: ir.Once})))
		}
		for i, name := range c.outputs {
			values = append(values, must(b.Add(ir.OpOutput, name, nil, values[i%len(c.inputs)])))
		}
		names := backends.PortNames(b.Net())
		for i, v := range values {
			if names[v] != c.want[i] {
				t.Errorf("%q became %q, want %q", v.Name, names[v], c.want[i])
			}
		}
	}
}
