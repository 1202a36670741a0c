// PyTorch's stored answers, and the weights and images for which it gave them: everything in a fixture but `logits`
// takes the place of what the portable generator makes.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

struct Answers {
  let images: Int
  /// `images` rows.
  let logits: [Double]
  let file: Safetensors
  let random: RandomTensors

  init(_ fixture: String) throws {
    file = try Safetensors(fixtures.appending(path: fixture).path)
    // scripts/reference_logits.py and scripts/torture_nets.py.
    random = RandomTensors(seed: fixture.hasPrefix("torture/") ? 2 : 1)
    let index = try #require(file.index(of: "logits"))
    let entry = file.entries[index]
    try #require(entry.dtype == .f64 && entry.shape.count == 2)
    images = entry.shape[0]
    let bytes = file.data(entry)
    logits = stride(from: 0, to: bytes.count, by: 8).map { at in
      Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)))
    }
  }

  /// The input images, NCHW.
  func pixels(of net: Compilation) -> [Float] {
    let input = net.lowered.nodes[0].shape
    return random.tensor("input", [images, input.channels, input.height, input.width])
  }

  /// The same, again from the first as often as it takes to fill batches of `batch`.
  func pixels(of net: Compilation, filling batch: Int) -> [Float] {
    let pixels = pixels(of: net)
    let size = pixels.count / images
    let slots = (images + batch - 1) / batch * batch
    return (0..<slots).flatMap { pixels[$0 % images * size..<($0 % images + 1) * size] }
  }

  /// Writes what a user would have: one safetensors file with every tensor of the network.
  func writeWeights(of net: Compilation, to url: URL) throws {
    let tensors = net.lowered.tensors
    let names = Set(tensors.map(\.name))
    #expect(file.entries.allSatisfy { $0.name == "logits" || names.contains($0.name) })
    let source = try WeightSource(file.file.path)
    try writeSafetensors(tensors.map { (name: $0.name, shape: $0.shape) }, to: url) { name, shape in
      guard self.file.index(of: name) != nil else { return self.random.tensor(name, shape) }
      var values = [Float](repeating: 0, count: shape.reduce(1, *))
      try values.withUnsafeMutableBufferPointer { try source.read(name, shape: shape, into: $0) }
      return values
    }
  }

  /// The largest difference of an image's outputs from PyTorch's, by the image's largest logit; of images that fill
  /// batches of `batch`.
  ///
  /// - Parameter sizes: Of several outputs, whose values stand one after another; each has a largest of its own.
  func error(of outputs: [Float], filling batch: Int = 1, sizes: [Int] = []) -> Double {
    let classes = logits.count / images
    let slots = (images + batch - 1) / batch * batch
    guard outputs.count == slots * classes else { return .infinity }
    return (0..<slots).map { slot in
      error(of: Array(outputs[slot * classes..<(slot + 1) * classes]), image: slot % images, sizes: sizes)
    }.max() ?? .infinity
  }

  /// The same for the outputs of one image.
  func error(of outputs: [Float], image: Int, sizes: [Int] = []) -> Double {
    let classes = logits.count / images
    let expected = Array(logits[image * classes..<(image + 1) * classes])
    guard outputs.count == classes, sizes.isEmpty || sizes.reduce(0, +) == classes else { return .infinity }
    var worst = 0.0
    var start = 0
    for size in sizes.isEmpty ? [classes] : sizes {
      let part = start..<start + size
      start += size
      let differences = zip(outputs[part], expected[part]).map { abs(Double($0) - $1) }
      guard differences.allSatisfy(\.isFinite), let difference = differences.max(),
        let largest = expected[part].map(abs).max()
      else { return .infinity }
      worst = max(worst, difference / largest)
    }
    return worst
  }
}

extension Compilation {
  /// Values of each output.
  var outputSizes: [Int] { fused.results.map { fused[$0].shape.count } }

  /// Of one image.
  var inputFloats: Int {
    let input = lowered.nodes[0].shape
    return input.channels * input.height * input.width
  }
}

/// Images that fill batches of `batch`: those of the stored answers, or else one batch of random ones.
func images(of net: Compilation, _ answers: Answers?, filling batch: Int) -> [Float] {
  answers?.pixels(of: net, filling: batch)
    ?? RandomTensors(seed: 1).tensor("input", [batch * net.inputFloats])
}

extension RandomTensors {
  func tensor(_ name: String, _ shape: [Int]) -> [Float] {
    [Float](unsafeUninitializedCapacity: shape.reduce(1, *)) { buffer, count in
      count = shape.reduce(1, *)
      fill(UnsafeMutableBufferPointer(rebasing: buffer[..<count]), name: name, shape: shape)
    }
  }
}

/// Writes float32 tensors one after the other; `values` is asked for one at a time.
func writeSafetensors(
  _ tensors: [(name: String, shape: [Int])], to url: URL, values: (String, [Int]) throws -> [Float]
) throws {
  var offset = 0
  var fields: [String] = []
  for tensor in tensors {
    let bytes = tensor.shape.reduce(4, *)
    fields.append(
      "\"\(tensor.name)\":{\"dtype\":\"F32\",\"shape\":\(tensor.shape),\"data_offsets\":[\(offset),\(offset + bytes)]}")
    offset += bytes
  }
  let header = Data("{\(fields.joined(separator: ","))}".utf8)
  var start = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
  start.append(header)
  try start.write(to: url)
  let file = try FileHandle(forWritingTo: url)
  defer { try? file.close() }
  try file.seekToEnd()
  for tensor in tensors {
    try values(tensor.name, tensor.shape).withUnsafeBytes { try file.write(contentsOf: Data($0)) }
  }
}
