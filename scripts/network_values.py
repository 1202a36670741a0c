"""The values of a network that network_reader.py has read, in PyTorch and double precision, and the names and shapes of its
tensors, by the section "Tensor names" of docs/language.md: the names of ResNet or VGG. Tensors are functions of their
names (portable_random.py, seed 0).
"""

import math

import torch
import torch.nn.functional as F

import portable_random
from network_parts import carries
from network_units import Fork, last_convolutions

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky relu": F.leaky_relu,
    "leaky relu 0.1": lambda x: F.leaky_relu(x, 0.1),
    "elu": F.elu,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": F.hardsigmoid,
    "tanh": torch.tanh,
    "silu": F.silu,
    "hardswish": F.hardswish,
    "gelu": F.gelu,
}


class Values:
    def __init__(self, reader):
        self.reader, self.header = reader, reader.header
        self.tensors = {}
        self.taken_twice, self.met = False, set()  # by renames: a name of two tensors; lines that met one
        is_sequence = self.header.names == "vgg" if self.header.names else self.is_sequence()
        self.sequence = "features" if is_sequence else None
        self.modules = 0
        self.following = [kind for units in reader.plan for unit in units for kind in self.kinds(unit.steps)]
        self.fc_count = self.following.count("fc")

    def is_sequence(self):
        """Without blocks, or groups of one layer each."""
        units = [unit for units in self.reader.plan for unit in units if unit.block]
        return all(unit.option == "none" and len(unit.steps) == 1 for unit in units)

    def kinds(self, steps):
        """Layers in the order in which they are named; where branches come together stands a word of its own."""
        for step in steps:
            if isinstance(step, Fork):
                yield from (kind for branch in step.branches for kind in self.kinds(branch))
                yield "join"
            else:
                yield step.layer.kind

    # Names.

    def tensor(self, name, *shape):
        name = self.renamed(name)
        self.taken_twice |= name in self.tensors
        self.tensors[name] = shape
        return torch.from_numpy(portable_random.values(name, shape, 0)).double()

    def renamed(self, name):
        """What the lines of the header make of a name, one after another; its last part stays, except of a block's
        factors."""
        parts = name.split(".")
        last = [] if parts[-1] == "layer_scale" else [parts.pop()]
        for line, (old, new) in enumerate(self.header.renames):
            begin = parts[: len(old)]
            if len(begin) < len(old) or any(word not in ("*", part) for word, part in zip(old, begin)):
                continue
            self.met.add(line)
            some = iter([part for word, part in zip(old, begin) if word == "*"])
            parts = [next(some) if word == "*" else word for word in new] + parts[len(old) :]
        return ".".join(parts + last)

    def parameters(self):
        """What is learned; running means and variances are statistics."""
        return sum(math.prod(shape) for name, shape in self.tensors.items() if ".running_" not in name)

    def begin(self, path):
        """Begins a block."""
        self.path, self.counts = path, {}

    def count(self, kind):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return self.counts[kind]

    def module(self, otherwise=None):
        """The next module of a sequence, or the name that a network with blocks has for it."""
        if not self.sequence:
            return otherwise
        self.modules += 1
        return f"{self.sequence}.{self.modules - 1}"

    # Values.

    def logits(self):
        stage = 0
        outside, self.rows = {}, {}
        x = torch.from_numpy(portable_random.values("input", self.header.input, 0)).double()[None]
        for row, units in zip(self.reader.rows, self.reader.plan):
            x = self.rows[row.source] if row.source else x
            stage, block = stage + any(unit.block for unit in units), -1
            for unit in units:
                block += unit.block
                self.begin(f"layer{stage}.{block}." if unit.block else "")
                if not unit.block:
                    self.counts = outside
                x = self.unit(unit, x)
            self.rows[row.name] = x
        returned = self.header.outputs or [self.reader.rows[-1].name]
        return [number for name in returned for number in self.rows[name].flatten().tolist()]

    def unit(self, unit, x):
        entered, self.read_first = x, None  # what the first convolution reads, under `order pre`
        x = self.compute(unit.steps, x)
        if unit.has_sum and unit.scaled:
            x = x * self.tensor(f"{self.path}layer_scale", x.shape[1])[:, None, None]
        if unit.has_sum:
            x = x + self.shortcut(unit, entered)
        slopes = f"{self.path}prelu"
        if not unit.has_sum and unit.option != "none":  # of a convolution that ends a block without a sum
            last = unit.steps[-1]
            if not isinstance(last, Fork) and last.layer.kind == "conv" and last.activation == "linear" and not last.before:
                slopes += str(self.counts["conv"])
        return self.activate(x, unit.activation, slopes)

    def compute(self, steps, x):
        for step in steps:
            if isinstance(step, Fork):
                shares = x.chunk(len(step.branches), 1) if step.layer.split else [x] * len(step.branches)
                values = []
                for branch, share in zip(step.branches, shares):
                    values.append(self.compute(branch, share + values[-1] if carries(branch) else share))
                x = self.join(step.layer, values)
                self.following.pop(0)
                continue
            if self.sequence == "features" and self.begins_classifier():
                self.sequence, self.modules = "classifier", 0
            self.following.pop(0)
            x = self.layer(step, step.layer, x)
        return x

    def begins_classifier(self):
        return next((kind for kind in self.following if kind != "dropout"), "") == "fc"

    def join(self, item, values):
        if item.combiner is None:
            return torch.cat(values, 1)
        x = sum(values) if item.combiner == "sum" else values[0] * values[1]
        return self.value_by_value(x, item.activation) if item.activation == "prelu" else self.activate(x, item.activation)

    def value_by_value(self, x, activation):
        """An activation that is a layer of its own."""
        return self.activate(x, activation, f"{self.path}act{self.count('act')}")

    def layer(self, step, layer, x):
        if layer.kind == "conv":
            return self.convolution(step, layer, x)
        if layer.kind == "gate":
            return self.gate(step, layer, x)
        if layer.kind == "fc":
            return self.connected(step, layer, x)
        if layer.kind == "act":
            return self.value_by_value(x, layer.activation)
        if layer.kind == "norm":
            path = self.module(f"{self.path}norm{self.count('norm')}")
            x = self.norm(x, path, self.reader.norm_of(layer))
            return self.activate(x, step.activation, f"{path}_prelu")
        if layer.kind == "se":
            return self.squeeze(layer, x)
        if layer.kind == "eca":
            return self.attend(layer, x)
        if layer.kind == "maxout":
            self.module()
            return x.unflatten(1, (-1, layer.width)).amax(2)
        if layer.kind == "lrn":
            self.module()
            return F.local_response_norm(x, layer.width, **{"alpha": 1e-4, "beta": 0.75, "k": 1.0, **layer.numbers})
        if layer.kind == "from":
            return self.rows[layer.row]
        if layer.kind == "carry":  # added already
            return x
        if layer.kind == "shuffle":
            return x.unflatten(1, (layer.width, -1)).transpose(1, 2).flatten(1, 2)
        if layer.kind == "upsample":
            self.module()
            how = {"mode": "bilinear", "align_corners": False} if layer.bilinear else {"mode": "nearest"}
            return F.interpolate(x, scale_factor=layer.width, **how)
        return self.pool(step, layer, x)

    def pool(self, step, layer, x):
        if layer.kind == "gap":
            return x.mean((2, 3), keepdim=True)
        if layer.kind == "gmp":
            return x.amax((2, 3), keepdim=True)
        if layer.kind == "to max":
            return F.adaptive_max_pool2d(x, layer.kernel)
        if layer.kind == "to average":
            return F.adaptive_avg_pool2d(x, layer.kernel)
        if layer.kind == "pyramid":
            return torch.cat([F.adaptive_max_pool2d(x, n).flatten(1) for n in layer.levels], 1)[:, :, None, None]
        if layer.kind != "softmax":
            self.module()
        return self.slide(step, layer, x) if layer.is_window() else x  # dropout; softmax is left to classify

    def slide(self, step, layer, x):
        """A pool by its windows. Beyond the padding, where `ceil` leads, and in padding that does not count, is nothing."""
        sides, reach = [], []
        for axis in (0, 1):
            length, before, after = x.shape[2 + axis], step.pad[axis], step.pad[2 + axis]
            places = self.reader.window(layer, step.stride, tuple(x.shape[1:]))[axis]
            end = (places - 1) * step.stride[axis] + layer.kernel[axis]
            sides = [before, after, *sides]
            reach = [0, max(0, end - before - length - after), *reach]
        if layer.kind == "max":
            x = F.pad(x, sides, value=0.0 if layer.counted else -math.inf)
            return F.max_pool2d(F.pad(x, reach, value=-math.inf), layer.kernel, step.stride)
        counts = F.pad(F.pad(torch.ones_like(x), sides, value=1.0 if layer.counted else 0.0), reach)
        sums = F.avg_pool2d(F.pad(F.pad(x, sides), reach), layer.kernel, step.stride)
        return sums / F.avg_pool2d(counts, layer.kernel, step.stride)

    def convolution(self, step, layer, x):
        number, norm = self.count("conv"), self.reader.norm_of(layer)
        if step.before:
            x = self.normalised(x, norm, step.activation, number)
            self.read_first = x if self.read_first is None else self.read_first
            return self.windows(step, layer, x, self.module(f"{self.path}conv{number}"))
        x = self.windows(step, layer, x, self.module(f"{self.path}conv{number}"))
        return self.normalised(x, norm, step.activation, number)

    def normalised(self, x, norm, activation, number):
        if norm:
            x = self.norm(x, self.module(f"{self.path}bn{number}"), norm)
        return self.activate(x, activation, f"{self.path}prelu{number}")

    def windows(self, step, layer, x, name, is_share=False):
        """A convolution's sums; `is_share` where it is what a gate decides by."""
        count = {None: 1, "depthwise": x.shape[1]}.get(layer.groups, layer.groups)
        weight = self.tensor(f"{name}.weight", layer.width, x.shape[1] // count, *layer.kernel)
        if not is_share:
            weight = self.standardized(weight, self.reader.is_standardized(layer))
        has_bias = is_share or (self.reader.norm_of(layer) is None if layer.bias is None else layer.bias)
        bias = self.tensor(f"{name}.bias", layer.width) if has_bias else None
        top, left, bottom, right = step.pad
        return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias, step.stride, 0, layer.dilation, count)

    def standardized(self, weight, eps):
        if eps is None:
            return weight
        variance, mean = torch.var_mean(weight, (1, 2, 3), correction=0, keepdim=True)
        return (weight - mean) / torch.sqrt(variance + eps)

    def gate(self, step, layer, x):
        path = self.module(f"{self.path}gate{self.count('gate')}")
        value = self.windows(step, layer, x, f"{path}.conv")
        if norm := self.reader.norm_of(layer):
            value = self.norm(value, f"{path}.bn", norm)
        if step.activation == "prelu":
            value = F.prelu(value, self.tensor(f"{path}.prelu.weight", x.shape[1]))
        else:
            value = ACTIVATIONS[step.activation](value)
        share = torch.sigmoid(self.windows(step, layer, x, f"{path}.gate", True))
        return share * value + (1 - share) * x

    def squeeze(self, layer, x):
        number = self.count("se")
        path = self.module(f"{self.path}se{number if number > 1 else ''}")
        inner = next((word for word in layer.words if word not in ("sigmoid", "hardsigmoid")), "relu")
        gate = next((word for word in layer.words if word in ("sigmoid", "hardsigmoid")), "sigmoid")
        factors = x.mean((2, 3), keepdim=True)
        width = layer.width or x.shape[1] // layer.divisor
        for name, leaving, function in [("fc1", width, inner), ("fc2", x.shape[1], gate)]:
            weight = self.tensor(f"{path}.{name}.weight", leaving, factors.shape[1], 1, 1)
            factors = F.conv2d(factors, weight, self.tensor(f"{path}.{name}.bias", leaving))
            if function == "prelu":
                factors = F.prelu(factors, self.tensor(f"{path}.activation.weight", leaving))
            else:
                factors = ACTIVATIONS[function](factors)
        return x * factors

    def attend(self, layer, x):
        number = self.count("se")  # timm calls both so
        path = self.module(f"{self.path}se{number if number > 1 else ''}")
        size = self.reader.attention(layer, x.shape[1])
        means = x.mean((2, 3))[:, None]
        sums = F.conv1d(means, self.tensor(f"{path}.conv.weight", 1, 1, size), padding=size // 2)
        factors = ACTIVATIONS[(layer.words or ["sigmoid"])[0]](sums)
        return x * factors.transpose(1, 2)[..., None]

    def connected(self, step, layer, x):
        number = self.count("fc")
        plain = f"fc{number}" if self.fc_count > 1 else "fc"
        name, x = self.module(plain), x.flatten(1)
        weight = self.tensor(f"{name}.weight", layer.width, x.shape[1])
        bias = None if layer.bias is False else self.tensor(f"{name}.bias", layer.width)
        x = self.activate(F.linear(x, weight, bias), step.activation, f"{plain}_prelu")
        return x[:, :, None, None]

    def activate(self, x, function, slopes=None):
        if function in ("linear", None):
            return x
        slopes = self.module(slopes)
        if function == "prelu":
            return F.prelu(x, self.tensor(f"{slopes}.weight", x.shape[1]))
        return ACTIVATIONS[function](x)

    def norm(self, x, path, norm):
        parts = ["weight", "bias"] + ["running_mean", "running_var"] * (norm.kind == "batch")
        weight, bias, *kept = (self.tensor(f"{path}.{part}", x.shape[1]) for part in parts)
        if norm.kind == "batch":
            return F.batch_norm(x, *kept, weight, bias, eps=norm.eps)
        if norm.kind == "group":  # PyTorch's own refuses groups of one value
            grouped = x.reshape(1, norm.groups, -1)
            x = F.layer_norm(grouped, grouped.shape[2:], None, None, norm.eps).reshape(x.shape)
            return x * weight[:, None, None] + bias[:, None, None]
        return F.layer_norm(x.permute(0, 2, 3, 1), x.shape[1:2], weight, bias, norm.eps).permute(0, 3, 1, 2)

    def shortcut(self, unit, x):
        entered, left, stride = unit.shapes
        if unit.option == "A":
            added = left[0] - entered[0]
            before = added // 2 if unit.ends == "both" else 0
            return F.pad(x[:, :, :: stride[0], :: stride[1]], (0, 0, 0, 0, before, added - before))
        if unit.option == "identity" or unit.option == "B" and entered[0] == left[0] and stride == (1, 1):
            return x
        last = (last_convolutions(unit.steps)[0] or [None])[-1]
        norm, has_bias = last and self.reader.norm_of(last.layer), self.header.projection_bias
        if has_bias is None:
            has_bias = last is not None and norm is None and last.layer.bias is not False
        if not isinstance(unit.steps[0], Fork) and unit.steps[0].before:
            x = self.read_first
        number, path = 0, f"{self.path}downsample"
        if self.header.projection_pool:
            number = 1
            if stride != (1, 1):
                x, stride = F.avg_pool2d(x, stride, stride, ceil_mode=True), (1, 1)
        weight = self.tensor(f"{path}.{number}.weight", left[0], entered[0], 1, 1)
        weight = self.standardized(weight, last and self.reader.is_standardized(last.layer))
        bias = self.tensor(f"{path}.{number}.bias", left[0]) if has_bias else None
        x = F.conv2d(x, weight, bias, stride)
        is_normed = norm is not None and self.header.order == "post"
        return self.norm(x, f"{path}.{number + 1}", norm) if is_normed else x
