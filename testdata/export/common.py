"""What the export scripts share: lively networks, safe inputs, files.

A script gives the `Suite` factories of networks. A network is a module with

    run(x) -> (outputs, spikes)     outputs: one tensor or a tuple of them
                                    spikes: per layer, the spikes of every step
    forward(x) -> outputs           what is exported

and, when it can be exported as a single step with its state outside,

    state(x) -> [(name, tensor)]    the state before step 0
    step(x, *state) -> (y, *state)

Every network becomes NAME.npz with the framework's own results (x, the outputs,
spk1, spk2, ... of shape [samples, steps, ...]) and one NAME.EXPORT.onnx per
export. All of them are listed in manifest.json.
"""

import argparse
import contextlib
import copy
import importlib.metadata
import io
import json
import logging
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

SAMPLES = 8
RATES = (0.05, 0.8)  # of spikes, in every layer


class StepOnly(nn.Module):
    """The single step of a network, as a module of its own."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, *state):
        return self.net.step(x, *state)


def strengthen(net, gain):
    """Scales all weights, for neurons with the usual initial weights hardly fire."""
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, (nn.Linear, nn.Conv2d)):
                m.weight *= gain
            if isinstance(m, nn.BatchNorm2d):
                m.running_mean.uniform_(-0.3, 0.3)
                m.running_var.uniform_(0.5, 1.5)
                m.weight.uniform_(0.8, 1.6)
                m.bias.uniform_(0.0, 0.6)
    return net


def stacked(spikes):
    """Per layer one array [steps, ...] without the batch axis."""
    return [np.stack([s.detach().float().numpy()[0] for s in layer]) for layer in spikes]


def results(net, x):
    with torch.no_grad():
        outputs, spikes = net.run(x)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    return [o.numpy() for o in outputs], stacked(spikes)


def in_double(net):
    """A copy that computes in float64; spikes come as float32 from some frameworks."""
    net = copy.deepcopy(net).double()
    for m in net.modules():
        if isinstance(m, (nn.Linear, nn.Conv2d)):
            m.register_forward_pre_hook(lambda _m, xs: tuple(x.double() for x in xs))
    return net


def is_safe(net, double, x):
    """No membrane sits so near its threshold that rounding decides."""
    want = results(net, x)[1]
    for twin, y in [(double, x.double()), (net, x * (1 + 1e-5)), (net, x * (1 - 1e-5))]:
        got = results(twin, y)[1]
        if not all(np.array_equal(a, b) for a, b in zip(want, got)):
            return False
    return True


def is_lively(spikes):
    """Every layer fires neither too little nor too much, and not only at the end."""
    for layer in spikes:
        low, high = RATES
        if not low < (layer != 0).mean() < high or not layer[:, :-1].any():
            return False
    return True


class Suite:
    """The networks of one framework, written into one folder."""

    def __init__(self, framework):
        args = argparse.ArgumentParser(description=f"export {framework} networks")
        args.add_argument("-o", "--out", required=True, help="folder to write to")
        args.add_argument("--only", help="only networks whose name contains this")
        args.add_argument("--all", action="store_true", help="also the exports behind a bar, which are not kept as test data")
        args.add_argument("--strip", action="store_true", help="drop stack traces, which name files of this machine")
        self.args = args.parse_args()
        self.folder = pathlib.Path(self.args.out) / framework
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rows, self.failed = [], []
        torch.set_num_threads(1)
        warnings.filterwarnings("ignore")
        logging.disable(logging.ERROR)
        onnxruntime.set_default_logger_severity(3)

    def add(self, name, make, shape, exports, outputs=("y",), safe=True, snippets=(), words=False, **facts):
        """Finds a seed for which the network is lively and exports it.

        shape is the input's, with its batch axis of 1. exports are names, those
        behind a | only with --all. facts go to the manifest; readout says how a
        single step's y becomes the output.
        safe=False is for what has no spikes or is not compared. snippets are
        functions that documents show, with the states of a single step. words
        are spikes of several sizes or signs.
        """
        if self.args.only and self.args.only not in name:
            return
        net, arrays = self.lively(name, make, shape, outputs, safe, words)
        np.savez_compressed(self.folder / f"{name}.npz", **arrays)
        kept, _, more = exports.partition("|")
        x = torch.from_numpy(arrays["x"][0])
        for export in (kept + more if self.args.all else kept).split():
            self.export(name, export, lambda file: write(file, export, net, x, outputs), facts)
        for export, function, states in snippets:
            def run(file):
                function(copy.deepcopy(net), x, str(file))
                return [[s, s + "_out"] for s in states]
            self.export(name, export, run, facts)

    def lively(self, name, make, shape, outputs, safe, words):
        for seed in range(300):
            torch.manual_seed(seed)
            net = make().eval()
            xs = self.samples(net, shape, safe)
            if xs is None:
                continue
            runs = [results(net, x) for x in xs]
            spikes = [np.stack(layer) for layer in zip(*(r[1] for r in runs))]
            if safe and not is_lively(spikes):
                continue
            arrays = {"x": torch.stack(xs).numpy()}
            for i, output in enumerate(outputs):
                arrays[output] = np.stack([r[0][i] for r in runs])
            for i, layer in enumerate(spikes):
                arrays[f"spk{i + 1}"] = layer.astype(np.int8) if words else (layer != 0).astype(np.uint8)
            return net, arrays
        raise SystemExit(f"{name}: no seed makes it lively")

    @staticmethod
    def samples(net, shape, safe):
        double = in_double(net) if safe else None
        xs = []
        for _ in range(4 * SAMPLES):
            x = torch.rand(shape)
            if not safe or is_safe(net, double, x):
                xs.append(x)
            if len(xs) == SAMPLES:
                return xs
        return None

    def export(self, name, export, write_to, facts):
        file = self.folder / f"{name}.{export}.onnx"
        try:
            with torch.no_grad():
                state = write_to(file)
        except Exception as e:  # an exporter that cannot is a fact to record, not a crash
            file.unlink(missing_ok=True)
            self.failed.append((file.name, f"{type(e).__name__}: {str(e).strip().splitlines()[0][:160]}"))
            return
        if facts.get("compared", True):
            self.check(file, state, facts.get("readout", "sum"))
        if self.args.strip:
            strip(file)
        row = {"file": file.name, "arrays": f"{name}.npz", **facts}
        if state:
            row.update(state=state, readout=facts.get("readout", "sum"))
        self.rows.append(row)

    def check(self, file, state, readout):
        """onnxruntime gives what the framework gave, or the exporter is at fault."""
        arrays = np.load(self.folder / (file.name.split(".")[0] + ".npz"))
        session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        wanted = [o.name for o in session.get_outputs()]
        for i, x in enumerate(arrays["x"]):
            if not state:
                got = dict(zip(wanted, session.run(None, {"x": x})))
            else:
                got = stepped(session, x, len(arrays["spk1"][i]), readout)
            for name, value in got.items():
                if not np.allclose(value, arrays[name][i], atol=1e-5, rtol=0):
                    self.failed.append((file.name, f"onnxruntime gives another {name} for sample {i}"))
                    return

    def close(self):
        rows = ",\n".join(json.dumps(row) for row in self.rows)
        (self.folder / "manifest.json").write_text(f"[\n{rows}\n]\n")
        (self.folder / "exports.json").write_text(json.dumps({"versions": versions(), "failed": dict(self.failed)}, indent=1) + "\n")
        size = sum(f.stat().st_size for f in self.folder.iterdir())
        print(f"{self.folder}: {len(self.rows)} files, {size / 1024:.0f} KiB")
        for file, why in self.failed:
            print(f"  not exported: {file}: {why}")


def versions():
    """What is installed of the exporters and the frameworks, for the table of EXPORTING.md."""
    found = {}
    for name in ("torch", "onnx", "onnxscript", "snntorch", "spikingjelly", "norse"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def stepped(session, x, steps, readout):
    """Runs a single-step file, with its state starting at 0, and reads y out."""
    state = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs() if i.name != "x"}
    names, total = [o.name for o in session.get_outputs()], 0
    for _ in range(steps):
        got = dict(zip(names, session.run(None, {"x": x, **state})))
        total = total + got["y"]
        state = {name: got[name + "_out"] for name in state}
    return {"y": total if readout == "sum" else total / steps}


def write(file, export, net, x, outputs):
    """Exports as its name says: ts11 is TorchScript with opset 11, dynamo the
    newer exporter, -opt with its optimizer; -step is a single step, -batch has a free batch axis, -plain
    does not fold constants. Returns the pairs of state, if any."""
    how, *options = export.split("-")
    args, inputs, names, pairs = (x,), ["x"], list(outputs), []
    if "step" in options:
        state = net.state(x)
        pairs = [[n, n + "_out"] for n, _ in state]
        args += tuple(s for _, s in state)
        inputs += [n for n, _ in state]
        names = names[:1] + [n + "_out" for n, _ in state]
        net = StepOnly(net)
    settings = {"input_names": inputs, "output_names": names}
    net = copy.deepcopy(net)
    if how == "dynamo":
        dynamo(net, args, str(file), inputs, names, optimize="opt" in options)
        return pairs
    if "batch" in options:
        settings["dynamic_axes"] = {n: {0: "batch"} for n in inputs + names}
    torch.onnx.export(net, args, str(file), dynamo=False, opset_version=int(how[2:]),
                      do_constant_folding="plain" not in options, **settings)
    return pairs


# snippet dynamo begins
def dynamo(net, args, file, inputs, outputs, optimize=True):
    # strict=False, for neurons assign to their buffers; and the program is handed
    # over, for the exporter given a module may fall back to tracing and crash
    program = torch.export.export(net.eval(), args, strict=False)
    with contextlib.redirect_stdout(io.StringIO()):
        torch.onnx.export(program, args, file, input_names=inputs, output_names=outputs,
                          dynamo=True, optimize=optimize, external_data=False, verbose=False)
# snippet dynamo ends


def strip(file):
    """Drops what the exporter noted about the machine it ran on."""
    model = onnx.load(file)
    parts = [model, model.graph, *model.functions, *model.graph.node, *model.graph.input,
             *model.graph.output, *model.graph.value_info, *model.graph.initializer]
    for f in model.functions:
        parts += [*f.node, *f.value_info]
    for part in parts:
        part.doc_string = ""
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    onnx.save(model, file)
