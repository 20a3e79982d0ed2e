"""Exports one network of frames, written by hand in every form in which a file
may take the frame of a step from its input: ./from_onnx.py -o FOLDER

The input is [steps, 1, 6] or [1, steps, 6]. The results are numpy's, and
onnxruntime must give the same.
"""

import argparse
import json
import pathlib

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

STEPS, SAMPLES, SIZES = 4, 8, (6, 10, 3)
node, info = helper.make_node, helper.make_tensor_value_info


def results(weights, frames):
    """The membranes are halved, driven and lowered by 1 where they fired."""
    mem, spikes, margin = [0.0, 0.0], ([], []), np.inf
    for x in frames:
        for k in range(2):
            h = np.float32(0.5) * mem[k] + x @ weights[k]
            margin = min(margin, np.abs(h - 1).min())
            x = (h > 1).astype(np.float32)
            mem[k] = h - x
            spikes[k].append(x)
    return spikes, margin


def layer(name, x, mem, weight):
    """One layer in one step: x @ weight when there is a weight, else x as it is."""
    current = [node("MatMul", [x, weight], [name + "i"])] if weight else []
    return current + [
        node("Mul", [mem, "half"], [name + "l"]),
        node("Add", [name + "l", name + "i" if weight else x], [name + "h"]),
        node("Greater", [name + "h", "one"], [name + "f"]),
        node("Cast", [name + "f"], [name + "s"], to=TensorProto.FLOAT),
        node("Sub", [name + "h", name + "s"], [name + "m"]),
    ]


def unrolled(frames, first="w1"):
    nodes, mem, count = [], ("zero1", "zero2"), None
    for t, x in enumerate(frames):
        a, b = f"a{t}", f"b{t}"
        nodes += layer(a, x, mem[0], first) + layer(b, a + "s", mem[1], "w2")
        mem = (a + "m", b + "m")
        if count:
            nodes.append(node("Add", [count, b + "s"], [f"count{t}"]))
        count = f"count{t}" if count else b + "s"
    return nodes + [node("Identity", [count], ["y"])]


FRAMES = [f"x{t}" for t in range(STEPS)]


def gather(axis, source="x"):
    return [node("Gather", [source, f"at{t}"], [x], axis=axis) for t, x in enumerate(FRAMES)]


def sliced(axis):
    cut = [node("Slice", ["x", f"from{t}", f"from{t + 1}", "axis"], [x + "c"]) for t, x in enumerate(FRAMES)]
    return cut + [node("Squeeze", [x + "c", "axis"], [x]) for x in FRAMES] + unrolled(FRAMES)


def split(axis, source="x", first="w1"):
    cut = [node("Split", [source], [x + "c" for x in FRAMES], axis=axis)]
    return cut + [node("Squeeze", [x + "c", "axis"], [x]) for x in FRAMES] + unrolled(FRAMES, first)


def multi(axis):
    return [node("MatMul", ["x", "w1"], ["all"])] + split(axis, "all", None)


def flat(axis):
    """The first layer on steps and batch in one axis, as x.flatten(0, 1) gives it."""
    nodes = [node("Reshape", ["x", "rows"], ["flat"]), node("MatMul", ["flat", "w1"], ["product"])]
    return nodes + [node("Reshape", ["product", "apart"], ["all"])] + split(axis, "all", None)


def stacked(axis):
    """Every layer for all steps at once, as multi-step modes do it."""
    nodes, source = [], "x"
    for name, weight, mem in [("a", "w1", "zero1"), ("b", "w2", "zero2")]:
        nodes += [node("MatMul", [source, weight], [name + "all"])]
        nodes += [node("Split", [name + "all"], [f"{name}c{t}" for t in range(STEPS)], axis=axis)]
        for t in range(STEPS):
            nodes += [node("Squeeze", [f"{name}c{t}", "axis"], [f"{name}x{t}"])] + layer(f"{name}{t}", f"{name}x{t}", mem, None)
            nodes += [node("Unsqueeze", [f"{name}{t}s", "axis"], [f"{name}u{t}"])]
            mem = f"{name}{t}m"
        source = name + "spikes"
        nodes += [node("Concat", [f"{name}u{t}" for t in range(STEPS)], [source], axis=axis)]
    return nodes + [node("ReduceSum", [source, "axis"], ["y"], keepdims=0)]


def turned(axis):
    return [node("Transpose", ["x"], ["t"], perm=[1, 0, 2])] + gather(1 - axis, "t") + unrolled(FRAMES)


STATE = [("m1", SIZES[1]), ("m2", SIZES[2])]


def loop(axis):
    body = [node("Gather", ["x", "i"], ["now"], axis=axis)] + layer("a", "now", "m1", "w1") + layer("b", "as", "m2", "w2")
    body += [node("Add", ["n", "bs"], ["more"]), node("Identity", ["go"], ["on"])]
    floats = lambda names: [info(n, TensorProto.FLOAT, [1, size]) for n, size in names]
    graph = helper.make_graph(
        body, "body",
        [info("i", TensorProto.INT64, []), info("go", TensorProto.BOOL, [])] + floats(STATE + [("n", SIZES[2])]),
        [info("on", TensorProto.BOOL, [])] + floats([("am", SIZES[1]), ("bm", SIZES[2]), ("more", SIZES[2])]))
    return [node("Loop", ["trips", "true", "zero1", "zero2", "zero2"], ["end1", "end2", "y"], body=graph)]


def scan(axis):
    floats = lambda names: [info(n, TensorProto.FLOAT, [1, size]) for n, size in names]
    graph = helper.make_graph(
        layer("a", "now", "m1", "w1") + layer("b", "as", "m2", "w2"), "body",
        floats(STATE + [("now", SIZES[0])]), floats([("am", SIZES[1]), ("bm", SIZES[2]), ("bs", SIZES[2])]))
    return [node("Scan", ["zero1", "zero2", "x"], ["end1", "end2", "all"], body=graph, num_scan_inputs=1, scan_input_axes=[axis]),
            node("ReduceSum", ["all", "first"], ["y"], keepdims=0)]


FORMS = {"gather": lambda axis: gather(axis) + unrolled(FRAMES), "slice": sliced, "split": split, "multi": multi,
         "flat": flat, "stacked": stacked, "turned": turned, "loop": loop, "scan": scan}


def model(form, axis, weights):
    arrays = {"w1": weights[0], "w2": weights[1], "half": np.float32(0.5), "one": np.float32(1), "true": np.bool_(True),
              "zero1": np.zeros((1, SIZES[1]), np.float32), "zero2": np.zeros((1, SIZES[2]), np.float32),
              "axis": np.array([axis]), "first": np.array([0]), "trips": np.int64(STEPS)}
    arrays.update({f"at{t}": np.int64(t) for t in range(STEPS)}, **{f"from{t}": np.array([t]) for t in range(STEPS + 1)})
    shape = [1, 1, SIZES[0]]
    shape[axis] = STEPS
    arrays.update(rows=np.array([STEPS, SIZES[0]]), apart=np.array(shape[:2] + [SIZES[1]]))
    graph = helper.make_graph(FORMS[form](axis), form, [info("x", TensorProto.FLOAT, shape)],
                              [info("y", TensorProto.FLOAT, [1, SIZES[2]])],
                              [numpy_helper.from_array(np.asarray(a), n) for n, a in arrays.items()])
    out = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(out)
    return out


def main():
    args = argparse.ArgumentParser(description="export a network of frames in every form")
    args.add_argument("-o", "--out", required=True, help="folder to write to")
    args.add_argument("--all", action="store_true", help="no more than without")
    folder = pathlib.Path(args.parse_args().out) / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    onnxruntime.set_default_logger_severity(3)  # each form has constants that only others read
    random = np.random.default_rng(1)
    weights = [random.standard_normal(s).astype(np.float32) * 1.2 for s in zip(SIZES, SIZES[1:])]
    frames, spikes = [], ([], [])
    while len(frames) < SAMPLES:
        x = random.random((STEPS, 1, SIZES[0]), np.float32) * 2 - 1
        trains, margin = results(weights, x)
        if margin > 1e-3:
            frames.append(x)
            for k in range(2):
                spikes[k].append(np.stack(trains[k])[:, 0].astype(np.uint8))
    rows, y = [], np.stack(spikes[1]).sum(1, dtype=np.float32)[:, None]
    for axis, name in enumerate(["time-first", "batch-first"]):
        x = np.stack([np.swapaxes(f, 0, axis) for f in frames])
        np.savez_compressed(folder / f"{name}.npz", x=x, y=y, spk1=np.stack(spikes[0]), spk2=np.stack(spikes[1]))
        for form in FORMS:
            file = folder / f"{name}.{form}.onnx"
            onnx.save(model(form, axis, weights), file)
            session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
            if not all(np.array_equal(session.run(None, {"x": i})[0], o) for i, o in zip(x, y)):
                raise SystemExit(f"{file.name}: onnxruntime gives another y")
            rows.append(json.dumps({"file": file.name, "arrays": f"{name}.npz", "steps": STEPS}))
    (folder / "manifest.json").write_text("[\n" + ",\n".join(rows) + "\n]\n")


if __name__ == "__main__":
    main()
