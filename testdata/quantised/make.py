"""Writes the quantised networks of this folder: python make.py (onnx, onnxruntime; brevitas for one of them).

They are small, of seeded weights, and together have every operator and every shape of padding, zero point and scale
that TestQuantisedFiles holds against exact arithmetic."""
import os
import sys

import numpy as np
import onnx
from onnx import TensorProto as T, helper as h, numpy_helper

HERE = os.path.dirname(os.path.abspath(__file__))
OPSETS = [h.make_opsetid("", 21), h.make_opsetid("com.microsoft", 1), h.make_opsetid("qonnx.custom_op.general", 1)]


class Net:
    """A graph that is written node by node; each method returns the name of its result."""

    def __init__(self, seed, *shape):
        self.rng, self.nodes, self.inits, self.count = np.random.default_rng(seed), [], [], 0
        self.inputs = [h.make_tensor_value_info("x", T.FLOAT, [1, *shape])]

    def const(self, data, type=None):
        self.count += 1
        name = f"c{self.count}"
        data = np.asarray(data)
        if type in (T.INT4, T.UINT4):
            self.inits.append(h.make_tensor(name, type, data.shape, data.astype(int).flatten().tolist()))
        else:
            self.inits.append(numpy_helper.from_array(data, name))
        return name

    def op(self, kind, *inputs, domain="", **attrs):
        self.count += 1
        name = f"{kind.lower()}{self.count}"
        self.nodes.append(h.make_node(kind, list(inputs), [name], name=name, domain=domain, **attrs))
        return name

    def scale(self, about, shape=()):
        return np.float32(about * self.rng.uniform(0.7, 1.3, shape))

    def q(self, x, scale, zero, type=np.uint8):
        return self.op("QuantizeLinear", x, self.const(np.float32(scale)), self.const(np.array(zero, type)))

    def dq(self, x, scale, zero, type=np.uint8, **attrs):
        return self.op("DequantizeLinear", x, self.const(np.float32(scale)), self.const(np.array(zero, type)), **attrs)

    def qdq(self, x, scale, zero, type=np.uint8):
        """A QuantizeLinear and its DequantizeLinear with one scale and one zero point."""
        s, z = self.const(np.float32(scale)), self.const(np.array(zero, type))
        return self.op("DequantizeLinear", self.op("QuantizeLinear", x, s, z), s, z)

    def weights(self, shape, about=0.01, per_channel=True, zero=0, type=np.int8, axis=0):
        lo, hi = np.iinfo(type).min, np.iinfo(type).max
        k = self.rng.integers(lo, hi + 1, shape).astype(type)
        s = self.scale(about, shape[axis:axis + 1] if per_channel else ())
        z = np.full(s.shape, zero, type)
        return self.dq(self.const(k), s, z, type, axis=axis), s

    def bias(self, scales, size=300):
        """int32 in the product of two scales, as rounded to float32."""
        s = np.float32(scales)
        return self.dq(self.const(self.rng.integers(-size, size, s.shape).astype(np.int32)), s, np.zeros(s.shape, np.int32), np.int32, axis=0)

    def conv(self, x, s_x, channels, out, kernel=3, bias=True, zero=0, type=np.int8, **attrs):
        w, s = self.weights((out, channels // attrs.get("group", 1), kernel, kernel), zero=zero, type=type)
        return self.op("Conv", x, w, *([self.bias(s * np.float32(s_x))] if bias else []), **attrs)

    def save(self, name, *outputs):
        graph = h.make_graph(self.nodes, name, self.inputs, [h.make_empty_tensor_value_info(o) for o in outputs], self.inits)
        model = h.make_model(graph, opset_imports=OPSETS, ir_version=10)
        onnx.save(model, os.path.join(HERE, name + ".onnx"))


def zeros():
    """Zero points 0, 1, 128, 255; padding on one side, dilation, groups, a stride of 2; max-pool with padding."""
    n = Net(1, 2, 8, 8)
    x = n.qdq("x", 0.02, 128)
    a = n.qdq(n.conv(x, 0.02, 2, 4, pads=[1, 1, 1, 1]), 0.05, 1)
    b = n.qdq(n.conv(a, 0.05, 4, 4, group=2, pads=[2, 0, 1, 2], dilations=[2, 1]), 0.1, 255)
    c = n.qdq(n.op("MaxPool", b, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 0.1, 255)
    d = n.qdq(n.op("Relu", n.conv(c, 0.1, 4, 4, strides=[2, 2], pads=[1, 1, 0, 0])), 0.09, 0)
    e = n.op("Flatten", d)
    w, s = n.weights((16, 3), axis=1)
    n.save("zeros", n.qdq(n.op("Add", n.op("MatMul", e, w), n.bias(s * np.float32(0.09))), 0.2, 128))


def signed():
    """int8 activations; weights with a zero point, of uint8; one scale for a layer; Clip; Gemm with transB."""
    n = Net(2, 2, 6, 6)
    x = n.qdq("x", 0.02, -3, np.int8)
    a = n.op("Clip", n.conv(x, 0.02, 2, 3, zero=7, pads=[1, 1, 1, 1]), n.const(np.float32(0)), n.const(np.float32(6)))
    a = n.qdq(a, 0.03, 0, np.int8)
    b = n.qdq(n.conv(a, 0.03, 3, 3, zero=131, type=np.uint8, bias=False, pads=[0, 1, 1, 0]), 0.07, -128, np.int8)
    w, s = n.weights((4, 75), per_channel=False)
    c = n.op("Gemm", n.op("Reshape", b, n.const(np.array([1, -1]))), w, n.bias(np.full(4, s * np.float32(0.07), np.float32)), transB=1)
    n.save("signed", n.qdq(c, 0.3, 5, np.int8))


def joins():
    """Add and Concat of unlike scales, explicit Pad, average pools with and without their padding, a global one."""
    n = Net(3, 2, 8, 8)
    x = n.qdq("x", 0.02, 100)
    a = n.qdq(n.conv(x, 0.02, 2, 4, pads=[1, 1, 1, 1]), 0.043, 17)
    b = n.qdq(n.conv(x, 0.02, 2, 4, pads=[1, 1, 1, 1]), 0.031, 90)
    both = n.qdq(n.op("Relu", n.op("Add", a, b)), 0.051, 3)
    wide = n.qdq(n.op("Concat", both, a, axis=1), 0.047, 9)
    pads = n.const(np.array([0, 0, 1, 0, 0, 0, 0, 2]))
    padded = n.qdq(n.op("Pad", wide, pads, n.const(np.float32(0.5))), 0.047, 9)
    c = n.qdq(n.op("AveragePool", padded, kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1]), 0.04, 11)
    d = n.qdq(n.op("AveragePool", c, kernel_shape=[2, 2], pads=[0, 1, 1, 0], count_include_pad=1), 0.045, 2)
    e = n.qdq(n.conv(d, 0.045, 8, 5, kernel=1), 0.2, 120)
    n.save("joins", n.qdq(n.op("Flatten", n.op("GlobalAveragePool", e)), 0.1, 128))


def qlinear():
    """The operators on integers: QLinearConv, QLinearMatMul, and onnxruntime's own."""
    n = Net(4, 2, 6, 6)
    f, u, i8 = (lambda v: n.const(np.float32(v))), (lambda v: n.const(np.uint8(v))), (lambda v: n.const(np.int8(v)))
    x = n.q("x", 0.02, 128)
    k = n.const(n.rng.integers(-128, 128, (4, 2, 3, 3)).astype(np.int8))
    b = n.const(n.rng.integers(-300, 300, 4).astype(np.int32))
    a = n.op("QLinearConv", x, f(0.02), u(128), k, n.const(n.scale(0.01, 4)), n.const(np.zeros(4, np.int8)), f(0.06), u(20), b, pads=[1, 0, 1, 0])
    k = n.const(n.rng.integers(-128, 128, (4, 4, 1, 1)).astype(np.int8))
    c = n.op("QLinearConv", a, f(0.06), u(20), k, f(0.011), i8(0), f(0.1), u(128))
    s = n.op("QLinearAdd", a, f(0.06), u(20), c, f(0.1), u(128), f(0.09), u(60), domain="com.microsoft")
    m = n.op("QLinearConcat", f(0.08), u(50), s, f(0.09), u(60), a, f(0.06), u(20), domain="com.microsoft", axis=1)
    g = n.op("QLinearAveragePool", m, f(0.08), u(50), f(0.07), u(51), domain="com.microsoft", kernel_shape=[2, 2], strides=[2, 1], pads=[0, 1, 0, 0])
    g = n.op("QLinearGlobalAveragePool", g, f(0.07), u(51), f(0.05), u(52), domain="com.microsoft", channels_last=0)
    flat = n.op("Flatten", g)
    w = n.const(n.rng.integers(0, 256, (8, 5)).astype(np.uint8))
    y = n.op("QLinearMatMul", flat, f(0.05), u(52), w, f(0.012), u(131), f(0.1), u(128))
    w = n.const(n.rng.integers(-128, 128, (3, 5)).astype(np.int8))
    b = n.const(n.rng.integers(-300, 300, 3).astype(np.int32))
    z = n.op("QGemm", y, f(0.1), u(128), w, n.const(n.scale(0.01, 3)), n.const(np.zeros(3, np.int8)), b, f(0.2), u(100), domain="com.microsoft", transB=1)
    n.save("qlinear", n.dq(z, 0.2, 100))


def integers():
    """ConvInteger and MatMulInteger with Cast, Mul by scales, biases, Relu."""
    n = Net(5, 2, 6, 6)
    x = n.q("x", 0.02, 77)
    k = n.const(n.rng.integers(-128, 128, (4, 2, 3, 3)).astype(np.int8))
    a = n.op("Cast", n.op("ConvInteger", x, k, n.const(np.uint8(77)), n.const(np.int8(3)), pads=[1, 1, 0, 0]), to=T.FLOAT)
    a = n.op("Mul", a, n.const(n.scale(0.0002, (1, 4, 1, 1))))
    a = n.op("Relu", n.op("Add", a, n.const(np.float32(n.rng.normal(0, 0.5, (1, 4, 1, 1))))))
    a = n.op("Flatten", n.q(a, 0.03, 0))
    k = n.const(n.rng.integers(0, 256, (100, 3)).astype(np.uint8))
    b = n.op("MatMulInteger", a, k, n.const(np.uint8(0)), n.const(np.uint8(128)))
    b = n.op("Mul", n.op("Cast", b, to=T.FLOAT), n.const(np.float32(0.0003)))
    n.save("integers", n.qdq(b, 0.2, 128))


def fewbits():
    """QCDQ: Clip between the pair for fewer bits; int4 weights and uint4 activations."""
    n = Net(6, 2, 6, 6)
    s, z = n.const(np.float32(0.3)), n.const(np.array(0, np.uint8))
    q = n.op("QuantizeLinear", "x", s, z)
    x = n.op("DequantizeLinear", n.op("Clip", q, n.const(np.uint8(0)), n.const(np.uint8(15))), s, z)
    k = n.const(n.rng.integers(-8, 8, (3, 2, 3, 3)), T.INT4)
    w = n.op("DequantizeLinear", k, n.const(n.scale(0.05, 3)), axis=0)
    a = n.op("Conv", x, w, pads=[1, 1, 1, 1])
    s, z = n.const(np.float32(0.2)), n.const(np.array(3), T.UINT4)
    a = n.op("DequantizeLinear", n.op("QuantizeLinear", a, s, z), s, z)
    s, z = n.const(np.float32(0.25)), n.const(np.array(0, np.int8))
    q = n.op("QuantizeLinear", n.op("MaxPool", a, kernel_shape=[2, 2]), s, z)
    a = n.op("DequantizeLinear", n.op("Clip", q, n.const(np.int8(-4)), n.const(np.int8(3))), s, z)
    w, _ = n.weights((75, 3), axis=1)
    n.save("fewbits", n.qdq(n.op("MatMul", n.op("Flatten", a), w), 0.5, 0, np.int8))


def qonnx():
    """Quant, BipolarQuant and Trunc of QONNX, with float weights on their grids."""
    n = Net(7, 2, 6, 6)
    dom = dict(domain="qonnx.custom_op.general")
    f = lambda v: n.const(np.float32(v))

    def quant(x, scale, zero, bits, signed=0, narrow=0, mode="ROUND"):
        return n.op("Quant", x, f(scale), f(zero), f(bits), signed=signed, narrow=narrow, rounding_mode=mode, **dom)
    x = quant("x", 0.02, 0, 8, signed=1)
    w = quant(n.const(np.float32(n.rng.normal(0, 0.3, (4, 2, 3, 3)))), n.scale(0.1, (4, 1, 1, 1)), 0, 4, signed=1, narrow=1)
    a = quant(n.op("Relu", n.op("Conv", x, w, pads=[1, 1, 1, 1])), 0.05, 0, 4)
    w = n.op("BipolarQuant", n.const(np.float32(n.rng.normal(0, 1, (4, 4, 1, 1)))), f(0.07), **dom)
    b = n.op("BipolarQuant", n.op("Conv", a, w), f(1.5), **dom)
    p = quant(n.op("Add", a, b), 0.1, 8, 5)
    s = n.op("Mul", n.op("AveragePool", p, kernel_shape=[2, 2], strides=[2, 2]), f(4))
    t = n.op("Trunc", s, f(0.1), f(0), f(7), f(5), rounding_mode="FLOOR", **dom)
    w = quant(n.const(np.float32(n.rng.normal(0, 0.3, (36, 3)))), 0.1, 0, 3, signed=1)
    y = n.op("MatMul", n.op("Flatten", quant(t, 0.2, 0, 6, signed=1, mode="FLOOR")), w)
    n.save("qonnx", quant(y, 0.21, 0, 8, signed=1))


def functions():
    """Functions between steps: a table of the word, thresholds on the sum, products of a word with functions of it."""
    n = Net(11, 2, 8, 8)
    micro = dict(domain="com.microsoft")
    f, u = (lambda v: n.const(np.float32(v))), (lambda v: n.const(np.uint8(v)))
    x = n.qdq("x", 0.02, 128)
    a = n.qdq(n.conv(x, 0.02, 2, 4, pads=[1, 1, 1, 1]), 0.06, 120)
    swish = n.qdq(n.op("Mul", a, n.qdq(n.op("Sigmoid", a), 1 / 256, 0)), 0.031, 9)
    hard = n.qdq(n.op("MaxPool", n.op("HardSwish", a), kernel_shape=[3, 3], pads=[1, 1, 1, 1]), 0.033, 11)
    erf = n.qdq(n.op("Erf", n.op("Div", a, f(np.sqrt(2)))), 0.0079, 128)
    gelu = n.qdq(n.op("Mul", n.op("Mul", a, n.qdq(n.op("Add", erf, f(1)), 0.0078, 0)), f(0.5)), 0.029, 7)
    b = n.conv(n.qdq(n.op("Add", swish, hard), 0.06, 15), 0.06, 4, 4, pads=[1, 1, 1, 1])
    rising = n.qdq(n.op("LeakyRelu", b, alpha=0.1), 0.11, 40)  # of a sum: thresholds
    sloped = n.qdq(n.op("PRelu", n.qdq(n.conv(gelu, 0.029, 4, 4), 0.1, 100), n.const(np.float32(0.3))), 0.09, 50)
    whole = n.qdq(n.op("Tanh", n.conv(sloped, 0.09, 4, 4)), 0.008, 128)
    each = n.qdq(n.op("PRelu", n.conv(rising, 0.11, 4, 4), n.const(np.float32([0.2, 0, 0.7, 1.5]).reshape(4, 1, 1))), 0.2, 70)
    q = n.q(each, 0.2, 70)
    s = n.op("QLinearSigmoid", q, f(0.2), u(70), f(1 / 256), u(0), **micro)
    m = n.op("QLinearMul", q, f(0.2), u(70), s, f(1 / 256), u(0), f(0.15), u(30), **micro)
    k = n.op("QLinearLeakyRelu", m, f(0.15), u(30), f(0.14), u(40), alpha=-0.2, **micro)
    both = n.op("Concat", n.op("Flatten", n.dq(k, 0.14, 40)), n.op("Flatten", whole), axis=1)
    w, _ = n.weights((208, 3), axis=1)
    n.save("functions", n.qdq(n.op("MatMul", n.qdq(both, 0.14, 60), w), 0.5, 128))


def spreads():
    """Transposed convolutions of integers: a scale for each channel and a zero point, groups, output_padding, dilation."""
    n = Net(11, 2, 5, 5)
    x = n.qdq("x", 0.02, 100)
    w, s = n.weights((2, 4, 3, 3), zero=5, axis=1)
    a = n.op("ConvTranspose", x, w, n.bias(s * np.float32(0.02)), strides=[2, 2], pads=[1, 0, 1, 2], output_padding=[1, 0])
    a = n.qdq(n.op("Relu", a), 0.03, 0)
    w, s = n.weights((4, 3, 2, 3), axis=1)
    b = n.op("ConvTranspose", a, w, group=2, strides=[1, 2], dilations=[2, 1], pads=[0, 1, 1, 0])
    n.save("spreads", n.qdq(b, 0.06, 128))


def gelu():
    """GELU by tanh, op by op, each rounded: sums and products of words that are all functions of one."""
    n = Net(12, 2, 6, 6)
    f = lambda v: n.const(np.float32(v))
    a = n.qdq(n.conv(n.qdq("x", 0.02, 128), 0.02, 2, 4), 0.05, 120)
    cube = n.qdq(n.op("Mul", a, n.qdq(n.op("Mul", a, a), 0.17, 0)), 1.1, 128)
    inner = n.qdq(n.op("Mul", n.qdq(n.op("Add", a, n.qdq(n.op("Mul", cube, f(0.044715)), 0.05, 128)), 0.09, 128), f(0.79788456)), 0.07, 128)
    gate = n.qdq(n.op("Add", n.qdq(n.op("Tanh", inner), 0.0079, 128), f(1)), 0.0078, 0)
    y = n.qdq(n.op("Mul", n.qdq(n.op("Mul", a, gate), 0.05, 10), f(0.5)), 0.025, 9)
    n.save("gelu", n.qdq(n.conv(y, 0.025, 4, 3), 0.1, 128))


def static():
    """What onnxruntime's quantize_static makes of a small residual network, in both formats, per channel."""
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    n = Net(8, 2, 8, 8)
    w = lambda *s: n.const(np.float32(n.rng.normal(0, 1 / np.sqrt(np.prod(s[1:])), s)))
    b = lambda s: n.const(np.float32(n.rng.normal(0, 0.1, s)))
    a = n.op("Relu", n.op("Conv", "x", w(4, 2, 3, 3), b(4), pads=[1, 1, 1, 1]))
    c = n.op("Relu", n.op("Conv", a, w(4, 4, 3, 3), b(4), pads=[1, 1, 1, 1]))
    r = n.op("Relu", n.op("Add", n.op("Conv", c, w(4, 4, 3, 3), b(4), pads=[1, 1, 1, 1]), a))
    p = n.op("MaxPool", r, kernel_shape=[2, 2], strides=[2, 2])
    d = n.op("Relu", n.op("Conv", p, w(4, 1, 3, 3), b(4), pads=[1, 1, 1, 1], strides=[2, 2], group=4))
    g = n.op("Flatten", n.op("GlobalAveragePool", n.op("Concat", d, d, axis=1)))
    n.op("Gemm", g, w(5, 8), b(5), transB=1)
    graph = h.make_graph(n.nodes, "static", [h.make_tensor_value_info("x", T.FLOAT, [1, 2, 8, 8])],
                         [h.make_tensor_value_info(n.nodes[-1].output[0], T.FLOAT, [1, 5])], n.inits)
    source = os.path.join(HERE, "float.tmp.onnx")
    onnx.save(h.make_model(graph, opset_imports=[h.make_opsetid("", 17)], ir_version=8), source)

    class Reader(CalibrationDataReader):
        def __init__(self):
            self.rng, self.left = np.random.default_rng(9), 16

        def get_next(self):
            self.left -= 1
            return {"x": self.rng.normal(0, 1, (1, 2, 8, 8)).astype(np.float32)} if self.left >= 0 else None
    for name, form, reduced in [("static-qdq", QuantFormat.QDQ, False), ("static-qoperator", QuantFormat.QOperator, True)]:
        quantize_static(source, os.path.join(HERE, name + ".onnx"), Reader(), quant_format=form, per_channel=True,
                        reduce_range=reduced, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)
    os.remove(source)


def brevitas():
    """A network of Brevitas' layers, exported as QCDQ and as QONNX."""
    import torch
    from brevitas import nn as qnn
    from brevitas.export import export_onnx_qcdq, export_qonnx
    torch.manual_seed(10)
    net = torch.nn.Sequential(
        qnn.QuantIdentity(bit_width=8, return_quant_tensor=True),
        qnn.QuantConv2d(2, 4, 3, padding=1, weight_bit_width=4), qnn.QuantReLU(bit_width=4, return_quant_tensor=True),
        torch.nn.MaxPool2d(2),
        qnn.QuantConv2d(4, 4, 3, stride=2, padding=1, weight_bit_width=8), qnn.QuantReLU(bit_width=6, return_quant_tensor=True),
        torch.nn.Flatten(), qnn.QuantLinear(16, 3, bias=False, weight_bit_width=3), qnn.QuantIdentity(bit_width=8))
    for _ in range(8):
        net(torch.randn(4, 2, 8, 8))
    net.eval()
    x = torch.randn(1, 2, 8, 8)
    with torch.no_grad():
        net(x)
        export_onnx_qcdq(net, args=x, export_path=os.path.join(HERE, "brevitas-qcdq.onnx"), opset_version=14, dynamo=False)
        export_qonnx(net, args=x, export_path=os.path.join(HERE, "brevitas-qonnx.onnx"), opset_version=14, dynamo=False)


def norms():
    """Batch-norms that stand by themselves, factors and shifts quantised as onnxruntime does it; a transpose before the first rounding."""
    n = Net(11, 6, 6, 3)
    def norm(x, s_x, channels):
        gamma, s = n.weights((channels,), about=0.012, per_channel=False)
        real = lambda lo, hi: n.const(np.float32(n.rng.uniform(lo, hi, channels)))
        return n.op("BatchNormalization", x, gamma, n.bias(np.full(channels, s * np.float32(s_x)), size=2000), real(-1, 1), real(0.3, 2), epsilon=1e-3)
    x = n.qdq(n.op("Transpose", "x", perm=[0, 3, 1, 2]), 0.021, 107)
    a = n.qdq(norm(x, 0.021, 3), 0.013, 90)
    b = n.qdq(n.conv(a, 0.013, 3, 4, pads=[1, 1, 1, 1]), 0.08, 3)
    c = n.qdq(n.op("Relu", norm(b, 0.08, 4)), 0.05, 0)
    w, s = n.weights((5, 144))
    n.qdq(n.op("Gemm", n.op("Flatten", c), w, n.bias(s * np.float32(0.05)), transB=1), 0.3, 128)
    n.save("norms", n.nodes[-1].output[0])


ALL = [zeros, signed, joins, qlinear, integers, fewbits, qonnx, functions, gelu, spreads, norms, static, brevitas]
for make in [m for m in ALL if not sys.argv[1:] or m.__name__ in sys.argv[1:]]:
    make()
