"""Quantises a trained network by onnxruntime and by Brevitas, for hold.py:

    python trained.py MODEL.onnx IMAGES [LABELS] FOLDER

MODEL is the ReLU network of testdata/models, an export whose batch-norms are folded; IMAGES and LABELS are idx files of
training data, of which onnxruntime calibrates on the first 512 images. FOLDER gets static-FORM.onnx of quantize_static,
per channel and per tensor (plain), with and without reduce_range, as QDQ and QOperator; and, with LABELS and Brevitas,
brevitas-K.onnx (QCDQ) of K-bit words and weights, trained on from the weights of MODEL for 400 batches."""
import gzip
import os
import sys

import numpy as np
import onnx
from onnx import numpy_helper

MEAN, STD = 0.286, 0.353


def read(path, skip):
    return np.frombuffer(gzip.open(path).read()[skip:], np.uint8)


def normalised(pixels):
    return ((pixels.astype(np.float32) / np.float32(255) - np.float32(MEAN)) / np.float32(STD)).astype(np.float32)


def static(model, images, folder):
    import onnxruntime
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process
    print("onnxruntime", onnxruntime.__version__)

    name = onnx.load(model).graph.input[0].name

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.left = iter(normalised(images[:512]))

        def get_next(self):
            x = next(self.left, None)
            return None if x is None else {name: x[None]}

    source = os.path.join(folder, "source.tmp.onnx")
    onnx.save(onnx.load(model), source)  # with its weights inside
    quant_pre_process(source, source, skip_symbolic_shape=True)
    for kind, form, channels, reduced in [("qdq-reduced", QuantFormat.QDQ, True, True), ("qdq", QuantFormat.QDQ, True, False),
                                          ("qdq-plain", QuantFormat.QDQ, False, False),
                                          ("qoperator-reduced", QuantFormat.QOperator, True, True), ("qoperator", QuantFormat.QOperator, True, False)]:
        quantize_static(source, os.path.join(folder, f"static-{kind}.onnx"), Reader(), quant_format=form, per_channel=channels,
                        reduce_range=reduced, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    os.remove(source)


def brevitas(model, images, labels, folder, bits):
    import torch
    from brevitas import nn as qnn
    from brevitas.export import export_onnx_qcdq
    from brevitas.graph.calibrate import calibration_mode
    from brevitas.quant import Int8WeightPerChannelFloat
    torch.manual_seed(bits)
    torch.set_num_threads(1)
    graph = onnx.load(model).graph
    weights = {t.name: torch.tensor(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    how = dict(weight_bit_width=bits, weight_quant=Int8WeightPerChannelFloat)
    layers = [qnn.QuantIdentity(bit_width=8, return_quant_tensor=True)]
    relu = lambda: qnn.QuantReLU(bit_width=bits, return_quant_tensor=True)
    for i, n in enumerate(n for n in graph.node if n.op_type in ("Conv", "Gemm")):
        w, b = (weights[name] for name in n.input[1:3])
        if n.op_type == "Conv":
            layers += [qnn.QuantConv2d(w.shape[1], w.shape[0], 3, padding=1, **how)]
        else:
            layers += ([torch.nn.Flatten()] if w.shape[1] > 1000 else []) + [qnn.QuantLinear(w.shape[1], w.shape[0], bias=True, **how)]
        layers[-1].weight.data, layers[-1].bias.data = w.reshape(layers[-1].weight.shape), b
        layers += [relu()] if len(w) > 10 else [qnn.QuantIdentity(bit_width=8)]
        layers += [torch.nn.MaxPool2d(2)] if i in (1, 3) else []
    net = torch.nn.Sequential(*layers)
    x, y = torch.tensor(normalised(images)), torch.tensor(labels.astype(np.int64))
    net.eval()
    with torch.no_grad(), calibration_mode(net):
        for i in range(0, 512, 64):
            net(x[i:i + 64])
    net.train()
    steps = 400
    optimiser = torch.optim.Adam(net.parameters(), 2e-4)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for step in range(steps):
        some = torch.randperm(len(x))[:64]
        loss = torch.nn.functional.cross_entropy(net(x[some]), y[some])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if step % 50 == 0:
            print(bits, "bits, step", step, "loss", float(loss), flush=True)
    net.eval()
    with torch.no_grad():
        net(x[:1])
        export_onnx_qcdq(net, args=x[:1], export_path=os.path.join(folder, f"brevitas-{bits}.onnx"), opset_version=14, dynamo=False)


def main():
    model, folder = sys.argv[1], sys.argv[-1]
    images = read(sys.argv[2], 16).reshape(-1, 1, 28, 28)
    os.makedirs(folder, exist_ok=True)
    static(model, images, folder)
    if len(sys.argv) > 4:
        for bits in (8, 6, 4, 3):
            brevitas(model, images, read(sys.argv[3], 8), folder, bits)


if __name__ == "__main__":
    main()
