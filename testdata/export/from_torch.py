"""Ordinary networks without neurons, and operators that users bring along.
Usage: from_torch.py -o FOLDER"""

import torch
from torch import nn

from common import Suite, strengthen


# snippet unrolled begins
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(1, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = nn.Conv2d(4, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.fc = nn.Linear(6 * 2 * 2, 5)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 2)
        x = nn.functional.max_pool2d(torch.relu(self.bn2(self.conv2(x))), 2)
        return self.fc(x.flatten(1))


def export(net, x, file):
    torch.onnx.export(net.eval(), (x,), file, input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)
# snippet unrolled ends


class Ordinary(nn.Module):
    """A network without spikes, in the form that the suite wants."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def run(self, x):
        return self.net(x), ()

    def forward(self, x):
        return self.net(x)


class Residual(nn.Module):
    """A residual block with a strided shortcut, and an average over the image."""

    def __init__(self):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(2, 4, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv2, self.bn2 = nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.short, self.bn3 = nn.Conv2d(2, 4, 1, stride=2, bias=False), nn.BatchNorm2d(4)
        self.fc = nn.Linear(4, 5)

    def forward(self, x):
        y = self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x)))))
        y = torch.relu(y + self.bn3(self.short(x)))
        return self.fc(nn.functional.adaptive_avg_pool2d(y, 1).flatten(1))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(16, 10), nn.BatchNorm1d(10), nn.ReLU(), nn.Dropout(0.2), nn.Linear(10, 5))


def depthwise():
    return nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, groups=2), nn.ReLU6(), nn.Conv2d(4, 6, 1), nn.ReLU(),
                         nn.AvgPool2d(2), nn.Flatten(), nn.Linear(24, 5))


class Bottleneck(nn.Module):
    """Two blocks of a MobileNet: depthwise layers between linear bottlenecks, which are added."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU6())
        self.blocks = nn.ModuleList(self.block(4, 8) for _ in range(2))
        self.fc = nn.Linear(4, 5)

    @staticmethod
    def block(width, inner):
        return nn.Sequential(
            nn.Conv2d(width, inner, 1, bias=False), nn.BatchNorm2d(inner), nn.ReLU6(),
            nn.Conv2d(inner, inner, 3, padding=1, groups=inner, bias=False), nn.BatchNorm2d(inner), nn.ReLU6(),
            nn.Conv2d(inner, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(x)
        return self.fc(x.mean((2, 3)))


class Heads(nn.Module):
    """The first stage of a face detector: PReLUs, and two results, one behind a softmax."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 5, 3), nn.PReLU(5), nn.MaxPool2d(2, ceil_mode=True), nn.Conv2d(5, 6, 3), nn.PReLU(6))
        self.face, self.box = nn.Conv2d(6, 2, 1), nn.Conv2d(6, 4, 1)
        with torch.no_grad():
            self.body[1].weight.copy_(torch.tensor([0.25, 0.0, 1.5, -0.2, 0.01]))
            self.body[4].weight.uniform_(0.1, 0.4)

    def forward(self, x):
        x = self.body(x)
        return self.face(x).softmax(1), self.box(x)


class Gate(nn.Module):
    """Trap: squeeze and excite, a product of two numbers that the network computes."""

    def __init__(self):
        super().__init__()
        self.conv, self.down, self.up, self.fc = nn.Conv2d(2, 4, 3, padding=1), nn.Linear(4, 2), nn.Linear(2, 4), nn.Linear(4, 5)

    def forward(self, x):
        x = torch.relu(self.conv(x))
        gate = torch.sigmoid(self.up(torch.relu(self.down(x.mean((2, 3))))))
        return self.fc((x * gate[:, :, None, None]).mean((2, 3)))


def leaky():
    return nn.Sequential(nn.Conv2d(2, 4, 3, stride=2, padding=1), nn.LeakyReLU(0.1), nn.Conv2d(4, 6, 3), nn.LeakyReLU(), nn.Flatten(), nn.Linear(6, 5))


class Functions(nn.Module):
    """A block of a MobileNetV3 without its gate, and functions other than ReLUs in the forms that people write."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.Hardswish())
        self.block = nn.Sequential(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6), nn.Hardswish(),
                                   nn.Conv2d(6, 6, 3, padding=1, groups=6, bias=False), nn.BatchNorm2d(6), nn.SiLU(),
                                   nn.Conv2d(6, 4, 1, bias=False), nn.BatchNorm2d(4))
        self.layers = nn.ModuleList(nn.Linear(64, 4) for _ in range(11))
        self.fc = nn.Linear(44, 5)

    def forward(self, x):
        x = self.stem(x)
        x = (x + self.block(x)).flatten(1)
        functions = (nn.functional.gelu, lambda x: nn.functional.gelu(x, approximate="tanh"), nn.functional.mish, nn.functional.elu,
                     nn.functional.selu, nn.functional.softplus, torch.tanh, torch.sigmoid, nn.functional.hardsigmoid,
                     lambda x: x * torch.sigmoid(1.702 * x), lambda x: torch.where(x > 0, x, torch.exp(x) - 1))
        return self.fc(torch.cat([function(layer(x)) for layer, function in zip(self.layers, functions)], 1))


class CustomNeuron(torch.autograd.Function):
    """Trap: a neuron that its author exports as an operator of their own."""

    @staticmethod
    def forward(ctx, x, mem, beta, threshold):
        mem = beta * mem + x
        spk = (mem > threshold).to(x)
        return spk, mem - spk * threshold

    @staticmethod
    def symbolic(g, x, mem, beta, threshold):
        out = g.op("SNN_implementation::LIF", x, mem, beta, threshold, outputs=2)
        for o in out:
            o.setType(x.type())
        return out


class Custom(nn.Module):
    def __init__(self, steps=4):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(12, 10), nn.Linear(10, 5)
        self.register_buffer("beta", torch.tensor(0.75))
        self.register_buffer("threshold", torch.tensor(1.0))
        self.steps = steps

    def run(self, x):
        mem1, mem2, count, spikes = torch.zeros(1, 10).to(x), torch.zeros(1, 5).to(x), 0, ([], [])
        for _ in range(self.steps):
            spk1, mem1 = CustomNeuron.apply(self.fc1(x), mem1, self.beta, self.threshold)
            spk2, mem2 = CustomNeuron.apply(self.fc2(spk1), mem2, self.beta, self.threshold)
            spikes[0].append(spk1)
            spikes[1].append(spk2)
            count = count + spk2
        return count, spikes

    def forward(self, x):
        return self.run(x)[0]


def main():
    suite = Suite("torch")

    def ordinary(name, make, shape, exports="ts17 dynamo-opt | ts11 ts13 ts17-batch dynamo", **more):
        suite.add(name, lambda: strengthen(Ordinary(make()), 2.0), shape, exports, steps=1, **more)

    ordinary("cnn", Net, (1, 1, 8, 8), "ts11 ts17-plain ts17-batch dynamo dynamo-opt", snippets=[("snippet", export, [])])
    ordinary("mlp", mlp, (1, 1, 4, 4))
    ordinary("residual", Residual, (1, 2, 6, 6))
    ordinary("depthwise", depthwise, (1, 2, 4, 4))
    ordinary("bottleneck", Bottleneck, (1, 2, 6, 6))
    ordinary("heads", Heads, (1, 3, 12, 12), outputs=("face", "box"))
    ordinary("leaky", leaky, (1, 2, 6, 6))
    ordinary("functions", Functions, (1, 2, 4, 4), "ts17 | ts11 ts13")
    ordinary("functions-dynamo", Functions, (1, 2, 4, 4), "dynamo-opt | dynamo")  # other operators
    ordinary("trap-gate", Gate, (1, 2, 6, 6), "ts17")
    suite.add("trap-custom-op", lambda: strengthen(Custom(), 4.0), (1, 12), "ts17", steps=4, compared=False)
    suite.close()


if __name__ == "__main__":
    main()
