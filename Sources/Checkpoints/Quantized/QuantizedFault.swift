// Why a quantised network of ONNX cannot be taken over as it is: what our whole numbers do not stand for, or what stands
// where nothing can be read off.
package import ResNetRuntime

package enum QuantizedFault: Error, Sendable, Equatable {
  /// Operators that compute with integers themselves.
  case operators(String)
  /// A tensor of weights whose integers have another zero, and the first such.
  case weightZero(tensor: String, zero: Int)
  case weightType(tensor: String, DType)
  /// Scales along an axis that is not that of the output channels.
  case axis(tensor: String, Int)
  /// Scales that are no constants, of another count than there are channels, or no numbers above zero.
  case scale(of: String)
  /// A value that is no 8-bit integer, or has a scale for each channel.
  case valueType(layer: String, value: String, DType)
  /// Values whose zeros are not where they can be here.
  case valueZeros([QuantizedZero])
  /// A layer of the model that is not found behind what it reads; the operator that stands there, if there is one.
  case layer(String, found: String?)
  /// A layer whose value is not rounded where ours is.
  case notRounded(layer: String)
  /// What only moves numbers, and changes their scale.
  case rescaled(layer: String, from: String)
  /// The file has floats only.
  case plain

  /// A sentence, lines below it, and the way out.
  package var message: (head: String, lines: [String], help: String) {
    guard case .valueZeros(let zeros) = self else { return (sentence.head, [], sentence.help) }
    return (sentence.head, zeros.map(\.text), sentence.help)
  }

  private var sentence: (head: String, help: String) {
    let quantizer = "quantise it again with ONNX Runtime's quantize_static: QuantFormat.QDQ, per_channel=True, "
    let own = "; or convert the network before it was quantised, and choose ranges by the package's 'quantize'"
    switch self {
    case .operators(let kind):
      return (
        "its network is of \(quotedName(kind)), which leaves no floats to read scales off",
        quantizer
          + "weight_type=QuantType.QInt8" + own
      )
    case .weightZero(let tensor, let zero):
      return (
        "the integers of its tensor \(quotedName(tensor)) have their zero at \(zero), and those of weights here at 0",
        quantizer + "weight_type=QuantType.QInt8, extra_options={'WeightSymmetric': True}" + own
      )
    case .weightType(let tensor, let type):
      return (
        "the integers of its tensor \(quotedName(tensor)) are \(type.rawValue), and those of weights here I8",
        quantizer + "weight_type=QuantType.QInt8" + own
      )
    case .axis(let tensor, let axis):
      return (
        "its tensor \(quotedName(tensor)) has a scale for each index of dimension \(axis), and weights here for each "
          + "output channel", quantizer + "weight_type=QuantType.QInt8" + own
      )
    case .scale(let name):
      return (
        "the scales of \(quotedName(name)) are not constant numbers above zero, one or one for each channel",
        quantizer + "weight_type=QuantType.QInt8" + own
      )
    case .valueType(let layer, let value, let type):
      return (
        "the value of \(layer), \(quotedName(value)), is rounded to \(type.rawValue), and here to 8 bits",
        quantizer + "activation_type=QuantType.QUInt8" + own
      )
    case .valueZeros(let zeros):
      let overrides = zeros.filter(\.isSigned).map { "\(quotedName($0.value)): [{'symmetric': True}]" }
      let options =
        overrides.isEmpty
        ? "" : ", extra_options={'TensorQuantOverrides': {\(overrides.joined(separator: ", "))}}"
      return (
        "\(zeros.count == 1 ? "a value's zero is" : "the zeros of \(zeros.count) values are") elsewhere than here",
        quantizer + "activation_type=QuantType.QUInt8" + options + own
      )
    case .layer(let layer, let found):
      return (
        "\(layer) is not where the model has it" + (found.map { ": \(quotedName($0)) stands in its place" } ?? ""),
        "use the network that it was quantised from; batch norms have to be folded before (quant_pre_process)" + own
      )
    case .notRounded(let layer):
      return (
        "the value of \(layer) is not rounded, and here it is of integers",
        quantizer + "activation_type=QuantType.QUInt8" + own
      )
    case .rescaled(let layer, let input):
      return (
        "\(layer) has another scale than \(input), whose numbers it only moves",
        "give both the same scale and zero, as by 'TensorQuantOverrides' in the extra_options of quantize_static" + own
      )
    case .plain:
      return (
        "it holds no quantised network, so there are no ranges in it",
        "leave '--ranges' away, and choose ranges by the package's 'quantize'"
      )
    }
  }
}

/// A value of a quantised file whose zero is not where it can be here.
package struct QuantizedZero: Sendable, Equatable {
  package let layer: String
  /// The file's name for it.
  package let value: String
  package let type: DType
  package let zero: Int
  /// Whether the value may be negative here.
  package let isSigned: Bool

  fileprivate var text: String {
    let needed =
      isSigned
      ? "0 of int8 (or 128 of uint8), as it may be negative" : "0 of uint8 (or -128 of int8), as nothing is below it"
    return "the value of \(layer), \(quotedName(value)), has its zero at \(zero) of \(type == .i8 ? "int8" : "uint8"), "
      + "and here at \(needed)"
  }
}
