// What an operator becomes in PyTorch: a module with its tensors, where it has any, and an expression of its inputs. Values
// are [batch, channels, height, width], but for rows behind a fully connected layer, [batch, features]. Each operator says
// its own in its file.
internal import ResNetDSL

/// A module, and what makes it.
struct PyTorchModule: Equatable {
  /// As the state dict has it: `layer1.0.conv1`.
  var path: String
  var constructor: String
  /// Whether it is one of a sequence that is called as a whole.
  var isInSequence = false

  init(path: String, constructor: String, isInSequence: Bool = false) {
    (self.path, self.constructor, self.isInSequence) = (path, constructor, isInSequence)
  }

  /// That of a tensor, `layer1.0.conv1.weight`.
  init(of tensor: String, constructor: String) {
    self.init(path: String(tensor.dropLast(".weight".count)), constructor: constructor)
  }
}

/// A value of the network in terms of those before it.
struct PyTorchValue {
  var module: PyTorchModule?
  /// With `self.` for the module, and the inputs' texts in place.
  var expression: (_ module: String, _ inputs: [String]) -> String
  /// Whether it is a row of features.
  var isRow = false

  func activated(_ function: Nonlinearity) -> PyTorchValue {
    guard function != .linear else { return self }
    var value = self
    value.expression = { module, inputs in function.pytorch(expression(module, inputs)) }
    return value
  }
}

/// A node as an operator needs it to say its words.
struct PyTorchPlace {
  /// As reports name its layer.
  var name: String
  var shape: Shape
  /// Whether its first input is a row of features.
  var isRow: Bool

  /// An expression of its inputs, without a module.
  func value(_ text: @escaping (_ inputs: [String]) -> String) -> PyTorchValue {
    PyTorchValue(expression: { _, inputs in text(inputs) }, isRow: isRow)
  }

  /// A module called with its input.
  func value(of module: PyTorchModule) -> PyTorchValue {
    PyTorchValue(module: module, expression: { module, inputs in "\(module)(\(inputs[0]))" }, isRow: isRow)
  }

  func fault(_ reason: String) -> PyTorchFault { PyTorchFault(layer: name, reason: reason) }
}

/// What cannot be said in PyTorch's words.
package struct PyTorchFault: Error, Sendable, Equatable {
  /// The layer, as reports name it, and what of it.
  package let layer: String
  package let reason: String
}

/// `, eps=0.001`, unless it is what PyTorch has without it.
func pytorchEpsilon(_ value: Double) -> String { value == 1e-5 ? "" : ", eps=\(value)" }

extension Extent {
  /// One number for both directions, where they are the same.
  var pytorch: String { height == width ? "\(height)" : "(\(height), \(width))" }
}

extension Stride {
  var pytorch: String { rows == columns ? "\(rows)" : "(\(rows), \(columns))" }
}

extension Padding {
  /// As a module takes it; only of even ones.
  var pytorch: String { top == left ? "\(top)" : "(\(top), \(left))" }
  /// As `F.pad` takes it.
  var pytorchSides: String { "(\(left), \(right), \(top), \(bottom))" }
}
