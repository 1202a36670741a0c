#!/usr/bin/env python3
"""Quantised networks of ONNX for the tests of `resnetc convert --ranges`, in Tests/Fixtures/quantized:

    digits20.onnx            the network of the digits, exported by resnetc and quantised by ONNX Runtime
    digits20.safetensors     images, and what the file answers to the letter: ONNX Runtime without optimisations
    small*.onnx              three layers, each file with something about its integers that others do not have
    small.safetensors        an image, and what small.onnx and small_steps.onnx answer

    python scripts/quantized_checkpoint.py            needs onnx and onnxruntime besides requirements.txt, and resnetc
"""

import os
import subprocess
import tempfile
from pathlib import Path

import numpy
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from PIL import Image
from safetensors.numpy import load_file, save_file

ROOT = Path(__file__).resolve().parent.parent
RESNETC = Path(os.environ.get("RESNETC", ROOT / ".build" / "release" / "resnetc"))
FOLDER = ROOT / "Tests" / "Fixtures" / "quantized"
COUNT = 60


def pixels(image: numpy.ndarray) -> numpy.ndarray:
    """As models/digits20.rn has it."""
    grey = Image.fromarray(image.astype(numpy.uint8).reshape(8, 8)).resize((32, 32), Image.Resampling.BILINEAR)
    plane = (numpy.asarray(grey, numpy.float32) / 255 - 0.5) / 0.5
    return numpy.repeat(plane[None], 3, axis=0)


class Images(CalibrationDataReader):
    def __init__(self, name: str, images: numpy.ndarray):
        self.rest = iter([{name: image[None]} for image in images])

    def get_next(self) -> dict | None:
        return next(self.rest, None)


def literal(path: Path, images: numpy.ndarray) -> numpy.ndarray:
    """One image at a time."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return numpy.concatenate([session.run(None, {name: image[None]})[0].reshape(1, -1) for image in images])


def digits() -> None:
    images = load_file(ROOT / "Tests/Fixtures/digits.safetensors")["images"]
    images = numpy.stack([pixels(image) for image in images])
    with tempfile.TemporaryDirectory() as folder:
        plain, folded, made = (Path(folder) / f"{name}.onnx" for name in ("plain", "folded", "made"))
        words = [RESNETC, "export", "onnx", ROOT / "models/digits20.rn", "-q", "-o", plain]
        subprocess.run([*words, "--weights", ROOT / "models/digits20.safetensors"], check=True)
        # Softmax comes last; what is compared are logits.
        model = onnx.load(plain)
        last = model.graph.node[-1]
        if last.op_type == "Softmax":
            model.graph.node.remove(last)
            model.graph.output[0].name = last.input[0]
            onnx.save(model, plain)
        quant_pre_process(str(plain), str(folded), skip_symbolic_shape=True)
        name = onnx.load(plain).graph.input[0].name
        quantize_static(
            str(folded), str(made), Images(name, images[COUNT : 3 * COUNT]), quant_format=QuantFormat.QDQ, per_channel=True,
            activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8)  # fmt: skip
        model = onnx.load(made)
        del model.graph.value_info[:]
        onnx.save(model, FOLDER / "digits20.onnx")
    answers = literal(FOLDER / "digits20.onnx", images[:COUNT])
    save_file({"images": images[:COUNT], "answers": answers.astype(numpy.float32)}, FOLDER / "digits20.safetensors")


# The parts of a file of three layers, which each of the others has in its own way.
SOUND = {
    "weights": "int8", "weight_zero": 0, "axis": 0, "scales": 4, "input": ("int8", 0), "value": ("uint8", 0), "pool_scale": 1.0,
    "rounds": True, "reach": 127, "operator": "Conv",
}  # fmt: skip
FILES = {
    "small": {},
    "small_unsigned_image": {"input": ("uint8", 128)},
    "small_signed_value": {"value": ("int8", -128)},
    "small_narrow_value": {"value": ("int8", 0)},
    "small_steps": {"reach": 128},
    "small_one_scale": {"scales": 1},
    "small_image_zero": {"input": ("uint8", 117)},
    "small_value_zero": {"value": ("uint8", 3)},
    "small_wide_value": {"value": ("uint16", 0)},
    "small_weight_zero": {"weight_zero": 5},
    "small_unsigned_weights": {"weights": "uint8", "weight_zero": 128},
    "small_axis": {"axis": 1},
    "small_other_scales": {"scales": 3},
    "small_not_rounded": {"rounds": False},
    "small_operators": {"operator": "QLinearConv"},
}


def small(**changes) -> onnx.ModelProto:
    """A convolution with ReLU, a mean, and a fully connected layer: 4x4 images, four channels."""
    parts = SOUND | changes
    random = numpy.random.default_rng(1)
    nodes, constants = [], []

    def constant(name: str, values) -> str:
        constants.append(numpy_helper.from_array(values, name))
        return name

    def op(kind: str, inputs: list[str], output: str, **attributes) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def rounded(value: str, scale: float, grid: tuple[str, int]) -> str:
        ends = [constant(f"{value}_scale", numpy.float32(scale)), constant(f"{value}_zero_point", numpy.array(grid[1], grid[0]))]
        op("QuantizeLinear", [value, *ends], f"{value}_integers")
        return op("DequantizeLinear", [f"{value}_integers", *ends], f"{value}_rounded")

    def weights(name: str, shape: tuple[int, ...], axis: int, count: int) -> str:
        rows = random.integers(-100, 101, shape)
        rows.reshape(len(rows), -1)[:, 0] = -parts["reach"]
        if parts["weights"] == "uint8":
            rows = (rows + parts["weight_zero"]).clip(0, 255)
        scales = numpy.float32(0.01) + numpy.arange(count, dtype=numpy.float32) / 256
        zeros = numpy.full(count, parts["weight_zero"], parts["weights"])
        if count == 1:
            scales, zeros, extra = scales[0], zeros[0], {}
        else:
            extra = {"axis": axis}
        inputs = [
            constant(f"{name}_quantized", rows.astype(parts["weights"])), constant(f"{name}_scale", scales),
            constant(f"{name}_zero_point", zeros),
        ]  # fmt: skip
        return op("DequantizeLinear", inputs, name, **extra)

    def bias(name: str, count: int, scale: float) -> str:
        """In steps of the products, as quantisers write it."""
        values = random.integers(-2000, 2001, count).astype(numpy.int32)
        steps = numpy_helper.to_array(next(one for one in constants if one.name == f"{name.split('.')[0]}.weight_scale"))
        scales = numpy.broadcast_to(steps if steps.size == count else steps.ravel()[:1], count) * numpy.float32(scale)
        inputs = [constant(f"{name}_quantized", values), constant(f"{name}_scale", scales.astype(numpy.float32))]
        return op("DequantizeLinear", inputs, name, axis=0)

    x = rounded("input", 0.02, parts["input"])
    tensors = [weights("conv1.weight", (4, 3, 3, 3), parts["axis"], parts["scales"]), bias("conv1.bias", 4, 0.02)]
    x = op(parts["operator"], [x, *tensors], "conv1", pads=[1] * 4)
    x = op("Relu", [x], "relu")
    x = rounded(x, 0.05, parts["value"])
    x = op("GlobalAveragePool", [x], "pool")
    x = rounded(x, 0.03, ("uint8", 0)) if parts["rounds"] else x
    x = op("Flatten", [x], "flat")
    op("Gemm", [x, weights("fc.weight", (5, 4), 0, 5), bias("fc.bias", 5, 0.03)], "logits", transB=1)
    graph = helper.make_graph(
        nodes, "small", [helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 4, 4])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 5])], constants)  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, changes in FILES.items():
        onnx.save(small(**changes), FOLDER / f"{name}.onnx")
    image = numpy.random.default_rng(2).standard_normal((1, 3, 4, 4), numpy.float32)
    answers = {name: literal(FOLDER / f"{name}.onnx", image)[0] for name in ("small", "small_steps", "small_one_scale")}
    save_file({"image": image[0], **answers}, FOLDER / "small.safetensors")
    digits()


if __name__ == "__main__":
    main()
