"""Trains a small spiking MLP whose weights are on an int8 grid, and exports it as ONNX with a trace.

    python3 train.py TRAIN-IMAGES TRAIN-LABELS TEST-IMAGES -o FOLDER

The files are idx, as those of Fashion-MNIST. Weights and biases are rounded to multiples of a power of two in the
forward pass, and trained as if they were not. The input is pixels 0 to 255, of which the network takes p/256; the leak is 1/2 and
the threshold 1. So every number of the network is a multiple of a power of two, and float32 computes it exactly. FOLDER gets mlp_qat.onnx and
trace.npz, the spikes of both layers on the first 256 test images. Needs torch, numpy and onnx.
"""

import argparse
import gzip
from pathlib import Path

import numpy as np
import torch
from torch import nn

STEPS, HIDDEN, BITS = 4, 48, 8


def read(path, skip):
    return np.frombuffer(gzip.open(path).read()[skip:], np.uint8)


class Spike(torch.autograd.Function):
    """1 from the threshold on; its gradient is that of an arctan."""

    @staticmethod
    def forward(ctx, v):
        ctx.save_for_backward(v)
        return (v >= 0).float()

    @staticmethod
    def backward(ctx, g):
        return g / (1 + (3 * ctx.saved_tensors[0]) ** 2)


def on_grid(w, step, most):
    """The nearest multiples of a step, with the gradient of w."""
    return w + ((w / step).round().clamp(-most, most) * step - w).detach()


class Linear(nn.Linear):
    """Weights are int8 times 2^-k, for the least range that holds them; biases are multiples of the same step."""

    def step(self):
        return 2.0 ** torch.ceil(torch.log2(self.weight.detach().abs().max() / (2 ** (BITS - 1) - 1)))

    def forward(self, x):
        step = self.step()
        return nn.functional.linear(x, on_grid(self.weight, step, 2 ** (BITS - 1) - 1), on_grid(self.bias, step, 2**15))


class Net(nn.Module):
    """Leaky integrate-and-fire: v = v/2 + x, a spike where v >= 1, which takes 1 off. Output spikes are counted."""

    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = Linear(28 * 28, HIDDEN), Linear(HIDDEN, 10)

    def forward(self, x, trace=None):
        drive, v1, v2, count = self.fc1(x.flatten(1) / 256), 0, 0, 0
        for _ in range(STEPS):
            v1 = v1 * 0.5 + drive
            s1 = Spike.apply(v1 - 1) if self.training else (v1 >= 1).float()
            v1 = v1 - s1
            v2 = v2 * 0.5 + self.fc2(s1)
            s2 = Spike.apply(v2 - 1) if self.training else (v2 >= 1).float()
            v2 = v2 - s2
            count = count + s2
            if trace is not None:
                trace.append((s1, s2))
        return count


def train(net, x, y):
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    epochs, batch = 3, 128
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * (len(x) // batch))
    for epoch in range(epochs):
        for part in torch.randperm(len(x)).split(batch)[: len(x) // batch]:
            loss = nn.functional.cross_entropy(net(x[part]), y[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print("epoch", epoch, "loss", round(loss.item(), 4), flush=True)


def main():
    parser = argparse.ArgumentParser()
    for name in ("images", "labels", "test"):
        parser.add_argument(name)
    parser.add_argument("-o", dest="folder", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    pixels = lambda path: torch.tensor(read(path, 16).reshape(-1, 1, 28, 28).astype(np.float32))
    net = Net()
    train(net, pixels(args.images), torch.tensor(read(args.labels, 8).astype(np.int64)))
    net.eval()
    with torch.no_grad():
        for fc in (net.fc1, net.fc2):
            step = fc.step()
            fc.weight.copy_(on_grid(fc.weight, step, 127))
            fc.bias.copy_(on_grid(fc.bias, step, 2**15))
            fc.forward = lambda x, fc=fc: nn.functional.linear(x, fc.weight, fc.bias)
            print("step", float(step), "greatest weight", int((fc.weight.abs().max() / step).item()))
        test, trace = pixels(args.test), []
        net(test[:256], trace)
        np.savez_compressed(args.folder / "trace.npz", **{f"lif{i + 1}": np.stack([s[i].numpy().astype(np.uint8) for s in trace], 1) for i in (0, 1)})
        torch.onnx.export(net, (test[:1],), args.folder / "mlp_qat.onnx", input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)


if __name__ == "__main__":
    main()
