"""A network as resnetc sees it after lowering: the graph of `resnetc MODEL --stop-after lower`, one node a line,

    %19  conv3_1.1  128x28x28  conv(%18) 3x3, 128, stride 2, pad 1x1, weight layer2.0.conv1.weight

with batch norms, activations and sums still nodes of their own, as a framework would export it. Nothing about any
network is written here a second time.
"""

import dataclasses
import math
import re

from .problem import Problem

LINE = re.compile(r"%(\d+)\s+(\S+)\s+(\d+)x(\d+)x(\d+)\s+(\w+)\(([^)]*)\)\s*(.*?)\s*")
WINDOW = r"(?P<kernel>\d+x\d+)"
STRIDE, PAD = r", stride (?P<stride>\d+(?:x\d+)?)", r"(?:, pad (?P<pad>\d+x\d+|\d+ \d+ \d+ \d+))?"
TENSORS = (
    r", weight (?P<weight>[^\s,]+)(?:, standardized eps (?P<standardized>\S+?))?(?:, bias (?P<bias>[^\s,]+))?"
)
NORM = r"norm (?P<tensors>.+) eps (?P<epsilon>\S+)"

# What stands after each operation, and all that may stand there.
DETAILS = {
    "input": "",
    "conv": rf"{WINDOW}, \d+(?:{STRIDE})?{PAD}(?:, dilation (?P<dilation>\d+))?(?:, groups (?P<groups>\d+))?{TENSORS}",
    "batchnorm": NORM,
    "groupnorm": rf"(?P<groups>\d+) groups, {NORM}",
    "layernorm": NORM,
    "scale": r"(?P<weight>\S+)",
    "activation": r"(?P<function>.+)",
    "add": "",
    "multiply": "",
    "concat": "",
    "share": r"(?P<first>\d+)\.\.<(?P<end>\d+)",
    "shuffle": r"(?P<groups>\d+)",
    "upsample": r"(?P<factor>\d+), (?P<method>nearest|bilinear)",
    "lrn": r"(?P<size>\d+), alpha (?P<alpha>\S+), beta (?P<beta>\S+), k (?P<k>\S+)",
    "zeropad": r"stride (?P<stride>\d+), (?P<before>\d+) zeros before, (?P<after>\d+) after",
    "maxpool": rf"{WINDOW}{STRIDE}{PAD}(?P<ceil>, ceil)?(?P<counted>, counted)?",
    "averagepool": rf"{WINDOW}{STRIDE}{PAD}(?P<ceil>, ceil)?(?P<counted>, counted)?",
    "globalaveragepool": "",
    "channelconv": r"(?P<size>\d+), weight (?P<weight>\S+)",
    "linear": rf"\d+{TENSORS}",
    "dropout": r"\S+",
    "softmax": "",
}


@dataclasses.dataclass(frozen=True)
class Node:
    """One operation. `shape` is channels, height, width; `inputs` are positions of nodes before it; `details` what
    stands after it, by the names in `DETAILS`."""

    name: str
    shape: tuple[int, int, int]
    operation: str
    inputs: tuple[int, ...]
    details: dict[str, str]

    def number(self, name: str, default: int) -> int:
        return int(self.details.get(name, default))

    def extent(self, name: str) -> tuple[int, int]:
        """Height and width; 0 x 0 if it says nothing."""
        height, width = self.details.get(name, "0x0").split("x")
        return int(height), int(width)

    @property
    def stride(self) -> list[int]:
        """Down and across."""
        steps = [int(word) for word in self.details.get("stride", "1").split("x")]
        return steps if len(steps) == 2 else steps * 2

    @property
    def pads(self) -> list[int]:
        """Top, left, bottom, right, as ONNX has them."""
        if " " in self.details.get("pad", ""):
            return [int(word) for word in self.details["pad"].split()]
        height, width = self.extent("pad")
        return [height, width, height, width]

    @property
    def norm(self) -> tuple[str, str, str, str]:
        """Weight, bias, running mean and running variance. A module's path stands for its four tensors."""
        names = self.details["tensors"].split()
        if len(names) == 1:
            names = [f"{names[0]}.{leaf}" for leaf in ("weight", "bias", "running_mean", "running_var")]
        weight, bias, mean, variance = names
        return weight, bias, mean, variance


@dataclasses.dataclass(frozen=True)
class Network:
    """`text` is the dump it was read from, `outputs` are positions of nodes by their names, in the order in which they are
    returned. A softmax at the end is left out: what engines compare are logits."""

    name: str
    nodes: list[Node]
    outputs: dict[str, int]
    text: str

    @property
    def command(self) -> str:
        """The executable of the generated package."""
        return self.name.lower()

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.nodes[0].shape

    @property
    def computed(self) -> list[Node]:
        """All that outputs need."""
        return self.nodes[: max(self.outputs.values()) + 1]

    @property
    def output_sizes(self) -> list[int]:
        """How many numbers of an image each output has."""
        return [math.prod(self.nodes[index].shape) for index in self.outputs.values()]

    @property
    def has_classes(self) -> bool:
        """Whether it returns one row of numbers, of which the largest names a class."""
        (first, *others) = self.outputs.values()
        return not others and self.nodes[first].operation == "linear" and self.nodes[first].shape[0] > 1

    def input_of(self, node: Node) -> Node:
        return self.nodes[node.inputs[0]]


def parse(text: str) -> Network:
    """Reads the dump; whatever it does not know is a Problem, never skipped."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    # Heads used in training only follow the network, and are no part of what is timed.
    heads = [index for index, line in enumerate(lines) if line.startswith("in training only,")]
    lines = lines[: heads[0]] if heads else lines
    head = re.fullmatch(r"graph (\S+) -> (.+)", lines[0]) if lines else None
    returned = [re.fullmatch(r"(?:(\w+) )?%(\d+)", word) for word in head[2].split(", ")] if head else [None]
    if not all(returned):
        raise Problem("resnetc printed no graph")
    nodes = [parse_node(line, index) for index, line in enumerate(lines[1:])]
    outputs = {word[1] or "logits": int(word[2]) for word in returned}
    for name, index in outputs.items():
        if nodes[index].operation == "softmax":
            outputs[name] = nodes[index].inputs[0]
    return Network(head[1], nodes, outputs, text)


LAYER = re.compile(r"%\d+\s+(\S+)\s+\d+x\d+x\d+\s+(.*)")


def parse_layers(text: str) -> dict[str, bool]:
    """The layers of a plan by their names, from what `resnetc MODEL --dump-ir` prints at last, and whether each adds
    another value in the same step."""
    found = [LAYER.fullmatch(line) for line in text.split("# after ")[-1].splitlines()]
    return {match[1]: ", plus " in match[2] for match in found if match}


def parse_node(line: str, index: int) -> Node:
    found = LINE.fullmatch(line)
    details = re.fullmatch(DETAILS.get(found[6], "(?!)"), found[8]) if found else None
    if not found or not details or int(found[1]) != index:
        raise Problem(f"the benchmark cannot read this line of resnetc's graph: {line}")
    inputs = tuple(int(word) for word in re.findall(r"%(\d+)", found[7]))
    shape = (int(found[3]), int(found[4]), int(found[5]))
    given = {name: word for name, word in details.groupdict().items() if word is not None}
    return Node(found[2], shape, found[6], inputs, given)
