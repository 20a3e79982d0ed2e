"""Neurons that people write by hand, in the ways they do.
Usage: from_own.py -o FOLDER"""

import itertools
from functools import partial

import torch
from torch import nn

from common import Suite, strengthen


# snippet neuron begins
class Neuron(nn.Module):
    """One step: from the current, the membrane and the spike before to both anew."""

    def forward(self, x, mem, spk):
        mem = 0.5 * mem + x
        spk = (mem > 1).float()
        return mem - spk, spk
# snippet neuron ends


# snippet net begins
class Net(nn.Module):
    """Two layers with the neuron, over some steps; the result is how often each class fired."""

    def __init__(self, steps=6):
        super().__init__()
        self.fc1, self.fc2, self.neuron, self.steps = nn.Linear(8, 6), nn.Linear(6, 4), Neuron(), steps

    def forward(self, x):
        mem1, spk1, mem2, spk2 = torch.zeros(1, 6), torch.zeros(1, 6), torch.zeros(1, 4), torch.zeros(1, 4)
        count = 0
        for _ in range(self.steps):
            mem1, spk1 = self.neuron(self.fc1(x), mem1, spk1)
            mem2, spk2 = self.neuron(self.fc2(spk1), mem2, spk2)
            count = count + spk2
        return count


def export(net, x, file):
    torch.onnx.export(net.eval(), (x,), file, input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)
# snippet net ends


class NetTraced(Net):
    """The network of the snippet, which also tells its spikes."""

    def run(self, x):
        seen = ([], [])
        layers = itertools.cycle(seen)
        hook = self.neuron.register_forward_hook(lambda _m, _i, out: next(layers).append(out[1]))
        y = self.forward(x)
        hook.remove()
        return y, seen


# snippet spikes begins
SPIKES = {  # of a membrane h with a threshold of 1
    "greater": lambda h: (h > 1).float(),
    "not-less": lambda h: 1 - (h < 1).float(),
    "not": lambda h: torch.logical_not(h < 1).to(h),
    "times-one": lambda h: (h >= 1) * 1.0,
    "casts": lambda h: (h > 1).int().bool().long().to(h),
    "where": lambda h: torch.where(h > 1, torch.ones_like(h), torch.zeros_like(h)),
    "ratio": lambda h: (h / 0.8 > 1.25).float(),
    "negated": lambda h: (-h < -1).float(),
    "relu-sign": lambda h: torch.relu(torch.sign(h - 1)),
    "clamp-sign": lambda h: torch.sign(h - 1).clamp(min=0),
    "abs-sign": lambda h: (torch.sign(h - 1) + torch.sign(h - 1).abs()) / 2,
    "floor": lambda h: torch.floor(h).clamp(0, 1),
    "ceil": lambda h: torch.clamp(torch.ceil(h - 1), 0, 1),
    "int": lambda h: h.int().clamp(0, 1).float(),
    "both": lambda h: ((h > 1) & (h > 0.5)).float(),
    "either": lambda h: ((h > 1) | (h == 1)).float(),
    "straight-through": lambda h: h - h.detach() + (h > 1).float().detach(),
    "straight-through-left": lambda h: ((h > 1).float() - h).detach() + h,
    "surrogate": lambda h: ((h > 1).float() - torch.sigmoid(4 * h)).detach() + torch.sigmoid(4 * h),
}
# snippet spikes ends


# snippet resets begins
RESETS = {  # of a membrane h after a spike s
    "subtract": lambda h, s: h - s,
    "keep": lambda h, s: h * (1 - s),
    "mixed": lambda h, s: s * -0.25 + (1 - s) * h,
    "where-soft": lambda h, s: torch.where(s > 0, h - 1, h),
    "where-one": lambda h, s: torch.where(s == 1, torch.zeros_like(h), h),
    "where-none": lambda h, s: torch.where(s < 1, h, torch.zeros_like(h)),
    "where-not-zero": lambda h, s: torch.where(s != 0, torch.full_like(h, 0.25), h),
    "masked-fill": lambda h, s: h.masked_fill(s.bool(), 0.0),
    "bool-not": lambda h, s: h * (~(h >= 1)).float(),
    "index": lambda h, s: index(h.clone(), s),
}


def index(h, s):
    h[s > 0] = 0.0
    return h
# snippet resets ends


# snippet charges begins
CHARGES = {  # of a membrane m by a current x
    "leaky": lambda m, x: 0.5 * m + x,
    "tau": lambda m, x: m + (2 * x - m) / 2.0,
    "lerp": lambda m, x: torch.lerp(m, 2 * x, 0.5),
    "alpha": lambda m, x: torch.add(x, m, alpha=0.5),
    "leaks": lambda m, x: torch.tensor([0.5, 0.75, 0.5, 0.0, 0.75, 0.5]) * m + x,
    "inhibited": lambda m, x: 0.5 * m - x,
    "forgetful": lambda m, x: torch.tensor(-0.1).clamp(0, 1) * m + x,
}
# snippet charges ends


# snippet rests begins
def holds(x, m, left):
    resting = left > 0
    m = torch.where(resting, m, 0.5 * m + x)
    s = ((m > 1) & ~resting).float()
    return s, m * (1 - s), torch.where(s > 0, torch.full_like(left, 2), (left - 1).clamp(min=0))


def drops_input(x, m, left):
    m = 0.75 * m + (left <= 0).float() * x
    s = m >= 1
    return s.float(), m.masked_fill(s, 0.0), (left - 1).masked_fill(s, 2.0)


def drops_spikes(x, m, left):
    m = 0.75 * m + x
    s = torch.where(left > 0, torch.zeros_like(m), (m > 1).float())
    return s, m - s, torch.clamp(left + 3 * s - 1, 0, 3)


def counts_up(x, m, since):
    only_leaks = since < 2
    m = 0.75 * m + torch.where(only_leaks, torch.zeros_like(x), x)
    s = ((m >= 1) & ~only_leaks).float()
    return s, m * (1 - s), (since + 1) * (1 - s)


RESTS = {"hold": (holds, 0), "drive": (drops_input, 0), "spike": (drops_spikes, 0), "leak": (counts_up, 9)}
# snippet rests ends


# snippet thresholds begins
def adapts(x, m, a):
    m = 0.5 * m + x
    s = (m > 1 + 0.5 * a).float()
    return s, m * (1 - s), 0.9 * a + s


def takes_threshold(x, m, a):
    threshold = 1 + a
    m = 0.75 * m + x
    s = (m - threshold >= 0).float()
    return s, m - s * threshold, 0.75 * a + 0.25 * s


def decays_first(x, m, a):
    m, a = 0.75 * m + x, 0.5 * a
    s = m >= 1 + a
    return s.float(), m.masked_fill(s, 0.0), a + 0.25 * s.float()


ADAPTS = {"adapt": adapts, "adapt-reset": takes_threshold, "adapt-decay": decays_first}
# snippet thresholds ends


# snippet updates begins
def adaptive_current(x, m, w):
    """AdLIF: a current that spikes feed, and that lowers the membrane."""
    m = 0.75 * m + x - w
    s = (m > 1).float()
    return s, m * (1 - s), 0.875 * w + 0.125 * m + 0.5 * s


def bounded(x, m, theta):
    """A membrane with a floor; a threshold that spikes multiply, up to 3."""
    m = torch.clamp(0.75 * m + x, min=-0.5)
    s = m > theta
    return s.float(), m.masked_fill(s, 0.0), torch.where(s, theta * 1.5, 0.875 * theta + 0.125).clamp(max=3.0)


def once(x, m, done):
    """Fires once."""
    m = 0.75 * m + x
    s = (m > 1).float() * (1 - done)
    return s, m * (1 - s), torch.maximum(done, s)


def higher_for_a_step(x, m, before):
    """A threshold that is higher behind a spike, and a reset by half."""
    m = 0.75 * m + x
    s = (m > torch.where(before > 0, 1.5, 1.0)).float()
    return s, torch.where(s > 0, 0.5 * m, m), s


def rests_from_outside(x, m, left):
    """Holds its membrane while it rests; the count goes by the membrane alone."""
    m = torch.where(left > 0, m, 0.75 * m + x)
    over = m >= 1
    s = (over & ~(left > 0)).float()
    return s, torch.where(over, torch.zeros_like(m), m), torch.where(over, torch.full_like(left, 1.0), torch.relu(left - 0.5))


def gives_way(x, m, before):
    """Is silent where several of the layer fire."""
    m = 0.75 * m + x
    before = (m > 1).float()
    s = before * (before.sum(1, keepdim=True) < 2).float()
    return s, m * (1 - s), before


UPDATES = {"adaptive-current": (adaptive_current, 0), "bounded": (bounded, 1), "once": (once, 0),
           "higher-for-a-step": (higher_for_a_step, 0), "rests": (rests_from_outside, 0)}
# snippet updates ends


class Inhibited(nn.Module):
    """One step of two populations: spikes excite a second one, which inhibits the first a step later."""

    def __init__(self, bias):
        super().__init__()
        self.excite, self.inhibit, self.neuron = nn.Linear(6, 3, bias=False), nn.Linear(3, 6, bias=bias), Neuron()

    def forward(self, x, mem1, mem2, less):
        mem1, spk1 = self.neuron(x - less, mem1, None)
        mem2, spk2 = self.neuron(self.excite(spk1), mem2, None)
        return spk1, mem1, spk2, mem2, self.inhibit(spk2)


def counts_once(x, m, fired):
    """Fires once, by a count that is held at 1."""
    m = m + 0.5 * x
    s = ((m >= 1) & (fired < 1)).float()
    return s, m, torch.clamp(fired + s, max=1)


def leaks_by_count(x, m, count):
    """Leaks more from its second spike on."""
    m = torch.where(count >= 2, 0.5 * m, 0.75 * m) + x
    s = m > 1
    return s.float(), m.masked_fill(s, 0.0), count + s.float()


def in_millivolts(x, left, v):
    """Rests at -64 mV, for two steps behind a spike without input, and with a floor."""
    v = 0.75 * (v + 64) - 64 + (left <= 0).float() * x * 16
    s = v >= -48
    v = v.masked_fill(s, -60.0)
    return s.float(), (left - 1).masked_fill(s, 2.0), v.masked_fill(v < -72, -72.0)


# Their first steps are shorter than the last: what a constant decides there is folded away.
FIRSTS = {"counts-once": (counts_once, 0, 3), "leaks-by-count": (leaks_by_count, 0, 3),
          "in-millivolts": (in_millivolts, -64, 5), "decays-first": (decays_first, 0.5, 3)}


class Own(nn.Module):
    """A layer with a neuron, and one of the plain kind behind it, over some steps."""

    def __init__(self, charge=CHARGES["leaky"], spike=SPIKES["greater"], reset=RESETS["subtract"], steps=4):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(8, 6), nn.Linear(6, 4)
        self.charge, self.spike, self.reset, self.steps, self.plain = charge, spike, reset, steps, Neuron()
        self.start = torch.zeros(1, 6)

    def frame(self, x, t):
        return x

    def between(self, spk, old):
        return spk

    def run(self, x):
        mem1, mem2, spk2, old = self.start.to(x), torch.zeros(1, 4).to(x), 0, []
        count, spikes = 0, ([], [])
        for t in range(self.steps):
            mem1 = self.charge(mem1, self.fc1(self.frame(x, t)))
            spk1 = self.spike(mem1)
            mem1 = self.reset(mem1, spk1)
            old.append(spk1)
            mem2, spk2 = self.plain(self.fc2(self.between(spk1, old)), mem2, spk2)
            spikes[0].append(spk1.round())
            spikes[1].append(spk2)
            count = count + spk2
        return count, spikes

    def forward(self, x):
        return self.run(x)[0]


class Each(Own):
    """Another number for each neuron, also in the membranes before the first step."""

    def __init__(self):
        super().__init__(
            charge=lambda m, x: torch.linspace(0.25, 0.75, 6) * m + torch.linspace(1.0, 0.5, 6) * x,
            spike=lambda h: (h > torch.linspace(0.75, 1.25, 6)).float(),
            reset=lambda h, s: torch.where(s > 0, torch.linspace(-0.25, 0.25, 6).expand_as(h), h))
        self.start = torch.linspace(0.125, 0.625, 6).unsqueeze(0)


class Populations(Own):
    """A layer with inhibition, which the first step has not, and one of the plain kind behind it."""

    def __init__(self, bias):
        super().__init__(steps=6)
        self.both = Inhibited(bias)

    def run(self, x):
        mem1, mem2, less = torch.zeros(1, 6).to(x), torch.zeros(1, 3).to(x), torch.zeros(1, 6).to(x)
        mem, spk, count, spikes = torch.zeros(1, 4).to(x), 0, 0, ([], [], [])
        for t in range(self.steps):
            spk1, mem1, spk2, mem2, less = self.both(self.fc1(x), mem1, mem2, less)
            mem, spk = self.plain(self.fc2(spk1), mem, spk)
            spikes[0].append(spk1)
            spikes[1].append(spk)
            spikes[2].append(spk2)
            count = count + spk
        return count, spikes


class Stateful(Own):
    """A layer with a neuron of two states, which begin with 0 and with a number."""

    def __init__(self, cell, start, steps=6):
        super().__init__(steps=steps)
        self.cell, self.start = cell, start

    def drive(self, x, old):
        return self.fc1(x)

    def run(self, x):
        mem1, mem2, spk2, count, spikes = torch.zeros(1, 6).to(x), torch.zeros(1, 4).to(x), 0, 0, ([], [])
        other = torch.full((1, 6), float(self.start)).to(x)
        for t in range(self.steps):
            spk1, mem1, other = self.cell(self.drive(x, spikes[0]), mem1, other)
            mem2, spk2 = self.plain(self.fc2(spk1), mem2, spk2)
            spikes[0].append(spk1)
            spikes[1].append(spk2)
            count = count + spk2
        return count, spikes


class Gated(Stateful):
    """Its gate is a layer of its own, behind the spikes without it, which the neuron hands on."""

    def run(self, x):
        mem1, mem2, spk2, count, spikes = torch.zeros(1, 6).to(x), torch.zeros(1, 4).to(x), 0, 0, ([], [], [])
        for t in range(self.steps):
            spk1, mem1, before = self.cell(self.fc1(x), mem1, None)
            mem2, spk2 = self.plain(self.fc2(spk1), mem2, spk2)
            for layer, spk in zip(spikes, (before, (before.sum(1, keepdim=True) < 2).float(), spk2)):
                layer.append(spk)
            count = count + spk2
        return count, spikes


class Late(Stateful):
    """A second layer inhibits that with the neuron, a step later. All states may begin with numbers."""

    def __init__(self, cell, start, membrane, steps):
        super().__init__(cell, start, steps)
        self.membrane, self.back = membrane, nn.Linear(4, 6, bias=False)

    def run(self, x):
        mem1, other = torch.zeros(1, 6) + self.membrane, torch.zeros(1, 6) + self.start
        mem2, spk2, count, spikes = torch.zeros(1, 4).to(x), torch.zeros(1, 4).to(x), 0, ([], [])
        for t in range(self.steps):
            spk1, mem1, other = self.cell(self.fc1(x) - self.back(spk2), mem1, other)
            mem2, spk2 = self.plain(self.fc2(spk1), mem2, spk2)
            spikes[0].append(spk1)
            spikes[1].append(spk2)
            count = count + spk1
        return count, spikes


def hysteresis(x, m, on):
    """Fires from one threshold on until it is below another."""
    m = 0.75 * m + x
    on = torch.where(on == 0, (m > 1).float(), torch.where(m < 0.25, 0.0, 1.0))
    s = (on == 1).float()
    return s, m - 0.5 * s, on


SPREAD, OTHER = torch.linspace(0.1, 0.6, 6), torch.linspace(-0.3, 0.7, 6)
LATE = {"adaptive-current": (adaptive_current, 0, 0, 5), "bounded": (bounded, 1, 0, 5), "once": (once, 0, 0, 5),
        "rests": (rests_from_outside, 0, 0, 4), "hysteresis": (hysteresis, 0, 0, 5),
        "starts-number": (adaptive_current, 0.5, 0.25, 5), "starts-each": (adaptive_current, SPREAD, OTHER, 5),
        "starts-thresholds": (decays_first, SPREAD, OTHER, 6)}


class Recurrent(Stateful):
    """Spikes of the step before come back through weights."""

    def __init__(self, cell, start, steps):
        super().__init__(cell, start, steps)
        self.back = nn.Linear(6, 6, bias=False)

    def drive(self, x, old):
        return self.fc1(x) + self.back(old[-1]) if old else self.fc1(x)


# snippet delays begins
class Delayed(Own):
    """Spikes of this step and of two steps before."""

    def between(self, spk, old):
        return spk + old[-3] if len(old) > 2 else spk


class Ring(Own):
    """Spikes of the last three steps, in a buffer that is shifted."""

    def __init__(self):
        super().__init__()
        self.fc2 = nn.Linear(18, 4)

    def between(self, spk, old):
        if len(old) == 1:
            self.buffer = torch.zeros(1, 3, 6).to(spk)
        self.buffer = torch.cat([self.buffer[:, 1:], spk.unsqueeze(1)], 1)
        return self.buffer.flatten(1)


class Synapses(Own):
    """Weights of their own for the spikes of this step, of the step before and of two steps before."""

    def __init__(self):
        super().__init__(steps=6)
        self.weights = nn.ModuleList(nn.Linear(6, 4, bias=late == 0) for late in range(3))
        self.fc2 = nn.Identity()

    def between(self, spk, old):
        return sum(weights(late) for weights, late in zip(self.weights, reversed(old)))


class Shares(Own):
    """A delay for each neuron: its share of this step, of the step before and of two steps before."""

    def __init__(self):
        super().__init__(steps=6)
        self.register_buffer("share", torch.tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, 0.5, 0], [0, 0.75, 0.25], [1, 0, 0]]))

    def between(self, spk, old):
        return sum(share * late for share, late in zip(self.share.t(), reversed(old)))
# snippet delays ends


class Framed(Own):
    def __init__(self, take):
        super().__init__()
        self.frame = take


# snippet frames begins
FRAMES = {  # of an input x in step t, of 4 steps
    "last-axis": ((1, 8, 4), lambda x, t: x[..., t]),
    "stride": ((1, 9, 8), lambda x, t: x[:, 2 * t + 1]),
    "difference": ((1, 5, 8), lambda x, t: x[:, t + 1] - x[:, t]),
    "window": ((1, 5, 4), lambda x, t: x[:, t:t + 2].flatten(1)),
}
# snippet frames ends


# snippet parallel begins
MIXES = {  # of the currents x [steps, 1, neurons], by weights w [steps, steps] and thresholds b [steps, 1]
    "product": lambda x, w, b: (w @ x.flatten(1) >= b).float().view(x.shape),
    "einsum": lambda x, w, b: (torch.einsum("ts,sbn->tbn", w, x) >= b.unsqueeze(-1)).float(),
    "tensordot": lambda x, w, b: (torch.tensordot(w, x, dims=1) >= b.unsqueeze(-1)).float(),
    "last-axis": lambda x, w, b: (x.flatten(1).t() @ w.t() >= b.t()).float().t().reshape(x.shape),
    "loop": lambda x, w, b: torch.stack([(sum(w[t, s] * x[s] for s in range(len(x))) >= b[t]).float() for t in range(len(x))]),
}
# snippet parallel ends


class Parallel(nn.Module):
    """Two layers that mix the steps."""

    def __init__(self, mix, steps=4):
        super().__init__()
        self.fc1, self.fc2, self.mix = nn.Linear(8, 6), nn.Linear(6, 4), mix
        self.w = nn.ParameterList(nn.Parameter(torch.empty(steps, steps).uniform_(-0.5, 1.0)) for _ in range(2))
        self.b = nn.ParameterList(nn.Parameter(torch.empty(steps, 1).uniform_(0.2, 0.9)) for _ in range(2))

    def run(self, x):
        one = self.mix(self.fc1(x), self.w[0], self.b[0])
        two = self.mix(self.fc2(one), self.w[1], self.b[1])
        return two.sum(0), (list(one), list(two))

    def forward(self, x):
        return self.run(x)[0]


def main():
    suite = Suite("own")

    def own(name, shape=(1, 8), make=Own, steps=4, exports="ts17 | ts11 dynamo-opt", **parts):
        suite.add(name, lambda: strengthen(make(**parts), 4.0), shape, exports, steps=steps)

    suite.add("net", lambda: strengthen(NetTraced(), 4.0), (1, 8), "| dynamo-opt", snippets=[("snippet", export, [])], steps=6)
    own("starts-each", make=Each, exports="ts17 dynamo-opt | ts11")
    for name, spike in SPIKES.items():
        own("spike-" + name, spike=spike)
    for name, reset in RESETS.items():
        own("reset-" + name, spike=SPIKES["not-less"], reset=reset)
    for name, charge in CHARGES.items():
        own("charge-" + name, charge=charge)
    own("delayed", make=Delayed)
    own("ring", make=Ring)
    own("synapses", make=Synapses, steps=6, exports="ts17 dynamo-opt | ts11")
    own("shares", make=Shares, steps=6, exports="ts17 dynamo-opt | ts11")
    for name, (shape, take) in FRAMES.items():
        own("frames-" + name, shape, make=Framed, take=take)
    for name, (cell, start) in RESTS.items():
        own("rest-" + name, make=Stateful, steps=6, exports="ts17 dynamo-opt | ts11", cell=cell, start=start)
    for name, cell in ADAPTS.items():
        own(name, make=Stateful, steps=6, exports="ts17 dynamo-opt | ts11", cell=cell, start=0)
    for name, (cell, start) in UPDATES.items():
        own("update-" + name, make=Stateful, steps=6, exports="ts17 dynamo-opt | ts11", cell=cell, start=start)
    own("update-gives-way", make=Gated, steps=6, exports="ts17 dynamo-opt | ts11", cell=gives_way, start=0)
    for name, bias in {"weights": False, "bias": True}.items():
        own("inhibited-" + name, make=Populations, steps=6, exports="ts17 dynamo-opt | ts11", bias=bias)
    for name, (cell, start, steps) in FIRSTS.items():
        own("first-" + name, make=partial(Stateful, cell, start, steps), steps=steps, exports="ts17 dynamo-opt | ts11")
    for name, mix in MIXES.items():
        own("parallel-" + name, (4, 1, 8), make=Parallel, mix=mix, exports="ts17" if name == "tensordot" else "ts17 | dynamo-opt")  # the other keeps its axes otherwise
    for name, (cell, start, membrane, steps) in LATE.items():
        own("late-" + name, make=partial(Late, cell, start, membrane, steps), steps=steps, exports="ts17 dynamo-opt | ts11")
    own("first-recurrent", make=partial(Recurrent, leaks_by_count, 0, 5), steps=5, exports="ts17 dynamo-opt | ts11")
    suite.close()


if __name__ == "__main__":
    main()
