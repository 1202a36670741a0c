"""What a source of the language means, in PyTorch and double precision: a second reader, written from docs/language.md
alone, against which the compiler is held. It reads networks as network_drawing.py draws them, before they are written down
(network_parts.py): what a layer leaves out is decided here and in network_units.py, as the page says. Values and the names
of tensors are network_values.py's.

`read_row` takes rows one by one, `finish` looks at the whole. `errors` holds the codes of what the page says is asked or
refused, `work` and `depth` the multiply-adds and the layers that count.
"""

import math

from network_parts import carries, flat, groups, has_branches, pair
from network_units import Fork, Units, Value, each, last_convolutions

FAULTS = {  # of shapes: one in a row that repeats may bring another in a later repetition
    "shortcut-size",
    "window-too-large",
    "shortcut-drops-channels",
    "groups-do-not-divide",
    "branch-mismatch",
    "arithmetic",
}


class Misread(Exception):
    """A row that has no shape."""


class Reader(Units):
    def __init__(self, header, rows):
        super().__init__(header)
        self.rows = rows
        self.work, self.depth = 0, 0
        self.shape = header.input
        self.plan = []  # for each row its units

    # Strides: a row's size gives one to the first layer that has none.

    def carriers(self, row, units):
        """The steps that the row's size may give a stride to, and the pools in brackets, which could be meant as well."""
        result, pools, seen = [], [], set()
        if has_branches(row.items):
            return result, pools
        for unit in units:
            open_pools = [s for s in unit.steps if s.layer.is_window() and s.layer.stride is None and s.first]
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
        (carriers, pools), reached, unfit, sizes = self.carriers(row, units), {}, None, 0
        for stride in range(1, 9 if carriers else 2):
            if carriers:
                carriers[0].stride = pair(stride)
            try:
                places, faults = [None], []
                size = self.walk(units, self.shape, carriers[:1], places, faults)[1:]
                sizes += 1
                if size == row.size:
                    reached[stride] = places[-1], faults
            except Misread as fault:
                unfit = unfit or fault
        if carriers:
            carriers[0].stride = (1, 1)
        if not reached:
            if sizes:
                self.errors.add("size-mismatch")
            self.ask(row, units)
            raise unfit or Misread("size-mismatch")
        stride = min(reached)
        places, faults = reached[stride]
        if stride > 1:
            if carriers[0].undecided:
                self.errors.add("ambiguous-stride")
            if len(carriers + pools) > 1 and any(step.layer.is_window() for step in carriers + pools):
                self.errors.add("ambiguous-stride")
            if stride > 2 and len(reached) > 1 and places[1] != (1, 1):
                if any(inside != stride * outside for inside, outside in zip(*places)):
                    self.errors.add("ambiguous-stride")
            carriers[0].stride = pair(stride)
        if faults:
            raise Misread(faults[0])

    # Shapes.

    def window(self, layer, stride, shape, step=None):
        """The height and width that leave a window; its padding is told to `step`."""
        pad = layer.pad
        if pad is None:
            pad = tuple(layer.dilation * (k - 1) // 2 if k % 2 else 0 for k in layer.kernel)
            if layer.is_window() and layer.kernel == shape[1:]:
                pad = (0, 0)
        if pad == "same":
            zeros = [self.same(*each, layer.dilation) for each in zip(shape[1:], layer.kernel, stride)]
            pad = (*(n // 2 for n in zeros), *(n - n // 2 for n in zeros))
        pad = pad if len(pad) == 4 else pad * 2
        if step:
            step.pad = pad
        sizes = []
        for axis in (0, 1):
            length, before, after = shape[1 + axis], pad[axis], pad[2 + axis]
            room = length + before + after - layer.dilation * (layer.kernel[axis] - 1) - 1
            places = (-(-room // stride[axis]) if layer.ceil else room // stride[axis]) + 1
            if layer.ceil and (places - 1) * stride[axis] >= length + before:
                places -= 1
            if places < 1:
                raise Misread("window-too-large")
            sizes.append(places)
        return tuple(sizes)

    def same(self, length, kernel, stride, dilation):
        """As many zeros as TensorFlow puts around a map."""
        return max((-(-length // stride) - 1) * stride + (kernel - 1) * dilation + 1 - length, 0)

    def convolution(self, layer, stride, shape, step=None):
        """What leaves a convolution, and its multiply-adds."""
        size = self.window(layer, stride, shape, step)
        count = {None: 1, "depthwise": shape[0]}.get(layer.groups, layer.groups)
        if shape[0] % count or layer.width % count:
            raise Misread("groups-do-not-divide")
        self.check_groups(layer, shape[0] if step and step.before else layer.width)
        taps = layer.kernel[0] * layer.kernel[1] * (shape[0] // count)
        return (layer.width, *size), taps * layer.width * size[0] * size[1]

    def check_groups(self, layer, channels):
        norm = self.norm_of(layer)
        if norm and norm.kind == "group" and channels % norm.groups:
            raise Misread("groups-do-not-divide")

    def leave(self, step, shape):
        """What leaves a layer, its multiply-adds, and what it counts for `depth`."""
        layer, channels = step.layer, shape[0]
        if layer.kind == "conv":
            return *self.convolution(layer, step.stride, shape, step), 1
        if layer.kind == "gate":
            left, work = self.convolution(layer, step.stride, shape, step)
            if left != shape:
                raise Misread("branch-mismatch")
            return left, 2 * work, 1
        if layer.is_window():
            return (channels, *self.window(layer, step.stride, shape, step)), 0, 0
        if layer.kind == "fc":
            return (layer.width, 1, 1), layer.width * math.prod(shape), 1
        if layer.kind == "se":
            if layer.divisor and channels % layer.divisor:
                raise Misread("arithmetic")
            return shape, 2 * channels * (layer.width or channels // layer.divisor), 0
        if layer.kind == "eca":
            return shape, channels * self.attention(layer, channels), 0
        if layer.kind == "norm":
            self.check_groups(layer, channels)
        if layer.kind == "upsample":
            return (channels, *(layer.width * length for length in shape[1:])), 0, 0
        if layer.kind == "shuffle" and channels % layer.width:
            raise Misread("arithmetic")
        if layer.kind == "maxout":
            if channels % layer.width:
                raise Misread("arithmetic")
            return (channels // layer.width, *shape[1:]), 0, 0
        if layer.kind == "pyramid":
            return (channels * sum(n * n for n in layer.levels), 1, 1), 0, 0
        if layer.kind in ("gap", "gmp"):
            return (channels, 1, 1), 0, 0
        if layer.kind in ("to max", "to average"):
            return (channels, *layer.kernel), 0, 0
        return shape, 0, 0

    def attention(self, layer, channels):
        """Weights of an `eca`."""
        usual = int((math.log2(channels) + 1) / 2)
        return layer.width or max(3, usual if usual % 2 else usual + 1)

    def join(self, combiner, shapes):
        """What leaves branches."""
        first = shapes[0]
        if combiner is None and all(shape[1:] == first[1:] for shape in shapes):
            return (sum(shape[0] for shape in shapes), *first[1:])
        if combiner == "sum" and all(shape == first for shape in shapes):
            return first
        if combiner == "product":
            for value, factor in [(first, shapes[-1]), (shapes[-1], first)]:
                if factor in (value, (value[0], 1, 1), (1, *value[1:])):
                    return value
        raise Misread("branch-mismatch")

    def entering(self, fork, shape):
        """What each of the branches reads, where it names no row."""
        count = len(fork.branches) if fork.layer.split else 1
        if shape[0] % count:
            raise Misread("arithmetic")
        return (shape[0] // count, *shape[1:])

    def follow_shape(self, steps, shape, depth, watched=None, places=None):
        """What leaves steps, the stride that they have in all, their work, and the layers on the longest way there."""
        strides, work = (1, 1), 0
        for step in steps:
            if isinstance(step, Fork):
                share = self.entering(step, shape)
                found = []
                for branch in step.branches:
                    begin = depth
                    if carries(branch):
                        before, _, _, counted = found[-1] if found else (share, None, None, depth)
                        begin = max(depth, counted)
                        if before != share:
                            raise Misread("branch-mismatch")
                    found.append(self.follow_shape(branch, share, begin, watched, places))
                shape = self.join(step.layer.combiner, [left for left, *_ in found])
                leading = [stride for left, stride, *_ in found if left[1:] == shape[1:]]
                strides = tuple(n * min(stride[axis] for stride in leading) for axis, n in enumerate(strides))
                work += sum(branch[2] for branch in found)
                depth = max(branch[3] for branch in found)
                continue
            if step.layer.kind == "from":
                shape, depth = self.values[step.layer.row].shape, self.values[step.layer.row].depth
                continue
            entered = shape
            shape, more, counts = self.leave(step, entered)
            strides = strides[0] * step.stride[0], strides[1] * step.stride[1]
            work, depth = work + more, depth + counts
            if step is watched:
                places.append((entered[1:], shape[1:]))
        return shape, strides, work, depth

    def walk(self, units, shape, watched=(), places=None, faults=None, count=False):
        """The shape that leaves; `faults` are of shortcuts that do not fit, `places` the maps before and after a step."""
        for unit in units:
            entered = shape
            shape, stride, work, depth = self.follow_shape(unit.steps, shape, self.depth, *watched, places=places)
            if count:
                self.work, self.depth = self.work + work, depth
            unit.shapes = (entered, shape, stride)
            unit.has_sum = unit.option != "none"
            if unit.option == "identity":
                unit.has_sum = shape == entered and stride == (1, 1)
            elif unit.has_sum:
                if any((length - 1) // step + 1 != left for length, step, left in zip(entered[1:], stride, shape[1:])):
                    faults.append("shortcut-size")
                elif unit.option == "A" and shape[0] < entered[0]:
                    faults.append("shortcut-drops-channels")
                elif unit.option == "A" and shape != entered and stride[0] != stride[1]:
                    faults.append("shortcut-size")
                elif unit.option == "A" and shape[0] > entered[0] and not unit.ends:
                    self.errors.add("ambiguous-shortcut")
                projects = unit.option == "C" or unit.option == "B" and (shape[0] != entered[0] or stride != (1, 1))
                if projects and not self.norm_fits(unit, shape[0]):
                    faults.append("groups-do-not-divide")
                if count and projects:
                    self.work += entered[0] * math.prod(shape)
        return shape

    def norm_fits(self, unit, channels):
        """Whether a projection can be made like the last convolution of its block."""
        found, _, _ = last_convolutions(unit.steps)
        norm = self.norm_of(found[-1].layer) if found and self.header.order == "post" else None
        return not norm or norm.kind != "group" or channels % norm.groups == 0

    # What a reader can't know, of layers whose shapes are known.

    def ask(self, row, units):
        if not row.size:
            for group in groups(row.items):
                if not group.residual and group.repeats > 1:
                    if any(x.kind == "conv" and pair(x.stride or 1) != (1, 1) for x in flat(group.items)):
                        self.errors.add("ambiguous-stride")
        shape = self.shape
        for unit in units:
            shape = self.ask_steps(row, unit.steps, shape, False)

    def ask_steps(self, row, steps, shape, inside):
        for step in steps:
            if isinstance(step, Fork):
                share = self.entering(step, shape)
                shapes = [self.ask_steps(row, branch, share, True) for branch in step.branches]
                shape = self.join(step.layer.combiner, shapes)
                continue
            entered, layer = shape, step.layer
            if layer.kind == "from":
                shape = self.values[layer.row].shape
                continue
            shape, *_ = self.leave(step, entered)
            if not layer.is_window():
                continue
            if layer is row.items[0] and layer.pad is None and not row.size:
                side = min(layer.kernel)
                if side > 7 and layer.kernel != entered[1:] and 2 * max(pair(layer.stride or side)) < side:
                    self.errors.add("ambiguous-window")
            if layer.kind == "average" and any(step.pad) and layer.counted is None:
                self.errors.add("padded-average")
            if layer.stride is None and (inside or not row.size) and shape[1:] != (1, 1):
                self.errors.add("undecided-stride")
        return shape

    def enter(self, row):
        """What a row's `from` says that it reads."""
        value = self.values[row]
        self.shape, self.depth = value.shape, value.depth
        self.unwritten, self.sees_signs = value.unwritten, value.sees_signs

    def read_row(self, row):
        """Takes a row on; raises where its shape is not known."""
        if row.source:
            self.enter(row.source)
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
            if any(unit.block or isinstance(unit.steps[0], Fork) for unit in units):
                self.errors |= FAULTS if str(fault) in FAULTS | {"size-mismatch"} else set()
            if str(fault) in FAULTS | {"size-mismatch"}:  # behind the layer that does not fit
                if any(layer.kind == "average" and layer.counted is None for layer in flat(row.items)):
                    self.errors.add("padded-average")
                if any(layer.is_window() and layer.stride is None for layer in flat(row.items)):
                    self.errors.add("undecided-stride")
            raise
        self.rows.append(row)
        self.plan.append(units)
        self.values[row.name] = Value(self.shape, self.depth, self.unwritten, self.sees_signs)

    def steps(self):
        return [step for units in self.plan for unit in units for step in each(unit.steps)]

    def unread(self):
        """Rows that no other reads; the last among them."""
        read = set()
        for i, (row, units) in enumerate(zip(self.rows, self.plan)):
            read |= {row.source} | {layer.row for layer in flat(row.items) if layer.kind == "from"}
            if i and not row.source and (units[0].option != "none" or self.reads_above(units[0].steps)):
                read.add(self.rows[i - 1].name)
        return [row.name for row in self.rows if row.name not in read]

    def reads_above(self, steps):
        """Whether the first of these steps reads what enters; of branches, one of them."""
        if not steps:
            return True
        if isinstance(steps[0], Fork):
            return any(self.reads_above(branch) for branch in steps[0].branches)
        return steps[0].layer.kind != "from"

    def finish(self):
        returned = self.header.outputs or [self.rows[-1].name]
        if any(row not in returned for row in self.unread()):
            self.errors.add("unread-row")
        layers = [step.layer for step in self.steps()]
        for i, layer in enumerate(layers):
            if layer.kind == "softmax":
                if i + 1 < len(layers):
                    self.errors.add("softmax-not-last")
                elif self.shape == (1, 1, 1):
                    self.errors.add("softmax-of-one")
