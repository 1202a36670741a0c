// SPDX-License-Identifier: Apache-2.0
// `logits --weights W --input in.f32 --output out.f32`: raw little-endian float32 in and out, whole images. Outputs that
// are not numbers are written as they are, with a warning that says where the first of them came from.

/// Computes the outputs of every image in a file.
func logitsCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) {
  try arguments.noOperands()
  let input = try arguments.required("--input")
  let output = try arguments.required("--output")
  let engine = try loadEngine(model, arguments)
  let places = try chosenOutputs(engine, arguments)
  let images = try modelErrors { () throws(ModelError) in
    try computeLogits(engine, places, input: input, output: output)
  }
  print("\(output): \(images) x \(places.reduce(0) { $0 + $1.shape.count }) float32")
  guard engine.outputs.count > 1 else { return }
  for place in places {
    print("  \(place.name)  \(place.shape.channels) x \(place.shape.height) x \(place.shape.width)")
  }
}

/// `--only NAME`, or all.
private func chosenOutputs(_ engine: Engine, _ arguments: Arguments) throws(CommandError) -> [OutputPlace] {
  guard let name = arguments.value("--only") else { return engine.outputs }
  if let place = engine.outputs.first(where: { $0.name == name }) { return [place] }
  let names = engine.outputs.map(\.name)
  let nearest = nearestName(to: name, in: names).map { "; did you mean '\($0)'?" } ?? ""
  throw .usage(
    UsageError(message: "there is no output '\(name)'\(nearest) (outputs: \(names.joined(separator: ", ")))"))
}

private func computeLogits(
  _ engine: Engine, _ places: [OutputPlace], input: String, output: String
) throws(ModelError) -> Int {
  let file = try MappedFile(input)
  let size = engine.inputShape.count
  let images = file.bytes.count / (size * 4)
  guard images > 0, file.bytes.count == images * size * 4 else {
    throw .inputSize(expected: size * max(1, images), found: file.bytes.count / 4)
  }
  let classes = engine.outputCount
  let pixels = try AlignedBuffer(count: engine.batch * size)
  let logits = try AlignedBuffer(count: engine.batch * classes)
  var workspace = try engine.makeWorkspace()
  var bytes: [UInt8] = []
  bytes.reserveCapacity(images * classes * 4)
  var first = 0
  var warned = false
  while first < images {
    // The last batch is filled up with zeros.
    let count = min(engine.batch, images - first)
    let part = UnsafeRawBufferPointer(rebasing: file.bytes[first * size * 4..<(first + count) * size * 4])
    _ = convert(part, .f32, into: UnsafeMutableBufferPointer(rebasing: pixels.floats[..<(count * size)]))
    pixels.floats[(count * size)...].update(repeating: 0)
    try engine.run(UnsafeBufferPointer(pixels.floats), into: logits.floats, using: &workspace)
    let bad = (0..<count * classes).first { !logits.floats[$0].isFinite }
    if let bad, !warned {
      let image = bad / classes
      let cause = try engine.causeOfNonNumbers(UnsafeBufferPointer(pixels.floats), image: image, using: &workspace)
      writeError("Warning: image \(first + image + 1) of \(images) in '\(input)': \(cause.description)")
      warned = true
    }
    for image in 0..<count {
      for index in places.flatMap({ $0.start..<$0.start + $0.shape.count }) {
        let value = logits.floats[image * classes + index]
        withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
      }
    }
    first += count
  }
  try bytes.withUnsafeBufferPointer { bytes throws(ModelError) in
    try writeFileAtomically(output, UnsafeRawBufferPointer(bytes))
  }
  return images
}
