"""Holds nomul's integers of a quantised network against exact arithmetic and onnxruntime, image by image:

    python hold.py MODEL.onnx IMAGES LABELS NOMUL [N] [MEAN STD]

MODEL is what onnxruntime's quantize_static (QDQ or QOperator) or Brevitas (QCDQ) writes; IMAGES and LABELS are idx
files, NOMUL the program. Every tensor that is rounded is made an output. The reference computes with integers and the
file's scales as fractions: sums of products of integers, exact in float64, and quotients in float64, each as a fraction
where it lies near the middle of two integers. It prints, for each tensor, how many integers of how many differ, and of
those that differ from onnxruntime's what they are made of."""
import gzip
import os
import subprocess
import sys
import tempfile
from fractions import Fraction as F

import numpy as np
import onnx
from onnx import numpy_helper


class Num:
    """k·scale + shift of integers k; scale and shift are lists of fractions along axis 1, or of one."""

    def __init__(self, k, scale=(F(1),), shift=(F(0),)):
        self.k, self.scale, self.shift, self.least = k, list(scale), list(shift), None


def fractions(a):
    return [F(float(v)) for v in np.asarray(a).flatten()]


def along(list, n):
    return list if len(list) == n else list * n


near = 0
LAST = [None]  # the operand, scale and zero point of the last rounding


def quantise(x, s, z, dtype):
    """saturate(round(x/s) + z), halves to even, for one s and one z."""
    global near
    LAST[0] = (x, s, z)
    lo, hi = np.iinfo(dtype).min, np.iinfo(dtype).max
    s, z, n = F(float(s)), int(z), x.k.shape[1]
    out = np.empty(x.k.shape, np.int64)
    for c, (g, h) in enumerate(zip(along(x.scale, n), along(x.shift, n))):
        g, h, k = g / s, h / s, x.k[:, c]
        r = k * float(g) + float(h)
        y = np.rint(r)
        close = np.abs(np.abs(r - np.floor(r)) - 0.5) < 1e-6
        near += int(close.sum())
        for i in zip(*np.nonzero(close)):
            y[i] = round(g * int(k[i]) + h)  # of a fraction: halves to even
        out[:, c] = np.clip((y if x.least is None else np.maximum(y, 0)) + z, lo, hi)
    return out


def windows(x, kernel, strides, pads, dilations, value):
    x = np.pad(x, ((0, 0), (0, 0), (pads[0], pads[2]), (pads[1], pads[3])), constant_values=value)
    ho = (x.shape[2] - dilations[0] * (kernel[0] - 1) - 1) // strides[0] + 1
    wo = (x.shape[3] - dilations[1] * (kernel[1] - 1) - 1) // strides[1] + 1
    return np.stack([x[:, :, i * dilations[0]:i * dilations[0] + strides[0] * (ho - 1) + 1:strides[0],
                       j * dilations[1]:j * dilations[1] + strides[1] * (wo - 1) + 1:strides[1]]
                     for i in range(kernel[0]) for j in range(kernel[1])], 2)


def operands(made, theirs, limit):
    """Where onnxruntime rounds otherwise than exactly, on its own operands: sum, value, and whether float32 can err so."""
    exact, (x, s, z) = made
    out, beyond = [], 0
    for i in zip(*np.nonzero(exact != theirs)):
        n = x.k.shape[1]
        g, h = along(x.scale, n)[i[1]] / F(float(s)), along(x.shift, n)[i[1]] / F(float(s))
        r = g * int(x.k[i]) + h
        off = abs(r - (r.numerator // r.denominator) - F(1, 2))
        tie = off <= (abs(g * int(x.k[i])) + abs(h)) * F(4, 1 << 24)
        beyond += not tie
        if len(out) < limit:
            out.append(f"sum {int(x.k[i])} x {float(g):.9g} + {float(h):.9g} = {float(r):.9g} (off the middle by {float(off):.3g}): exactly {exact[i]}, onnxruntime {theirs[i]}")
    return out, beyond


class Graph:
    def __init__(self, model):
        self.g = model.graph
        self.consts = {t.name: numpy_helper.to_array(t) for t in self.g.initializer}
        self.axis = {}

    def run(self, q_in, forced={}):
        """All tensors of a batch of integers for the first rounded tensor. What is forced, readers see in its place."""
        at, first, self.made = dict(self.consts), True, {}
        for n in self.g.node:
            a = {x.name: onnx.helper.get_attribute_value(x) for x in n.attribute}
            i = [at.get(name) if name else None for name in n.input]
            if n.op_type == "Constant":
                y = numpy_helper.to_array(a["value"])
            elif n.op_type == "QuantizeLinear" and first:
                y, first = q_in, False
            else:
                y = getattr(self, n.op_type)(a, *i)
            self.made[n.output[0]] = (y, LAST[0])
            at[n.output[0]] = forced.get(n.output[0], y)
        return at

    def QuantizeLinear(self, a, x, s, z):
        return quantise(x, s, z, z.dtype)

    def DequantizeLinear(self, a, x, s, z=None):
        z = np.zeros(s.shape, np.int64) if z is None else z.astype(np.int64)
        if s.ndim == 0 or s.size == 1:
            return Num(x.astype(np.int64) - int(z.flatten()[0]), fractions(s))
        axis = a.get("axis", 1)
        shape = [1] * x.ndim
        shape[axis] = -1
        out = Num(x.astype(np.int64) - z.reshape(shape), fractions(s))
        out.axis = axis
        return out

    def Clip(self, a, x, lo, hi):
        return np.clip(x, int(lo), int(hi))

    def Relu(self, a, x):
        x.least = 0
        return x

    def Conv(self, a, x, w, b=None):
        assert len(x.scale) == 1 and x.shift == [0] and a.get("group", 1) == 1
        k = w.k
        p = windows(x.k.astype(np.float64), k.shape[2:], a.get("strides", [1, 1]), a.get("pads", [0] * 4), a.get("dilations", [1, 1]), 0)
        n, c, t, h, wd = p.shape
        y = (k.reshape(k.shape[0], -1).astype(np.float64) @ p.reshape(n, c * t, h * wd)).reshape(n, k.shape[0], h, wd)
        return self.weighted(y, x, w, b)

    def weighted(self, y, x, w, b):
        assert np.abs(y).max() < 2 ** 52
        m = y.shape[1]
        scale = [x.scale[0] * s for s in along(w.scale, m)]
        shift = [F(0)]
        if b is not None:
            shift = [s * int(k) for k, s in zip(b.k, along(b.scale, m))] if isinstance(b, Num) else fractions(b)
        return Num(y, scale, shift)

    def Gemm(self, a, x, w, b=None):
        k = w.k if a.get("transB", 0) else w.k.T
        return self.weighted(x.k.astype(np.float64) @ k.T.astype(np.float64), x, w, b)

    def Transpose(self, a, x):
        return Num(x.k.T, x.scale) if isinstance(x, Num) else x.T

    def MatMul(self, a, x, w):
        return self.weighted(x.k.astype(np.float64) @ w.k.astype(np.float64), x, w, None)

    def MaxPool(self, a, x):
        k = x.k if isinstance(x, Num) else x
        k = windows(k, a["kernel_shape"], a["strides"], a.get("pads", [0] * 4), [1, 1], -2 ** 40).max(2)
        return Num(k, x.scale) if isinstance(x, Num) else k

    def Flatten(self, a, x):
        return Num(x.k.reshape(len(x.k), -1), x.scale) if isinstance(x, Num) else x.reshape(len(x), -1)

    Reshape = lambda self, a, x, shape: self.Flatten(a, x)

    def QLinearConv(self, a, x, xs, xz, w, ws, wz, ys, yz, b=None):
        wn, xn = Num(w.astype(np.int64) - wz.astype(np.int64).reshape(-1, 1, 1, 1), fractions(ws)), Num(x.astype(np.int64) - int(xz), fractions(xs))
        y = self.Conv(a, xn, wn, None)
        if b is not None:
            y.shift = [s * int(v) for s, v in zip(along(y.scale, len(b)), b)]
        return quantise(y, ys, yz, yz.dtype)

    def QGemm(self, a, x, xs, xz, w, ws, wz, b, ys, yz):
        assert a.get("transB", 0) in (0, 1)
        k = (w if a.get("transB", 0) else w.T).astype(np.int64) - wz.astype(np.int64).reshape(-1, 1)
        y = self.weighted((x.astype(np.int64) - int(xz)).astype(np.float64) @ k.T.astype(np.float64), Num(None, fractions(xs)), Num(None, fractions(ws)), None)
        y.shift = [s * int(v) for s, v in zip(along(y.scale, len(b)), b)]
        return quantise(y, ys, yz, yz.dtype)


def rounded(model):
    taken = [n.output[0] for n in model.graph.node if n.op_type in ("QuantizeLinear", "QLinearConv", "QGemm")]
    first = next(n.output[0] for n in model.graph.node if n.op_type == "QuantizeLinear")
    return first, [t for t in taken if t != first]


def tapped(model, names, path):
    m = onnx.ModelProto()
    m.CopyFrom(model)
    have = {o.name for o in m.graph.output}
    for name in names:
        if name not in have:
            m.graph.output.append(onnx.helper.make_empty_tensor_value_info(name))
    onnx.save(m, path)


def main():
    path, images, labels, nomul = sys.argv[1:5]
    count, mean, std = int((sys.argv + ["", "10000"])[5] if len(sys.argv) > 5 else 10000), *(float(v) for v in (sys.argv[6:8] or (0.286, 0.353)))
    read = lambda f, skip: np.frombuffer(gzip.open(f).read()[skip:], np.uint8)
    x, label = read(images, 16).reshape(-1, 1, 28, 28)[:count], read(labels, 8)[:count]
    model = onnx.load(path)
    first, names = rounded(model)
    out = model.graph.output[0].name
    graph = Graph(model)
    import onnxruntime as ort
    with tempfile.TemporaryDirectory() as tmp:
        tap, tap0 = os.path.join(tmp, "tap.onnx"), os.path.join(tmp, "tap0.onnx")
        tapped(model, names, tap)
        tapped(model, names + [first], tap0)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        session = ort.InferenceSession(tap0, options, providers=["CPUExecutionProvider"])
        total, wrong, other, right = {n: 0 for n in names}, {n: 0 for n in names}, {n: 0 for n in names}, {"exact": 0, "nomul": 0, "onnxruntime": 0}
        own, beyond, lists = {n: 0 for n in names}, {n: 0 for n in names}, {n: [] for n in names}
        for at in range(0, count, 250):
            part = x[at:at + 250]
            real = ((part.astype(np.float32) / np.float32(255) - np.float32(mean)) / np.float32(std)).astype(np.float32)
            runs = [session.run([first, out] + names, {session.get_inputs()[0].name: real[i:i + 1]}) for i in range(len(part))]
            q = np.concatenate([r[0] for r in runs])
            forced = {name: np.concatenate([r[2 + j] for r in runs]).astype(np.int64) for j, name in enumerate(names)}
            graph.run(q.astype(np.int64), forced)
            for name in names:
                own[name] += int((graph.made[name][0] != forced[name]).sum())
                some, far = operands(graph.made[name], forced[name], 2 - len(lists[name]))
                lists[name] += some
                beyond[name] += far
            want = graph.run(q.astype(np.int64))
            np.savez(os.path.join(tmp, "in.npz"), **{session.get_inputs()[0].name: q})
            subprocess.run([nomul, "run", tap, "--engine", "go", "-i", os.path.join(tmp, "in.npz"), "-o", os.path.join(tmp, "out.npz")], check=True, stdout=subprocess.DEVNULL)
            got = np.load(os.path.join(tmp, "out.npz"))
            for j, name in enumerate(names):
                mine, exact, theirs = got[name].reshape(want[name].shape), want[name], np.concatenate([r[2 + j] for r in runs])
                total[name] += exact.size
                wrong[name] += int((mine != exact).sum())
                other[name] += int((theirs != exact).sum())
            y = got[out].reshape(len(part), -1)
            o = want[out]
            o = o.k if isinstance(o, Num) else o
            for who, z in [("exact", o), ("nomul", y), ("onnxruntime", np.concatenate([r[1] for r in runs]))]:
                right[who] += int((z.argmax(1) == label[at:at + 250]).sum())
            print(at + len(part), right, "differ from exact:", sum(wrong.values()), "onnxruntime:", sum(other.values()), "near ties:", near, flush=True)
    for name in names:
        print(f"{name}: {wrong[name]} of {total[name]} integers differ from exact ones, onnxruntime's {other[name]};",
              f"fed its own integers, onnxruntime's differ {own[name]} times, {beyond[name]} of them beyond float32's error")
        for line in lists[name]:
            print("   ", line)


if __name__ == "__main__":
    main()
