package onnx

import (
	"nomul/ir"
	"nomul/ir/diag"
)

// batchNormalization in evaluation mode: axis 1 is the channel.
func batchNormalization(n *node) (*tensor, error) {
	if err := n.floats(n.in...); err != nil {
		return nil, err
	}
	eps := n.floatAttr("epsilon", 1e-5)
	switch {
	case n.intAttr("training_mode", 0) != 0:
		return nil, n.errorf(diag.UnsupportedAttribute, "computes batch statistics (training_mode=1), wanted an exported model in evaluation mode").
			WithHelp("call model.eval() before the export")
	case n.intAttr("spatial", 1) != 1:
		return nil, n.errorf(diag.UnsupportedAttribute, "normalises every position by itself (spatial=0), which is not supported")
	}
	if variance := n.in[4].data; variance != nil {
		for i, v := range variance.F {
			if v+eps <= 0 {
				return nil, n.errorf(diag.BadConstant, "variance %q is %v for channel %d", n.in[4].name, v, i)
			}
		}
	}
	return n.emit("", n.in[0].elem, ir.OpBatchNorm, ir.BatchNormAttrs{Axis: 1, Eps: eps}, n.in...)
}
