"""Networks of snnTorch neurons. Usage: from_snntorch.py -o FOLDER"""

import snntorch as snn
import torch
from torch import nn

from common import Suite, strengthen


def together(states):
    """A neuron's states as a tuple, for reset_mem returns one alone bare."""
    return states if isinstance(states, tuple) else (states,)


class Dense(nn.Module):
    """Two dense layers with any snnTorch neuron; the output is the spike count."""

    def __init__(self, neuron, steps=4):
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(12, 10), neuron(10)
        self.fc2, self.lif2 = nn.Linear(10, 5), neuron(5)
        self.steps = steps

    def one(self, x, state1, state2):
        out1 = self.lif1(self.fc1(x), *state1)
        out2 = self.lif2(self.fc2(out1[0]), *state2)
        return out1[0], out2[0], out1[-len(state1):], out2[-len(state2):]

    def run(self, x):
        state1, state2 = together(self.lif1.reset_mem()), together(self.lif2.reset_mem())
        count, spikes = 0, ([], [])
        for t in range(self.steps):
            spk1, spk2, state1, state2 = self.one(self.at(x, t), state1, state2)
            spikes[0].append(spk1)
            spikes[1].append(spk2)
            count = count + spk2
        return count, spikes

    def at(self, x, t):
        return x

    def forward(self, x):
        return self.run(x)[0]

    def state(self, x):
        self.run(x)  # gives the states their shapes
        return [(f"{name}{i}", torch.zeros_like(s))
                for i, lif in ((1, self.lif1), (2, self.lif2))
                for name, s in zip(state_names(lif), together(lif.reset_mem()))]

    def step(self, x, *state):
        n = len(state) // 2
        _, spk2, state1, state2 = self.one(x, state[:n], state[n:])
        return spk2, *state1, *state2


def state_names(lif):
    names = {snn.Synaptic: "syn mem", snn.Alpha: "exc inh mem", snn.RLeaky: "spk mem", snn.RSynaptic: "spk syn mem"}
    return names.get(type(lif), "mem").split()


class Frames(Dense):
    """An input that changes: x is [steps, 1, 12]."""

    def at(self, x, t):
        return x[t]


class Records(Dense):
    """Returns the spikes and membranes of all steps, as the tutorials do."""

    def run(self, x):
        state1, state2 = together(self.lif1.reset_mem()), together(self.lif2.reset_mem())
        spikes, membranes = ([], []), []
        for _ in range(self.steps):
            spk1, spk2, state1, state2 = self.one(x, state1, state2)
            spikes[0].append(spk1)
            spikes[1].append(spk2)
            membranes.append(state2[-1])
        return (torch.stack(spikes[1]), torch.stack(membranes)), spikes


class Membrane(Dense):
    """The last layer does not reset; its membrane after the last step is the output."""

    def __init__(self, neuron, steps=4):
        super().__init__(neuron, steps)
        self.lif2 = snn.Leaky(beta=0.75, reset_mechanism="none")

    def run(self, x):
        state1, state2 = together(self.lif1.reset_mem()), together(self.lif2.reset_mem())
        spikes = []
        for _ in range(self.steps):
            spk1, _, state1, state2 = self.one(x, state1, state2)
            spikes.append(spk1)
        return state2[-1], (spikes,)


class Last(Dense):
    """As Membrane, but the last layer fires and resets; its last spikes are read by nothing."""

    def all(self, x):
        state1, state2 = together(self.lif1.reset_mem()), together(self.lif2.reset_mem())
        spikes, membranes = ([], []), []
        for _ in range(self.steps):
            spk1, spk2, state1, state2 = self.one(x, state1, state2)
            spikes[0].append(spk1)
            spikes[1].append(spk2)
            membranes.append(state2[-1])
        return membranes, spikes

    def run(self, x):
        membranes, spikes = self.all(x)
        return membranes[-1], spikes


class Largest(Last):
    """The largest membrane of all steps is the output, and the spikes are counted."""

    def run(self, x):
        membranes, spikes = self.all(x)
        return (torch.stack(membranes).max(0)[0], torch.stack(spikes[1]).sum(0)), spikes


class Population(Dense):
    """Each of two classes is told by two neurons, as snnTorch counts them."""

    def __init__(self, neuron, steps=4):
        super().__init__(neuron, steps)
        self.fc2, self.lif2 = nn.Linear(10, 4), neuron(4)

    def run(self, x):
        _, spikes = super().run(x)
        every, classes = torch.stack(spikes[1]), torch.zeros(x.shape[0], 2)
        for c in range(2):
            classes[:, c] = every[:, :, 2 * c : 2 * c + 2].sum(-1).sum(0)
        return classes, spikes


# snippet unrolled begins
class Conv(nn.Module):
    def __init__(self, steps=4):
        super().__init__()
        self.conv, self.lif1 = nn.Conv2d(1, 4, 3, padding=1), snn.Leaky(beta=0.5)
        self.fc, self.lif2 = nn.Linear(4 * 3 * 3, 5), snn.Leaky(beta=0.5)
        self.steps = steps

    def step(self, x, mem1, mem2):
        spk1, mem1 = self.lif1(nn.functional.max_pool2d(self.conv(x), 2), mem1)
        spk2, mem2 = self.lif2(self.fc(spk1.flatten(1)), mem2)
        return spk2, mem1, mem2

    def forward(self, x):
        mem1, mem2, count = self.lif1.reset_mem(), self.lif2.reset_mem(), 0
        for _ in range(self.steps):
            spk, mem1, mem2 = self.step(x, mem1, mem2)
            count = count + spk
        return count


def export(net, x, file):
    torch.onnx.export(net.eval(), (x,), file, input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)
# snippet unrolled ends


# snippet step begins
class Step(nn.Module):
    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, x, mem1, mem2):
        return self.net.step(x, mem1, mem2)


def export_step(net, x, file):
    mem1, mem2 = torch.zeros(1, 4, 3, 3), torch.zeros(1, 5)  # two tensors: one given twice would be joined
    torch.onnx.export(Step(net.eval()), (x, mem1, mem2), file, opset_version=17, dynamo=False,
                      input_names=["x", "mem1", "mem2"], output_names=["y", "mem1_out", "mem2_out"])
# snippet step ends


class ConvTraced(Conv):
    """The network of the snippet, which also tells its spikes."""

    def run(self, x):
        seen = ([], [])
        hooks = [lif.register_forward_hook(lambda _m, _i, out, to=to: to.append(out[0]))
                 for lif, to in zip((self.lif1, self.lif2), seen)]
        y = self.forward(x)
        for h in hooks:
            h.remove()
        return y, seen


class Baked(Dense):
    """Trap: one step, and the membrane before it is a constant of the graph."""

    def __init__(self, neuron):
        super().__init__(neuron, steps=1)


class Alias(Dense):
    """Trap: the two states are given as one tensor, and the exporter joins them."""

    def __init__(self, neuron):
        super().__init__(neuron)
        self.fc2 = nn.Linear(10, 10)
        self.lif2 = neuron(10)

    def state(self, x):
        zeros = torch.zeros(1, 10)
        return [("mem1", zeros), ("mem2", zeros)]


def leaky(**settings):
    return lambda size: snn.Leaky(**{"beta": 0.75, **settings})


def per_channel(size):
    return snn.Leaky(beta=torch.linspace(0.4, 1.2, size), threshold=torch.linspace(0.6, 1.4, size),
                     learn_beta=True, learn_threshold=True)


FLAT = (1, 12)
FULL = "ts17 dynamo-opt ts17-step | ts11 dynamo"


def main():
    suite = Suite("snntorch")

    def dense(name, neuron, exports=FULL, net=Dense, gain=4.0, shape=FLAT, steps=4, **more):
        suite.add(name, lambda: strengthen(net(neuron, steps), gain), shape, exports, steps=steps, **more)

    dense("leaky-subtract", leaky(), "ts11 ts15 ts17 ts17-plain ts17-batch dynamo dynamo-opt ts17-step dynamo-opt-step | ts13 dynamo-step")
    dense("leaky-zero", leaky(reset_mechanism="zero"))
    dense("leaky-none", leaky(reset_mechanism="none"), gain=2.5)
    dense("leaky-subtract-now", leaky(reset_delay=False))
    dense("leaky-zero-now", leaky(reset_mechanism="zero", reset_delay=False))
    dense("leaky-per-channel", per_channel, steps=5)
    dense("leaky-membrane", leaky(), "ts17 dynamo-opt", net=Membrane)
    dense("leaky-last", leaky(), "ts17 dynamo-opt", net=Last)
    dense("leaky-largest", leaky(), "ts17", net=Largest, outputs=("mem", "spk"))
    dense("synaptic-last", lambda size: snn.Synaptic(alpha=0.5, beta=0.75), "ts17", net=Last)
    dense("leaky-population", leaky(), "ts17 | dynamo-opt", net=Population)
    dense("leaky-frames", leaky(), "ts17 dynamo-opt", net=Frames, shape=(4, 1, 12))
    dense("leaky-records", leaky(), "ts17 dynamo-opt", net=Records, outputs=("spk", "mem"))
    dense("lapicque-beta", lambda size: snn.Lapicque(beta=0.7), "ts17 dynamo-opt ts17-step | ts11 dynamo", gain=8.0)
    dense("lapicque-rc", lambda size: snn.Lapicque(R=2.0, C=1.5, time_step=1.0), "ts17 dynamo-opt", gain=8.0)
    dense("lapicque-zero", lambda size: snn.Lapicque(beta=0.7, reset_mechanism="zero"), "dynamo-opt | ts17", gain=8.0)
    dense("synaptic-subtract", lambda size: snn.Synaptic(alpha=0.5, beta=0.75))
    dense("synaptic-zero", lambda size: snn.Synaptic(alpha=0.5, beta=0.75, reset_mechanism="zero"))
    dense("alpha-zero", lambda size: snn.Alpha(alpha=0.8, beta=0.6, reset_mechanism="zero"), gain=8.0)
    dense("alpha-none", lambda size: snn.Alpha(alpha=0.8, beta=0.6, reset_mechanism="none"), "ts17 dynamo-opt", gain=8.0)
    dense("rleaky-subtract", lambda size: snn.RLeaky(beta=0.75, linear_features=size))
    dense("rleaky-zero", lambda size: snn.RLeaky(beta=0.75, linear_features=size, reset_mechanism="zero"), "ts17 dynamo-opt")
    dense("rleaky-one-to-one", lambda size: snn.RLeaky(beta=0.75, all_to_all=False, V=0.4), "ts17 dynamo-opt")
    dense("rsynaptic-subtract", lambda size: snn.RSynaptic(alpha=0.5, beta=0.75, linear_features=size))
    suite.add("leaky-conv", lambda: strengthen(ConvTraced(), 4.0), (1, 1, 6, 6), "ts17-batch dynamo dynamo-opt | ts11",
              snippets=[("snippet", export, []), ("snippet-step", export_step, ["mem1", "mem2"])], steps=4)

    dense("trap-baked", leaky(), "ts17 dynamo-opt", net=lambda neuron, steps: Baked(neuron), safe=False)
    dense("trap-alias", leaky(), "dynamo-opt-step", net=lambda neuron, steps: Alias(neuron), safe=False, compared=False)
    dense("trap-inhibition", leaky(inhibition=True), "ts17", steps=2, safe=False)
    dense("leaky-graded", leaky(graded_spikes_factor=2.0), "ts17 dynamo-opt")
    dense("trap-alpha-subtract", lambda size: snn.Alpha(alpha=0.8, beta=0.6, reset_mechanism="subtract"), "ts17",
          gain=8.0, safe=False)
    dense("trap-state-quant", leaky(state_quant=lambda x: torch.round(x * 8) / 8), "ts17", steps=2, safe=False)
    suite.close()


if __name__ == "__main__":
    main()
