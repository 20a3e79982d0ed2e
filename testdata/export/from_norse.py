"""Networks of Norse neurons. Usage: from_norse.py -o FOLDER"""

import norse.torch as norse
import torch
from norse.torch.functional.izhikevich import tonic_spiking
from norse.torch.functional.lif_box import LIFBoxParameters
from norse.torch.functional.reset import reset_subtract
from torch import nn

from common import Suite, strengthen


# snippet unrolled begins
class Net(nn.Module):
    def __init__(self, steps=6):
        super().__init__()
        self.fc1, self.lif = nn.Linear(12, 10), norse.LIFCell()
        self.fc2, self.readout = nn.Linear(10, 5, bias=False), norse.LICell()
        self.steps = steps

    def forward(self, x):
        s1 = s2 = None
        for _ in range(self.steps):
            z, s1 = self.lif(self.fc1(x), s1)
            v, s2 = self.readout(self.fc2(z), s2)
        return v


def export(net, x, file):
    with torch.no_grad():
        torch.onnx.export(net.eval(), (x,), file, input_names=["x"], output_names=["y"], opset_version=17, dynamo=False)
# snippet unrolled ends


class Readout(Net):
    """The network of the snippet, which also tells its spikes; over the steps the
    readout's last membrane is the output, or its largest, or the mean."""

    OVER = {"last": lambda v: v[-1], "max": lambda v: torch.stack(v).amax(0), "mean": lambda v: torch.stack(v).mean(0)}

    def __init__(self, over, steps=6):
        super().__init__(steps)
        self.over = over

    def run(self, x):
        s1 = s2 = None
        spikes, voltages = [], []
        for _ in range(self.steps):
            z, s1 = self.lif(self.fc1(x), s1)
            v, s2 = self.readout(self.fc2(z), s2)
            spikes.append(z)
            voltages.append(v)
        return self.OVER[self.over](voltages), (spikes,)

    def forward(self, x):
        return super().forward(x) if self.over == "last" else self.run(x)[0]


class Dense(nn.Module):
    """Two dense layers of spiking cells; the output is the spike count."""

    def __init__(self, make, steps=6):
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(12, 10), make()
        self.fc2, self.lif2 = nn.Linear(10, 5), make()
        self.steps = steps

    def run(self, x):
        s1 = s2 = None
        spikes, count = ([], []), 0
        for _ in range(self.steps):
            z1, s1 = self.lif1(self.fc1(x), s1)
            z2, s2 = self.lif2(self.fc2(z1), s2)
            spikes[0].append(z1)
            spikes[1].append(z2)
            count = count + z2
        return count, spikes

    def forward(self, x):
        return self.run(x)[0]

    def state(self, x):
        _, s1 = self.lif1(self.fc1(x), None)
        _, s2 = self.lif2(self.fc2(torch.zeros(1, 10)), None)
        return [(f"{name}{i}", torch.zeros_like(t)) for i, s in ((1, s1), (2, s2)) for name, t in s._asdict().items()]

    def step(self, x, *state):
        kind = type(self.lif1.initial_state(self.fc1(x)))
        n = len(state) // 2
        z1, s1 = self.lif1(self.fc1(x), kind(*state[:n]))
        z2, s2 = self.lif2(self.fc2(z1), kind(*state[n:]))
        return z2, *s1, *s2


class Sequence(nn.Module):
    """Modules that have time in axis 0, given the input repeated."""

    def __init__(self, steps=6):
        super().__init__()
        self.net = norse.SequentialState(nn.Linear(12, 10), norse.LIF(), nn.Linear(10, 5), norse.LIF())
        self.steps = steps

    def run(self, x):
        seen = []
        hooks = [self.net[i].register_forward_hook(lambda _m, _x, out: seen.append(list(out[0]))) for i in (1, 3)]
        y = self.forward(x)
        for h in hooks:
            h.remove()
        return y, seen

    def forward(self, x):
        z, _ = self.net(x.unsqueeze(0).repeat(self.steps, 1, 1))
        return z.mean(0)


class Recurrent(nn.Module):
    """One recurrent layer, which has its input weights inside."""

    def __init__(self, steps=6):
        super().__init__()
        self.lif = norse.LIFRecurrentCell(12, 8)
        with torch.no_grad():
            self.lif.input_weights *= 3
        self.steps = steps

    def run(self, x):
        s, count, spikes = None, 0, []
        for _ in range(self.steps):
            z, s = self.lif(x, s)
            spikes.append(z)
            count = count + z
        return count, (spikes,)

    def forward(self, x):
        return self.run(x)[0]


def lif(**settings):
    tensors = {name: torch.as_tensor(value) for name, value in settings.items()}
    return lambda: norse.LIFCell(norse.LIFParameters(**tensors))


def box(**settings):
    return lambda: norse.LIFBoxCell(LIFBoxParameters(**settings))


def main():
    suite = Suite("norse")

    def dense(name, make, exports="ts17 dynamo-opt | ts11 dynamo ts17-step", gain=12.0, **more):
        suite.add(name, lambda: strengthen(Dense(make), gain), (1, 12), exports, steps=6, **more)

    fast = {"tau_mem_inv": torch.tensor(250.0)}
    dense("lif", norse.LIFCell, "ts11 ts17 ts17-batch dynamo dynamo-opt ts17-step dynamo-opt-step | ts13 ts17-plain")
    dense("lif-fast", lif(tau_mem_inv=250.0, tau_syn_inv=400.0, v_th=0.75), "dynamo-opt | ts17", gain=6.0)
    dense("lif-reset", lif(v_reset=-0.25), "ts17 | dynamo-opt")
    dense("lif-leak", lif(v_leak=0.2, v_reset=0.1, v_th=0.8), "ts17 | dynamo-opt")
    dense("lif-box", box(**fast), "ts17 dynamo-opt ts17-step | ts11 dynamo")
    dense("lif-box-subtract", box(reset_method=reset_subtract, **fast), "ts17 | dynamo-opt")
    dense("iaf", norse.IAFCell, "dynamo-opt | ts17", gain=3.0)
    for over in Readout.OVER:
        suite.add("li-" + over, lambda: strengthen(Readout(over), 12.0), (1, 12), "ts17 dynamo-opt | ts13 dynamo",
                  snippets=[("snippet", export, [])] if over == "last" else [], steps=6)
    suite.add("lif-sequence", lambda: strengthen(Sequence(), 12.0), (1, 12), "ts17 | dynamo-opt", steps=6)
    suite.add("lif-recurrent", Recurrent, (1, 12), "ts17 | dynamo-opt", steps=6)

    dense("trap-adaptive", norse.LIFAdExCell, "ts17 | dynamo-opt", safe=False)
    dense("trap-threshold", norse.LSNNCell, "ts17 | dynamo-opt", safe=False)
    dense("trap-izhikevich", lambda: norse.IzhikevichCell(tonic_spiking), "dynamo-opt | ts17", safe=False)
    dense("trap-refractory", norse.LIFRefracCell, "ts17 | dynamo-opt", safe=False)
    suite.close()


if __name__ == "__main__":
    main()
