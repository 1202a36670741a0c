// SPDX-License-Identifier: Apache-2.0
// Everything that can go wrong between a file on disk and a prediction, as data. A case names the thing that is at
// fault and what was expected of it, so that a program can act on it; `description` says the same to a person, in one
// sentence that ends with the way out.

/// An error of a generated model: a file, a tensor, an image or a request that it cannot use.
public enum ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A file cannot be opened; `reason` is the operating system's.
  case cannotOpen(path: String, reason: String)
  /// A file cannot be read; `reason` is the operating system's.
  case cannotRead(path: String, reason: String)
  /// A file cannot be written; `reason` is the operating system's.
  case cannotWrite(path: String, reason: String)
  /// A weight file is not a well-formed safetensors file.
  case notSafetensors(path: String, SafetensorsFault)
  /// A packed file cannot be used, or not for this.
  case packedWeights(path: String, PackedFault)
  /// The text after `random:` is not an unsigned 64-bit seed.
  case badSeed(text: String)
  /// The weights lack a tensor that the model needs; `nearest` is the most similar unused name that they do have.
  case tensorMissing(name: String, expected: [Int], nearest: String?)
  /// The weights hold tensors that the model does not have.
  case tensorsUnexpected(names: [String])
  /// A tensor has another shape than the model needs.
  case tensorMisshapen(name: String, expected: [Int], found: [Int])
  /// A tensor is stored as a type that is not a floating-point type of 16, 32 or 64 bits.
  case dtypeNotSupported(name: String, dtype: String)
  /// A tensor holds a value that a network cannot run on; `channel` counts along its first dimension.
  case weightValue(tensor: String, channel: Int, WeightFault)
  /// The input holds another number of values than the model reads.
  case inputSize(expected: Int, found: Int)
  /// The output buffer holds another number of values than the model writes.
  case outputSize(expected: Int, found: Int)
  /// The workspace was made by another model.
  case foreignWorkspace
  /// The network ends in a feature map of this shape, so that there are no classes to name.
  case noClasses(channels: Int, height: Int, width: Int)
  /// Outputs are NaN or infinite; `layer` is the first that made such a value.
  case outputsNotFinite(layer: String)
  /// Outputs are not numbers because a value of the image is none; `index` is its place in channels x height x width.
  case inputNotFinite(index: Int)
  /// The model reads something else than an image of one or three channels.
  case noImagePipeline(channels: Int)
  /// An image file cannot be decoded; `reason` is a clause without a full stop.
  case badImage(path: String, reason: String)
  /// A folder, or what a pattern matches, holds no image file.
  case noImages(path: String)
  /// Images and their classes cannot be read; `line` of a list counts from 1, `reason` is a sentence with the way out.
  case evaluationImages(path: String, line: Int?, reason: String)
  /// A file to go on from belongs to another evaluation, or is none.
  case resumeFile(path: String, reason: String)
  /// A file of ranges cannot be used; `line` counts from 1, `reason` is a sentence with the way out.
  case ranges(path: String, line: Int?, reason: String)
  /// Ranges lack these layers, whose values are integers.
  case rangesMissing(layers: [String])
  /// Of a layer, ranges hold a number for another number of channels than it has.
  case rangesChannels(layer: String, expected: Int, found: Int)
  /// Ranges give a layer's channels factors, which its readers, as this package is compiled, cannot divide by.
  case rangesFactors(layer: String)
  /// Ranges have steps of weights that no layer has.
  case rangesSteps(tensor: String)
  /// A layer's range is not finite, or its ends are exchanged.
  case rangeNotFinite(layer: String)
  /// There is no value before the classes that could be taken.
  case noFeatures(reason: String)
  /// The bytes given as an image do not fit its width and height, or one of these is out of range.
  case imageSize(width: Int, height: Int, bytes: Int)
  /// A labels file holds another number of names than the model has classes.
  case labelsCount(path: String, expected: Int, found: Int)
  /// A labels file is not text; `line` counts from 1.
  case labelsText(path: String, line: Int)
  /// The requested kernels cannot run here; `available` lists those that can.
  case unsupportedISA(name: String, available: [String])
  /// The package has no kernels of the requested precision; `built` lists those that it has.
  case unsupportedPrecision(Precision, model: String, built: [Precision])
  /// Weights as trained do not say what integers stand for.
  case rangesNeeded(path: String)
  /// The number of threads is out of range.
  case threadsOutOfRange(requested: Int, limit: Int)
  /// An ensemble has so many members, and was given another number of files of weights.
  case weightsCount(expected: Int, found: Int)
  /// Networks do not go together.
  case ensemble(reason: String)
  /// A service has no room for another call: so many wait already.
  case serviceFull(waiting: Int)
  /// A service was shut down before it answered.
  case serviceClosed
  /// The number of a service's threads, or of places to wait in, is out of range.
  case serviceSize(workers: Int, waiting: Int)
  /// The operating system refused to start a thread.
  case cannotStartThread(reason: String)
  /// The operating system refused the memory.
  case outOfMemory(bytes: Int)
  /// The plan of a generated model contradicts itself: an error of the compiler, not of its user.
  case invalidPlan(reason: String)

  /// What is wrong, and the way out, in one sentence without a full stop.
  public var description: String {
    switch self {
    case .cannotOpen(let path, let reason):
      return "cannot open '\(path)': \(reason)"
    case .cannotRead(let path, let reason):
      return "cannot read '\(path)': \(reason)"
    case .cannotWrite(let path, let reason):
      return "cannot write '\(path)': \(reason)"
    case .notSafetensors(let path, let fault):
      return "'\(path)' is not a usable safetensors file: \(fault.description)"
    case .packedWeights(let path, let fault):
      return "cannot use '\(path)': \(fault.description)"
    case .badSeed(let text):
      return "'\(text)' does not name random weights: write 'random:' and a whole number from 0 to \(UInt64.max), "
        + "such as random:1 (for a file of that name, write ./\(text))"
    case .tensorMissing(let name, let expected, let nearest):
      let hint = nearest.map { "; the nearest unused name in the file is '\($0)'" } ?? ""
      return "the weights have no tensor '\(name)' of shape \(shapeText(expected))\(hint): use weights of this "
        + "architecture, or bring theirs to its names with 'resnetc convert FILE --model MODEL.rn -o OUT.safetensors'"
    case .tensorsUnexpected(let names):
      let (noun, verb) = names.count == 1 ? ("a tensor", "is") : ("\(names.count) tensors", "are")
      return "the weights hold \(noun) that this model does not have: \(listText(names)) \(verb) left over, so these "
        + "weights belong to another architecture; use the ones for this model"
    case .tensorMisshapen(let name, let expected, let found):
      return "tensor '\(name)' has shape \(shapeText(found)) where the model needs \(shapeText(expected)): "
        + sourceChange(expected, found) + "use weights that were saved from this architecture"
    case .dtypeNotSupported(let name, let dtype):
      return "tensor '\(name)' is stored as \(dtype), which cannot be read: save it as F32, F16, BF16 or F64"
    case .weightValue(let tensor, let channel, let fault):
      return "\(tensor)[\(channel)] \(fault.description)"
    case .inputSize(let expected, let found):
      return
        "the input holds \(found == 1 ? "1 value" : "\(found) values") where the model reads \(expected): pass channels x height x width "
        + "float32 values for each image"
    case .outputSize(let expected, let found):
      return "the output holds \(found) values where the model writes \(expected): pass one float32 for each class of "
        + "each image"
    case .foreignWorkspace:
      return "the workspace was made by another model: use one from this model's makeWorkspace()"
    case .noClasses(let channels, let height, let width):
      return "this network ends in a map of \(channels) x \(height) x \(width) values and has no classes to name: take "
        + "the values from `logits`, or give the source a head such as 'head average pool, 10-d fc, softmax'"
    case .outputsNotFinite(let layer):
      return "the outputs are not numbers, and '\(layer)' is the first layer that made NaN or an infinity of numbers: "
        + "use weights that were trained for this network, and images on the scale that it was trained with"
    case .inputNotFinite(let index):
      return "the outputs are not numbers because value \(index) of the image is none: pass finite float32 values"
    case .noImagePipeline(let channels):
      return "this model reads \(channels) channels, which no image file has: pass its input to `logits`"
    case .badImage(let path, let reason):
      return "cannot read the image '\(path)': \(reason)"
    case .noImages(let path):
      return "'\(path)' leads to no image: pass a folder of JPEG, PNG, BMP or PPM files, or a pattern in quotes that "
        + "matches some"
    case .evaluationImages(let path, let line, let reason):
      return (line.map { "line \($0) of '\(path)'" } ?? "'\(path)'") + " is not usable: \(reason)"
    case .resumeFile(let path, let reason):
      return "cannot go on from '\(path)': \(reason)"
    case .ranges(let path, let line, let reason):
      return (line.map { "line \($0) of '\(path)'" } ?? "'\(path)'") + " is not usable: \(reason)"
    case .rangesMissing(let layers):
      return "the ranges say nothing of \(listText(layers)): they belong to another network, or to one compiled "
        + "otherwise; make them again with 'quantize'"
    case .rangesChannels(let layer, let expected, let found):
      return "the ranges of '\(layer)' hold numbers for \(found) channels where it has \(expected): they belong to "
        + "another network; make them again with 'quantize'"
    case .rangesFactors(let layer):
      return "the ranges scale the channels of '\(layer)', which something here reads that cannot divide by that: they "
        + "were made for the network compiled otherwise; make them again with 'quantize'"
    case .rangesSteps(let tensor):
      return
        "the ranges have steps of '\(tensor)', which is no tensor of a convolution or a fully connected layer here: "
        + "they belong to another network; convert its checkpoint again with '--ranges'"
    case .rangeNotFinite(let layer):
      return "the range of '\(layer)' is not one of numbers from a smallest to a largest: make the ranges again with "
        + "'quantize', with weights and images that give numbers"
    case .noFeatures(let reason):
      return "this network has no features to take: \(reason)"
    case .imageSize(let width, let height, let bytes):
      return "an image of \(width) x \(height) pixels does not fit its \(bytes) bytes: pass width x height x 3 bytes, "
        + "each side from 1 to \(Image.maximumSide) and at most \(Image.maximumPixels) pixels"
    case .labelsCount(let path, let expected, let found):
      return
        "'\(path)' holds \(found == 1 ? "1 label" : "\(found) labels") where the model has \(expected) classes: write one class name per line, "
        + "in the order of the model's outputs"
    case .labelsText(let path, let line):
      return "line \(line) of '\(path)' is not UTF-8 text: save the labels as UTF-8, one class name per line"
    case .unsupportedISA(let name, let available):
      let choice =
        available.count > 1 ? "one of \(available.joined(separator: ", "))" : available.first ?? "another machine"
      return "'\(name)' kernels cannot run here: choose \(choice)"
    case .unsupportedPrecision(let precision, let model, let built):
      return
        "\(model) was generated without \(precision.rawValue) kernels, with \(listText(built.map(\.rawValue))): generate "
        + "it with 'resnetc --precision \((built + [precision]).map(\.rawValue).joined(separator: ","))'"
    case .rangesNeeded(let path):
      return "'\(path)' does not say what range each value has, which int8 needs: pass '--ranges' with a file that "
        + "'quantize' wrote, or its packed file as the weights"
    case .threadsOutOfRange(let requested, let limit):
      return "\(requested) threads are out of range: choose from 1 to \(limit)"
    case .weightsCount(let expected, let found):
      return
        "\(found == 1 ? "1 file" : "\(found) files") of weights for an ensemble of \(expected) networks: name one for "
        + "each, in the order of the networks"
    case .ensemble(let reason):
      return "these networks cannot be averaged: \(reason); average their files of scores instead, with "
        + "'evaluate --scores' and '--average'"
    case .serviceFull(let waiting):
      return "\(waiting) calls wait for this service already: try again later, or let the call wait"
    case .serviceClosed:
      return "the service was shut down before it answered: make another one of the model"
    case .serviceSize(let workers, let waiting):
      return "a service of \(workers) workers with room for \(waiting) calls is out of range: it has 1 to "
        + "\(ThreadPool.limit) workers and room for at least one call"
    case .cannotStartThread(let reason):
      return "cannot start a thread: \(reason); ask for fewer threads"
    case .outOfMemory(let bytes):
      return "the system refused \(bytes) bytes of memory: free some, or use a smaller model or batch"
    case .invalidPlan(let reason):
      return
        "the generated plan contradicts itself (\(reason)): generate the package again, and report this if it stays"
    }
  }
}

/// What to change in the source where weights differ in the width of a fully connected layer alone: a network that was
/// trained for other classes.
private func sourceChange(_ expected: [Int], _ found: [Int]) -> String {
  guard expected.count == 2, found.count == 2, expected[1] == found[1] else { return "" }
  return "write '\(found[0])-d fc' in the model's source instead of '\(expected[0])-d fc' and compile it again, or "
}

/// A shape as people write it: `[64, 3, 7, 7]`.
package func shapeText(_ shape: [Int]) -> String {
  "[" + shape.map { String($0) }.joined(separator: ", ") + "]"
}

/// The first names of a list, quoted, with the number of those left out.
func listText(_ names: [String], limit: Int = 4) -> String {
  let shown = names.prefix(limit).map { "'\($0)'" }.joined(separator: ", ")
  return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}
