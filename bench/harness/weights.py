"""Seeded weights under torchvision's names, the same for every engine: He initialisation, so that signals neither fade
nor grow, and batch-norm statistics of what the network itself saw, so that folding them changes real numbers.
"""

import pathlib
import tempfile
import zlib

import numpy as np
import safetensors.numpy

from .export import Exporter, Norms
from .network import Network, Node

SEED = 1
# Images that the norms look at: 4 x 7 x 7 values a channel in the smallest maps of the paper's networks.
PICTURES = 4


def generator(name: str) -> np.random.Generator:
    """One for each tensor, so that numbers depend on the name alone."""
    return np.random.default_rng([SEED, zlib.crc32(name.encode())])


def images(network: Network, count: int, name: str = "input") -> np.ndarray:
    """[count, channels, height, width], of mean 0 and variance 1, as preprocessing leaves photographs."""
    return generator(name).standard_normal((count, *network.input_shape), np.float32)


def make(network: Network, path: pathlib.Path) -> None:
    """Writes the safetensors file."""
    tensors: dict[str, np.ndarray] = {}
    for node in network.nodes:
        tensors |= parameters(network, node)
    tensors |= statistics(network, tensors)
    partial = path.with_suffix(".partial")
    safetensors.numpy.save_file(tensors, partial)
    partial.replace(path)


def load(path: pathlib.Path) -> dict[str, np.ndarray]:
    return safetensors.numpy.load_file(path)


def parameters(network: Network, node: Node) -> dict[str, np.ndarray]:
    """What training would have learnt."""
    if node.operation == "batchnorm":
        weight, bias, _, _ = node.norm
        channels = node.shape[0]
        return {
            weight: generator(weight).uniform(0.5, 1.5, channels).astype(np.float32),
            bias: generator(bias).uniform(-0.2, 0.2, channels).astype(np.float32),
        }
    if node.operation in ("groupnorm", "layernorm"):
        weight, bias = (f"{node.details['tensors']}.{leaf}" for leaf in ("weight", "bias"))
        return {
            weight: generator(weight).uniform(0.5, 1.5, node.shape[0]).astype(np.float32),
            bias: generator(bias).uniform(-0.2, 0.2, node.shape[0]).astype(np.float32),
        }
    if node.operation == "scale":
        weight = node.details["weight"]
        return {weight: generator(weight).uniform(-0.2, 0.2, node.shape[0]).astype(np.float32)}
    if node.operation == "channelconv":
        weight, size = node.details["weight"], node.number("size", 1)
        return {weight: (generator(weight).standard_normal((1, 1, size)) / np.sqrt(size)).astype(np.float32)}
    if node.operation not in ("conv", "linear"):
        return {}
    source = network.input_of(node).shape
    outputs, inside = node.shape[0], int(np.prod(source))
    shape = (outputs, source[0] // node.number("groups", 1), *node.extent("kernel")) if node.operation == "conv" else (outputs, inside)
    inputs = int(np.prod(shape[1:]))
    weight, bias = node.details["weight"], node.details.get("bias")
    numbers = generator(weight).standard_normal(shape, np.float32)
    numbers *= np.float32(np.sqrt(2 / inputs))
    result = {weight: numbers}
    if bias:
        result[bias] = generator(bias).uniform(-0.1, 0.1, outputs).astype(np.float32)
    return result


def statistics(network: Network, tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Running means and variances: one pass over a few images in which each norm uses what it sees."""
    import onnxruntime

    exporter = Exporter(network, tensors, batch=PICTURES, norms=Norms.MEASURED)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "measured.onnx"
        exporter.save(path)
        if not exporter.statistics:
            return {}
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        values = session.run(exporter.statistics, {"input": images(network, PICTURES, "pictures")})
    return {name: value.reshape(-1) for name, value in zip(exporter.statistics, values)}
