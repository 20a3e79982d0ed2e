"""Cuts a small network out of the trained one, for reading its IR: the first
6 pixels (as 2x3), 3 and 2 neurons, 2 classes. Needs the PyPI package onnx.

    python3 slice.py ../fmnist-mlp-sj/mlp_ts26_sjhead_bn.onnx mlp_slice.onnx
"""
import sys
import numpy as np
import onnx
from onnx import numpy_helper

CUT = {784: 6, 512: 3, 256: 2, 10: 2}


def cut(tensor):
    a = numpy_helper.to_array(tensor)
    if a.ndim == 0:
        return tensor
    # Weights are dense in the middle of the image, not in its corner.
    start = [300 if d == 784 else 0 for d in a.shape]
    index = tuple(slice(s, s + CUT.get(d, d)) for s, d in zip(start, a.shape))
    small = np.ascontiguousarray(a[index])
    if tensor.name.endswith("weight") and small.ndim == 2:
        small = small * np.float32(8)  # so that few inputs reach the thresholds
    return numpy_helper.from_array(small, tensor.name)


model = onnx.load(sys.argv[1])
graph = model.graph
for i, t in enumerate(graph.initializer):
    graph.initializer[i].CopyFrom(cut(t))
for node in graph.node:
    for a in node.attribute:
        if a.type == onnx.AttributeProto.TENSOR:
            a.t.CopyFrom(cut(a.t))
for d, n in zip(graph.input[0].type.tensor_type.shape.dim, (1, 1, 2, 3)):
    d.dim_value = n
graph.output[0].type.tensor_type.shape.dim[1].dim_value = 2
del graph.value_info[:]
onnx.checker.check_model(model)
onnx.save(model, sys.argv[2])
