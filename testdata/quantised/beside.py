"""Predictions of quantised files by nomul beside onnxruntime's, and of nomul's own words of the real network:

    python beside.py NOMUL IMAGES LABELS [--own MODEL.onnx CALIBRATION] FILE.onnx...

FILEs are those of trained.py, IMAGES and LABELS idx files of test data. onnxruntime runs each file as it stands and with its
integer kernels (graph optimisations). It prints how many images are right, how many have other logits than nomul's and how
many another class, and of the first of those the first layer that parts, with its operands, exactly computed by hold.py."""
import os
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime as ort

import hold

MEAN, STD, SHOWN = 0.286, 0.353, 3
LEVELS = {"as it stands": ort.GraphOptimizationLevel.ORT_DISABLE_ALL, "integer kernels": ort.GraphOptimizationLevel.ORT_ENABLE_ALL}


def session(path, level):
    options = ort.SessionOptions()
    options.intra_op_num_threads, options.graph_optimization_level, options.log_severity_level = 1, LEVELS[level], 3
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def by_onnxruntime(path, x, level):
    s = session(path, level)
    return np.concatenate([s.run(None, {s.get_inputs()[0].name: x[i:i + 1]})[0] for i in range(len(x))])


def by_nomul(nomul, path, pixels, tmp, *flags):
    given, got = os.path.join(tmp, "in.npz"), os.path.join(tmp, "out.npz")
    np.savez(given, **{onnx.load(path, load_external_data=False).graph.input[0].name: pixels})
    subprocess.run([nomul, "run", path, "--engine", "go", "--mean", str(MEAN), "--std", str(STD), "-i", given, "-o", got, *flags],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return next(iter(np.load(got).values())).reshape(len(pixels), -1)


def part(held, level, x, i):
    """The layers of an image that onnxruntime rounds otherwise, fed its own integers."""
    held.session = session(os.path.join(held.tmp, "tap0.onnx"), level)
    q, _, *theirs = held.onnxruntime(x[i:i + 1])
    exact, made = held.exact(q, theirs)
    return hold.first_other(held, 0, exact, made, theirs)


def beside(nomul, path, pixels, labels, tmp):
    x = hold.normalised(pixels, MEAN, STD)
    mine = by_nomul(nomul, path, pixels, tmp)
    print(f"{os.path.basename(path)}: nomul {int((mine.argmax(1) == labels).sum())} right")
    for level in LEVELS:
        y = by_onnxruntime(path, x, level)
        other = np.nonzero(y.argmax(1) != mine.argmax(1))[0]
        print(f"  onnxruntime, {level}: {int((y.argmax(1) == labels).sum())} right, logits of {int((np.abs(y - mine).max(1) > 1e-4).sum())} images differ,",
              f"classes of {len(other)}", flush=True)
        held = hold.Held(path, nomul, tmp)
        for i in other[:SHOWN]:
            print(f"    image {i}, of class {labels[i]}: {mine[i].argmax()}, onnxruntime {y[i].argmax()}: {part(held, level, x, i)}", flush=True)


def main():
    nomul, images, label, *files = sys.argv[1:]
    pixels, labels = hold.read(images, 16).reshape(-1, 1, 28, 28), hold.read(label, 8)
    print("onnxruntime", ort.__version__, "onnx", onnx.__version__, "numpy", np.__version__, subprocess.check_output([nomul, "--version"], text=True).strip())
    with tempfile.TemporaryDirectory() as tmp:
        if files[0] == "--own":
            model, calibration, *files = files[1:]
            own = by_nomul(nomul, model, pixels, tmp, "--calibrate", calibration)
            real = by_onnxruntime(model, hold.normalised(pixels, MEAN, STD), "integer kernels")
            print(f"{os.path.basename(model)}: {int((real.argmax(1) == labels).sum())} right in float32, nomul's words of 8 bits {int((own.argmax(1) == labels).sum())}")
        for path in files:
            beside(nomul, path, pixels, labels, tmp)


if __name__ == "__main__":
    main()
