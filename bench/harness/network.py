"""A network as resnetc sees it after lowering: the graph of `resnetc MODEL --stop-after lower`, one node a line,

    %19  conv3_1.1  128x28x28  conv(%18) 3x3, 128, stride 2, pad 1x1, weight layer2.0.conv1.weight

with batch norms, activations and sums still nodes of their own, as a framework would export it. Nothing about any
network is written here a second time.
"""

import dataclasses
import re

from .problem import Problem

LINE = re.compile(r"%(\d+)\s+(\S+)\s+(\d+)x(\d+)x(\d+)\s+(\w+)\(([^)]*)\)\s*(.*)")


@dataclasses.dataclass(frozen=True)
class Node:
    """One operation. `inputs` are positions of nodes before it; `shape` is channels, height, width."""

    name: str
    shape: tuple[int, int, int]
    operation: str
    inputs: tuple[int, ...]
    details: str

    def number(self, word: str, default: int) -> int:
        """The number after a word: `stride 2`."""
        found = re.search(rf"\b{word} (\d+)\b", self.details)
        return int(found[1]) if found else default

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of a window, which stand first."""
        found = re.match(r"(\d+)x(\d+)", self.details)
        if not found:
            raise Problem(f"no kernel in the line of {self.name}: {self.details}")
        return int(found[1]), int(found[2])

    @property
    def padding(self) -> tuple[int, int]:
        found = re.search(r"\bpad (\d+)x(\d+)", self.details)
        return (int(found[1]), int(found[2])) if found else (0, 0)

    def tensor(self, role: str) -> str | None:
        """The name of the weight or the bias."""
        found = re.search(rf"(?:^|, ){role} ([^\s,]+)", self.details)
        return found[1] if found else None

    @property
    def norm(self) -> tuple[list[str], float]:
        """Weight, bias, running mean and running variance, and epsilon. A module's path stands for its four."""
        words = self.details.split()
        names, epsilon = words[1:-2], float(words[-1])
        if len(names) == 1:
            names = [f"{names[0]}.{leaf}" for leaf in ("weight", "bias", "running_mean", "running_var")]
        return names, epsilon

    @property
    def zeros(self) -> tuple[int, int]:
        """Zero channels before and after."""
        found = re.search(r"(\d+) zeros before, (\d+) after", self.details)
        if not found:
            raise Problem(f"no channels in the line of {self.name}: {self.details}")
        return int(found[1]), int(found[2])


@dataclasses.dataclass(frozen=True)
class Network:
    """`text` is the dump it was read from. The softmax at the end is left out: what engines compare are logits."""

    name: str
    nodes: list[Node]
    output: int
    text: str

    @property
    def command(self) -> str:
        """The executable of the generated package."""
        return self.name.lower()

    @property
    def input_shape(self) -> tuple[int, int, int]:
        return self.nodes[0].shape

    def input_of(self, node: Node) -> Node:
        return self.nodes[node.inputs[0]]


def parse(text: str) -> Network:
    """Reads the dump; whatever it does not know is a Problem, never skipped."""
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    head = re.fullmatch(r"graph (\S+) -> %(\d+)", lines[0]) if lines else None
    if not head:
        raise Problem("resnetc printed no graph")
    nodes: list[Node] = []
    for line in lines[1:]:
        found = LINE.fullmatch(line)
        if not found or int(found[1]) != len(nodes):
            raise Problem(f"cannot read this line of resnetc's graph: {line}")
        inputs = tuple(int(word.strip().lstrip("%")) for word in found[7].split(",") if word.strip())
        shape = (int(found[3]), int(found[4]), int(found[5]))
        nodes.append(Node(found[2], shape, found[6], inputs, found[8].strip()))
    output = int(head[2])
    if nodes[output].operation == "softmax":
        output = nodes[output].inputs[0]
    return Network(head[1], nodes, output, text)
