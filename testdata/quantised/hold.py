"""Holds nomul's integers of a quantised network against exact arithmetic and onnxruntime, image by image:

    python hold.py MODEL.onnx IMAGES LABELS NOMUL [N] [MEAN STD]

MODEL is what onnxruntime's quantize_static (QDQ or QOperator) or Brevitas (QCDQ) writes; IMAGES and LABELS are idx
files, NOMUL the program. onnxruntime runs the file as it stands. Every tensor that is rounded is made an output. The reference computes with integers and the
file's scales as fractions: sums of products of integers in floats that hold them, and quotients in float64, each as a fraction
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


PORTION, BATCH = 500, 25  # images that nomul is given at a time, and that are computed at a time

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


def exactly(most):
    """The type in which sums of products of integers, and all their parts, are exact that are at most so large."""
    assert most < 2 ** 53
    return np.float32 if most < 2 ** 24 else np.float64


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
        k = w.k.reshape(w.k.shape[0], -1)
        exact = exactly(np.abs(k).sum(1).max() * np.abs(x.k).max())
        p = windows(x.k.astype(exact), w.k.shape[2:], a.get("strides", [1, 1]), a.get("pads", [0] * 4), a.get("dilations", [1, 1]), 0)
        n, c, t, h, wd = p.shape
        y = (k.astype(exact) @ p.reshape(n, c * t, h * wd)).reshape(n, len(k), h, wd)
        return self.weighted(y.astype(np.float64), x, w, b)

    def weighted(self, y, x, w, b):
        m = y.shape[1]
        scale = [x.scale[0] * s for s in along(w.scale, m)]
        shift = [F(0)]
        if b is not None:
            shift = [s * int(k) for k, s in zip(b.k, along(b.scale, m))] if isinstance(b, Num) else fractions(b)
        return Num(y, scale, shift)

    def Gemm(self, a, x, w, b=None):
        k = w.k if a.get("transB", 0) else w.k.T
        return self.weighted(self.product(x.k, k.T), x, w, b)

    def Transpose(self, a, x):
        return Num(x.k.T, x.scale) if isinstance(x, Num) else x.T

    def MatMul(self, a, x, w):
        return self.weighted(self.product(x.k, w.k), x, w, None)

    def product(self, x, k):
        exact = exactly(np.abs(k).sum(0).max() * np.abs(x).max())
        return (x.astype(exact) @ k.astype(exact)).astype(np.float64)

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
        y = self.weighted(self.product(x.astype(np.int64) - int(xz), k.T), Num(None, fractions(xs)), Num(None, fractions(ws)), None)
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


class Tally:
    """Counts, over all images, of a tensor that is rounded."""

    def __init__(self):
        self.total = self.nomul = self.theirs = self.own = self.beyond = 0
        self.lines = []

    def add(self, exact, nomul, theirs, made):
        self.total += exact.size
        self.nomul += int((nomul.reshape(exact.shape) != exact).sum())
        self.theirs += int((theirs != exact).sum())
        self.own += int((made[0] != theirs).sum())
        some, far = operands(made, theirs, 2 - len(self.lines))
        self.lines += some
        self.beyond += far


class Held:
    """A quantised model, run by onnxruntime, exactly and by nomul."""

    def __init__(self, path, nomul, tmp):
        import onnxruntime as ort
        model = onnx.load(path)
        self.first, self.names = rounded(model)
        self.out, self.graph, self.nomul, self.tmp = model.graph.output[0].name, Graph(model), nomul, tmp
        self.tap, tap0 = os.path.join(tmp, "tap.onnx"), os.path.join(tmp, "tap0.onnx")
        tapped(model, self.names, self.tap)
        tapped(model, self.names + [self.first], tap0)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL  # its integer kernels round biases of real numbers
        self.session = ort.InferenceSession(tap0, options, providers=["CPUExecutionProvider"])
        self.input = self.session.get_inputs()[0].name

    def onnxruntime(self, real):
        """Its first integers, its results, and its integers of each tensor."""
        runs = [self.session.run([self.first, self.out] + self.names, {self.input: real[i:i + 1]}) for i in range(len(real))]
        return [np.concatenate(r) for r in zip(*runs)]

    def engine(self, q):
        np.savez(os.path.join(self.tmp, "in.npz"), **{self.input: q})
        subprocess.run([self.nomul, "run", self.tap, "--engine", "go", "-i", os.path.join(self.tmp, "in.npz"), "-o", os.path.join(self.tmp, "out.npz")],
                       check=True, stdout=subprocess.DEVNULL)
        return np.load(os.path.join(self.tmp, "out.npz"))

    def exact(self, q, theirs):
        """The exact tensors, and what is exact in each layer that is fed onnxruntime's own integers."""
        self.graph.run(q.astype(np.int64), {name: t.astype(np.int64) for name, t in zip(self.names, theirs)})
        made = self.graph.made
        return self.graph.run(q.astype(np.int64)), made


def read(path, skip):
    return np.frombuffer(gzip.open(path).read()[skip:], np.uint8)


def normalised(pixels, mean, std):
    return ((pixels.astype(np.float32) / np.float32(255) - np.float32(mean)) / np.float32(std)).astype(np.float32)


def first_other(held, i, exact, made, theirs):
    """The first layer in which onnxruntime's integers of an image are others, with their operands."""
    for name, t in zip(held.names, theirs):
        if (exact[name][i] != t[i]).any():
            y, (x, s, z) = made[name]
            lines, far = operands((y[i:i + 1], (Num(x.k[i:i + 1], x.scale, x.shift), s, z)), t[i:i + 1], 3)
            return f"{int((exact[name][i] != t[i]).sum())} integers of {name}, {far} beyond float32's error: " + "; ".join(lines)


def main():
    path, images, labels, nomul = sys.argv[1:5]
    count, mean, std = int(sys.argv[5]) if len(sys.argv) > 5 else 10000, *(float(v) for v in (sys.argv[6:8] or (0.286, 0.353)))
    x, label = read(images, 16).reshape(-1, 1, 28, 28)[:count], read(labels, 8)[:count]
    right, others = {"exact": 0, "nomul": 0, "onnxruntime": 0}, []
    with tempfile.TemporaryDirectory() as tmp:
        held = Held(path, nomul, tmp)
        tallies = {name: Tally() for name in held.names}
        for start in range(0, len(x), PORTION):
            q, results, *theirs = held.onnxruntime(normalised(x[start:start + PORTION], mean, std))
            got = held.engine(q)
            for at in range(0, len(q), BATCH):
                part = slice(at, at + BATCH)
                own = [t[part] for t in theirs]
                exact, made = held.exact(q[part], own)
                for name, t in zip(held.names, own):
                    tallies[name].add(exact[name], got[name][part], t, made[name])
                o = exact[held.out]
                classes = {"exact": o.k if isinstance(o, Num) else o, "nomul": got[held.out][part], "onnxruntime": results[part]}
                classes = {who: y.reshape(len(o.k if isinstance(o, Num) else o), -1).argmax(1) for who, y in classes.items()}
                wanted = label[start + at:][:len(classes["exact"])]
                for who, c in classes.items():
                    right[who] += int((c == wanted).sum())
                for i in np.nonzero(classes["exact"] != classes["onnxruntime"])[0]:
                    others.append(f"image {start + at + i}, of class {wanted[i]}: exactly {classes['exact'][i]}, onnxruntime {classes['onnxruntime'][i]}; first other: "
                                  + str(first_other(held, i, exact, made, own)))
                print(start + at + len(wanted), right, "differ from exact:", sum(t.nomul for t in tallies.values()),
                      "onnxruntime:", sum(t.theirs for t in tallies.values()), "near ties:", near, file=sys.stderr, flush=True)
    print(f"{os.path.basename(path)}: of {len(x)} images right: {right}; {len(others)} predicted otherwise by onnxruntime")
    for line in others:
        print("   ", line)
    for name, t in tallies.items():
        print(f"{name}: {t.nomul} of {t.total} integers differ from exact ones, onnxruntime's {t.theirs};",
              f"fed its own integers, onnxruntime's differ {t.own} times, {t.beyond} of them beyond float32's error")
        for line in t.lines:
            print("   ", line)


if __name__ == "__main__":
    main()
