"""Gives the layers of a drawn network (network_drawing.py) the widths that belong together: what is added has one width,
groups divide it.
"""

import math

from network_parts import Group, Layer, carries, flat


def is_factor(branch):
    """A single pixel, or a single channel."""
    if not branch or not all(isinstance(item, Layer) for item in branch):
        return False
    return branch[0].kind in ("gap", "gmp") or branch[-1].width == 1


def divisors(number, largest=8):
    return [n for n in range(2, min(number, largest) + 1) if number % n == 0]


class Widths:
    def __init__(self, draw):
        self.draw = draw
        self.values = {}  # what rows leave, by their names

    def chance(self, probability):
        return self.draw.random() < probability

    def fit(self, header, items, channels, target=None):
        """Gives items the widths that belong together, the last one `target` where there is one; what leaves them."""
        setters = [i for i, item in enumerate(items) if not isinstance(item, Layer) or item.kind == "conv"]
        for i, item in enumerate(items):
            last = target if setters and i == setters[-1] else None
            if last:  # maxout behind it leaves less
                last *= math.prod(x.width for x in items[i + 1 :] if isinstance(x, Layer) and x.kind == "maxout")
            if isinstance(item, Layer):
                channels = self.fit_layer(header, item, channels, last)
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
        if item.split:
            channels = max(1, channels // len(item.branches))  # where it comes out even
        if item.combiner is None:
            return self.fit_concatenation(header, item, channels, target)
        if item.combiner == "sum" or len(item.branches) != 2 or not any(is_factor(branch) for branch in item.branches):
            fixed = [self.left(branch, channels) for branch in item.branches]
            fixed += [channels] * any(map(carries, item.branches))
            wanted = next((width for width in fixed if width), target)
            for branch in item.branches:
                left = self.fit(header, branch, channels, wanted)
                wanted = wanted or left
            return wanted
        if any(layer.kind == "from" for branch in item.branches for layer in branch if isinstance(layer, Layer)):
            target = None
        which = next(i for i, branch in enumerate(item.branches) if is_factor(branch))
        wanted = self.fit(header, item.branches[1 - which], channels, target)
        self.fit(header, item.branches[which], channels, item.branches[which][-1].width or wanted)
        return wanted

    def left(self, branch, channels):
        """What leaves a branch that sets no width: nothing known where one does."""
        for item in branch:
            if not isinstance(item, Layer) or item.kind in ("conv", "maxout"):
                return None
            channels = self.values[item.row].shape[0] if item.kind == "from" else channels
        return channels

    def fit_concatenation(self, header, item, channels, target):
        """Cuts the target among the branches that have a width to set."""
        widths = [channels if carries(behind) else None for behind in [*item.branches[1:], []]]
        free = [i for i, branch in enumerate(item.branches) if any(layer.kind == "conv" for layer in flat(branch))]
        free = [i for i in free if not widths[i]]
        left = target - channels * (len(widths) - len(free)) if target else 0
        if free and left >= len(free):
            for i in free[1:]:
                widths[i] = self.draw.randint(1, left - len(free) + 1) if left > len(free) else 1
                left -= widths[i]
                free = free[:-1]
            widths[free[0]] = left
        return sum(self.fit(header, branch, channels, width) for branch, width in zip(item.branches, widths))

    def fit_layer(self, header, layer, channels, target):
        if layer.norm_groups == "some":
            both = layer.kind == "conv" and target or channels  # under `order pre` it norms what enters
            choices = divisors(math.gcd(channels, both)) or [1]
            layer.norm_groups = self.draw.choice([1, *choices] if self.chance(0.97) else [2, 3])
            if layer.kind == "conv" and not target:
                layer.width = layer.norm_groups * self.draw.randint(1, 3)
        if layer.kind == "from":
            return self.values[layer.row].shape[0]
        if layer.kind == "shuffle" and self.chance(0.98):
            layer.width = self.draw.choice(divisors(channels) or [2])
        if layer.kind == "conv":
            layer.width = target or layer.width or channels
            if header.norm == "group" and not target and self.chance(0.95):
                layer.width = -(-layer.width // header.norm_groups) * header.norm_groups
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
