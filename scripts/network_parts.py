"""The parts of a network as they are written, whichever way: what a layer leaves out is None here, and what that means is
for network_units.py and network_reader.py to say. network_drawing.py draws them, network_writer.py spells them.
"""

from dataclasses import dataclass, field

POOLS = ("max", "average", "gap", "gmp", "to max", "to average", "pyramid")


@dataclass
class Layer:
    """A layer as it is written. `kind`: conv, gate, one of POOLS, act, dropout, norm, se, eca, maxout, lrn, shuffle,
    upsample, fc, softmax; from and carry (`+`), which begin a branch."""

    kind: str
    kernel: tuple = (1, 1)  # of an adaptive pool: the size that it leads to
    width: int = 0  # of maxout and lrn: channels that are read; of shuffle: groups; of upsample: the factor; of eca: weights
    stride: int | tuple | None = None
    pad: tuple | str | None = None  # rows and columns; top, left, bottom, right; "same"
    dilation: int = 1
    groups: int | str | None = None  # "depthwise"; "some" until the drawing knows what enters
    bias: bool | None = None
    norm: str | None = None  # batch, layer, group, none
    norm_groups: int | str = 1  # "some" until the drawing knows what it norms
    standardized: bool | None = None
    eps: float | None = None
    activation: str | None = None
    ceil: bool = False
    counted: bool | None = None
    rate: float = 0.5
    divisor: int | None = None  # of `se /4`
    words: list = field(default_factory=list)  # activations behind `se` and `eca`
    numbers: dict = field(default_factory=dict)  # alpha, beta, k of lrn
    levels: tuple = ()  # of a spatial pyramid pool
    row: str = ""  # behind `from`
    bilinear: bool = False

    def is_window(self):
        return self.kind in ("max", "average")


@dataclass
class Group:
    residual: bool
    items: list
    repeats: int
    activation: str | None = None  # the words behind the bracket
    shortcut: str | None = None
    ends: str | None = None
    scaled: bool = False
    survival: float | None = None


@dataclass
class Branches:
    branches: list  # of lists of items; an empty one is `identity`
    combiner: str | None = None  # sum, product
    activation: str | None = None
    split: bool = False


@dataclass
class Row:
    name: str
    size: tuple | None
    items: list
    source: str | None = None  # the row behind `from`
    auxiliary: bool = False


@dataclass
class Header:
    input: tuple
    shortcut: str = "B"  # A, B, C, identity, none
    ends: str | None = None  # where the zeros of option A go
    projection_bias: bool | None = None
    projection_pool: bool = False
    stride_on: str | None = None
    norm: str = "batch"  # batch, layer, group, none
    norm_groups: int = 1
    eps: float = 1e-5
    standardized: float | None = None  # its eps
    activation: str = "relu"
    order: str = "post"
    outputs: list = field(default_factory=list)
    names: str | None = None  # resnet, vgg
    renames: list = field(default_factory=list)  # beginnings of tensors' names, and what they become


def pair(stride):
    """Rows and columns of a stride."""
    return stride if isinstance(stride, tuple) else (stride, stride)


def parts(item):
    """The lists of items that an item holds."""
    return item.branches if isinstance(item, Branches) else [item.items] if isinstance(item, Group) else []


def everything(items):
    """All items, at every depth."""
    for item in items:
        yield item
        for part in parts(item):
            yield from everything(part)


def flat(items):
    """All layers as written, each once."""
    return (item for item in everything(items) if isinstance(item, Layer))


def groups(items):
    return (item for item in everything(items) if isinstance(item, Group))


def carries(branch):
    """Whether a list of items, or of steps, begins with `+`."""
    return bool(branch) and getattr(getattr(branch[0], "layer", branch[0]), "kind", None) == "carry"


def has_branches(items):
    return any(isinstance(item, Branches) for item in everything(items))
