"""Networks of SpikingJelly neurons. Usage: from_spikingjelly.py -o FOLDER

Runs with SpikingJelly 2.0.0 and with 0.0.0.0.14, whose files go to a folder of
their own: the two write the same neuron differently.
"""

import importlib.metadata

import torch
from spikingjelly.activation_based import functional, layer, neuron, surrogate
from torch import nn

from common import Suite, strengthen

VERSION = importlib.metadata.version("spikingjelly")
OLD = VERSION == "0.0.0.0.14"


# snippet unrolled begins
class Fires(nn.Module):
    """Spikes without a gradient: all that an export needs."""

    def forward(self, v):
        return (v >= 0).to(v)


def export(net, x, file):
    for m in net.modules():
        if hasattr(m, "surrogate_function"):
            m.surrogate_function = Fires()  # or SpikingJelly 2 calls an operator of its own
    functional.reset_net(net)
    torch.onnx.export(net.eval(), (x,), file, input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)
# snippet unrolled ends


def fires(v):
    """The same for networks that are built with it."""
    return (v >= 0).to(v)


class Dense(nn.Module):
    """Two dense layers; the output is the mean of the spikes over the steps."""

    def __init__(self, make, steps=4):
        super().__init__()
        self.fc1, self.sn1 = layer.Linear(12, 10), make()
        self.fc2, self.sn2 = layer.Linear(10, 5), make()
        self.steps = steps

    def run(self, x):
        functional.reset_net(self)
        spikes, total = ([], []), 0
        for _ in range(self.steps):
            spikes[0].append(self.sn1(self.fc1(x)))
            spikes[1].append(self.sn2(self.fc2(spikes[0][-1])))
            total = total + spikes[1][-1]
        return total / self.steps, spikes

    def forward(self, x):
        return self.run(x)[0]

    def state(self, x):
        return [("v1", torch.zeros(1, 10)), ("v2", torch.zeros(1, 5))]

    def step(self, x, v1, v2):
        self.sn1.v, self.sn2.v = v1, v2
        y = self.sn2(self.fc2(self.sn1(self.fc1(x))))
        return y, self.sn1.v, self.sn2.v


class DenseMulti(Dense):
    """The same with step_mode "m": time is axis 0 of everything."""

    def __init__(self, make, steps=4):
        super().__init__(make, steps)
        functional.set_step_mode(self, "m")

    def run(self, x):
        functional.reset_net(self)
        one = self.sn1(self.fc1(x.unsqueeze(0).repeat(self.steps, 1, 1)))
        two = self.sn2(self.fc2(one))
        return two.mean(0), (list(one), list(two))


class FramesMulti(DenseMulti):
    """An input that changes: x is [steps, 1, 12]."""

    def run(self, x):
        functional.reset_net(self)
        one = self.sn1(self.fc1(x))
        two = self.sn2(self.fc2(one))
        return two.mean(0), (list(one), list(two))


class Membrane(DenseMulti):
    """The last layer never fires; its membrane after the last step is the output."""

    def __init__(self, make, steps=4):
        super().__init__(make, steps)
        self.sn2 = neuron.NonSpikingLIFNode()
        functional.set_step_mode(self, "m")

    def run(self, x):
        functional.reset_net(self)
        one = self.sn1(self.fc1(x.unsqueeze(0).repeat(self.steps, 1, 1)))
        return self.sn2(self.fc2(one))[-1], (list(one),)


class Conv(nn.Module):
    """Convolution, batch-norm, pool, and a dense layer, in either step mode."""

    def __init__(self, make, steps=4, mode="s", pool=layer.MaxPool2d):
        super().__init__()
        self.conv, self.bn, self.sn1 = layer.Conv2d(1, 4, 3, padding=1, bias=False), layer.BatchNorm2d(4), make()
        self.pool, self.flat, self.fc, self.sn2 = pool(2, 2), layer.Flatten(), layer.Linear(36, 5), make()
        self.steps, self.mode = steps, mode
        functional.set_step_mode(self, mode)

    def all(self, x):
        """The spikes of every layer."""
        one = self.sn1(self.bn(self.conv(x)))
        return one, self.sn2(self.fc(self.flat(self.pool(one))))

    def run(self, x):
        functional.reset_net(self)
        if self.mode == "m":
            layers = self.all(x.unsqueeze(0).repeat(self.steps, 1, 1, 1, 1))
            return layers[-1].mean(0), [list(spikes) for spikes in layers]
        steps = [self.all(x) for _ in range(self.steps)]
        return sum(spikes[-1] for spikes in steps) / self.steps, list(zip(*steps))

    def forward(self, x):
        return self.run(x)[0]


class Sew(Conv):
    """A spike-element-wise residual block: x is the identity, y the branch."""

    JOIN = {"add": lambda x, y: x + y, "and": lambda x, y: x * y, "iand": lambda x, y: x * (1.0 - y)}

    def __init__(self, make, join, steps=4, mode="s"):
        super().__init__(make, steps, mode)
        self.conv2, self.bn2, self.sn3 = layer.Conv2d(4, 4, 3, padding=1, bias=False), layer.BatchNorm2d(4), make()
        self.join = self.JOIN[join]
        functional.set_step_mode(self, mode)

    def all(self, x):
        one = self.sn1(self.bn(self.conv(x)))
        two = self.sn3(self.bn2(self.conv2(one)))
        return one, two, self.sn2(self.fc(self.flat(self.pool(self.join(one, two)))))


class Tokens(nn.Module):
    """A layer on tokens [..., tokens, channels]: linear, batch-norm, neurons."""

    def __init__(self, inputs, outputs, make, **settings):
        super().__init__()
        self.fc, self.bn, self.sn = nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), make(**settings)

    def forward(self, x):
        flat = self.fc(x.flatten(0, -3))
        return self.sn(self.bn(flat.transpose(-1, -2)).transpose(-1, -2).reshape(*x.shape[:-1], -1).contiguous())


class Attention(nn.Module):
    """A block of Spikformer: attention of spikes by heads (SSA), and a layer
    behind it that is added to what came in; 8 tokens of 6 numbers, 16 channels."""

    def __init__(self, make, steps=4, mode="m", heads=2, scale=0.125, scores=False):
        super().__init__()
        self.embed = Tokens(6, 16, make)
        self.q, self.k, self.v = (Tokens(16, 16, make) for _ in range(3))
        self.sn = make(v_threshold=0.5)
        self.proj, self.head = Tokens(16, 16, make), nn.Linear(16, 5)
        self.steps, self.mode, self.heads, self.scale, self.scores = steps, mode, heads, scale, scores
        for m in self.modules():
            if isinstance(m, nn.BatchNorm1d):
                nn.init.uniform_(m.running_mean, -0.3, 0.3)
                nn.init.uniform_(m.running_var, 0.5, 1.5)
                nn.init.uniform_(m.weight, 0.8, 1.6)
                nn.init.uniform_(m.bias, 0.0, 0.6)
        functional.set_step_mode(self, mode)

    def by_heads(self, x):
        return x.reshape(*x.shape[:-1], self.heads, -1).transpose(-3, -2)

    def mixed(self, q, k, v):
        """The spikes of the attention, and of the neurons in it."""
        scores = self.by_heads(q) @ self.by_heads(k).transpose(-2, -1)
        if self.scores:
            x = (scores * self.scale) @ self.by_heads(v)
        else:
            x = (scores @ self.by_heads(v)) * self.scale
        x = self.sn(x.transpose(-3, -2).reshape(q.shape).contiguous())
        return x, (x,)

    def all(self, x):
        """The output of a step, or of all, and the spikes of every layer."""
        one = self.embed(x)
        q, k, v = self.q(one), self.k(one), self.v(one)
        x, within = self.mixed(q, k, v)
        two = self.proj(x)
        return self.head((one + two).mean(-2)), (one, q, k, v, *within, two)

    def run(self, x):
        functional.reset_net(self)
        if self.mode == "m":
            y, layers = self.all(x.unsqueeze(0).repeat(self.steps, 1, 1, 1))
            return y.mean(0), [list(spikes) for spikes in layers]
        steps = [self.all(x) for _ in range(self.steps)]
        return sum(y for y, _ in steps) / self.steps, list(zip(*(spikes for _, spikes in steps)))

    def forward(self, x):
        return self.run(x)[0]


class Masks(Attention):
    """A block of the spike-driven Transformer (SDSA): per channel, neurons over all
    tokens say whether the queries pass."""

    def mixed(self, q, k, v):
        mask = self.sn((k * v).sum(-2, keepdim=True))
        x = q * mask
        return x, (mask,)


class Baked(Dense):
    """Trap: one step, and the membrane before it is a constant of the graph."""

    def __init__(self, make, steps=1):
        super().__init__(make, 1)


def plain(make):
    """With the surrogate of the snippet, which TorchScript can export."""
    return lambda: make(surrogate_function=fires)


def lif(**settings):
    return lambda **more: neuron.LIFNode(**settings, **more)


def simple(suite):
    def dense(name, make, exports, net=Dense, gain=4.0, shape=(1, 12), steps=4, **more):
        if OLD and not suite.args.all:  # its scripted functions stop the dynamo exporter, at least some
            exports = " ".join(e for e in exports.split() if "dynamo" not in e)
        suite.add(name, lambda: strengthen(net(plain(make), steps), gain), shape, exports, steps=steps, readout="mean", **more)

    usual, one = "ts17 dynamo-opt", "dynamo-opt | ts17"
    dense("if-hard", neuron.IFNode, "ts17-step | " + usual, gain=2.0)
    dense("if-soft", lambda **more: neuron.IFNode(v_reset=None, **more), "ts17 ts17-step | ts11 dynamo-opt", gain=2.0)
    dense("lif-hard", lif(), snippets=[("snippet", export, [])], exports="ts11 ts17-batch dynamo dynamo-opt ts17-step dynamo-opt-step | ts13 ts15 ts17-plain")
    dense("lif-soft", lif(v_reset=None), "ts17-step | " + usual)
    dense("lif-tau3", lif(tau=3.0, v_threshold=0.75), "ts17 | dynamo-opt", gain=6.0)
    dense("lif-undecayed-hard", lif(tau=3.0, decay_input=False), one)
    dense("lif-undecayed-soft", lif(decay_input=False, v_reset=None), "ts17-step | " + usual)
    dense("lif-reset-below", lif(v_reset=-0.2), one)
    dense("lif-reset-above", lif(v_reset=0.25, decay_input=False), "ts17 | dynamo-opt")
    dense("plif-hard", lambda **more: neuron.ParametricLIFNode(init_tau=3.0, **more), usual, gain=6.0)
    dense("plif-soft", lambda **more: neuron.ParametricLIFNode(init_tau=2.5, decay_input=False, v_reset=None, **more), "ts17 | dynamo-opt")
    for name, make, gain in [("if-hard", neuron.IFNode, 2.0), ("lif-hard", lif(), 4.0), ("lif-soft", lif(v_reset=None), 4.0),
                             ("lif-reset-below", lif(v_reset=-0.2), 4.0)]:
        dense(name + "-multi", make, usual if name == "lif-hard" else "ts17 | dynamo-opt", net=DenseMulti, gain=gain)
    dense("lif-frames-multi", lif(), usual, net=FramesMulti, shape=(4, 1, 12))
    if not OLD:
        dense("cuba", lambda **more: neuron.CUBALIFNode(**more), one, gain=2.0)
        suite.add("lif-default", lambda: strengthen(Dense(neuron.LIFNode), 4.0), (1, 12), "dynamo-opt", steps=4, readout="mean",
                  snippets=[("snippet", export, [])])
        dense("lif-membrane", lif(), "ts17", net=Membrane)
    dense("trap-baked", lif(), "ts17 | dynamo-opt", steps=2, net=Baked, safe=False)
    dense("trap-qif", neuron.QIFNode, "ts17 | dynamo-opt", steps=2, safe=False)
    dense("trap-eif", neuron.EIFNode, "ts17 | dynamo-opt", steps=2, safe=False)
    dense("trap-izhikevich", neuron.IzhikevichNode, "ts17 | dynamo-opt", steps=2, safe=False)
    dense("trap-klif", neuron.KLIFNode, "ts17 | dynamo-opt", steps=2, safe=False)


def convolutional(suite):
    def conv(name, make, exports, net=Conv, **settings):
        if OLD and not suite.args.all:
            exports = " ".join(e for e in exports.split() if "dynamo" not in e)
        suite.add(name, lambda: strengthen(net(plain(make), **settings), 4.0), (1, 1, 6, 6), exports, steps=4, readout="mean")

    conv("conv", lif(), "ts17 dynamo-opt | ts17-plain")
    conv("conv-multi", lif(), "ts17 dynamo-opt | ts13 ts17-plain dynamo", mode="m")
    conv("conv-average", lif(v_reset=None), "ts17 | dynamo-opt", pool=layer.AvgPool2d)
    for join in Sew.JOIN:
        conv("sew-" + join, neuron.IFNode, "ts17 | dynamo-opt", net=Sew, join=join)
    conv("sew-add-multi", neuron.IFNode, "ts17 dynamo-opt", net=Sew, join="add", mode="m")


def attending(suite):
    def block(name, exports, net=Attention, **settings):
        suite.add(name, lambda: strengthen(net(lambda **more: neuron.LIFNode(surrogate_function=fires, **more), **settings), 4.0),
                  (1, 8, 6), exports, steps=4, readout="mean")

    block("ssa-multi", "ts17 dynamo-opt | ts17-plain dynamo")
    block("ssa", "ts17 | dynamo-opt", mode="s")
    block("ssa-scores", "ts17 | dynamo-opt", scores=True, scale=0.3)
    block("sdsa-multi", "ts17 dynamo-opt", net=Masks)


def ilif(most, **settings):
    """I-LIF: counts of spikes up to most."""
    return lambda **_: neuron.ILIFNode(surrogate_function=surrogate.MultiLevelSpikeCount(most), **settings)


class Normalised(Dense):
    """Hands on the part of the greatest count, as of SpikeYOLO and the spike-driven Transformer."""

    def run(self, x):
        functional.reset_net(self)
        most = self.sn1.surrogate_function.max_spike_count
        spikes, total = ([], []), 0
        for _ in range(self.steps):
            spikes[0].append(self.sn1(self.fc1(x)))
            spikes[1].append(self.sn2(self.fc2(spikes[0][-1] / most)))
            total = total + spikes[1][-1] / most
        return total / self.steps, spikes


def many_valued(suite):
    """Spikes that are counts, or have a sign."""
    both = "ts17 dynamo-opt"

    def dense(name, make, exports=both, net=Dense, gain=4.0, **more):
        suite.add(name, lambda: strengthen(net(plain(make)), gain), (1, 12), exports, steps=4, readout="mean", words=True, **more)

    dense("ilif", ilif(4), both + " | ts11 dynamo", gain=8.0)
    dense("ilif-half", ilif(8, tau=2.0), gain=8.0)
    dense("ilif-threshold", ilif(3, tau=3.0, v_threshold=0.75), gain=8.0)
    dense("ilif-multi", ilif(4), "dynamo-opt", net=DenseMulti, gain=8.0)  # TorchScript has no form of its operator for all steps
    dense("ilif-normalised", ilif(4), net=Normalised, gain=12.0)
    for name, node in [("if", neuron.TernaryIFNode), ("lif", neuron.TernaryLIFNode)]:
        dense(f"ternary-{name}-hard", lambda node=node, **more: node(**more))
        dense(f"ternary-{name}-soft", lambda node=node, **more: node(v_reset=None, **more))
    dense("half-threshold", neuron.HalfThresholdIFNode, gain=2.0)
    for name, net, settings in [("conv", Conv, {"pool": layer.AvgPool2d}), ("sew", Sew, {"join": "add"})]:
        suite.add("ilif-" + name, lambda net=net, settings=settings: strengthen(net(ilif(4), **settings), 4.0), (1, 1, 6, 6), both, steps=4, readout="mean", words=True)
    suite.add("ternary-sew", lambda: strengthen(Sew(plain(lambda **more: neuron.TernaryLIFNode(v_reset=None, **more)), "add"), 4.0), (1, 1, 6, 6), both,
              steps=4, readout="mean", words=True)


def mixing(net):
    """Weights of parallel neurons as if they were trained: every step of every form counts."""
    with torch.no_grad():
        for m in net.modules():
            if isinstance(m, (neuron.PSN, neuron.MaskedPSN, neuron.SlidingPSN)):
                m.weight.uniform_(-0.5, 1.0)
                m.bias.uniform_(-0.9, -0.2)
    return net


def parallel(suite):
    """Parallel spiking neurons, which mix the time steps by weights and keep no membrane."""
    forms = {
        "psn": lambda **more: neuron.PSN(T=4, **more),
        "psn-masked": lambda **more: neuron.MaskedPSN(k=2, T=4, lambda_init=1.0, **more),
        "psn-sliding": lambda **more: neuron.SlidingPSN(k=3, **more),
    }

    def dense(name, form, net, exports, shape=(1, 12)):
        suite.add(name, lambda: mixing(strengthen(net(plain(forms[form])), 4.0)), shape, exports, steps=4, readout="mean")

    both = "ts17 | dynamo-opt dynamo"
    dense("psn", "psn", DenseMulti, "ts17 dynamo-opt | dynamo")
    dense("psn-frames", "psn", FramesMulti, both, (4, 1, 12))
    dense("psn-masked", "psn-masked", Dense, "ts17")  # dynamo does not decide whether it is masked
    dense("psn-masked-multi", "psn-masked", DenseMulti, "ts17")
    dense("psn-masked-frames", "psn-masked", FramesMulti, "ts17", (4, 1, 12))
    dense("psn-sliding", "psn-sliding", Dense, both)
    dense("psn-sliding-multi", "psn-sliding", DenseMulti, both)
    dense("psn-sliding-frames", "psn-sliding", FramesMulti, "ts17 dynamo-opt | dynamo", (4, 1, 12))
    suite.add("psn-conv", lambda: mixing(strengthen(Conv(plain(forms["psn"]), mode="m"), 4.0)), (1, 1, 6, 6), both, steps=4, readout="mean")


def main():
    suite = Suite("spikingjelly-0.14" if OLD else "spikingjelly")
    simple(suite)
    convolutional(suite)
    if not OLD:
        attending(suite)
        many_valued(suite)
        parallel(suite)
    suite.close()


if __name__ == "__main__":
    main()
