"""The parts of a network as they are written, whichever way: what a layer leaves out is None here, and what that means is
for network_reader.py to say. random_networks.py draws them, network_writer.py spells them.
"""

from dataclasses import dataclass


@dataclass
class Layer:
    """A layer as it is written. `kind`: conv, max, average, gap, act, dropout, fc, softmax."""

    kind: str
    kernel: tuple = (1, 1)
    width: int = 0
    stride: int | None = None
    pad: tuple | None = None
    dilation: int = 1
    bias: bool | None = None
    norm: str | None = None  # "norm batch", "no norm"
    eps: float | None = None
    activation: str | None = None
    ceil: bool = False
    counted: bool | None = None
    rate: float = 0.5

    def is_pool(self):
        return self.kind in ("max", "average")


@dataclass
class Group:
    residual: bool
    items: list
    repeats: int


@dataclass
class Row:
    name: str
    size: tuple | None
    items: list


@dataclass
class Header:
    input: tuple
    shortcut: str = "B"  # A, B, C, none
    ends: str | None = None  # where the zeros of option A go
    projection_bias: bool | None = None
    stride_on: str | None = None
    eps: float | None = 1e-5  # None: norm none
    activation: str = "relu"


def flat(items):
    """All layers as written, each once."""
    for item in items:
        if isinstance(item, Group):
            yield from flat(item.items)
        else:
            yield item


def groups(items):
    for item in items:
        if isinstance(item, Group):
            yield item
            yield from groups(item.items)
