"""Rows in the order in which they are computed: brackets repeated, defaults of activations filled in, and the questions
that the page says are asked of activations that nobody wrote. Half of the second reader (network_reader.py), written like
it from docs/language.md alone.
"""

from dataclasses import dataclass, field

from network_parts import POOLS, Branches, Group, Layer, carries, groups, pair


@dataclass
class Step:
    """One computation of a layer: its stride is known once the row's size has spoken."""

    layer: Layer
    first: bool  # in the first repetition of all that encloses it
    stride: tuple = (1, 1)
    activation: str = "linear"
    written: bool = False  # the source says the activation
    before: bool = False  # norm and activation before the convolution: `order pre`
    pad: tuple = (0, 0, 0, 0)  # top, left, bottom, right
    undecided: bool = False  # another convolution of its block could have the row's stride, and no line says which


@dataclass
class Fork:
    """Lists of steps side by side."""

    layer: Branches
    branches: list


@dataclass
class Unit:
    """Steps that stand alone in a row, or one repetition of a bracket."""

    steps: list
    block: bool = False
    option: str = "none"  # of its shortcut
    ends: str | None = None
    activation: str = "linear"  # after its sum
    written: bool = False  # the source says so
    scaled: bool = False  # by a factor for each channel before its sum
    shapes: tuple = field(default_factory=tuple)
    has_sum: bool = False


def each(steps):
    """All steps, also those in branches."""
    for step in steps:
        if isinstance(step, Fork):
            for branch in step.branches:
                yield from each(branch)
        else:
            yield step


def last_convolutions(steps):
    """The last convolution, or where it stands in branches that of each; with what follows it."""
    for i in reversed(range(len(steps))):
        if isinstance(steps[i], Fork):
            found = [step for branch in steps[i].branches for step in last_convolutions(branch)[0]]
        else:
            found = [steps[i]] if steps[i].layer.kind == "conv" else []
        if found:
            return found, steps[i], steps[i + 1 :]
    return [], None, []


@dataclass
class Value:
    """What a row leaves."""

    shape: tuple
    depth: int
    unwritten: str | None
    sees_signs: bool


@dataclass
class Norm:
    kind: str  # batch, layer, group
    groups: int
    eps: float


class Units:
    def __init__(self, header):
        self.header, self.errors = header, set()
        self.unwritten = None  # the last activation, if the source does not write it
        self.sees_signs = False  # what stands behind it sees every sign: an lrn, an se, an eca
        self.values = {}  # by the names of rows

    def option(self, group):
        return (group.shortcut or self.header.shortcut) if group.residual else "none"

    def units(self, items, first=True):
        result = []
        for item in items:
            if not isinstance(item, Group):
                result.append(Unit([self.single(item, first, False)]))
                continue
            for repetition in range(item.repeats):
                if self.has_blocks(item.items):  # a group of blocks
                    result += self.units(item.items, first and repetition == 0)
                    continue
                unit = Unit(self.expand(item.items, first and repetition == 0), True, self.option(item), item.ends)
                if not item.shortcut:
                    unit.ends = self.header.ends
                if unit.option == "none":
                    self.end_activated(unit, item.activation)
                else:
                    unit.written, unit.scaled = item.activation is not None, item.scaled
                    usual = self.header.activation if self.header.order == "post" else "linear"
                    unit.activation = item.activation or usual
                    self.end_linear(unit)
                result.append(unit)
        return result

    def has_blocks(self, items):
        return any(self.option(group) != "none" for group in groups(items))

    def expand(self, items, first):
        steps = []
        for item in items:
            if isinstance(item, Group):
                for repetition in range(item.repeats):
                    inner = Unit(self.expand(item.items, first and repetition == 0))
                    if self.option(item) != "none":
                        self.errors.add("nested-residual")
                        self.end_linear(inner)
                    elif item.residual:
                        self.end_activated(inner, item.activation)
                    steps += inner.steps
            else:
                steps.append(self.single(item, first, True))
        return steps

    def single(self, item, first, inside):
        return self.fork(item, first) if isinstance(item, Branches) else self.step(item, first, inside)

    def fork(self, item, first):
        fork = Fork(item, [self.expand(branch, first) for branch in item.branches])
        count, joins = len(item.branches), item.combiner == "sum" or item.split
        if joins and count < 2 or item.combiner == "product" and count != 2:
            self.errors.add("branch-count")
        begins = [branch[0] for branch in item.branches if branch and isinstance(branch[0], Layer)]
        if item.split and any(layer.kind == "from" for layer in begins) or carries(item.branches[0]):
            self.errors.add("unexpected-token")
        if item.combiner and self.header.order == "post":
            self.ask_last([step for branch in fork.branches for step in last_convolutions(branch)[0]])
        return fork

    def step(self, layer, first, inside):
        activation = layer.activation or (self.header.activation if layer.kind in ("conv", "gate") else "linear")
        before = inside and layer.kind == "conv" and self.header.order == "pre"
        stride = pair(layer.stride or 1) if first or layer.kind != "conv" else (1, 1)
        return Step(layer, first, stride, activation, layer.activation is not None, before)

    def norm_of(self, layer):
        """The norm of a convolution, a gate or a `norm`; None without."""
        header = self.header
        if layer.norm == "none":
            return None
        kind, groups = (layer.norm, layer.norm_groups) if layer.norm else (header.norm, header.norm_groups)
        if kind == "none":
            if layer.eps is None and layer.kind != "norm":
                return None
            kind = "batch"
        usual = header.eps if kind == header.norm else 1e-5
        return Norm(kind, groups, usual if layer.eps is None else layer.eps)

    def is_standardized(self, layer):
        """What is added to the variance of a convolution's weights; None where they are as they are."""
        usual = self.header.standardized
        return (usual or 1e-6) if (usual is not None if layer.standardized is None else layer.standardized) else None

    def ask_last(self, convolutions):
        if any(not step.written and step.activation != "linear" for step in convolutions):
            self.errors.add("ambiguous-activation")

    def end_linear(self, unit):
        """The last convolution of a block is linear unless it names an activation; before a pool, and where there are
        several because the block ends in branches, it must."""
        if self.header.order == "pre":
            return
        found, last, following = last_convolutions(unit.steps)
        if isinstance(last, Fork) or any(step.layer.kind in POOLS for step in each(following)):
            self.ask_last(found)
        for step in found:
            step.activation = step.layer.activation or "linear"

    def end_activated(self, unit, activation):
        """Without a shortcut, a word behind the bracket is the last convolution's, where that names none, or a layer."""
        found, last, _ = last_convolutions(unit.steps)
        if not activation:
            return
        if found and found[0] is last and not last.written and not last.before:
            last.activation, last.written = activation, True
        elif activation != "linear":
            unit.steps.append(self.step(Layer("act", activation=activation), True, True))

    # An activation that is a layer must not follow one that is nowhere written, if they differ.

    def follow_activations(self, units):
        for unit in units:
            self.follow(unit.steps)
            if unit.option != "none":
                self.left(None if unit.written else unit.activation)

    def left(self, activation):
        self.unwritten, self.sees_signs = None if activation == "linear" else activation, False

    def follow(self, steps):
        for step in steps:
            if isinstance(step, Fork):
                entered, left = (self.unwritten, self.sees_signs), []
                for branch in step.branches:
                    self.unwritten, self.sees_signs = entered
                    self.follow(branch)
                    left.append((self.unwritten, self.sees_signs))
                open_ends = [end for end in left if end[0] not in (None, "fc") and not step.layer.combiner]
                self.unwritten, self.sees_signs = (open_ends + [(None, False)])[0]
            else:
                self.follow_layer(step, step.layer)

    def follow_layer(self, step, layer):
        follows = self.unwritten not in (None, "fc")
        if layer.kind == "conv":
            self.left(None if step.written or step.before else step.activation)
        elif layer.kind == "act":
            same = {("relu", "relu"), ("relu", "relu6"), ("relu6", "relu6")}
            if follows and (self.sees_signs or (self.unwritten, layer.activation) not in same):
                self.errors.add("ambiguous-activation")
            self.left(None)
        elif layer.kind in ("maxout", "norm"):
            if follows and (layer.kind == "maxout" or self.header.order == "post"):
                self.errors.add("ambiguous-activation")
            self.left(None)
        elif layer.kind == "fc":
            if self.unwritten == "fc":
                self.errors.add("ambiguous-activation")
            self.left(None if layer.activation else "fc")
        elif layer.kind == "from":
            self.unwritten, self.sees_signs = self.values[layer.row].unwritten, self.values[layer.row].sees_signs
        elif layer.kind in ("lrn", "se", "eca"):
            self.sees_signs = True
            if layer.kind == "eca" and layer.width and layer.width % 2 == 0:
                self.errors.add("number-out-of-range")
        elif layer.kind in ("softmax", "gate", "carry"):
            self.left(None)
        if layer.kind == "se" and self.header.activation not in ("relu", "linear"):
            if not any(word not in ("sigmoid", "hardsigmoid") for word in layer.words):
                self.errors.add("ambiguous-activation")
