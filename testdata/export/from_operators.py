"""Exports small spiking networks, written by hand, in which an operator that moves,
copies or enlarges stands in front of the first layer or between two:
./from_operators.py -o FOLDER

Every network takes x [1, 1, 4, 4], of pixels over 255, drives a layer of neurons by a convolution, and
a second one by a linear layer, for three steps. The results are onnxruntime's.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

STEPS, SAMPLES, CLASSES = 3, 8, 4
node, info = helper.make_node, helper.make_tensor_value_info
int64s = lambda *v: np.array(v, np.int64)
floats = lambda *v: np.array(v, np.float32)


class Place:
    """Where an operator goes: its operand, and the names that its nodes may take."""

    def __init__(self, net, source, suffix):
        self.net, self.now, self.suffix = net, source, suffix

    def then(self, op, *constants, **attrs):
        """Applies an operator to what there is; constants are arrays, None is absent."""
        names = [self.net.constant(c) for c in constants]
        self.net.count += 1
        out = f"{op.lower()}{self.net.count}{self.suffix}"
        self.net.nodes.append(node(op, [self.now] + names, [out], **attrs))
        self.now = out
        return self


class Net:
    """One network: pre stands in front of the first layer, mid behind its spikes,
    drive(place) is the second layer where it is not a product with a matrix. Stacked,
    what stands between the layers works on the spikes of all steps at once. What the
    network gives is read(place) of a stack of the steps' spikes, else their sum."""

    def __init__(self, pre, mid, drive=None, stacked=False, read=None, seed=0):
        self.random = np.random.default_rng(seed)
        self.nodes, self.arrays, self.count = [], {}, 0
        self.known = {}
        for name, value in [("half", 0.5), ("one", 1)]:
            self.arrays[name] = np.float32(value)
        place = pre(Place(self, "x", ""))
        place.then("Conv", self.weights("kernel", 2, 1, 3, 3), pads=[1] * 4)
        mem, total = [None, None], None
        steps = [self.neuron("a", t, place.now, mem) for t in range(STEPS)]
        if stacked:
            currents = self.split(self.current(Place(self, self.joined(steps), ""), mid, drive, STEPS))
        else:
            currents = [self.current(Place(self, s, f"_{t}"), mid, drive, 1) for t, s in enumerate(steps)]
        last = []
        for t, current in enumerate(currents):
            last.append(self.neuron("b", t, current, mem))
            if total and not read:
                self.nodes.append(node("Add", [total, last[t]], [f"total{t}"]))
            total = f"total{t}" if total else last[t]
        self.nodes.append(node("Identity", [self.reading(last, *read) if read else total], ["y"]))

    def reading(self, spikes, axis, read):
        stack = [Place(self, s, f"_{t}").then("Unsqueeze", int64s(axis)).now for t, s in enumerate(spikes)]
        self.nodes.append(node("Concat", stack, ["stack"], axis=axis))
        return read(Place(self, "stack", "_read")).now

    def current(self, place, mid, drive, rows):
        place = mid(place)
        if drive:
            return drive(self, place).now
        size = self.size(place) // rows
        return place.then("Flatten").then("MatMul", self.weights("matrix", size, CLASSES)).now

    def joined(self, steps):
        self.nodes.append(node("Concat", steps, ["all"], axis=0))
        return "all"

    def split(self, source):
        out = [f"i{t}" for t in range(STEPS)]
        self.nodes.append(node("Split", [source], out, axis=0, num_outputs=STEPS))
        return out

    def neuron(self, name, t, current, mem):
        """Half of the membrane stays; it is lowered by 1 where it fired."""
        k, n = "ab".index(name), f"{name}{t}"
        self.nodes.append(node("Mul", [mem[k], "half"], [n + "l"]) if mem[k] else node("Identity", [current], [n + "h"]))
        if mem[k]:
            self.nodes.append(node("Add", [n + "l", current], [n + "h"]))
        self.nodes += [node("Greater", [n + "h", "one"], [n + "f"]), node("Cast", [n + "f"], [n + "s"], to=TensorProto.FLOAT),
                       node("Sub", [n + "h", n + "s"], [n + "m"])]
        mem[k] = n + "m"
        return n + "s"

    def constant(self, value):
        if value is None or isinstance(value, str):
            return value or ""
        key = (value.dtype.str, value.shape, value.tobytes())
        if key not in self.known:
            self.known[key] = f"c{len(self.known)}"
            self.arrays[self.known[key]] = value
        return self.known[key]

    def weights(self, name, *shape):
        if name not in self.arrays:
            fan = np.prod(shape[1:]) if len(shape) > 2 else shape[0]
            self.arrays[name] = (self.random.standard_normal(shape) * 3 / np.sqrt(fan)).astype(np.float32)
        return name

    def model(self, outputs):
        graph = helper.make_graph(self.nodes, "operators", [info("x", TensorProto.FLOAT, [1, 1, 4, 4])],
                                  [onnx.ValueInfoProto(name=o) for o in outputs],
                                  [numpy_helper.from_array(np.asarray(a), n) for n, a in self.arrays.items()])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)

    def channels(self, place):
        return self.size(place) // 16

    def size(self, place):
        """How many elements what there is so far has."""
        session = onnxruntime.InferenceSession(self.model([place.now]).SerializeToString(), providers=["CPUExecutionProvider"])
        return session.run(None, {"x": np.zeros((1, 1, 4, 4), np.float32)})[0].size


same = lambda place: place
around = lambda n: int64s(0, 0, n, n, 0, 0, n, n)
pad = lambda n, mode: lambda place: place.then("Pad", around(n), mode=mode)
ones = lambda place: place.then("Pad", around(1), np.float32(1))


def deconv(shape, **attrs):
    """A transposed convolution as the second layer, and a sum of its channels."""
    def drive(net, place):
        return place.then("ConvTranspose", net.weights("spread", *shape), **attrs).then("Flatten")
    return drive


def enlarged(**attrs):
    return lambda place: place.then("Resize", None, floats(1, 1, 2, 2), **attrs)


def sized(*sizes, **attrs):
    return lambda place: place.then("Resize", None, None, int64s(1, *sizes), **attrs)


def upsampled(place):
    """torch's interpolate by hand: an axis is put behind, repeated, and joined."""
    return place.then("Unsqueeze", int64s(3)).then("Tile", int64s(1, 1, 1, 2, 1)).then("Reshape", int64s(1, 2, 8, 4))


def quantised(place):
    """The input in steps of a pixel, as quantised networks take it."""
    return place.then("QuantizeLinear", np.float32(1 / 255), np.uint8(0)).then("DequantizeLinear", np.float32(1 / 255), np.uint8(0))


def scattered(value):
    """Places of all rows that are overwritten."""
    def write(place):
        rows = (1, place.net.channels(place), 4, 2)
        return place.then("ScatterElements", np.broadcast_to(int64s(3, 1), rows).copy(), np.full(rows, value, np.float32), axis=3)
    return write


def read(axis, reading):
    """What is read of the steps' spikes, stacked along an axis."""
    return (same, same, None, False, (axis, reading))


def weighed(shape):
    return lambda place: place.then("Mul", floats(0.5, -1, 2).reshape(shape))


def linear(place):
    w = np.random.default_rng(1).standard_normal((STEPS * CLASSES, 5)).astype(np.float32)
    return place.then("Reshape", int64s(1, STEPS * CLASSES)).then("MatMul", w)


def flattened(net, place):
    return place.then("Conv", net.weights("second", 2, 2, 3, 3), pads=[1] * 4).then("Flatten").then("MatMul", net.weights("last", 32, CLASSES))


NETS = {
    "tile-rows": (same, lambda p: p.then("Tile", int64s(1, 1, 2, 1))),
    "tile-columns": (same, lambda p: p.then("Tile", int64s(1, 1, 1, 2))),
    "tile-channels": (same, lambda p: p.then("Tile", int64s(1, 2, 1, 1))),
    "tile-upsample": (same, upsampled),
    "tile-input": (lambda p: p.then("Tile", int64s(1, 1, 2, 1)), same),
    "pad-reflect": (pad(1, "reflect"), pad(2, "reflect")),
    "pad-edge": (pad(1, "edge"), pad(2, "edge")),
    "pad-ones": (ones, ones),
    "resize-double": (enlarged(mode="nearest"), enlarged(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")),
    "resize-odd": (sized(1, 7, 3, mode="nearest"), sized(2, 3, 6, mode="nearest", coordinate_transformation_mode="align_corners")),
    "depth-to-space": (same, lambda p: p.then("SpaceToDepth", blocksize=2).then("DepthToSpace", blocksize=2, mode="CRD")),
    "space-to-depth": (lambda p: p.then("SpaceToDepth", blocksize=2).then("DepthToSpace", blocksize=2), lambda p: p.then("SpaceToDepth", blocksize=2)),
    "gather-rows": (lambda p: p.then("Gather", int64s(3, 0, 0, 2), axis=2), lambda p: p.then("Gather", int64s(1, 1, 3), axis=3)),
    "gather-nd": (same, lambda p: p.then("GatherND", int64s([[[1, 2], [0, 0], [1, 1]]]), batch_dims=1)),
    "deconv": (same, same, deconv((2, 1, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1])),
    "deconv-groups": (same, same, deconv((2, 2, 2, 2), strides=[2, 1], group=2, dilations=[1, 2])),
    "deconv-input": (lambda p: p.then("ConvTranspose", np.arange(4, dtype=np.float32).reshape(1, 1, 2, 2) / 4, strides=[2, 2]), same),
    "all-moves": (pad(1, "reflect"), lambda p: sized(2, 3, 3, mode="nearest")(p).then("Pad", around(1), mode="edge").then("Gather", int64s(4, 2, 0, 0), axis=3).
                  then("Slice", int64s(3), int64s(-9), int64s(2), int64s(-1)).then("SpaceToDepth", blocksize=2).then("Tile", int64s(1, 1, 1, 2)),
                  deconv((8, 1, 1, 2), strides=[2, 1], pads=[0, 1, 0, 0])),
    "stacked-resize": (same, enlarged(mode="nearest"), None, True),
    "stacked-pads": (same, lambda p: pad(1, "edge")(pad(1, "reflect")(p)), None, True),
    "stacked-odd": (same, lambda p: p.then("Resize", None, floats(1, 1, 0.75, 1.5), mode="nearest").then("Tile", int64s(1, 2, 1, 1)), None, True),
    "stacked-depth": (same, lambda p: p.then("SpaceToDepth", blocksize=2), None, True),
    "stacked-deconv": (same, same, deconv((2, 1, 3, 3), strides=[2, 2], pads=[1, 1, 1, 1], output_padding=[1, 1]), True),
    "quantised-input": (quantised, same),
    "conv-conv": (lambda p: p.then("Conv", np.arange(-4, 5, dtype=np.float32).reshape(1, 1, 3, 3) / 4, np.float32([0.5]), pads=[1] * 4), same),
    "conv-linear": (same, same, flattened),
    "scatter-elements": (scattered(0), scattered(1)),
    "read-linear-rows": read(1, linear),
    "read-linear-columns": read(2, linear),
    "read-linear-first": read(0, linear),
    "read-weights": read(1, lambda p: weighed((1, STEPS, 1))(p).then("ReduceSum", int64s(1), keepdims=0)),
    "read-weights-first": read(0, lambda p: weighed((STEPS, 1, 1))(p).then("ReduceSum", int64s(0), keepdims=0)),
    "read-squeezed": read(0, lambda p: p.then("Squeeze", int64s(1)).then("Transpose", perm=[1, 0]).then("MatMul", floats(0.5, -1, 2).reshape(STEPS, 1)).then("Flatten", axis=0)),
    "read-mixed": read(2, lambda p: p.then("MatMul", np.arange(-4, 2 * STEPS - 4, dtype=np.float32).reshape(STEPS, 2) / 4)),
    "read-changes": read(0, lambda p: p.then("Sub", np.full((STEPS, 1, 1), 0.25, np.float32)).then("Relu").then("Squeeze", int64s(1)).then("MatMul", np.eye(CLASSES, 3, dtype=np.float32)).then("ReduceSum", int64s(0), keepdims=0)),
}


def watched(net):
    """Runs a network: its outputs, every spike, and the least distance of a membrane from its threshold."""
    names = [f"{k}{t}{what}" for k in "ab" for what in "sh" for t in range(STEPS)]
    session = onnxruntime.InferenceSession(net.model(["y"] + names).SerializeToString(), providers=["CPUExecutionProvider"])

    def run(x):
        y, *rest = session.run(None, {"x": x})
        layer = lambda i: np.concatenate(rest[i * STEPS:(i + 1) * STEPS])
        margin = min(np.abs(layer(i) - 1).min() for i in (1, 3))
        return y, layer(0), layer(2), margin
    return run


def samples(net, random):
    """Inputs on which no membrane is near its threshold."""
    run = watched(net)
    xs, ys, first, second = [], [], [], []
    for _ in range(2000):
        x = (random.integers(0, 256, (1, 1, 4, 4)) / np.float32(255)).astype(np.float32)
        y, a, b, margin = run(x)
        if margin > 1e-3:
            xs, ys, first, second = xs + [x], ys + [y], first + [a], second + [b]
        if len(xs) == SAMPLES:
            break
    return xs, ys, first, second


def lively(spikes):
    return 0.05 < np.mean(spikes) < 0.8 and np.std([s.sum() for s in spikes]) > 0


def main():
    args = argparse.ArgumentParser(description="export networks with operators that move and copy")
    args.add_argument("-o", "--out", required=True, help="folder to write to")
    args.add_argument("--all", action="store_true", help="no more than without")
    args.add_argument("--strip", action="store_true", help="there is nothing to strip")
    folder = pathlib.Path(args.parse_args().out) / "operators"
    folder.mkdir(parents=True, exist_ok=True)
    onnxruntime.set_default_logger_severity(3)
    rows = []
    for name, parts in NETS.items():
        for seed in range(300):
            net = Net(*parts, seed=seed)
            xs, ys, first, second = samples(net, np.random.default_rng(seed))
            if len(xs) == SAMPLES and lively(first) and lively(second):
                break
        else:
            raise SystemExit(f"{name}: no weights make it lively")
        onnx.save(net.model(["y"]), folder / f"{name}.onnx")
        np.savez_compressed(folder / f"{name}.npz", x=np.stack(xs), y=np.stack(ys),
                            spk1=np.stack(first).astype(np.uint8), spk2=np.stack(second).astype(np.uint8))
        rows.append(json.dumps({"file": f"{name}.onnx", "arrays": f"{name}.npz", "steps": STEPS}))
    (folder / "manifest.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
