"""What the quantised network is, on a small one: `python -m unittest discover -t bench bench/harness`."""

import pathlib
import tempfile
import unittest
from unittest import mock

import numpy as np
import onnx
from onnx import numpy_helper

from harness import agreement, network, quantized
from harness.integers import IntegerAssets
from harness.problem import Problem

LOWERED = """# after lower: the network as written
graph Small -> %9
%0  input      3x6x6  input()
%1  conv1      4x6x6  conv(%0) 3x3, 4, pad 1x1, weight conv1.weight
%2  conv1.bn   4x6x6  batchnorm(%1) norm bn1 eps 1e-05
%3  conv1.relu 4x6x6  activation(%2) relu
%4  pool1      4x6x6  maxpool(%3) 3x3, stride 1, pad 1x1
%5  conv2      4x6x6  conv(%4) 1x1, 4, weight conv2.weight
%6  sum        4x6x6  add(%5, %4)
%7  sum.relu   4x6x6  activation(%6) relu
%8  head.pool  4x1x1  globalaveragepool(%7)
%9  head.fc    5x1x1  linear(%8) 5, weight fc.weight, bias fc.bias
"""
FUSED = """# after lower: the network as written
graph Small -> %9
# after order-for-memory: orders the nodes
graph Small -> %5
%0  input      3x6x6  input()
%1  conv1      4x6x6  conv(%0) 3x3, 4, pad 1x1, weight conv1.weight, norm bn1 eps 1e-05, relu
%2  pool1      4x6x6  maxpool(%1) 3x3, stride 1, pad 1x1
%3  conv2      4x6x6  conv(%2, %2) 1x1, 4, weight conv2.weight, plus residual, relu
%4  head.pool  4x1x1  globalaveragepool(%3)
%5  head.fc    5x1x1  linear(%4) 5, weight fc.weight, bias fc.bias
"""


def tensors() -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    shapes = {"conv1.weight": (4, 3, 3, 3), "conv2.weight": (4, 4, 1, 1), "fc.weight": (5, 4), "fc.bias": (5,)}
    result = {name: random.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    result["conv2.weight"][1] = 0
    norms = {name: random.uniform(0.5, 1.5, 4).astype(np.float32) for name in ("weight", "bias", "running_mean", "running_var")}
    return result | {f"bn1.{name}": values for name, values in norms.items()}


class Quantized(unittest.TestCase):
    def setUp(self):
        self.network = network.parse(LOWERED)
        self.layers = network.parse_layers(FUSED)
        self.tensors = tensors()
        ranges = quantized.observed(self.network, self.tensors)
        self.scheme = quantized.Scheme(self.network, self.layers, ranges)

    def exported(self, **options) -> onnx.ModelProto:
        model = quantized.QuantizedExporter(self.network, self.tensors, scheme=self.scheme, **options).model()
        onnx.checker.check_model(model, full_check=True)
        return model

    def test_a_layer_has_the_range_of_what_it_ends_in(self):
        self.assertEqual([name for name, adds in self.layers.items() if adds], ["conv2"])
        self.assertEqual(self.scheme.ends, {"input": 0, "conv1": 3, "pool1": 4, "conv2": 7, "head.pool": 8, "head.fc": 9})
        lines = self.scheme.text().splitlines()
        self.assertTrue(lines[2].startswith("conv1 0.0 ") and lines[2].split()[2] == str(self.scheme.ranges[3][1]))

    def test_scales_follow_from_ranges(self):
        scheme = self.scheme
        self.assertEqual([scheme.signed[index] for index in (0, 3, 4, 7, 8)], [True, False, False, False, False])
        self.assertEqual(scheme.scales[3], scheme.scales[4])  # A maximum is one of its numbers.
        self.assertEqual(scheme.scales[7], scheme.ranges[7][1] / np.float32(255))
        low, high = scheme.ranges[0]
        self.assertEqual(scheme.scales[0], max(-low, high) / np.float32(127))

    def test_weights_are_those_of_the_definition(self):
        constants = {one.name: numpy_helper.to_array(one) for one in self.exported().graph.initializer}
        t = {name: value.astype(np.float64) for name, value in self.tensors.items()}
        factor = t["bn1.weight"] / np.sqrt(t["bn1.running_var"] + 1e-5)
        weight = t["conv1.weight"] * factor[:, None, None, None]
        for channel in range(4):
            step = np.abs(weight[channel]).max() / 127
            expected = np.rint(weight[channel] / step)
            self.assertEqual(np.abs(expected).max(), 127)
            self.assertTrue((constants["conv1.weight_quantized"][channel] == expected).all())
            bias = (t["bn1.bias"] - t["bn1.running_mean"] * factor)[channel]
            self.assertEqual(constants["conv1.bias_quantized"][channel], np.rint(bias / (step * float(self.scheme.scales[0]))))
        self.assertEqual(constants["conv2.weight_scale"][1], 1)

    def test_only_one_file_rounds_before_a_shortcut_is_added(self):
        def rounded(model) -> set[str]:
            return {node.input[0] for node in model.graph.node if node.op_type == "QuantizeLinear"}

        both = rounded(self.exported()), rounded(self.exported(rounds_addends=False))
        self.assertEqual(both[0] - both[1], {"conv2"})
        self.assertEqual(both[1], {"input", "conv1.relu", "pool1", "sum.relu", "head.pool", "head.fc.flat"})

    def test_to_the_letter_is_what_numpy_computes(self):
        image = np.random.default_rng(2).standard_normal((1, 3, 6, 6), np.float32)
        with tempfile.TemporaryDirectory() as place:
            path = pathlib.Path(place) / "model.onnx"
            onnx.save(self.exported(), path)
            literal = quantized.literal(path, image)[0]

        def rounded(value, index, low, high):
            return np.clip(np.rint(value / self.scheme.scales[index]), low, high) * self.scheme.scales[index]

        def weights(index):
            weight, bias = self.scheme.folded(index, self.tensors)
            rows = np.abs(weight).reshape(len(weight), -1).max(1).reshape(-1, *[1] * (weight.ndim - 1))
            steps = np.where(rows > 0, rows / 127, 1)
            whole = steps.ravel() * self.scheme.scales[self.network.nodes[index].inputs[0]]
            return np.rint(weight / steps) * steps, np.rint(bias / whole) * whole

        padded = np.pad(rounded(image[0], 0, -128, 127), ((0, 0), (1, 1), (1, 1)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), (1, 2))
        weight, bias = weights(1)
        x = np.einsum("cyxij,ocij->oyx", windows, weight) + bias[:, None, None]
        x = rounded(np.maximum(x, 0), 3, 0, 255)
        x = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), (1, 2)).max((3, 4))
        weight, bias = weights(5)
        y = rounded(np.einsum("cyx,oc->oyx", x, weight[:, :, 0, 0]) + bias[:, None, None], 5, -128, 127)
        x = rounded(np.maximum(x + y, 0), 7, 0, 255)
        x = rounded(x.mean((1, 2)), 8, 0, 255)
        weight, bias = weights(9)
        expected = weight @ x + bias
        # Where a sum of floats lies beside a tie, one step of a mean of 36 may change: less than 1 % of the answers.
        self.assertLess(np.linalg.norm(literal - expected), 0.01 * np.linalg.norm(expected))

    def test_says_what_it_has_no_whole_numbers_for(self):
        other = network.parse(LOWERED.replace("activation(%2) relu\n", "activation(%2) silu\n"))
        with self.assertRaisesRegex(Problem, "no whole numbers for conv1.relu: silu"):
            quantized.Scheme(other, self.layers, self.scheme.ranges)

    def test_others_answers_are_told_apart(self):
        assets = IntegerAssets(self.network, self.layers)
        ours = np.array([[1, 2, 3, 4, 5]], np.float32)
        with mock.patch.object(IntegerAssets, "loss", return_value=0.02):
            self.assertIsNone(agreement.compare(assets, "int8", 1, ours * 1.03, ours).fault)
            self.assertRegex(agreement.compare(assets, "int8", 1, ours * 1.05, ours).fault, "by 5.0% in length where 4.0%")
            swapped = np.array([[1, 2, 3, 4.9, 4.8]], np.float32)
        with mock.patch.object(IntegerAssets, "loss", return_value=0.2):
            self.assertEqual(agreement.compare(assets, "int8", 1, swapped, ours).fault, "it names another class")
        nothing = np.full_like(ours, np.nan)
        self.assertIsNotNone(agreement.compare(assets, "int8", 1, nothing, ours).fault)


if __name__ == "__main__":
    unittest.main()
