"""A network as an ONNX file, opset 17, as PyTorch's exporter would write it: batch norms are nodes, the weights are
initialisers, the batch is fixed.
"""

import dataclasses
import enum
import pathlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from .network import Network, Node
from .problem import Problem

OPSET = 17
END = np.iinfo(np.int64).max


class Norms(enum.Enum):
    """Batch norm with the statistics of the file, or with those of the batch, which then are outputs as well."""

    RUNNING = enum.auto()
    MEASURED = enum.auto()


class Shortcut(enum.Enum):
    """How option A's shortcut is written: as PyTorch's exporter does, or in words that ncnn has."""

    SLICE_AND_PAD = enum.auto()
    POOL_AND_PAD = enum.auto()


@dataclasses.dataclass
class Exporter:
    network: Network
    weights: dict[str, np.ndarray]
    batch: int = 1
    norms: Norms = Norms.RUNNING
    shortcut: Shortcut = Shortcut.SLICE_AND_PAD

    def __post_init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: dict[str, onnx.TensorProto] = {}
        self.statistics: list[str] = []
        # What the value of each node is called, once it was written.
        self.values: list[str] = []

    def model(self) -> onnx.ModelProto:
        values = self.values
        for node in self.network.computed:
            values.append(self.emit(node, [values[index] for index in node.inputs]))
        returned = []
        for (name, index), size in zip(self.network.outputs.items(), self.network.output_sizes):
            is_flat = self.network.nodes[index].operation == "linear"
            name = name if len(self.network.outputs) == 1 else f"output.{name}"
            self.op("Identity" if is_flat else "Flatten", [values[index]], name)
            returned.append(self.value(name, [self.batch, size]))
        graph = helper.make_graph(
            self.nodes,
            self.network.name,
            [self.value("input", [self.batch, *self.network.input_shape])],
            returned + [self.value(name, None) for name in self.statistics],
            list(self.initializers.values()),
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
        return model

    def save(self, path: pathlib.Path) -> None:
        partial = path.with_suffix(".partial")
        onnx.save(self.model(), partial)
        partial.replace(path)

    # Pieces

    def value(self, name: str, shape: list[int] | None) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    def op(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def constant(self, name: str, array: np.ndarray) -> str:
        if name not in self.initializers:
            self.initializers[name] = numpy_helper.from_array(array, name)
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def tensors(self, node: Node) -> list[str]:
        """Its weight, and its bias if it has one."""
        if "standardized" in node.details:
            # Once, as an engine that folds constants would.
            weight = self.weights[node.details["weight"]].astype(np.float64)
            axes = tuple(range(1, weight.ndim))
            deviation = np.sqrt(weight.var(axes, keepdims=True) + float(node.details["standardized"]))
            self.constant(node.details["weight"], ((weight - weight.mean(axes, keepdims=True)) / deviation).astype(np.float32))
        return [self.weight(node.details[role]) for role in ("weight", "bias") if role in node.details]

    def emit(self, node: Node, inputs: list[str]) -> str:
        """The name of the node's value."""
        match node.operation:
            case "input":
                return "input"
            case "dropout":
                return inputs[0]
            case "conv":
                return self.convolution(node, inputs[0])
            case "batchnorm":
                return self.norm(node, inputs[0])
            case "groupnorm":
                return self.group_norm(node, inputs[0])
            case "layernorm":
                return self.layer_norm(node, inputs[0])
            case "scale":
                factors = self.weights[node.details["weight"]].reshape(1, -1, 1, 1)
                return self.op("Mul", [inputs[0], self.constant(node.details["weight"], factors)], node.name)
            case "add":
                return self.op("Add", inputs, node.name)
            case "multiply":
                return self.op("Mul", inputs, node.name)
            case "concat":
                return self.op("Concat", inputs, node.name, axis=1)
            case "share":
                return self.share(node, inputs[0])
            case "shuffle":
                return self.shuffle(node, inputs[0])
            case "upsample":
                return self.upsample(node, inputs[0])
            case "lrn" if node.number("size", 0) % 2 == 1:  # of an even number ONNX has one more channel on the other side
                words = {"alpha": "alpha", "beta": "beta", "bias": "k"}
                numbers = {word: float(node.details[name]) for word, name in words.items()}
                return self.op("LRN", inputs, node.name, size=node.number("size", 0), **numbers)
            case "activation":
                return self.activation(node, inputs[0])
            case "zeropad":
                return self.zero_pad(node, inputs[0])
            case "maxpool" | "averagepool":
                return self.pool(node, inputs[0])
            case "globalaveragepool":
                return self.op("GlobalAveragePool", inputs, node.name)
            case "channelconv":
                return self.channel_convolution(node, inputs[0])
            case "linear":
                return self.linear(node, inputs[0])
        raise Problem(f"the benchmark cannot export {node.name}: {node.operation} {' '.join(node.details.values())}")

    def convolution(self, node: Node, x: str) -> str:
        dilation = node.number("dilation", 1)
        return self.op(
            "Conv", [x, *self.tensors(node)], node.name, kernel_shape=node.extent("kernel"), strides=node.stride,
            pads=node.pads, dilations=[dilation] * 2,
            group=node.number("groups", 1))  # fmt: skip

    def channel_convolution(self, node: Node, x: str) -> str:
        """PyTorch's Conv1d over the means as a row."""
        channels, size = node.shape[0], node.number("size", 1)
        row = self.constant(f"{node.name}.row", np.array([-1, 1, channels], np.int64))
        whole = self.constant(f"{node.name}.whole", np.array([-1, channels, 1, 1], np.int64))
        x = self.op("Reshape", [x, row], f"{node.name}.means")
        x = self.op("Conv", [x, self.weight(node.details["weight"])], f"{node.name}.sums", kernel_shape=[size], pads=[size // 2] * 2)
        return self.op("Reshape", [x, whole], node.name)

    def share(self, node: Node, x: str) -> str:
        bounds = [
            self.constant(f"{node.name}.{name}", np.array([value], np.int64))
            for name, value in [("first", node.number("first", 0)), ("end", node.number("end", 0)), ("axis", 1)]
        ]
        return self.op("Slice", [x, *bounds], node.name)

    def shuffle(self, node: Node, x: str) -> str:
        channels, height, width = node.shape
        groups = node.number("groups", 1)
        cut = self.constant(f"{node.name}.cut", np.array([-1, groups, channels // groups, height, width], np.int64))
        whole = self.constant(f"{node.name}.whole", np.array([-1, channels, height, width], np.int64))
        x = self.op("Reshape", [x, cut], f"{node.name}.groups")
        x = self.op("Transpose", [x], f"{node.name}.turns", perm=[0, 2, 1, 3, 4])
        return self.op("Reshape", [x, whole], node.name)

    def upsample(self, node: Node, x: str) -> str:
        """As PyTorch's `interpolate` with `align_corners=False`."""
        factor = node.number("factor", 1)
        scales = self.constant(f"scales.{factor}", np.array([1, 1, factor, factor], np.float32))
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        if node.details["method"] == "bilinear":
            how = {"mode": "linear", "coordinate_transformation_mode": "half_pixel"}
        return self.op("Resize", [x, "", scales], node.name, **how)

    def activation(self, node: Node, x: str) -> str:
        match node.details["function"]:
            case "relu":
                return self.op("Relu", [x], node.name)
            case "relu6":
                limits = [self.constant(f"limit.{limit}", np.array(limit, np.float32)) for limit in (0, 6)]
                return self.op("Clip", [x, *limits], node.name)
            case "sigmoid":
                return self.op("Sigmoid", [x], node.name)
            case "silu":
                return self.op("Mul", [x, self.op("Sigmoid", [x], f"{node.name}.sigmoid")], node.name)
            case "gelu":
                root, one, half = (
                    self.constant(f"gelu.{word}", np.array(value, np.float32))
                    for word, value in (("root", np.sqrt(2)), ("one", 1), ("half", 0.5))
                )
                error = self.op("Erf", [self.op("Div", [x, root], f"{node.name}.part")], f"{node.name}.erf")
                bulk = self.op("Mul", [x, self.op("Add", [error, one], f"{node.name}.twice")], f"{node.name}.bulk")
                return self.op("Mul", [bulk, half], node.name)
            case "tanh":
                return self.op("Tanh", [x], node.name)
            case "hardsigmoid":
                return self.op("HardSigmoid", [x], node.name, alpha=1 / 6, beta=0.5)
            case "hardswish":
                return self.op("HardSwish", [x], node.name)
        raise Problem(f"the benchmark cannot export {node.name}: {node.details['function']}")

    def norm(self, node: Node, x: str) -> str:
        weight, bias, mean, variance = node.norm
        epsilon = float(node.details["epsilon"])
        if self.norms is Norms.RUNNING:
            tensors = [self.weight(name) for name in (weight, bias, mean, variance)]
            return self.op("BatchNormalization", [x, *tensors], node.name, epsilon=epsilon)
        channels = (1, -1, 1, 1)
        scale = self.constant(weight, self.weights[weight].reshape(channels))
        shift = self.constant(bias, self.weights[bias].reshape(channels))
        tiny = self.constant(f"{node.name}.epsilon", np.array(epsilon, np.float32))
        self.statistics += [mean, variance]
        self.op("ReduceMean", [x], mean, axes=[0, 2, 3], keepdims=1)
        centred = self.op("Sub", [x, mean], f"{node.name}.centred")
        square = self.op("Mul", [centred, centred], f"{node.name}.square")
        self.op("ReduceMean", [square], variance, axes=[0, 2, 3], keepdims=1)
        deviation = self.op("Sqrt", [self.op("Add", [variance, tiny], f"{node.name}.sum")], f"{node.name}.deviation")
        unit = self.op("Div", [centred, deviation], f"{node.name}.unit")
        return self.op("Add", [self.op("Mul", [unit, scale], f"{node.name}.scaled"), shift], node.name)

    def group_norm(self, node: Node, x: str) -> str:
        """As PyTorch exports it: each group as one channel of an instance norm."""
        groups = node.number("groups", 1)
        channels, height, width = node.shape
        one, zero = (
            self.constant(f"{node.name}.{word}", np.full(groups, value, np.float32))
            for word, value in (("ones", 1), ("zeros", 0))
        )
        flat = self.constant(f"groups.{groups}", np.array([0, groups, -1], np.int64))
        whole = self.constant(f"map.{node.name}", np.array([0, channels, height, width], np.int64))
        unit = self.op("Reshape", [x, flat], f"{node.name}.groups")
        unit = self.op("InstanceNormalization", [unit, one, zero], f"{node.name}.unit", epsilon=float(node.details["epsilon"]))
        unit = self.op("Reshape", [unit, whole], f"{node.name}.map")
        weight, bias = (
            self.constant(name, self.weights[name].reshape(1, -1, 1, 1))
            for name in (f"{node.details['tensors']}.{leaf}" for leaf in ("weight", "bias"))
        )
        return self.op("Add", [self.op("Mul", [unit, weight], f"{node.name}.scaled"), bias], node.name)

    def layer_norm(self, node: Node, x: str) -> str:
        """As torchvision's ConvNeXt has it: channels last, and back."""
        tensors = [self.weight(f"{node.details['tensors']}.{leaf}") for leaf in ("weight", "bias")]
        last = self.op("Transpose", [x], f"{node.name}.last", perm=[0, 2, 3, 1])
        epsilon = float(node.details["epsilon"])
        unit = self.op("LayerNormalization", [last, *tensors], f"{node.name}.unit", axis=-1, epsilon=epsilon)
        return self.op("Transpose", [unit], node.name, perm=[0, 3, 1, 2])

    def zero_pad(self, node: Node, x: str) -> str:
        stride = node.number("stride", 1)
        before, after = node.number("before", 0), node.number("after", 0)
        if stride > 1 and self.shortcut is Shortcut.POOL_AND_PAD:
            x = self.op("MaxPool", [x], f"{node.name}.rows", kernel_shape=[1, 1], strides=[stride] * 2)
        elif stride > 1:
            start, end, step = (
                self.constant(f"slice.{word}", np.array([value], np.int64))
                for word, value in (("start", 0), ("end", END), (f"by{stride}", stride))
            )
            for axis, word in ((2, "rows"), (3, "columns")):
                at = self.constant(f"axis.{axis}", np.array([axis], np.int64))
                x = self.op("Slice", [x, start, end, at, step], f"{node.name}.{word}")
        pads = self.constant(f"{node.name}.pads", np.array([0, before, 0, 0, 0, after, 0, 0], np.int64))
        zero = self.constant("zero", np.array(0, np.float32))
        return self.op("Pad", [x, pads, zero], node.name, mode="constant")

    def pool(self, node: Node, x: str) -> str:
        kind, pads, extra = "MaxPool", node.pads, {}
        if node.operation == "averagepool":
            kind, extra = "AveragePool", {"count_include_pad": int("counted" in node.details)}
        elif "counted" in node.details:
            sides = self.constant(f"{node.name}.pads", np.array([0, 0, *pads[:2], 0, 0, *pads[2:]], np.int64))
            # Of zeros ONNX Runtime would make padding of the pool's own, which takes no part in a maximum.
            nearly = self.constant(f"{node.name}.zero", np.array(1e-30, np.float32))
            x = self.op("Pad", [x, sides, nearly], f"{node.name}.padded")
            pads = [0] * 4
        return self.op(
            kind, [x], node.name, kernel_shape=node.extent("kernel"), strides=node.stride,
            pads=pads, ceil_mode=int("ceil" in node.details), **extra)  # fmt: skip

    def linear(self, node: Node, x: str) -> str:
        if not self.is_flat(node):
            x = self.op("Flatten", [x], f"{node.name}.flat", axis=1)
        return self.op("Gemm", [x, *self.tensors(node)], node.name, alpha=1.0, beta=1.0, transB=1)

    def is_flat(self, node: Node) -> bool:
        """Whether its input is a row for each image already: fully connected, then perhaps an activation."""
        source = self.network.input_of(node)
        while source.operation in ("activation", "dropout"):
            source = self.network.input_of(source)
        return source.operation == "linear"
