#!/usr/bin/env python3
"""A random search for sources that read one way and compute another.

    python scripts/random_networks.py --count 150 --seed 1 -o Tests/CompilerTests/Fixtures/random-networks.txt
    python scripts/random_networks.py --count 20000 --seed 2 -o /tmp/networks.txt
    RESNETC_RANDOM_NETWORKS=/tmp/networks.txt swift test --filter RandomSearchTests

Draws networks, writes each down in the language, and computes it with PyTorch in double precision from what was meant,
not from what was written. What a source leaves out follows docs/language.md, which is all that this script knows of
the compiler. A network of the file:

    network 17 a n=3            its number; the column and the parameters' values that are chosen
    | family Net(n = 2)         the source
    tensors conv1.weight:4,3,3,3 ...
    logits 0.1 0.2 ...          or `error CODE ...`: any of these, where the compiler must ask

Tensors are functions of their names (portable_random.py, seed 0).
"""
import argparse
import random
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

import portable_random

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": F.relu,
    "relu6": F.relu6,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "gelu": F.gelu,
}


@dataclass
class Layer:
    """One layer as meant. `text` is how it is written, but for a stride that the row's size says."""

    kind: str
    text: str
    kernel: tuple = (1, 1)
    width: int = 0
    stride: int = 1
    pad: tuple | None = None  # None: the default
    dilation: int = 1
    bias: bool = False
    eps: float | None = None  # None: no norm
    activation: str = "linear"
    ownActivation: bool = False
    ceil: bool = False
    counted: bool | None = None
    openStride: bool = False
    asks: set = field(default_factory=set)


@dataclass
class Group:
    residual: bool
    layers: list  # Layer, or Group without a shortcut
    repeats: int
    text: str = ""


class Network:
    def __init__(self, number, seed):
        self.draw = random.Random(f"{seed} {number}")
        self.number = number
        self.asks = set()
        self.tensors = {}
        self.product = 1
        self.definitions = []

    def chance(self, probability):
        return self.draw.random() < probability

    # What is meant, and how it is written.

    def make(self):
        draw = self.draw
        self.input = (draw.choice([1, 2, 3]), draw.randint(5, 16), draw.randint(5, 16))
        self.shortcut = draw.choice(["B", "B", "A", "A, pad both", "C", "none"])
        self.projectionBias = None
        if self.shortcut in "BC" and self.chance(0.2):
            self.projectionBias = self.chance(0.5)
            self.shortcut += ", bias" if self.projectionBias else ", no bias"
        self.strideOn = draw.choice(["first", "3x3"])
        self.eps = draw.choice([1e-5, 1e-5, 1e-3, None])
        self.activation = draw.choice(["relu", "relu", "relu", *ACTIVATIONS, "prelu"])
        self.isFamily = self.chance(0.25)
        self.parameters = {"w": draw.randint(2, 4), "n": draw.randint(1, 3)} if self.isFamily and self.chance(0.6) else {}
        self.columns = self.isFamily and (not self.parameters or self.chance(0.4))
        shape, rows = self.input, []
        for index in range(draw.randint(1, 4)):
            row, shape = self.row(f"r{index + 1}", shape)
            rows.append(row)
            if min(shape[1:]) < 2:
                break
        rows.append(self.head(shape))
        self.rows = rows
        return self.source()

    def header(self):
        lines = [f"input {' x '.join(map(str, self.input))}"]
        if self.shortcut != "B" or self.chance(0.3):
            lines.append(f"shortcut {self.shortcut}")
        if self.strideOn != "first" or self.chance(0.3):
            lines.append(f"stride on {self.strideOn}")
        if self.eps is None:
            lines.append("norm none")
        elif self.eps != 1e-5 or self.chance(0.2):
            lines.append(f"norm batch, eps {self.eps}")
        if self.activation != "relu" or self.chance(0.2):
            lines.append(f"activation {self.activation}")
        self.draw.shuffle(lines)
        return lines + self.definitions

    def source(self):
        cells = []
        for name, size, text in [(row[0], row[1], row[3]) for row in self.rows]:
            if self.columns:
                other = self.draw.choice(["3x3, 5, stride 1", "same" if name != "r1" else "1x1, 4", "(3x3, 3) x 2"])
                other = "average pool, 3-d fc" if name == "head" else other
                text = f"| {text}" if self.chance(0.3) else f"| {text} | {other}"
            cells.append(" ".join(part for part in [name, size, text] if part))
        parameters = ", ".join(f"{name} = {value}" for name, value in self.parameters.items())
        first = ("family " if self.isFamily else "model ") + "Net" + (f"({parameters})" if parameters else "")
        return [first, *self.header(), *(["| a | b"] if self.columns else []), *cells]

    def number_text(self, value):
        """A whole number, or an expression of the parameters that has its value."""
        if not self.parameters or self.chance(0.4):
            return str(value)
        name = self.draw.choice(list(self.parameters))
        parameter = self.parameters[name]
        if value == parameter:
            return name
        if value % parameter == 0 and self.chance(0.5):
            return self.draw.choice([f"{value // parameter}{name}", f"{value // parameter} * {name}"])
        return f"({name} + {value - parameter})" if value > parameter else f"({name} - {parameter - value})"

    def convolution(self, shape, kernels, inBlock=False, stride=None):
        draw = self.draw
        kernel = draw.choice(kernels)
        width = draw.randint(1, 8)
        layer = Layer("conv", "", kernel=kernel, width=width, eps=self.eps, activation=self.activation)
        words = [f"{kernel[0]}{draw.choice(['x', ' x ', '×'])}{kernel[1]}", self.number_text(width)]
        attributes = []
        if not inBlock and self.chance(0.2):
            layer.dilation = draw.randint(2, 3)
            attributes.append(f"dilation {layer.dilation}")
        if not inBlock and self.chance(0.25):
            layer.pad = (draw.randint(0, kernel[0]), draw.randint(0, kernel[1]))
            attributes.append(f"pad {layer.pad[0]}x{layer.pad[1]}" if layer.pad[0] != layer.pad[1] or self.chance(0.3)
                              else f"pad {layer.pad[0]}")  # fmt: skip
        if self.chance(0.15):
            layer.eps, text = draw.choice([(None, "no norm"), (self.eps or 1e-5, "norm batch"), (0.01, "eps 0.01")])
            attributes.append(text)
        layer.bias = layer.eps is None
        if self.chance(0.15):
            layer.bias = self.chance(0.5)
            attributes.append("bias" if layer.bias else "no bias")
        if self.chance(0.2):
            layer.activation, layer.ownActivation = draw.choice([*ACTIVATIONS, "prelu"]), True
            attributes.append(layer.activation)
        layer.stride = stride or 1
        if stride:
            attributes.append(f"stride {stride}")
        else:
            layer.openStride = True
        draw.shuffle(attributes)
        layer.text = ", ".join(words + attributes)
        return layer

    def pool(self, shape, writesStride):
        draw = self.draw
        kind = draw.choice(["max", "average"])
        kernel = draw.choice([(2, 2), (3, 3), (3, 3), (2, 3), (1, 3), (4, 4), (5, 5), shape[1:]])
        layer = Layer(kind, "", kernel=kernel, stride=draw.randint(1, 3))
        words = [f"{kernel[0]}x{kernel[1]} {kind} pool"]
        if self.chance(0.3):
            layer.pad = (draw.randint(0, kernel[0] // 2), draw.randint(0, kernel[1] // 2))
            words.append(f"pad {layer.pad[0]}x{layer.pad[1]}")
        if self.chance(0.2):
            layer.ceil = True
            words.append("ceil")
        if kind == "average" and self.chance(0.85):
            layer.counted = self.chance(0.5)
            words.append("counted" if layer.counted else "uncounted")
        if writesStride:
            words.append(f"stride {layer.stride}")
        else:
            layer.openStride = True
        layer.text = ", ".join(words)
        return layer

    def block(self, shape, statesSize):
        """A residual block whose layers keep the size, but for the stride."""
        draw = self.draw
        odd = [(1, 1), (3, 3), (3, 3), (1, 3), (5, 5)]
        layers = [self.convolution(shape, odd, inBlock=True) for _ in range(draw.randint(1, 3))]
        if self.chance(0.15):
            layers.insert(draw.randint(0, len(layers)), Layer("act", "gelu", activation="gelu"))
        if self.chance(0.1):
            layers.append(Layer("act", "dropout 0.3"))
        if self.chance(0.15):
            inner = [self.convolution(shape, odd, inBlock=True) for _ in range(draw.randint(1, 2))]
            repeats = draw.randint(1, 2)
            group = Group(False, inner, repeats, f"({'; '.join(x.text for x in inner)}) x {repeats}")
            layers.insert(draw.randint(0, len(layers)), group)
        if self.shortcut.startswith("A"):
            self.widen(layers, shape[0])
        repeats = draw.randint(1, 3)
        if self.chance(0.06):
            layers.append(Layer("max", "1x1 max pool, stride 1"))
            last = [x for x in self.flat(layers) if x.kind == "conv"][-1]
            if not last.ownActivation and self.shortcut != "none":
                self.asks.add("ambiguous-activation")
        body = "; ".join(x.text for x in layers)
        if self.chance(0.15):
            name = f"b{len(self.definitions) + 1}"
            self.definitions.append(f"block {name} = {body}")
            body = name
        count = self.number_text(repeats)
        text = f"[{body}]" + ("" if repeats == 1 and self.chance(0.5) else f" {draw.choice(['x', '×'])} {count}")
        return Group(True, layers, repeats, text)

    def widen(self, layers, channels):
        """Option A only adds channels."""
        last = [x for x in self.flat(layers) if x.kind == "conv"][-1]
        width = channels + self.draw.choice([0, 1, 2, 3])
        head, _, rest = last.text.partition(", ")
        last.text = ", ".join([head, str(width), *rest.split(", ")[1:]])
        for group in layers:
            if isinstance(group, Group):
                group.text = f"({'; '.join(x.text for x in group.layers)}) x {group.repeats}"
        last.width = width

    def flat(self, layers):
        result = []
        for layer in layers:
            if isinstance(layer, Group):
                for _ in range(layer.repeats):
                    result += layer.layers
            else:
                result.append(layer)
        return result

    def row(self, name, shape):
        """Layers whose strides are meant, then written, or said by the row's size."""
        draw = self.draw
        for _ in range(200):
            asks, definitions = set(self.asks), list(self.definitions)
            statesSize, stride = self.chance(0.5), draw.choice([1, 1, 2, 2, 3])
            items = []
            for _ in range(draw.choice([1, 1, 1, 2, 3])):
                kind = draw.random()
                if kind < 0.4:
                    odd = [(3, 3), (1, 1), (2, 2), (4, 4), (3, 5), (1, 4), (5, 5), (7, 7)]
                    items.append(self.convolution(shape, odd, stride=draw.choice([None, None, 1, 2, 3])))
                elif kind < 0.6:
                    items.append(self.pool(shape, writesStride=self.chance(0.8)))
                elif kind < 0.68:
                    activation = draw.choice([*ACTIVATIONS, "prelu"])
                    items.append(Layer("act", activation, activation=activation))
                elif kind < 0.85:
                    items.append(self.block(shape, statesSize))
                else:
                    inner = [self.convolution(shape, [(3, 3), (1, 1), (2, 2)], stride=draw.choice([None, None, None, 2]))
                             for _ in range(draw.randint(1, 2))]  # fmt: skip
                    repeats = draw.randint(1, 3)
                    items.append(Group(False, inner, repeats, f"({'; '.join(x.text for x in inner)}) x {repeats}"))
            result = None
            if not isinstance(items[0], Layer) or items[0].kind != "act":
                result = self.decide(items, shape, statesSize, stride)
            if result is None:
                self.asks, self.definitions = asks, definitions
                continue
            decided, out = result
            # After a comma an activation belongs to the layer before it.
            separators = ["; "] if any(isinstance(x, Layer) and x.kind == "act" for x in items) else ["; ", ", "]
            text = draw.choice(separators).join(item.text for item in items)
            size = draw.choice([f"{out[1]}x{out[2]}", f"{out[1]} x {out[2]}"]) if statesSize else ""
            return (name, size, decided, text), out
        layer = Layer("conv", "1x1, 3", width=3, eps=self.eps, activation=self.activation, bias=self.eps is None)
        return (name, "", [layer], "1x1, 3"), (3, *shape[1:])

    def decide(self, items, shape, statesSize, meant):
        """The row's items with a stride for each layer, and what leaves; None where it cannot be meant so."""
        carriers = self.carriers(items)
        pools = [layer for layer, _ in carriers if layer.kind in ("max", "average")]

        def outcome(stride):
            self.carrier = carriers[0][0] if carriers else None
            self.carried = stride
            return self.shapes(items, shape)

        if not statesSize:
            for item in items:
                if isinstance(item, Group) and not item.residual and item.repeats > 1:
                    if any(x.kind == "conv" and not x.openStride and x.stride > 1 for x in item.layers):
                        self.asks.add("ambiguous-stride")
            out = outcome(1)
            if out is None:
                return None
            return items, out
        out = outcome(meant if carriers else 1)
        if out is None:
            return None
        reaching = [s for s in range(1, 9) if (outcome(s) or (0, 0, 0))[1:] == out[1:]] if carriers else [1]
        if carriers and reaching[0] != meant:
            if reaching[0] != 1:
                return None
            meant = 1
        if meant > 1:
            if pools and len(carriers) > 1:
                self.asks.add("ambiguous-stride")
            elif meant > 2 and len(reaching) > 1:
                # Asked, unless the map is exactly so many times as large, or one place is left. Which, the carrier's
                # own maps tell; this script lets either pass.
                return None
        out = outcome(meant)
        return items, out

    def carriers(self, items):
        """The layers that could take a stride which the row's size says, the first of them in front."""
        result = []
        for item in items:
            if isinstance(item, Layer):
                if item.openStride:
                    result.append((item, None))
                continue
            layers = self.flat(item.layers)
            convolutions = [x for x in layers if x.kind == "conv"]
            chosen = convolutions[0]
            if self.strideOn == "3x3":
                chosen = next((x for x in convolutions if x.kernel != (1, 1)), chosen)
            if chosen.openStride:
                result.append((chosen, item))
        return result

    # Shapes and values, of the same walk.

    def shapes(self, items, shape):
        return self.walk(items, shape, None)

    def walk(self, items, shape, x):
        """What leaves the items: a shape, or with `x` the value. None where a window does not fit."""
        self.first = set()
        for item in items:
            if isinstance(item, Layer):
                shape, x = self.step(item, shape, x, "row", first=True) or (None, None)
            else:
                shape, x = self.group(item, shape, x) or (None, None)
            if shape is None:
                return None
        return shape if x is None else (shape, x)

    def stride_of(self, layer, first):
        if layer is self.carrier and first and id(layer) not in self.first:
            self.first.add(id(layer))
            return self.carried
        if layer.kind == "conv" and not layer.openStride:
            return layer.stride if first else 1
        return 1 if layer.openStride else layer.stride

    def step(self, layer, shape, x, place, first, activation=None):
        channels, height, width = shape
        if layer.kind == "act":
            return shape, None if x is None else self.value(layer, shape, x, place, 1, (0, 0), activation)
        stride = self.stride_of(layer, first)
        self.product *= stride
        pad = layer.pad
        if pad is None:
            pad = tuple(layer.dilation * (k - 1) // 2 if k % 2 else 0 for k in layer.kernel)
            if layer.kind != "conv" and layer.kernel == (height, width):
                pad = (0, 0)
        sizes = []
        for length, kernel, padding in zip((height, width), layer.kernel, pad):
            room = length + 2 * padding - layer.dilation * (kernel - 1) - 1
            if room < 0:
                return None
            count = (-(-room // stride) if layer.ceil else room // stride) + 1
            if layer.ceil and (count - 1) * stride >= length + padding:
                count -= 1
            sizes.append(count)
        out = (layer.width if layer.kind == "conv" else channels, *sizes)
        if x is None:
            layer.asks = set()
            if layer.kind == "average" and pad != (0, 0) and layer.counted is None:
                layer.asks.add("padded-average")
            if layer.kind in ("max", "average") and layer.openStride and out[1:] != (1, 1):
                layer.asks.add("undecided-stride")
            return out, None
        return out, self.value(layer, out, x, place, stride, pad, activation)

    def group(self, group, shape, x):
        for repetition in range(group.repeats):
            entering, start, self.product = shape, x, 1
            layers = []
            for layer in group.layers:
                if isinstance(layer, Group):
                    layers += [(y, again == 0) for again in range(layer.repeats) for y in layer.layers]
                else:
                    layers.append((layer, True))
            convolutions = [i for i, (layer, _) in enumerate(layers) if layer.kind == "conv"]
            sums = group.residual and self.shortcut != "none"
            if x is not None:
                self.enter_block()
            for i, (layer, again) in enumerate(layers):
                activation = None
                if sums and i == convolutions[-1] and not layer.ownActivation:
                    activation = "linear"
                result = self.step(layer, shape, x, "block", first=repetition == 0 and again, activation=activation)
                if result is None:
                    return None
                shape, x = result
            if sums:
                if x is None:
                    if not self.reached(entering, shape):
                        return None
                    if self.shortcut[0] == "A" and shape[0] < entering[0]:
                        return None
                else:
                    last = layers[convolutions[-1]][0]
                    x = self.add(start, entering, x, shape, last)
        return shape, x

    def reached(self, entering, shape):
        """Whether the shortcut, by the strides of the block in all, leads where its layers lead."""
        return shape[1:] == tuple((length - 1) // self.product + 1 for length in entering[1:])

    def head(self, shape):
        draw = self.draw
        layers, words = [], []
        if self.chance(0.6):
            layers.append(Layer("gap", "average pool"))
            words.append("average pool")
        for index in range(draw.choice([1, 1, 2])):
            width = draw.randint(2, 6)
            layer = Layer("fc", "", width=width, bias=True)
            words.append(f"{self.number_text(width)}-d fc")
            if self.chance(0.2):
                layer.bias = False
                words.append("no bias")
            if self.chance(0.3):
                layer.activation = draw.choice([*ACTIVATIONS, "prelu"])
                words.append(layer.activation)
            layers.append(layer)
            if self.chance(0.2):
                layers.append(Layer("act", "dropout 0.5"))
                words.append("dropout 0.5")
        if self.chance(0.5):
            words.append("softmax")
        return ("head", draw.choice(["", "1x1"]), layers, ", ".join(words))

    # Values, with the names of "Tensor names".

    def tensor(self, name, *shape):
        self.tensors[name] = shape
        return torch.from_numpy(portable_random.values(name, shape, 0)).double()

    def is_sequence(self):
        groups = [item for row in self.rows for item in row[2] if isinstance(item, Group)]
        return not any(g.residual and self.shortcut != "none" or len(self.flat(g.layers)) > 1 for g in groups)

    def enter_block(self):
        self.block_index += 1
        self.block_counts = {"conv": 0, "act": 0}

    def module(self):
        name = f"{self.sequence}.{self.modules}"
        self.modules += 1
        return name

    def value(self, layer, shape, x, place, stride, pad, activation):
        function = activation or layer.activation
        if layer.kind == "act" and layer.text.startswith("dropout"):
            if self.sequential:
                self.module()
            return x
        prefix = "" if place == "row" else f"layer{self.stage}.{self.block_index}."
        counts = self.row_counts if place == "row" else self.block_counts
        slopes = ""
        if layer.kind == "conv":
            counts["conv"] += 1
            path, norm = f"{prefix}conv{counts['conv']}", f"{prefix}bn{counts['conv']}"
            slopes = f"{prefix}prelu{counts['conv']}"
            if self.sequential:
                path = self.module()
                norm = self.module() if layer.eps is not None else ""
            weight = self.tensor(f"{path}.weight", layer.width, x.shape[1], *layer.kernel)
            bias = self.tensor(f"{path}.bias", layer.width) if layer.bias else None
            x = F.conv2d(x, weight, bias, stride, pad, layer.dilation)
            x = self.norm(x, norm, layer.eps)
        elif layer.kind == "max":
            if self.sequential:
                self.module()
            x = F.max_pool2d(x, layer.kernel, stride, pad, ceil_mode=layer.ceil)
        elif layer.kind == "average":
            if self.sequential:
                self.module()
            x = F.avg_pool2d(x, layer.kernel, stride, pad, layer.ceil, bool(layer.counted))
        elif layer.kind == "act":
            counts["act"] += 1
            slopes = f"{prefix}act{counts['act']}"
        return self.activate(x, function, slopes)

    def activate(self, x, function, slopes):
        if function == "linear":
            return x
        if self.sequential:
            slopes = self.module()
        if function != "prelu":
            return ACTIVATIONS[function](x)
        return F.prelu(x, self.tensor(f"{slopes}.weight", x.shape[1]))

    def norm(self, x, path, eps):
        if eps is None:
            return x
        weight, bias = self.tensor(f"{path}.weight", x.shape[1]), self.tensor(f"{path}.bias", x.shape[1])
        mean = self.tensor(f"{path}.running_mean", x.shape[1])
        variance = self.tensor(f"{path}.running_var", x.shape[1])
        return F.batch_norm(x, mean, variance, weight, bias, eps=eps)

    def add(self, start, entering, x, shape, last):
        stride, option = self.product, self.shortcut[0]
        path = f"layer{self.stage}.{self.block_index}"
        if option == "A":
            start = start[:, :, ::stride, ::stride]
            before = (shape[0] - entering[0]) // 2 if "both" in self.shortcut else 0
            start = F.pad(start, (0, 0, 0, 0, before, shape[0] - entering[0] - before))
        elif option == "C" or entering[0] != shape[0] or stride > 1:
            weight = self.tensor(f"{path}.downsample.0.weight", shape[0], entering[0], 1, 1)
            hasBias = last.bias and last.eps is None if self.projectionBias is None else self.projectionBias
            bias = self.tensor(f"{path}.downsample.0.bias", shape[0]) if hasBias else None
            start = self.norm(F.conv2d(start, weight, bias, stride), f"{path}.downsample.1", last.eps)
        return self.activate(x + start, self.activation, f"{path}.prelu")

    def logits(self):
        self.sequential = self.is_sequence()
        self.sequence, self.modules = "features", 0
        self.row_counts, self.stage, self.connected = {"conv": 0, "act": 0}, 0, 0
        x = self.tensor("input", *self.input)[None]
        del self.tensors["input"]
        shape = self.input
        for name, size, items, _ in self.rows[:-1]:
            if any(isinstance(item, Group) for item in items):
                self.stage += 1
            self.block_index = -1
            carriers = self.carriers(items)
            self.carrier = carriers[0][0] if carriers else None
            self.carried = self.strides_of(size, items, shape)
            shape, x = self.walk(items, shape, x)
        fcs = sum(layer.kind == "fc" for layer in self.rows[-1][2])
        for layer in self.rows[-1][2]:
            if layer.kind == "gap":
                x = x.mean((2, 3), keepdim=True)
            elif layer.kind == "fc":
                if self.sequence == "features":
                    self.sequence, self.modules = "classifier", 0
                self.connected += 1
                path = f"fc{self.connected}" if fcs > 1 else "fc"
                slopes = f"{path}_prelu"
                path = self.module() if self.sequential else path
                x = x.flatten(1)
                bias = self.tensor(f"{path}.bias", layer.width) if layer.bias else None
                weight = self.tensor(f"{path}.weight", layer.width, x.shape[1])
                if layer.bias:
                    self.tensors[f"{path}.bias"] = self.tensors.pop(f"{path}.bias")
                x = self.activate(F.linear(x, weight, bias), layer.activation, slopes)
            elif self.sequential:
                self.module()
        return x.flatten().tolist()

    def strides_of(self, size, items, shape):
        """The stride that the row's size says."""
        if not size:
            return 1
        height, width = map(int, size.replace(" ", "").split("x"))
        for stride in range(1, 9):
            self.carried = stride
            out = self.shapes(items, shape)
            if out and out[1:] == (height, width):
                return stride
        raise ValueError(f"{self.number}: {size}")


def network(number, seed):
    net = Network(number, seed)
    source = net.make()
    shape = net.input
    # Questions are asked of what is written in the end.
    for name, size, items, _ in net.rows[:-1]:
        carriers = net.carriers(items)
        net.carrier = carriers[0][0] if carriers else None
        net.carried = net.strides_of(size, items, shape)
        shape = net.shapes(items, shape)
        for item in items:
            for layer in [item] if isinstance(item, Layer) else net.flat(item.layers):
                net.asks |= layer.asks - ({"undecided-stride"} if size else set())
    lines = [f"network {number}" + (" a" if net.columns else "")]
    lines += [f"| {line}" for line in source]
    if net.asks:
        return lines + [f"error {' '.join(sorted(net.asks))}"]
    logits = net.logits()
    tensors = " ".join(f"{name}:{','.join(map(str, shape))}" for name, shape in sorted(net.tensors.items()))
    return lines + [f"tensors {tensors}", "logits " + " ".join(map(repr, logits))]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--count", type=int, default=150)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--only", type=int, help="the network of this number alone")
    arguments.add_argument("-o", "--output", required=True)
    options = arguments.parse_args()
    torch.set_num_threads(1)
    numbers = [options.only] if options.only is not None else range(options.count)
    with open(options.output, "w", encoding="utf-8") as file:
        for number in numbers:
            file.write("\n".join(network(number, options.seed)) + "\n")


if __name__ == "__main__":
    main()
