// What differs from network to network in its Python package: constants, and the class that is called.
internal import ResNetDSL

extension PythonPackage {
  private var batch: Int { contents.plans.first?.batch ?? 1 }
  private func largest(_ bytes: (Plan) -> Int) -> Int { contents.plans.map(bytes).max() ?? 0 }

  /// `_network.py`.
  var network: String {
    let isas = pythonTuple(contents.plans.map { pythonLiteral($0.target.title) })
    let typed = isNamed ? "Final, TypedDict" : "Final"
    let arrays = isNamed ? "import numpy as np\nfrom numpy.typing import NDArray\n\n" : ""
    return """
      \"""What \(contents.name) takes and gives.\"""

      from __future__ import annotations

      from typing import \(typed)

      \(arrays)SOURCE: Final[str] = \(pythonLiteral(contents.sourceName))
      \"""The file that describes the network.\"""
      BATCH: Final[int] = \(batch)
      \"""Images that are computed at once; any number may be asked for, and fewer than these take as long.\"""
      INPUT_SHAPE: Final[tuple[int, int, int]] = (\(tuple(input)))
      \"""Of an image: channels, rows, columns.\"""
      \(outputs)
      INSTRUCTION_SETS: Final[tuple[str, ...]] = \(isas)
      \"""Those that there are kernels for, the preferred first.\"""
      \(labels)\(preprocess)
      # Of the C library: bytes of the regions that a call works in.
      OUTPUT_FLOATS: Final[int] = \(outputFloats)
      ALIGNMENT: Final[int] = 64
      ACTIVATIONS_BYTES: Final[int] = \(largest(\.activationsBytes))
      SCRATCH_BYTES: Final[int] = \(largest(\.threadBytes))

      """
  }

  private var outputs: String {
    guard isNamed else {
      return """
        OUTPUT_SHAPE: Final[tuple[int, ...]] = \(outputShape(output))
        \"""Of what the network gives for an image.\"""
        """
    }
    let shapes = graph.named.map { ($0.name, graph[$0.node].shape) }
    let entries = shapes.map { "    \(pythonLiteral($0.0)): \(outputShape($0.1)),\n" }.joined()
    let types = shapes.map { "        \(pythonLiteral($0.0)): NDArray[np.float32],\n" }.joined()
    return """
      OUTPUT_SHAPES: Final[dict[str, tuple[int, ...]]] = {
      \(entries)}
      \"""Of what the network gives for an image, in the order of the source.\"""
      Outputs = TypedDict(
          "Outputs",
          {
      \(types)    },
      )
      \"""What the network gives for n images: arrays of (n, *OUTPUT_SHAPES[name]).\"""
      """
  }

  private var labels: String {
    guard isClassifier else { return "" }
    let list = contents.labels.map { "    \(pythonLiteral($0)),\n" }.joined()
    let tuple = list.isEmpty ? "()" : "(\n\(list))"
    return "LABELS: Final[tuple[str, ...]] = \(tuple)\n\"\"\"Names of the classes; empty without a labels file.\"\"\"\n"
  }

  private var preprocess: String {
    guard hasPreprocess else { return "" }
    let own = contents.network.preprocess
    let (mode, extent) =
      switch own.size {
      case .shortSide(let side): ("short side", Extent(side, side))
      case .exactly(let extent): ("exactly", extent)
      case .fit(let extent): ("fit", extent)
      case .cover(let extent): ("cover", extent)
      }
    func word(_ value: Bool) -> String { value ? "True" : "False" }
    return """

      # How a picture becomes an input.
      RESIZE_MODE: Final[str] = "\(mode)"
      RESIZE: Final[tuple[int, int]] = (\(extent.height), \(extent.width))
      FILTER: Final[str] = "\(own.interpolation.rawValue.uppercased())"
      CROP: Final[tuple[int, int]] = (\(own.crop.height), \(own.crop.width))
      PIXEL_RANGE: Final[str] = "\(own.range)"
      MEAN: Final[tuple[float, ...]] = \(pythonTuple(own.mean))
      STD: Final[tuple[float, ...]] = \(pythonTuple(own.std))
      FILL: Final[tuple[int, ...]] = \(pythonTuple(own.fill))
      IS_BGR: Final[bool] = \(word(own.isBGR && own.mean.count == 3))
      IS_SQUARED: Final[bool] = \(word(own.isSquared))
      ORIENTS: Final[bool] = \(word(own.orients))

      """
  }

  /// `_model.py`.
  var model: String {
    let network = isNamed ? "OUTPUT_FLOATS, OUTPUT_SHAPES, Outputs" : "OUTPUT_SHAPE"
    let predictions = isClassifier ? "from ._predictions import Prediction, predictions\(softmaxImport)\n" : ""
    return """
      \"""\(contents.name), called with NumPy's arrays.\"""

      from __future__ import annotations

      from ._engine import Engine, Floats
      from ._network import \(network)
      \(predictions)

      class Model(Engine):
          \"""\(contents.name) with weights: float32 in and out, and nothing global.

          Threads may share one model: Python's lock is not held while it computes, and each call has memory of its own,
          which is kept for the next one. A process that forks may use it on both sides. `close` it, or use `with`.
          \"""

          def __call__(self, images: Floats, *, out: Floats | None = None) -> \(isNamed ? "Outputs" : "Floats"):
              \"""Computes any number of images.

              Args:
                  images: float32 of shape (n, \(tuple(input))), normalised as the network was trained to see them;
                      copied where they do not lie one after another.
                  out: Where outputs go: float32 of shape \(outShape), C-contiguous.

              Returns:
                  \(returned)

              Raises:
                  TypeError: An array has another type.
                  ValueError: An array has another shape, `out` cannot be written or overlaps images, or the model is
                      closed.
                  Error: There is not enough memory, or no thread.
              \"""
      \(body)\(classify)
      """
  }

  private var softmaxImport: String {
    if case .softmax = contents.answer { ", softmax" } else { "" }
  }

  private var outShape: String {
    isNamed ? "(n, \(outputFloats)), which the returned arrays are parts of" : returnedShape(output)
  }

  private func returnedShape(_ shape: Shape) -> String {
    shape.height * shape.width == 1 ? "(n, \(shape.channels))" : "(n, \(tuple(shape)))"
  }

  private var returned: String {
    guard isNamed else {
      let what =
        switch contents.answer {
        case .softmax: "logits"
        case .sigmoid: "probabilities"
        case .values: "values"
        case .map: "maps"
        }
      return "\(what) of shape \(returnedShape(output)): `out` if it is there."
    }
    return graph.named.map { "`\($0.name)` of shape \(returnedShape(graph[$0.node].shape))" }
      .joined(separator: ", ") + "."
  }

  private var body: String {
    guard isNamed else { return "        return self._compute(images, out, OUTPUT_SHAPE)\n" }
    var start = 0
    var lines = "        whole = self._compute(images, out, (OUTPUT_FLOATS,))\n        return {\n"
    for output in graph.named {
      let count = graph[output.node].shape.count
      let name = pythonLiteral(output.name)
      lines += "            \(name): whole[:, \(start):\(start + count)].reshape(-1, *OUTPUT_SHAPES[\(name)]),\n"
      start += count
    }
    return lines + "        }\n"
  }

  private var classify: String {
    guard isClassifier else { return "" }
    let probabilities = softmaxImport.isEmpty ? "self(images)" : "softmax(self(images))"
    return """

          def classify(self, images: Floats, top: int = 5) -> list[list[Prediction]]:
              \"""The most probable classes of each image, the most probable first.

              Args:
                  images: As for a call.
                  top: How many of them.

              Raises:
                  TypeError, ValueError, Error: As for a call; or `top` is less than 1.
              \"""
              return predictions(\(probabilities), top)

      """
  }
}
