"""A network in whole numbers, for all engines: each value's range is what was met on a few images, and from ranges and
weights follow scales and integers as docs/quantization.md has them. Our side gets the ranges in a file, the others an ONNX
file in which each rounding stands as QuantizeLinear and DequantizeLinear (QDQ), weights for each channel as 8-bit integers,
biases as 32-bit integers.
"""

import dataclasses
import functools
import pathlib

import numpy as np

from . import weights
from .export import Exporter
from .network import Network, Node
from .problem import Problem

# What whole numbers compute, here and in our plans.
KNOWN = {
    "input", "conv", "batchnorm", "activation", "add", "maxpool", "averagepool", "globalaveragepool", "concat", "zeropad",
    "dropout", "linear",
}  # fmt: skip
# What only moves numbers has the scale of what it moves.
MOVING = {"maxpool", "concat", "zeropad"}
# What is a part of the sum before it.
FOLLOWERS = {"batchnorm", "activation", "dropout"}
# Images that ranges are chosen by, of which there are as many as make a longer search for extremes change little.
CALIBRATION = 8
# Biases, as the compiler bounds them.
LARGEST_BIAS = 2.0**30

Range = tuple[np.float32, np.float32]


@dataclasses.dataclass(frozen=True)
class Scheme:
    """Which values of a network are whole numbers, and what they stand for. `layers` are those of our plan
    (`network.parse_layers`); `ranges` the smallest and largest number of each node's value."""

    network: Network
    layers: dict[str, bool]
    ranges: list[Range]

    def __post_init__(self) -> None:
        for node in self.network.computed:
            function = node.details.get("function", "relu")
            if node.operation not in KNOWN or function not in ("relu", "relu6"):
                what = function if node.operation == "activation" else node.operation
                raise Problem(f"the benchmark has no whole numbers for {node.name}: {what}")

    @functools.cached_property
    def readers(self) -> list[list[int]]:
        result: list[list[int]] = [[] for _ in self.network.computed]
        for index, node in enumerate(self.network.computed):
            for source in node.inputs:
                result[source].append(index)
        return result

    def follower(self, index: int) -> int | None:
        """The node that is computed in one step with another, which nobody else reads."""
        readers = self.readers[index]
        is_one = len(readers) == 1 and self.network.nodes[readers[0]].operation in FOLLOWERS
        return readers[0] if is_one else None

    def norm(self, index: int) -> Node | None:
        """The batch norm that is folded into a convolution."""
        follower = self.follower(index)
        node = self.network.nodes[follower] if follower is not None else None
        return node if node and node.operation == "batchnorm" else None

    def is_whole(self, index: int) -> bool:
        """Whether a node's value is rounded: nothing follows it in the same step, and it is not returned."""
        return self.follower(index) is None and index not in self.network.outputs.values()

    @functools.cached_property
    def ends(self) -> dict[str, int]:
        """By layer of our plan, the node whose value is the layer's."""
        return {name: walk[-1] for name, walk in self.walks.items()}

    @functools.cached_property
    def addends(self) -> set[int]:
        """Nodes whose value our plan adds to before it is rounded."""
        nodes = self.network.nodes
        return {a for walk in self.walks.values() for a, b in zip(walk, walk[1:]) if nodes[b].operation == "add"}

    @functools.cached_property
    def walks(self) -> dict[str, list[int]]:
        """By layer of our plan, the nodes that it computes: from the one that it is named for through all that was
        fused into it."""
        nodes = self.network.computed
        places = {node.name: index for index, node in enumerate(nodes)}
        missing = [name for name in self.layers if name not in places]
        if missing:
            raise Problem(f"the benchmark does not know the value of {missing[0]} in whole numbers")
        walks = {}
        for name, adds in self.layers.items():
            walk = [places[name]]
            while len(self.readers[walk[-1]]) == 1:
                reader = self.readers[walk[-1]][0]
                operation = nodes[reader].operation
                if nodes[reader].name in self.layers or operation not in FOLLOWERS | {"add"}:
                    break
                if operation == "add":
                    if not adds:
                        break
                    adds = False
                walk.append(reader)
            walks[name] = walk
        return walks

    @functools.cached_property
    def groups(self) -> list[int]:
        """Of each node the first of those that share a scale."""
        parents = list(range(len(self.network.computed)))

        def root(index: int) -> int:
            while parents[index] != index:
                index = parents[index]
            return index

        for index, node in enumerate(self.network.computed):
            for source in node.inputs if node.operation in MOVING else ():
                a, b = root(index), root(source)
                parents[max(a, b)] = min(a, b)
        return [root(index) for index in parents]

    @functools.cached_property
    def signed(self) -> list[bool]:
        """Of each value whether some of its numbers may be negative; all values of a group are of one kind."""
        nodes, result = self.network.computed, []
        for node in nodes:
            if node.operation == "activation":
                result.append(False)
            elif node.operation in MOVING | {"averagepool", "globalaveragepool", "dropout"}:
                result.append(any(result[source] for source in node.inputs))
            else:
                result.append(True)
        while True:
            signed = {self.groups[index] for index in range(len(nodes)) if result[index]}
            spread = [
                group in signed
                or (node.operation in ("averagepool", "globalaveragepool") and self.groups[node.inputs[0]] in signed)
                for node, group in zip(nodes, self.groups)
            ]
            if spread == result:
                return result
            result = spread

    @functools.cached_property
    def scales(self) -> list[np.float32]:
        """What the integers of each value are multiplied with."""
        result = []
        for group, signed in zip(self.groups, self.signed):
            members = [self.ranges[index] for index, other in enumerate(self.groups) if other == group]
            low, high = min(low for low, _ in members), max(high for _, high in members)
            reach = max(abs(low), high) / np.float32(127) if signed else high / np.float32(255)
            result.append(max(np.float32(reach), np.float32(2.0**-64)))
        return result

    def text(self) -> str:
        """The ranges as our side reads them."""
        lines = [f"# Ranges of {self.network.name}."]
        for name, index in self.ends.items():
            low, high = self.ranges[index]
            lines.append(f"{name} {low!s} {high!s}")
        return "\n".join(lines) + "\n"

    def folded(self, index: int, tensors: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Weights and biases of a sum, its batch norm folded in, in double precision."""
        node = self.network.nodes[index]
        weight = tensors[node.details["weight"]].astype(np.float64)
        bias = tensors[node.details["bias"]].astype(np.float64) if "bias" in node.details else np.zeros(len(weight))
        norm = self.norm(index)
        if norm is None:
            return weight, bias
        scale, shift, mean, variance = (tensors[name].astype(np.float64) for name in norm.norm)
        factor = scale / np.sqrt(variance + float(norm.details["epsilon"]))
        return weight * factor.reshape(-1, *[1] * (weight.ndim - 1)), (bias - mean) * factor + shift


def observed(network: Network, tensors: dict[str, np.ndarray]) -> list[Range]:
    """The smallest and the largest number of each node's value, over a few images."""
    import onnxruntime

    exporter = Exporter(network, tensors)
    model = exporter.model()
    names = list(dict.fromkeys(exporter.values))
    known = {output.name for output in model.graph.output}
    model.graph.output.extend(exporter.value(name, None) for name in names if name not in known and name != "input")
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    found: dict[str, list[Range]] = {name: [] for name in names}
    for image in weights.images(network, CALIBRATION, "calibration"):
        asked = [name for name in names if name != "input"]
        values = dict(zip(asked, session.run(asked, {"input": image[None]}))) | {"input": image}
        for name in names:
            found[name].append((values[name].min(), values[name].max()))
    united = {name: (min(low for low, _ in met), max(high for _, high in met)) for name, met in found.items()}
    return [united[name] for name in exporter.values]


@dataclasses.dataclass
class QuantizedExporter(Exporter):
    """As ONNX Runtime's quantizer writes a network. `rounds_addends` says whether a convolution is rounded before a
    shortcut is added to it: ONNX Runtime has whole numbers for it only then; OpenVINO's own quantizer leaves that out, as our
    plans do."""

    scheme: Scheme = dataclasses.field(kw_only=True)
    rounds_addends: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.places = {node.name: index for index, node in enumerate(self.network.nodes)}

    def emit(self, node: Node, inputs: list[str]) -> str:
        index, scheme = self.places[node.name], self.scheme
        value = super().emit(node, inputs)
        if not scheme.is_whole(index) or (not self.rounds_addends and index in scheme.addends):
            return value
        return self.rounded(value, index)

    def rounded(self, value: str, index: int) -> str:
        """The value as the integers of a node's scale have it. Negative ones are those of int8 and 128 more, since all
        engines are at their best with unsigned numbers."""
        scale = self.constant(f"scale.{index}", np.array(self.scheme.scales[index], np.float32))
        zero = self.constant(f"zero.{index}", np.array(128 if self.scheme.signed[index] else 0, np.uint8))
        self.op("QuantizeLinear", [value, scale, zero], f"{value}.integers")
        return self.op("DequantizeLinear", [f"{value}.integers", scale, zero], f"{value}.rounded")

    def tensors(self, node: Node) -> list[str]:
        index = self.places[node.name]
        weight, bias = self.scheme.folded(index, self.weights)
        rows = np.abs(weight).reshape(len(weight), -1).max(1)
        steps = np.where(rows > 0, rows / 127, 1)
        numbers = np.rint(weight / steps.reshape(-1, *[1] * (weight.ndim - 1)))
        whole = steps * float(self.scheme.scales[node.inputs[0]])
        sums = np.clip(np.rint(bias / whole), -LARGEST_BIAS, LARGEST_BIAS)
        zeros = np.zeros(len(weight), np.int8)
        name = node.details["weight"]
        return [
            self.widened(name, np.clip(numbers, -127, 127).astype(np.int8), steps, zeros),
            self.widened(f"{name.removesuffix('.weight')}.bias", sums.astype(np.int32), whole, zeros.astype(np.int32)),
        ]

    def widened(self, name: str, numbers: np.ndarray, steps: np.ndarray, zeros: np.ndarray) -> str:
        """Under the names that ONNX Runtime's quantizer gives."""
        parts = {"quantized": numbers, "scale": steps.astype(np.float32), "zero_point": zeros}
        inputs = [self.constant(f"{name}_{part}", array) for part, array in parts.items()]
        return self.op("DequantizeLinear", inputs, name, axis=0)

    def norm(self, node: Node, x: str) -> str:
        """It is in the weights."""
        if self.network.input_of(node).operation not in ("conv", "linear"):
            raise Problem(f"the benchmark has no whole numbers for {node.name}, which follows no convolution")
        return x

    def linear(self, node: Node, x: str) -> str:
        if not self.is_flat(node):
            flat = self.op("Flatten", [x], f"{node.name}.flat", axis=1)
            x = self.rounded(flat, node.inputs[0])
        return self.op("Gemm", [x, *self.tensors(node)], node.name, alpha=1.0, beta=1.0, transB=1)


def plain(network: Network, tensors: dict[str, np.ndarray], images: np.ndarray) -> np.ndarray:
    """float32's answers, one image at a time: a row for each."""
    import onnxruntime

    model = Exporter(network, tensors).model().SerializeToString()
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.concatenate([answers(session, image[None]) for image in images])


def literal(model: pathlib.Path, images: np.ndarray) -> np.ndarray:
    """What a QDQ file says to the letter, each rounding by itself and sums of floats: a row for each image."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return answers(onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"]), images)


def answers(session, images: np.ndarray) -> np.ndarray:
    return np.concatenate([output.reshape(len(images), -1) for output in session.run(None, {"input": images})], 1)
