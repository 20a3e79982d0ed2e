"""Trains a small CNN on a folder of pictures and exports it as ONNX.

    python3 train.py PICTURES -o model.onnx

PICTURES/train and PICTURES/test have a folder for each class, with grey pictures of one size, whose sides
are multiples of 32. The classes are numbered in the order of their names. Beside model.onnx a checkpoint
is written after each epoch, from which the same command goes on. Needs torch, numpy, pillow and onnx.
"""

import argparse
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

MEAN, STD = 0, 1  # x = (p/255 - MEAN) / STD: nomul is told the same by --mean and --std


def read(folder):
    """The pictures of a folder of classes, as x of shape [N,1,H,W], and their classes."""
    classes = sorted(p.name for p in folder.iterdir() if p.is_dir())
    files = [(f, i) for i, c in enumerate(classes) for f in sorted((folder / c).iterdir())]
    pixels = np.stack([np.asarray(Image.open(f).convert("L")) for f, _ in files])
    x = (torch.tensor(pixels).float()[:, None] / 255 - MEAN) / STD
    return x, torch.tensor([i for _, i in files]), classes


def network(height, width, classes):
    layers, channels = {}, [1, 8, 16, 32, 64, 64]
    for i, (a, b) in enumerate(zip(channels, channels[1:]), 1):
        layers |= {f"conv{i}": nn.Conv2d(a, b, 3, padding=1, bias=False), f"bn{i}": nn.BatchNorm2d(b),
                   f"relu{i}": nn.ReLU(), f"pool{i}": nn.MaxPool2d(2)}
    layers |= {"flat": nn.Flatten(), "fc": nn.Linear(channels[-1] * (height // 32) * (width // 32), classes)}
    return nn.Sequential(OrderedDict(layers))


def vary(x, shift, random):
    """A batch turned over and shifted. A defect stays one in a mirror; leave out what changes your classes."""
    if random.random() < 0.5:
        x = x.flip(2)
    if random.random() < 0.5:
        x = x.flip(3)
    if x.shape[2] == x.shape[3] and random.random() < 0.5:
        x = x.transpose(2, 3)
    return x.roll(tuple(random.integers(-shift, shift + 1, 2)), (2, 3))


def epoch(net, x, y, optimizer, schedule, random, batch):
    net.train()
    order = torch.tensor(random.permutation(len(x)))
    for part in order.split(batch)[: len(x) // batch]:
        loss = nn.functional.cross_entropy(net(vary(x[part], 4, random)), y[part], label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return loss.item()


@torch.no_grad()
def accuracy(net, x, y):
    net.eval()
    return sum((net(a).argmax(1) == b).sum().item() for a, b in zip(x.split(256), y.split(256))) / len(x)


def train(net, x, y, args, checkpoint):
    batch = min(64, len(x))
    optimizer = torch.optim.AdamW(net.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, args.epochs * (len(x) // batch))
    parts, begin = (net, optimizer, schedule), 0
    if checkpoint.exists():
        saved = torch.load(checkpoint)
        begin = saved["epochs"]
        for part, state in zip(parts, saved["parts"]):
            part.load_state_dict(state)
    for e in range(begin, args.epochs):
        random = np.random.default_rng([args.seed, e])  # of each epoch, so that going on changes nothing
        loss = epoch(net, x, y, optimizer, schedule, random, batch)
        print(f"epoch {e + 1} of {args.epochs}: loss {loss:.3f}", flush=True)
        torch.save({"epochs": e + 1, "parts": [p.state_dict() for p in parts]}, checkpoint)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("-o", "--out", type=Path, default="model.onnx")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(args.threads)
    x, y, classes = read(args.pictures / "train")
    net = network(*x.shape[2:], len(classes))
    print(f"{len(x)} pictures of {len(classes)} classes, {sum(p.numel() for p in net.parameters())} parameters")
    args.out.parent.mkdir(parents=True, exist_ok=True)
    train(net, x, y, args, args.out.with_suffix(".checkpoint"))
    tx, ty, _ = read(args.pictures / "test")
    print(f"accuracy on {len(tx)} test pictures: {100 * accuracy(net, tx, ty):.2f} %")
    torch.onnx.export(net.eval(), (x[:1],), args.out, input_names=["x"], output_names=["y"], external_data=False,
                      verbose=False)


if __name__ == "__main__":
    main()
