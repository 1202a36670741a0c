"""Draws the parts of networks (network_parts.py), not knowing what enters them; network_widths.py fits their widths to each
other afterwards.
"""

from network_parts import Branches, Group, Header, Layer, flat
from network_values import ACTIVATIONS
from network_widths import Widths, is_factor

FUNCTIONS = [*ACTIVATIONS, "prelu"]


class Drawing(Widths):
    def function(self):
        return self.draw.choice(FUNCTIONS)

    def header(self):
        draw = self.draw
        side = lambda: draw.choice([draw.randint(1, 4), *[draw.randint(5, 16)] * 4])  # noqa: E731
        options = ["B", "B", "B", "A", "C", "identity", "none"]
        header = Header((draw.randint(1, 3), side(), side()), draw.choice(options))
        if header.shortcut in "BC" and self.chance(0.2):
            header.projection_bias = self.chance(0.5)
        if header.shortcut in "BC":
            header.projection_pool = self.chance(0.15)
        header.ends = draw.choice([*["end", "both"] * 12, None])
        header.stride_on = draw.choice([*["first", "3x3"] * 12, None])
        header.norm = draw.choice(["batch"] * 8 + ["none"] * 2 + ["layer", "group"])
        header.eps = draw.choice([1e-5, 1e-5, 1e-3, 0.02])
        header.norm_groups = draw.choice([1, 1, 2]) if header.norm == "group" else 1
        header.standardized = draw.choice([*[None] * 8, 1e-6, 1e-8, 0.01])
        header.activation = draw.choice(["relu"] * 4 + FUNCTIONS)
        header.order = draw.choice(["post"] * 7 + ["pre"])
        return header

    # Layers, as they are written.

    def convolution(self, in_block=False):
        draw = self.draw
        odd = [(1, 1), (1, 1), (3, 3), (3, 3), (3, 3), (5, 5), (1, 3), (3, 1), (5, 3)]
        free = [*odd, (7, 7), (2, 2), (4, 4), (2, 3), (1, 4), (4, 5)]
        layer = Layer("conv", draw.choice(odd if in_block and self.chance(0.97) else free), draw.randint(1, 8))
        if self.chance(0.15 if in_block else 0.4):
            layer.stride = draw.choice([1, 2, 2, 3, (2, 1), (1, 2), (3, 2)])
        if self.chance(0.15):
            layer.dilation = draw.randint(2, 3)
        if self.chance(0.05 if in_block else 0.25):
            layer.pad = (draw.randint(0, layer.kernel[0]), draw.randint(0, layer.kernel[1])) * draw.choice([1, 1, 2])
            layer.pad = draw.choice([layer.pad, layer.pad, (*layer.pad[:2], *reversed(layer.pad[:2])), "same"])
        elif in_block and self.chance(0.12):
            layer.kernel = draw.choice([layer.kernel, (2, 2), (4, 3), (2, 5)])
            layer.pad = "same" if self.chance(0.4) else self.keeping(layer)
        if self.chance(0.25):
            layer.groups = draw.choice(["some", "depthwise"])
        if self.chance(0.15):
            layer.bias = self.chance(0.5)
        if self.chance(0.2):
            layer.norm, layer.norm_groups = draw.choice(["batch", "none", "layer", "group"]), "some"
        if self.chance(0.06):
            layer.standardized = self.chance(0.6)
        if layer.norm != "none" and self.chance(0.1):
            layer.eps = draw.choice([1e-3, 0.01, 1e-5])
        if self.chance(0.25):
            layer.activation = self.function()
        return layer

    def keeping(self, layer):
        """Zeros for each side that keep the size at stride 1."""
        total = [layer.dilation * (k - 1) for k in layer.kernel]
        if all(n % 2 == 0 for n in total) and self.chance(0.3):
            return tuple(n // 2 for n in total)
        before = [self.draw.choice([0, n // 2, n // 2, n - n // 2, n]) for n in total]
        return (*before, *(n - k for n, k in zip(total, before)))

    def pool(self, shape, in_block=False):
        draw = self.draw
        kernel = draw.choice([(2, 2), (3, 3), (3, 3), (2, 3), (1, 3), (4, 4), (5, 5), (7, 7), shape[1:], shape[1:]])
        layer = Layer(draw.choice(["max", "average"]), kernel)
        if in_block and self.chance(0.7):
            layer.kernel, layer.stride = draw.choice([(1, 3), (3, 3), (5, 5)]), 1
        elif self.chance(0.75):
            layer.stride = draw.choice([1, 2, 3, 1, 2, 3, 2, (2, 1), (1, 2)])
        if self.chance(0.3):
            layer.pad = tuple(draw.randint(0, k // 2) for k in kernel * draw.choice([1, 1, 2]))
            layer.kernel = kernel
        elif self.chance(0.15):
            layer.pad = "same"
        layer.ceil = self.chance(0.2)
        if layer.kind == "average" and self.chance(0.85):
            layer.counted = self.chance(0.5)
        if layer.kind == "max" and self.chance(0.15):
            layer.counted = self.chance(0.7)
        if layer.kernel == (1, 1):  # `1x1 average pool` is a size and the mean of the whole map
            layer.kernel, layer.pad = (1, 2), None
        return layer

    def aside(self):
        """A layer that computes value by value, or nothing."""
        if self.chance(0.3):
            return Layer("dropout", rate=self.draw.choice([0.3, 0.5]))
        return Layer("act", activation=self.function())

    def others(self, in_block=False):
        """Layers of other kinds, with the convolution before them that some of them need."""
        draw = self.draw
        kinds = ["se", "se", "eca", "gate", "norm", "norm", "maxout", "lrn", "shuffle", "shuffle"]
        kind = draw.choice(kinds + (["se"] if in_block else ["to max", "to average", "upsample", "upsample"]))
        layer = Layer(kind)
        if kind == "se":
            layer.width, layer.divisor = draw.choice([(draw.randint(1, 5), None), (0, 2)])
            inner = [word for word in FUNCTIONS if word not in ("sigmoid", "hardsigmoid")]
            layer.words = [draw.choice(inner)] * self.chance(0.6)
            layer.words += [draw.choice(["sigmoid", "hardsigmoid"])] * self.chance(0.4)
        elif kind == "eca":
            layer.width = draw.choice([0, 0, 1, 3, 5, 9, 4 if self.chance(0.1) else 3])
            layer.words = [draw.choice(["sigmoid", "hardsigmoid"])] * self.chance(0.4)
        elif kind == "gate":
            layer = self.convolution(True)
            layer.kind, layer.stride, layer.pad = "gate", None, draw.choice([None, "same", self.keeping(layer)])
            if any(k % 2 == 0 for k in layer.kernel):
                layer.pad = layer.pad or "same"
            return [Group(False, [layer], draw.randint(1, 3)) if self.chance(0.4) else layer]
        elif kind == "norm":
            layer.eps = draw.choice([None, 1e-3])
            layer.norm, layer.norm_groups = draw.choice([None, None, "batch", "layer", "group"]), "some"
            layer.activation = draw.choice([None, self.function()])
        elif kind in ("maxout", "shuffle", "upsample"):
            layer.width, layer.bilinear = 2 if kind != "upsample" or self.chance(0.8) else 3, self.chance(0.5)
        elif kind == "lrn":
            layer.width = draw.randint(1, 6)
            some = {"alpha": [1e-4, 0.05, 0.5], "beta": [0.75, 0.5, 1.0], "k": [1.0, 2.0]}
            layer.numbers = {name: draw.choice(values) for name, values in some.items() if self.chance(0.5)}
        else:
            layer.kernel = (draw.randint(1, 6), draw.randint(1, 6))
        if kind in ("norm", "maxout") or self.chance(0.3):
            before = self.convolution(True)
            if self.chance(0.95):
                before.activation = before.activation or draw.choice(["linear", self.function()])
            return [before, layer]
        return [layer]

    # Brackets and braces.

    def block(self, shape):
        items = [self.convolution(True) for _ in range(self.draw.randint(1, 3))]
        if self.chance(0.15):
            items.insert(self.draw.randint(0, len(items)), self.aside())
        if self.chance(0.2):
            place = self.draw.randint(0, len(items))
            items[place:place] = self.others(True)
        if self.chance(0.12):
            items.insert(self.draw.randint(0, len(items)), self.pool(shape, True))
        if self.chance(0.15):
            items.insert(self.draw.randint(0, len(items)), self.plain(shape, 2, True))
        if self.chance(0.15):
            items.insert(self.draw.randint(0, len(items)), self.branches(shape))
        if any(isinstance(item, Branches) for item in items):
            self.name_last(items)
        group = Group(True, items, self.draw.randint(1, 3))
        if self.chance(0.2):
            group.activation = self.function()
        if self.chance(0.2):
            group.shortcut = self.draw.choice(["A", "A", "B", "C", "identity", "none"])
            if group.shortcut == "A":
                group.ends = self.draw.choice([*["end", "both"] * 6, None])
        group.scaled = self.chance(0.15)
        group.survival = self.draw.choice([*[None] * 9, 0.8, 1.0])
        return group

    def plain(self, shape, longest=3, in_block=False):
        draw, items = self.draw, []
        for _ in range(draw.randint(1, longest)):
            kind = draw.random()
            if kind < 0.7:
                items.append(self.convolution(in_block or self.chance(0.7)))
            elif kind < 0.75:
                items += self.others(True)
            else:
                items.append(self.aside() if kind < 0.9 else self.pool(shape, in_block))
        if self.chance(0.1):
            items.append(Group(False, [self.convolution(True)], draw.randint(1, 2)))
        if self.chance(0.1):
            items.insert(draw.randint(0, len(items)), self.branches(shape))
        if not in_block and self.chance(0.1):
            items = [self.block(shape) for _ in range(draw.randint(1, 2))]
        return Group(False, items, draw.choice([1, 1, 2, 2, 3]))

    def branches(self, shape, depth=2):
        """Layers side by side. Each steps as the others do, so a stride stands in all or in none."""
        draw = self.draw
        combiner = draw.choice([None, None, None, "sum", "product"])
        stride = draw.choice([1, 1, 1, 1, 2])
        count = draw.choice([2, 2, 2, 3, 3, 4] if combiner else [2, 2, 2, 3, 1])
        if combiner == "product" or self.chance(0.02):
            count = 2 if self.chance(0.98) else draw.choice([1, 3])
        branches = [self.branch(shape, depth, stride) for _ in range(count)]
        if stride == 1 and self.chance(0.4):
            branches[draw.randrange(count)] = []
        item = Branches(branches, combiner)
        if count > 1 and self.chance(0.3) or self.chance(0.01):
            item.split = True
        if self.values and self.chance(0.02 if item.split else 0.25):
            self.read(item, shape, stride)
        if combiner:
            if combiner == "product" and count == 2 and self.chance(0.4):  # a factor for each channel, or for each pixel
                factor = [Layer("conv", activation=draw.choice(["sigmoid", "hardsigmoid", "tanh"]))]
                which, first = draw.randint(0, 1), [Layer(draw.choice(["gap", "gap", "gmp"]))] if self.chance(0.6) else []
                factor[0].width = 0 if first else 1
                branches[which] = first + factor
            if self.chance(0.5):
                item.activation = self.function()
            self.name_last(branches, all_of_them=True)
        if stride == 1 and self.chance(0.4) and not any(is_factor(branch) for branch in branches):
            self.carry(branches)
        return Group(False, [item], draw.randint(1, 3)) if self.chance(0.2) else item

    def carry(self, branches):
        """Lets branches begin with what the one before them leaves; the first, which has none, hardly ever."""
        for i, branch in enumerate(branches):
            begins_with_row = branch and isinstance(branch[0], Layer) and branch[0].kind == "from"
            if not begins_with_row and self.chance(0.6 if i else 0.02):
                branches[i] = [Layer("carry"), *branch]

    def read(self, item, shape, stride):
        """Lets a branch read a row: one that fits, if there is one."""
        draw = self.draw
        size = tuple((length - 1) // stride + 1 for length in shape[1:])
        fitting = [name for name, value in self.values.items() if value.shape[1:] == size]
        halves = [name for name, value in self.values.items() if tuple(2 * n for n in value.shape[1:]) == size]
        unread = [name for name in fitting if name in self.unread]
        begin = Layer("from", row=draw.choice(unread or fitting or halves or list(self.values)))
        branch = draw.choice([[], [], [self.convolution(True)]])
        for layer in branch:
            layer.stride = None
        if not fitting and halves:
            branch.insert(0, Layer("upsample", width=2, bilinear=self.chance(0.5)))
        item.branches[draw.randrange(len(item.branches))] = [begin, *branch]

    def branch(self, shape, depth, stride):
        draw, items = self.draw, []
        for _ in range(draw.choice([1, 1, 2, 2, 3])):
            kind = draw.random()
            if kind < 0.65:
                items.append(self.convolution(True))
            elif kind < 0.7:
                items += self.others(True)
            elif kind < 0.8:
                items.append(self.pool(shape, True))
            elif kind < 0.85:
                items.append(self.aside())
            elif kind < 0.87 and stride == 1:  # to the size of what enters, mostly
                items.append(Layer(draw.choice(["to max", "to average"]), kernel=shape[1:]))
            elif kind < 0.93:
                items.append(Group(False, [self.convolution(True)], draw.randint(1, 2)))
            elif depth > 1:
                items.append(self.branches(shape, depth - 1) if self.chance(0.97) else self.block(shape))
        for layer in flat(items):
            layer.stride = 1 if layer.is_window() else None
            if layer.is_window() and (any(k % 2 == 0 for k in layer.kernel) or isinstance(layer.pad, tuple)):
                layer.kernel, layer.pad = (3, 3), draw.choice([None, None, "same"])
        steps = [item for item in items if isinstance(item, Layer) and (item.kind == "conv" or item.is_window())]
        if stride > 1:
            if not steps:
                items.insert(0, self.convolution(True))
                steps = items[:1]
            draw.choice(steps).stride = draw.choice([stride, stride, (stride, stride)])
        if self.chance(0.02):
            draw.choice(steps or items or [Layer("gap")]).stride = draw.choice([None, 2])
        return items

    def name_last(self, items, all_of_them=False):
        """The last convolution names its activation, in branches that of each."""
        if all_of_them:  # `items` are branches
            for branch in items:
                self.name_last(branch)
            return
        for item in reversed(items):
            if isinstance(item, Layer):
                if item.kind == "conv":
                    if self.chance(0.97):
                        item.activation = item.activation or self.draw.choice(["linear", self.function()])
                    return
            elif isinstance(item, Group):
                return self.name_last(item.items)
            else:
                return self.name_last(item.branches, all_of_them=True)

    def items(self, shape):
        result = []
        for _ in range(self.draw.choice([1, 1, 1, 2, 2, 3])):
            kind = self.draw.random()
            if kind < 0.25:
                result.append(self.convolution())
            elif kind < 0.34:
                result += self.others()
            elif kind < 0.5:
                result.append(self.pool(shape))
            elif kind < 0.57:
                result.append(self.aside())
            elif kind < 0.69:
                result.append(self.branches(shape))
            else:
                result.append(self.block(shape) if kind < 0.9 else self.plain(shape))
        if self.chance(0.02):
            result.append(Layer(self.draw.choice(["gap", "gmp", "pyramid"]), levels=(2, 1)))
        return result
