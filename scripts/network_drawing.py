"""Draws the parts of networks (network_parts.py), not knowing what enters them, and fits widths to each other afterwards:
what is added has one width, groups divide it.
"""

import math

from network_parts import Branches, Group, Header, Layer, flat
from network_values import ACTIVATIONS

FUNCTIONS = [*ACTIVATIONS, "prelu"]


def is_factor(branch):
    """A single pixel, or a single channel."""
    if not branch or not all(isinstance(item, Layer) for item in branch):
        return False
    return branch[0].kind in ("gap", "gmp") or branch[-1].width == 1


def divisors(number, largest=8):
    return [n for n in range(2, min(number, largest) + 1) if number % n == 0]


class Drawing:
    def __init__(self, draw):
        self.draw = draw

    def chance(self, probability):
        return self.draw.random() < probability

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
        header.eps = draw.choice([1e-5, 1e-5, 1e-3, 0.02, None])
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
            layer.stride = draw.choice([1, 2, 2, 3])
        if self.chance(0.15):
            layer.dilation = draw.randint(2, 3)
        if self.chance(0.05 if in_block else 0.25):
            layer.pad = (draw.randint(0, layer.kernel[0]), draw.randint(0, layer.kernel[1]))
        elif in_block and self.chance(0.05) and all(k % 2 for k in layer.kernel):
            layer.pad = tuple(layer.dilation * (k - 1) // 2 for k in layer.kernel)
        if self.chance(0.25):
            layer.groups = draw.choice(["some", "depthwise"])
        if self.chance(0.15):
            layer.bias = self.chance(0.5)
        if self.chance(0.2):
            layer.norm = draw.choice(["norm batch", "norm batch", "no norm"])
        if layer.norm != "no norm" and self.chance(0.1):
            layer.eps = draw.choice([1e-3, 0.01, 1e-5])
        if self.chance(0.25):
            layer.activation = self.function()
        return layer

    def pool(self, shape, in_block=False):
        draw = self.draw
        kernel = draw.choice([(2, 2), (3, 3), (3, 3), (2, 3), (1, 3), (4, 4), (5, 5), (7, 7), shape[1:], shape[1:]])
        layer = Layer(draw.choice(["max", "average"]), kernel)
        if in_block and self.chance(0.7):
            layer.kernel, layer.stride = draw.choice([(1, 3), (3, 3), (5, 5)]), 1
        elif self.chance(0.75):
            layer.stride = draw.randint(1, 3)
        if self.chance(0.3):
            layer.pad = (draw.randint(0, kernel[0] // 2), draw.randint(0, kernel[1] // 2))
            layer.kernel = kernel
        layer.ceil = self.chance(0.2)
        if layer.kind == "average" and self.chance(0.85):
            layer.counted = self.chance(0.5)
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
        kinds = ["se", "se", "gate", "norm", "norm", "maxout", "lrn"]
        kind = draw.choice(kinds + (["se"] if in_block else ["to max", "to average"]))
        layer = Layer(kind)
        if kind == "se":
            layer.width, layer.divisor = draw.choice([(draw.randint(1, 5), None), (0, 2)])
            inner = [word for word in FUNCTIONS if word not in ("sigmoid", "hardsigmoid")]
            layer.words = [draw.choice(inner)] * self.chance(0.6)
            layer.words += [draw.choice(["sigmoid", "hardsigmoid"])] * self.chance(0.4)
        elif kind == "gate":
            layer = self.convolution(True)
            layer.kind, layer.stride, layer.pad = "gate", None, None
            return [Group(False, [layer], draw.randint(1, 3)) if self.chance(0.4) else layer]
        elif kind == "norm":
            layer.eps = draw.choice([None, 1e-3])
            layer.activation = draw.choice([None, self.function()])
        elif kind == "maxout":
            layer.width = 2
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
        if combiner:
            if combiner == "product" and count == 2 and self.chance(0.4):  # a factor for each channel, or for each pixel
                factor = [Layer("conv", activation=draw.choice(["sigmoid", "hardsigmoid", "tanh"]))]
                which, first = draw.randint(0, 1), [Layer(draw.choice(["gap", "gap", "gmp"]))] if self.chance(0.6) else []
                factor[0].width = 0 if first else 1
                branches[which] = first + factor
            if self.chance(0.5):
                item.activation = self.function()
            self.name_last(branches, all_of_them=True)
        return Group(False, [item], draw.randint(1, 3)) if self.chance(0.2) else item

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
            if layer.is_window() and any(k % 2 == 0 for k in layer.kernel):
                layer.kernel, layer.pad = (3, 3), None
        steps = [item for item in items if isinstance(item, Layer) and (item.kind == "conv" or item.is_window())]
        if stride > 1:
            if not steps:
                items.insert(0, self.convolution(True))
                steps = items[:1]
            draw.choice(steps).stride = stride
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

    # Widths.

    def fit(self, header, items, channels, target=None):
        """Gives items the widths that belong together, the last one `target` where there is one; what leaves them."""
        setters = [i for i, item in enumerate(items) if not isinstance(item, Layer) or item.kind == "conv"]
        for i, item in enumerate(items):
            last = target if setters and i == setters[-1] else None
            if last:  # maxout behind it leaves less
                last *= math.prod(x.width for x in items[i + 1 :] if isinstance(x, Layer) and x.kind == "maxout")
            if isinstance(item, Layer):
                channels = self.fit_layer(item, channels, last)
            elif isinstance(item, Group):
                option = (item.shortcut or header.shortcut) if item.residual else ""
                if option == "A" and last is None:  # which only adds channels
                    last = min(8, channels + self.draw.randint(0, 2))
                elif option == "identity" and last is None and self.chance(0.7):  # so that there is one
                    last = channels
                entered = channels
                channels = self.fit(header, item.items, entered, last)
                if item.repeats > 1 and channels != entered:
                    self.fit_repeated(item.items, channels)
            else:
                channels = self.fit_branches(header, item, channels, last)
        return channels

    def fit_branches(self, header, item, channels, target):
        if item.combiner is None:
            return self.fit_concatenation(header, item, channels, target)
        if item.combiner == "sum" or len(item.branches) != 2 or not any(is_factor(branch) for branch in item.branches):
            wanted = channels if any(not branch for branch in item.branches) else target
            for branch in item.branches:
                left = self.fit(header, branch, channels, wanted)
                wanted = wanted or left
            return wanted
        which = next(i for i, branch in enumerate(item.branches) if is_factor(branch))
        wanted = self.fit(header, item.branches[1 - which], channels, target)
        self.fit(header, item.branches[which], channels, item.branches[which][-1].width or wanted)
        return wanted

    def fit_concatenation(self, header, item, channels, target):
        """Cuts the target among the branches that have a width to set."""
        widths = [None] * len(item.branches)
        free = [i for i, branch in enumerate(item.branches) if any(layer.kind == "conv" for layer in flat(branch))]
        left = target - channels * (len(widths) - len(free)) if target else 0
        if free and left >= len(free):
            for i in free[1:]:
                widths[i] = self.draw.randint(1, left - len(free) + 1) if left > len(free) else 1
                left -= widths[i]
                free = free[:-1]
            widths[free[0]] = left
        return sum(self.fit(header, branch, channels, width) for branch, width in zip(item.branches, widths))

    def fit_layer(self, layer, channels, target):
        if layer.kind == "conv":
            layer.width = target or layer.width or channels
            if layer.groups == "depthwise":
                if target and target % channels:
                    layer.groups = None
                elif not target and self.chance(0.97):
                    layer.width = channels * self.draw.choice([1, 1, 1, 2])
            if layer.groups == "some":
                if not target and channels > 1 and self.chance(0.8):
                    layer.width = self.draw.choice(divisors(channels) or [1]) * self.draw.randint(1, 3)
                choices = divisors(math.gcd(channels, layer.width)) or [None]
                layer.groups = self.draw.choice(choices if self.chance(0.97) else [2, 3])
            return layer.width
        if layer.kind == "gate":
            layer.width = channels if self.chance(0.98) else layer.width
            if layer.groups == "some":
                layer.groups = self.draw.choice(divisors(channels) or [None])
        elif layer.kind == "se" and layer.divisor and self.chance(0.98):
            layer.divisor = self.draw.choice(divisors(channels) or [1])
        elif layer.kind == "maxout":
            if channels % layer.width and self.chance(0.98):
                layer.width = self.draw.choice(divisors(channels) or [channels])
            if layer.width == 1:
                layer.kind = "dropout"
            return channels // layer.width
        return channels

    def fit_repeated(self, items, channels):
        """A first layer in groups reads something else in a later repetition."""
        first = next((item for item in items if isinstance(item, Layer) and item.kind == "conv"), None)
        if first and first.groups and self.chance(0.9):
            first.groups = None if first.groups == "depthwise" or channels % first.groups else first.groups
