"""What a source of the language means, in PyTorch and double precision: a second reader, written from docs/language.md
alone, against which the compiler is held. It reads networks as scripts/random_networks.py draws them, before they are
written down (network_parts.py): what a layer leaves out is decided here, as the page says.

`read_row` takes rows one by one, `finish` looks at the whole, `logits` computes. `errors` holds the codes of what the
page says is asked or refused, `tensors` the names and shapes of all parameters, which are functions of their names
(portable_random.py, seed 0).
"""

from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

import portable_random
from network_parts import Group, Layer, flat, groups

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


@dataclass
class Step:
    """One computation of a layer: its stride is known once the row's size has spoken."""

    layer: Layer
    first: bool  # in the first repetition of all that encloses it
    stride: int = 1
    activation: str = "linear"
    pad: tuple = (0, 0)
    undecided: bool = False  # another convolution of its block could have the row's stride, and no line says which


@dataclass
class Unit:
    """Steps that stand alone in a row, or one repetition of a bracket."""

    steps: list
    block: bool = False
    residual: bool = False
    shapes: tuple = field(default_factory=tuple)


class Misread(Exception):
    """A row that has no shape."""


class Reader:
    def __init__(self, header, rows):
        self.header, self.rows = header, rows
        self.errors, self.tensors = set(), {}
        self.work, self.depth = 0, 0
        self.shape = header.input
        self.plan = []  # for each row its units
        self.unwritten = None  # the last activation, if the source does not write it

    # Shapes and strides, row by row.

    def units(self, items, first=True):
        result = []
        for item in items:
            if not isinstance(item, Group):
                result.append(Unit([self.step(item, first)]))
                continue
            for repetition in range(item.repeats):
                if self.has_blocks(item.items):  # a group of blocks
                    result += self.units(item.items, first and repetition == 0)
                    continue
                unit = Unit(self.expand(item.items, first and repetition == 0), True, item.residual)
                if item.residual and self.header.shortcut != "none":
                    self.end_linear(unit)
                result.append(unit)
        return result

    def has_blocks(self, items):
        return self.header.shortcut != "none" and any(group.residual for group in groups(items))

    def expand(self, items, first):
        steps = []
        for item in items:
            if isinstance(item, Group):
                for repetition in range(item.repeats):
                    steps += self.expand(item.items, first and repetition == 0)
            else:
                steps.append(self.step(item, first))
        return steps

    def step(self, layer, first):
        activation = layer.activation or (self.header.activation if layer.kind == "conv" else "linear")
        stride = layer.stride or 1
        return Step(layer, first, stride if first or layer.kind != "conv" else 1, activation)

    def end_linear(self, unit):
        """The last convolution of a block is linear unless it names an activation; before a pool it must."""
        last = max((i for i, step in enumerate(unit.steps) if step.layer.kind == "conv"), default=None)
        if last is None or unit.steps[last].layer.activation:
            return
        unit.steps[last].activation = "linear"
        if any(step.layer.is_pool() for step in unit.steps[last:]):
            self.errors.add("ambiguous-activation")

    def follow_activations(self, units):
        """A layer that activates must not follow an activation that is nowhere written, if they differ."""
        for unit in units:
            for step in unit.steps:
                layer = step.layer
                if layer.kind == "conv":
                    self.unwritten = None if layer.activation else step.activation
                elif layer.kind == "act":
                    same = {("relu", "relu"), ("relu", "relu6"), ("relu6", "relu6")}
                    if self.unwritten not in (None, "fc", "linear") and (self.unwritten, layer.activation) not in same:
                        self.errors.add("ambiguous-activation")
                    self.unwritten = None
                elif layer.kind == "fc":
                    if self.unwritten == "fc":
                        self.errors.add("ambiguous-activation")
                    self.unwritten = None if layer.activation else "fc"
                elif layer.kind == "softmax":
                    self.unwritten = None
            if unit.residual and self.header.shortcut != "none":
                self.unwritten = self.header.activation

    def carriers(self, units):
        """The steps that the row's size may give a stride to, and the pools in brackets, which could be meant as well."""
        result, pools, seen = [], [], set()
        for unit in units:
            open_pools = [s for s in unit.steps if s.layer.is_pool() and s.layer.stride is None and s.first]
            if not unit.block:
                open_convolution = unit.steps[0].layer.kind == "conv" and unit.steps[0].layer.stride is None
                result += unit.steps if open_convolution and unit.steps[0].first else open_pools
                continue
            key = tuple(id(step.layer) for step in unit.steps)
            if key in seen:  # a later repetition
                continue
            seen.add(key)
            convolutions = [step for step in unit.steps if step.layer.kind == "conv"]
            if not convolutions:
                result += open_pools[:1]
                pools += open_pools[1:]
                continue
            pools += open_pools
            if not any(step.layer.stride for step in convolutions):
                chosen = convolutions[0]
                spatial = next((s for s in convolutions if s.layer.kernel != (1, 1)), chosen)
                chosen.undecided = not self.header.stride_on and spatial is not chosen
                if self.header.stride_on == "3x3":
                    chosen = spatial
                result.append(chosen)
        return result, pools

    def decide(self, row, units):
        """Gives strides to the steps of a row that states a size: the smallest by which its layers lead there."""
        (carriers, pools), reached, unfit = self.carriers(units), {}, None
        for stride in range(1, 9 if carriers else 2):
            if carriers:
                carriers[0].stride = stride
            try:
                places, faults = [None], []
                if self.walk(units, self.shape, carriers[:1], places, faults)[1:] == row.size:
                    reached[stride] = places[-1], faults
            except Misread as fault:
                unfit = unfit or fault
        if carriers:
            carriers[0].stride = 1
        if not reached:
            self.ask(row, units)
            raise unfit or Misread("size-mismatch")
        stride = min(reached)
        places, faults = reached[stride]
        if stride > 1:
            if carriers[0].undecided:
                self.errors.add("ambiguous-stride")
            if len(carriers + pools) > 1 and any(step.layer.is_pool() for step in carriers + pools):
                self.errors.add("ambiguous-stride")
            if stride > 2 and len(reached) > 1 and places[1] != (1, 1):
                if any(inside != stride * outside for inside, outside in zip(*places)):
                    self.errors.add("ambiguous-stride")
            carriers[0].stride = stride
        if faults:
            raise Misread(faults[0])

    def window(self, step, shape):
        """The height and width that leave a window, and its padding."""
        layer = step.layer
        pad = layer.pad
        if pad is None:
            pad = tuple(layer.dilation * (k - 1) // 2 if k % 2 else 0 for k in layer.kernel)
            if layer.is_pool() and layer.kernel == shape[1:]:
                pad = (0, 0)
        step.pad = pad
        sizes = []
        for length, kernel, padding in zip(shape[1:], layer.kernel, pad):
            room = length + 2 * padding - layer.dilation * (kernel - 1) - 1
            places = (-(-room // step.stride) if layer.ceil else room // step.stride) + 1
            if layer.ceil and (places - 1) * step.stride >= length + padding:
                places -= 1
            if places < 1:
                raise Misread("window-too-large")
            sizes.append(places)
        return tuple(sizes)

    def walk(self, units, shape, watched=(), places=None, faults=None, count=False):
        """The shape that leaves; `faults` are of shortcuts that do not fit, `places` the maps before and after a step."""
        for unit in units:
            entered, product = shape, 1
            for step in unit.steps:
                layer = step.layer
                if layer.kind == "conv" or layer.is_pool():
                    size = self.window(step, shape)
                    if any(step is other for other in watched):
                        places.append((shape[1:], size))
                    product *= step.stride
                    channels = layer.width if layer.kind == "conv" else shape[0]
                    if count and layer.kind == "conv":
                        taps = layer.kernel[0] * layer.kernel[1] * shape[0]
                        self.work += taps * channels * size[0] * size[1]
                        self.depth += 1
                    shape = (channels, *size)
                elif layer.kind == "gap":
                    shape = (shape[0], 1, 1)
                elif layer.kind == "fc":
                    if count:
                        self.work += layer.width * shape[0] * shape[1] * shape[2]
                        self.depth += 1
                    shape = (layer.width, 1, 1)
            if unit.residual and self.header.shortcut != "none":
                if shape[1:] != tuple((length - 1) // product + 1 for length in entered[1:]):
                    faults.append("shortcut-size")
                elif self.header.shortcut == "A" and shape[0] < entered[0]:
                    faults.append("shortcut-drops-channels")
                elif self.header.shortcut == "A" and shape[0] > entered[0] and not self.header.ends:
                    self.errors.add("ambiguous-shortcut")
            unit.shapes = (entered, shape, product)
        return shape

    def ask(self, row, units):
        """What a reader can't know, of layers whose shapes are known."""
        shape = self.shape
        if not row.size:
            for group in groups(row.items):
                if not group.residual and group.repeats > 1:
                    if any(x.kind == "conv" and (x.stride or 1) > 1 for x in flat(group.items)):
                        self.errors.add("ambiguous-stride")
        for unit in units:
            for step in unit.steps:
                layer = step.layer
                if layer.kind == "conv" or layer.is_pool():
                    size = self.window(step, shape)
                    if layer is row.items[0] and layer.is_pool() and layer.pad is None and not row.size:
                        side = min(layer.kernel)
                        if side > 7 and layer.kernel != shape[1:] and 2 * (layer.stride or side) < side:
                            self.errors.add("ambiguous-window")
                    if layer.kind == "average" and step.pad != (0, 0) and layer.counted is None:
                        self.errors.add("padded-average")
                    if layer.is_pool() and layer.stride is None and not row.size and size != (1, 1):
                        self.errors.add("undecided-stride")
                    shape = (layer.width if layer.kind == "conv" else shape[0], *size)
                elif layer.kind in ("gap", "fc"):
                    shape = (layer.width or shape[0], 1, 1)

    def read_row(self, row):
        """Takes a row on; raises where its shape is not known."""
        units = self.units(row.items)
        self.follow_activations(units)
        try:
            if row.size:
                self.decide(row, units)
            self.ask(row, units)
            faults = []
            self.shape = self.walk(units, self.shape, faults=faults, count=True)
            if faults:
                raise Misread(faults[0])
        except Misread as fault:
            self.errors.add(str(fault))
            if self.header.shortcut != "none" and any(unit.residual for unit in units):  # of different repetitions
                follow = {"shortcut-size", "window-too-large", "shortcut-drops-channels"}
                self.errors |= follow if str(fault) in follow | {"size-mismatch"} else set()
                if any(layer.kind == "average" and layer.counted is None for layer in flat(row.items)):
                    self.errors.add("padded-average")  # behind the layer that does not fit
            raise
        self.rows.append(row)
        self.plan.append(units)

    def finish(self):
        layers = [step.layer for units in self.plan for unit in units for step in unit.steps]
        for i, layer in enumerate(layers):
            if layer.kind == "softmax":
                if i + 1 < len(layers):
                    self.errors.add("softmax-not-last")
                elif self.shape == (1, 1, 1):
                    self.errors.add("softmax-of-one")

    # Values, with the names of "Tensor names".

    def tensor(self, name, *shape):
        self.tensors[name] = shape
        return torch.from_numpy(portable_random.values(name, shape, 0)).double()

    def is_sequence(self):
        """Without blocks, or groups of one layer each."""
        for row in self.rows:
            for item in row.items:
                if isinstance(item, Group):
                    if self.has_blocks([item]):
                        return False
                    if len(self.expand(item.items, True)) > 1:
                        return False
        return True

    def module(self):
        self.modules += 1
        return f"{self.sequence}.{self.modules - 1}"

    def logits(self):
        self.sequence = "features" if self.is_sequence() else None
        self.modules = 0
        outside = {"conv": 0, "act": 0}
        self.fcs, self.fc_count, stage = 0, sum(x.kind == "fc" for row in self.rows for x in flat(row.items)), 0
        self.following = [s.layer.kind for units in self.plan for unit in units for s in unit.steps]
        x = torch.from_numpy(portable_random.values("input", self.header.input, 0)).double()[None]
        for row, units in zip(self.rows, self.plan):
            stage, block = stage + any(unit.block for unit in units), -1
            for unit in units:
                if not unit.block:
                    x = self.compute(unit.steps[0], x, "", outside)
                    continue
                block += 1
                path, counts, entered = f"layer{stage}.{block}.", {"conv": 0, "act": 0}, x
                for step in unit.steps:
                    x = self.compute(step, x, path, counts)
                if unit.residual and self.header.shortcut != "none":
                    x = self.activate(x + self.shortcut(unit, entered, path), self.header.activation, f"{path}prelu")
        return x.flatten().tolist()

    def compute(self, step, x, path, counts):
        layer = step.layer
        self.following.pop(0)
        if self.sequence == "features" and (
            layer.kind == "fc" or layer.kind == "dropout" and next((k for k in self.following if k != "dropout"), "") == "fc"
        ):
            self.sequence, self.modules = "classifier", 0
        if layer.kind == "conv":
            counts["conv"] += 1
            name = self.module() if self.sequence else f"{path}conv{counts['conv']}"
            weight = self.tensor(f"{name}.weight", layer.width, x.shape[1], *layer.kernel)
            eps = self.eps(layer)
            has_bias = eps is None if layer.bias is None else layer.bias
            bias = self.tensor(f"{name}.bias", layer.width) if has_bias else None
            x = F.conv2d(x, weight, bias, step.stride, step.pad, layer.dilation)
            if eps is not None:
                x = self.norm(x, self.module() if self.sequence else f"{path}bn{counts['conv']}", eps)
            return self.activate(x, step.activation, f"{path}prelu{counts['conv']}")
        if layer.kind == "fc":
            self.fcs += 1
            plain = f"fc{self.fcs}" if self.fc_count > 1 else "fc"
            name = self.module() if self.sequence else plain
            x = x.flatten(1)
            weight = self.tensor(f"{name}.weight", layer.width, x.shape[1])
            bias = None if layer.bias is False else self.tensor(f"{name}.bias", layer.width)
            x = self.activate(F.linear(x, weight, bias), step.activation, f"{plain}_prelu")
            return x[:, :, None, None]
        if layer.kind == "act":
            counts["act"] += 1
            return self.activate(x, layer.activation, f"{path}act{counts['act']}")
        if layer.kind == "gap":
            return x.mean((2, 3), keepdim=True)
        if self.sequence:
            self.module()
        if layer.kind == "max":
            return F.max_pool2d(x, layer.kernel, step.stride, step.pad, ceil_mode=layer.ceil)
        if layer.kind == "average":
            return F.avg_pool2d(x, layer.kernel, step.stride, step.pad, layer.ceil, bool(layer.counted))
        return x  # dropout; softmax is left to classify

    def eps(self, layer):
        """What the norm after a convolution adds to the variance; None without norm."""
        if layer.norm == "no norm":
            return None
        if layer.norm or layer.eps is not None:
            return layer.eps if layer.eps is not None else self.header.eps or 1e-5
        return self.header.eps

    def activate(self, x, function, slopes):
        if function == "linear":
            return x
        if self.sequence:
            slopes = self.module()
        if function == "prelu":
            return F.prelu(x, self.tensor(f"{slopes}.weight", x.shape[1]))
        return ACTIVATIONS[function](x)

    def norm(self, x, path, eps):
        weight, bias, mean, variance = (
            self.tensor(f"{path}.{part}", x.shape[1]) for part in ("weight", "bias", "running_mean", "running_var")
        )
        return F.batch_norm(x, mean, variance, weight, bias, eps=eps)

    def shortcut(self, unit, x, path):
        (entered, left, stride), option = unit.shapes, self.header.shortcut
        if option == "A":
            added = left[0] - entered[0]
            before = added // 2 if self.header.ends == "both" else 0
            return F.pad(x[:, :, ::stride, ::stride], (0, 0, 0, 0, before, added - before))
        if option == "B" and entered[0] == left[0] and stride == 1:
            return x
        last = [step.layer for step in unit.steps if step.layer.kind == "conv"][-1]
        eps, has_bias = self.eps(last), self.header.projection_bias
        if has_bias is None:
            has_bias = eps is None and last.bias is not False
        weight = self.tensor(f"{path}downsample.0.weight", left[0], entered[0], 1, 1)
        bias = self.tensor(f"{path}downsample.0.bias", left[0]) if has_bias else None
        x = F.conv2d(x, weight, bias, stride)
        return x if eps is None else self.norm(x, f"{path}downsample.1", eps)
