"""Measures two bundled networks with NeuroBench, for figures to hold nomul's against.

    python3 measure.py ../models -o figures.json [--images 256]

Builds them in PyTorch, takes the weights from their ONNX files, and checks that they compute what these
say (io.npz, trace.npz). Needs the packages of ../export/requirements.txt.

NeuroBench knows the neurons of snnTorch only; `Membrane` shows it one of SpikingJelly as such. One
image is one batch: the package sums operations in float32, which cannot count above 2^24.
"""
import argparse
import copy
import json
import pathlib

import numpy as np
import onnx
import snntorch
import torch
from neurobench.benchmarks import Benchmark
from neurobench.metrics.static import ConnectionSparsity, Footprint
from neurobench.metrics.workload import ActivationSparsity, MembraneUpdates, SynapticOperations
from neurobench.models import SNNTorchModel
from onnx import numpy_helper
from spikingjelly.activation_based import functional, neuron
from torch import nn


class Membrane(snntorch.SpikingNeuron):
    """A SpikingJelly neuron that NeuroBench takes for one of snnTorch."""

    def __init__(self, cell):
        nn.Module.__init__(self)
        self.cell, self.init_hidden, self.output = cell, True, False

    @property
    def mem(self):
        v = self.cell.v
        return v if isinstance(v, torch.Tensor) else torch.tensor(v)

    def forward(self, x):
        return self.cell(x)

    def children(self):  # a leaf
        return iter(())


class MLP(nn.Module):
    steps = 4

    def __init__(self):
        super().__init__()
        self.flatten, self.fc1, self.bn1 = nn.Flatten(), nn.Linear(784, 512), nn.BatchNorm1d(512)
        self.fc2, self.bn2, self.fc3 = nn.Linear(512, 256), nn.BatchNorm1d(256), nn.Linear(256, 10)
        self.lif1, self.lif2 = (Membrane(neuron.LIFNode(tau=2.0)) for _ in range(2))

    def forward(self, x):
        functional.reset_net(self)
        drive = self.bn1(self.fc1(self.flatten(x)))
        self.spikes, total = {"lif1": [], "lif2": []}, 0
        for _ in range(self.steps):
            s1 = self.lif1(drive)
            s2 = self.lif2(self.bn2(self.fc2(s1)))
            self.spikes["lif1"].append(s1)
            self.spikes["lif2"].append(s2)
            total = total + self.fc3(s2)
        return (total / self.steps)[None]


class CNN(nn.Module):
    steps = 8

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.pool = nn.Conv2d(1, 16, 5), nn.Conv2d(16, 32, 5), nn.MaxPool2d(2)
        self.flatten, self.fc = nn.Flatten(), nn.Linear(512, 10)
        self.lif1, self.lif2, self.lif3 = (snntorch.Leaky(beta=0.5, init_hidden=True) for _ in range(3))

    def forward(self, x):
        for lif in (self.lif1, self.lif2, self.lif3):
            lif.reset_mem()
        drive = self.pool(self.conv1(x))
        self.spikes, total = {"lif1": [], "lif2": [], "lif3": []}, 0
        for _ in range(self.steps):
            s1 = self.lif1(drive)
            s2 = self.lif2(self.pool(self.conv2(s1)))
            s3 = self.lif3(self.fc(self.flatten(s2)))
            for name, s in zip(self.spikes, (s1, s2, s3)):
                self.spikes[name].append(s)
            total = total + s3
        return total[None]


NETWORKS = {"fmnist-mlp-sj": (MLP, "mlp_ts26_sjhead_bn.onnx"), "fmnist-cnn-snntorch": (CNN, "cnn_ts26.onnx")}


PRUNED = 0.02  # weights below are 0 in a second measurement, for the bundled networks have none
SEEN = ("running_mean", "running_var")  # buffers that an ONNX file has too


def pruned(net, below):
    for m in net.modules():
        if isinstance(m, (nn.Linear, nn.Conv2d)):
            m.weight[m.weight.abs() < below] = 0


def weights(path):
    graph = onnx.load(path).graph
    return {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}


def check(net, folder):
    """Holds a network against its files: classes and outputs of all images, spikes of the first ones."""
    io, trace = np.load(folder / "io.npz"), np.load(folder / "trace.npz")
    for i, x in enumerate(io["x"]):
        y = net(torch.from_numpy(x)[None])[0, 0].numpy()
        if not np.allclose(y, io["y"][i], atol=1e-5):
            raise SystemExit(f"{folder.name}: image {i} differs by {abs(y - io['y'][i]).max()}")
        for name, spikes in net.spikes.items():
            if i < len(trace[name]) and not np.array_equal(torch.cat(spikes).numpy(), trace[name][i]):
                raise SystemExit(f"{folder.name}: spikes of {name} differ on image {i}")


def in_double(net, data):
    """Membrane updates in float64: in float32 another membrane may be the same number by rounding."""
    net = copy.deepcopy(net).double()
    for m in net.modules():
        if isinstance(m, snntorch.Leaky):
            m.mem = m.mem.double()
        if isinstance(m, (nn.Linear, nn.Conv2d)):
            m.register_forward_pre_hook(lambda _m, xs: tuple(x.double() for x in xs))
    loader = torch.utils.data.DataLoader(data, batch_size=1)
    return Benchmark(SNNTorchModel(net, custom_forward=True), loader, [], [], [[], [MembraneUpdates]]).run(quiet=True)["MembraneUpdates"]


def measure(net, io, images):
    buffers = {n: b.numel() * b.element_size() for n, b in net.named_buffers() if not n.endswith(SEEN)}
    data = torch.utils.data.TensorDataset(*(torch.from_numpy(io[a][:images]) for a in ("x", "label")))
    model = SNNTorchModel(net, custom_forward=True)
    static, work = [Footprint, ConnectionSparsity], [ActivationSparsity, SynapticOperations, MembraneUpdates]
    got = Benchmark(model, torch.utils.data.DataLoader(data, batch_size=1), [], [], [static, work]).run(quiet=True)
    ops = got["SynapticOperations"]
    return {
        "images": images,
        "footprint": got["Footprint"],
        "connection_sparsity": got["ConnectionSparsity"],
        "activation_sparsity": got["ActivationSparsity"],
        "effective_macs": ops["Effective_MACs"],
        "effective_acs": ops["Effective_ACs"],
        "dense": ops["Dense"],
        "membrane_updates": got["MembraneUpdates"],
        "membrane_updates_double": in_double(net, data),
        "buffers": buffers,
    }


def main():
    args = argparse.ArgumentParser()
    args.add_argument("models", type=pathlib.Path, help="folder of the bundled networks")
    args.add_argument("-o", "--out", required=True)
    args.add_argument("--images", type=int, default=256)
    args = args.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    figures = {}
    for name, (build, file) in NETWORKS.items():
        folder, io = args.models / name, np.load(args.models / name / "io.npz")
        given = weights(folder / file)
        for prune in (0, PRUNED):
            net = build().eval()
            net.load_state_dict({k: v for k, v in given.items() if k in net.state_dict()}, strict=False)
            pruned(net, prune)
            if not prune:
                check(net, folder)
            for m in net.modules():
                if isinstance(m, snntorch.Leaky):
                    m.mem = torch.zeros(0)  # as before any image: the package counts it as a buffer
            figures[name + (".pruned" if prune else "")] = {"prune": prune, **measure(net, io, args.images)}
    pathlib.Path(args.out).write_text(json.dumps(figures, indent=1) + "\n")


main()
