"""Writes small networks of one layer that differ in how they begin and in how they
are read: ./from_text.py -o FOLDER

The results are onnxruntime's, and samples are such that no spike hangs on a last digit.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper, parser

STEPS, SAMPLES, SIZES = 4, 8, (4, 3)
RANDOM = np.random.default_rng(1)


def noise(*shape):
    return RANDOM.standard_normal(shape).astype(np.float32)


ARRAYS = {
    "W": noise(*SIZES) * 2, "V": noise(3, 3), "B": noise(3), "F": noise(12, 2), "levels": np.float32([1, 2, -3]),
    "one": np.float32(1), "half": np.float32(0.5), "quarter": np.float32(0.25), "four": np.float32(4), "less": np.float32(-2),
    "kept": np.float32(0.9), "each": np.float32([0.5, 0.25, 0.125]), "row": np.float32([[0.45, 0.3, 0.1]]),
    "axis": np.array([0]), "from": np.array([2]), "to": np.array([9]), "over": noise(4, 1, 1), "apart": noise(4, 1, 3),
    "ga": np.ones(3, np.float32), "be": np.zeros(3, np.float32), "mu": np.float32([0.1, 0.2, 0.3]), "va": np.float32([1, 2, 3]),
    "W6": noise(4, 6) * 2, "apart6": np.array([1, 3, 2]), "channel": np.float32([[[0.5], [0.25], [0.125]]]), "two": np.float32(2),
    "fresh_mu": np.zeros(3, np.float32), "fresh_va": np.ones(3, np.float32), "none": np.zeros((1, 3), np.float32),
}
ARRAYS.update({f"w{t}": np.float32(t / 4 + 0.25) for t in range(STEPS)}, **{f"c{t}": noise(3) for t in range(STEPS)})


def late(start=None, leak="half"):
    """What is taken off the membrane v, or the reset to zero, comes in the next step, as snnTorch has it."""
    text = f"d0 = Mul({start}, {leak}) v0 = Add(d0, c)\n" if start else "v0 = Identity(c)\n"
    for t in range(STEPS):
        if t > 0:
            text += f"d{t} = Mul(v{t - 1}, {leak}) a{t} = Add(d{t}, c) v{t} = Sub(a{t}, s{t - 1})\n"
        text += f"g{t} = Greater(v{t}, one) s{t} = Cast<to=1>(g{t})\n"
    return text


def now(start=None, leak="half", soft=False, lowest=None):
    """h is the membrane before its reset, v after it, in the same step."""
    text = f"d0 = Mul({start}, {leak}) h0 = Add(d0, c)\n" if start else "h0 = Identity(c)\n"
    for t in range(STEPS):
        if t > 0:
            text += f"d{t} = Mul(v{t - 1}, {leak}) h{t} = Add(d{t}, c)\n"
        text += f"g{t} = GreaterOrEqual(h{t}, one) s{t} = Cast<to=1>(g{t})\n"
        if soft:
            text += f"v{t} = Sub(h{t}, s{t})\n"
        else:
            text += f"k{t} = Sub(one, s{t}) z{t} = Mul(k{t}, h{t})\n"
            text += f"r{t} = Mul(s{t}, {lowest}) v{t} = Add(z{t}, r{t})\n" if lowest else f"v{t} = Identity(z{t})\n"
    return text


def tree(values, out="y", op="Add"):
    text, total = "", values[0]
    for i, v in enumerate(values[1:]):
        name = out if i == len(values) - 2 else f"{out}_{i}"
        text += f"{name} = {op}({total}, {v}) "
        total = name
    return text + "\n"


def steps(name):
    return [f"{name}{t}" for t in range(STEPS)]


def each(text):
    return "".join(text.replace("@", str(t)) + "\n" for t in range(STEPS))


STACK = each("u@ = Unsqueeze(s@, axis)") + "stack = Concat<axis=0>(" + ", ".join(steps("u")) + ")\n"
LEAKY = "i0 = Identity(s0)\n" + "".join(f"j{t} = Mul(i{t - 1}, half) i{t} = Add(j{t}, s{t})\n" for t in range(1, STEPS))
COUNT = tree(steps("s"))

# By name: the network, behind c = MatMul(x, W) where it has no c of its own, and the
# shapes of its outputs where they are not one of 3 numbers.
NETWORKS = {
    "membrane-times": late() + LEAKY + "y = Mul(i3, quarter)",
    "membrane-times-leak": late() + LEAKY + "y = Mul(i3, half)",
    "membrane-over": late() + LEAKY + "y = Div(i3, four)",
    "membrane-mean": late() + LEAKY + "m = ReduceMean<axes=[1]>(i3) y = Mul(m, levels)",
    "membranes-last-two": late() + LEAKY + "m = Add(i2, i3) y = Mul(m, half)",
    "count-and-membrane": late() + tree(steps("s") + ["v3"]),
    "count-and-part": late() + tree(steps("s"), "n") + "p = Mul(v3, quarter) y = Add(n, p)",
    "counts-and-membranes": late() + tree(steps("s"), "n") + tree(steps("v"), "p") + "y = Add(n, p)",
    "last-two": late() + "n = Add(s2, s3) y = Mul(n, half)",
    "last-two-stacked": late() + STACK + "n = Slice(stack, from, to, axis) y = ReduceMean<axes=[0], keepdims=0>(n)",
    "last-two-layers": late() + each("m@ = MatMul(s@, V) o@ = Add(m@, B)") + "y = Add(o2, o3)",
    "without-the-first": late() + tree(steps("s")[1:]),
    "without-the-last": late() + each("m@ = MatMul(s@, V) o@ = Add(m@, B)") + tree(steps("o")[:3], "n") + "y = Add(n, s3)",
    "last-less-second": late() + "y = Sub(s3, s1)",
    "weights": late() + each("m@ = Mul(s@, w@)") + tree(steps("m")),
    "weights-by-class": late() + each("m@ = Mul(s@, c@)") + tree(steps("m")),
    "weights-stacked": late() + STACK + "m = Mul(stack, over) y = ReduceSum<keepdims=0>(m, axis)",
    "weights-by-class-stacked": late() + STACK + "m = Mul(stack, apart) y = ReduceMean<axes=[0], keepdims=0>(m)",
    "layer-on-all-steps": ("float[1,2] y", late() + "all = Concat<axis=1>(" + ", ".join(steps("s")) + ") y = MatMul(all, F)"),
    "count-from-three": late() + tree(steps("s"), "n") + "g = Greater(n, two) y = Where(g, n, none)",
    "largest-of-two": late() + "y = Max(v2, v3)",
    "twice": ("float[1,3] y, float[1,3] z", late() + COUNT + "z = Identity(y)"),
    "batch-norm-of-sum": late() + each("m@ = MatMul(s@, V) r@ = Add(m@, s@) b@ = BatchNormalization(r@, ga, be, mu, va)") + tree(steps("b")),
    "batch-norm-of-spikes": late() + each("b@ = BatchNormalization(s@, ga, be, mu, va)") + tree(steps("b")),
    **{f"starts-{kind}-{leak}-{start}": f(start, leak) + COUNT
       for kind, f in {"late": late, "soft": lambda *a: now(*a, soft=True), "hard": now}.items()
       for leak, start in [("one", "half"), ("half", "half"), ("kept", "half"), ("one", "each"), ("kept", "row")]},
    **{f"membrane-{when}-{kind}-{leak}": ("float[1,3] y, float[1,3] m", f + COUNT + f"m = Identity({v}3)")
       for leak in ("one", "half", "kept") for kind, f in {
           "zero": now(leak=leak), "value": now(leak=leak, lowest="quarter"), "soft": now(leak=leak, soft=True)}.items()
       for when, v in (("after", "v"), ("before", "h"))},
    "membrane-alone-zero": now() + "y = Identity(v3)",
    "membranes-after-zero": now() + tree(steps("v")),
    "membranes-before-zero": now() + tree(steps("h")),
    "starts-by-channel": ("float[1,3,2] y", "c6 = MatMul(x, W6) c = Reshape(c6, apart6)\n" + now("channel", "kept") + COUNT),
    "batch-norm-fresh": late() + tree(steps("s"), "n") + "m = MatMul(n, V) y = BatchNormalization(m, ga, be, fresh_mu, fresh_va)",
}


SILENT = ("membrane-alone-zero", "membranes-after-zero", "membranes-before-zero")  # nothing reads their spikes


def model(name):
    outputs, text = NETWORKS[name] if isinstance(NETWORKS[name], tuple) else ("float[1,3] y", NETWORKS[name])
    current = "" if " c = " in text else "c = MatMul(x, W)\n"
    out = parser.parse_model('<ir_version: 8, opset_import: ["": 17]> g (float[1,4] x) => (%s) {\n%s\n}' % (outputs, current + text))
    read = {i for n in out.graph.node for i in n.input}
    out.graph.initializer.extend(numpy_helper.from_array(np.asarray(a), n) for n, a in ARRAYS.items() if n in read)
    onnx.checker.check_model(out)
    return out


def session(out, spikes=False):
    if spikes:
        made = {o for n in out.graph.node for o in n.output} - {o.name for o in out.graph.output}
        out.graph.output.extend(helper.make_tensor_value_info(s, TensorProto.FLOAT, None) for s in steps("s") if s in made)
    return onnxruntime.InferenceSession(out.SerializeToString(), providers=["CPUExecutionProvider"])


def results(name):
    """The samples, what they give, and the spikes."""
    run, all_of = session(model(name)), session(model(name), spikes=True)
    xs, rows, trains = [], [], []
    while len(xs) < SAMPLES:
        x = (RANDOM.integers(0, 256, (1, SIZES[0])) / np.float32(255)).astype(np.float32)
        near = [all_of.run(steps("s"), {"x": x * np.float32(f)}) for f in (1, 1 - 1e-4, 1 + 1e-4)]
        if not all(np.array_equal(near[0], other) for other in near[1:]):
            continue
        xs.append(x)
        rows.append(run.run(None, {"x": x}))
        trains.append(np.concatenate(near[0]))
    out = {o.name: np.stack(r) for o, r in zip(run.get_outputs(), zip(*rows))}
    if name not in SILENT:
        out["spk1"] = np.stack(trains).astype(np.uint8)
    return dict(x=np.stack(xs), **out)


def main():
    args = argparse.ArgumentParser(description="write small networks that begin and are read in many ways")
    args.add_argument("-o", "--out", required=True, help="folder to write to")
    args.add_argument("--all", action="store_true", help="no more than without")
    args.add_argument("--strip", action="store_true", help="no less than without")
    folder = pathlib.Path(args.parse_args().out) / "text"
    folder.mkdir(parents=True, exist_ok=True)
    onnxruntime.set_default_logger_severity(3)
    rows = []
    for name in NETWORKS:
        onnx.save(model(name), folder / f"{name}.onnx")
        np.savez_compressed(folder / f"{name}.npz", **results(name))
        rows.append(json.dumps({"file": f"{name}.onnx", "arrays": f"{name}.npz", "steps": STEPS}))
    (folder / "manifest.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
