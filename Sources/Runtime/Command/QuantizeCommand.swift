// SPDX-License-Identifier: Apache-2.0
// `quantize --weights W --images DIR|LIST -o FILE`: ranges for int8 from images, what is lost by them, and a packed file.

/// Calibrates, says what came of it, and packs; the exit code is 1 where more is lost than allowed.
func quantizeCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  try arguments.noOperands()
  let weights = try arguments.weights(of: model)
  let output = try arguments.required("-o")
  let path = try arguments.required("--images")
  let method = try chosenMethod(arguments)
  let count = try arguments.int("--count", default: 300, in: 1...1_000_000)
  let threads = try arguments.int("--threads", default: 1, in: 1...ThreadPool.limit)
  let allowed =
    arguments.value("--max-loss") == nil
    ? nil : try arguments.number("--max-loss", default: 0, in: 0...1)
  let isa = try arguments.isa()
  let labels = arguments.value("--labels") == nil && model.answer == .map ? nil : try labels(model, arguments)
  let (numbers, pool, network) = try modelErrors { () throws(ModelError) in
    // What cannot be is said before the work.
    let plan = try RunnablePlan(of: model, isa: isa, precision: .int8)
    return (plan.places.map(\.number), try ThreadPool(threads: threads), try floatNetwork(model, weights, plan))
  }
  let images = try modelErrors { () throws(ModelError) in
    try QuantizeImages(path, of: model, count: count, orients: arguments.has("--orient"), labels: labels, pool)
  }
  for failure in images.failures { writeError("Error: \(failure.description)") }
  if network.engine == nil {
    writeNotes(["this package has no float32 kernels that run here, so plain loops are observed, which takes long"])
  }
  var settings = CalibrationSettings()
  settings.method = method
  let calibrator = Calibrator(
    network: network, numbers: numbers, settings: settings, pool: pool, pixels: images.pixels,
    name: model.name)
  let stage = StageLine()
  var calibration = try modelErrors { () throws(ModelError) in
    try calibrator.run(images: images.paths.count) { stage.show($0) }
  }
  stage.clear()
  calibration.ranges.notes.append(
    "Written by '\(model.name.lowercased()) quantize': \(calibration.method.rawValue), \(calibration.chosenBy) images.")
  let isWithin = allowed.map { calibration.error <= $0 } ?? true
  var report = QuantizeReport(model: model.name, images: images, calibration: calibration, allowed: allowed)
  try modelErrors { () throws(ModelError) in
    if let ranges = arguments.value("--ranges") { try calibration.ranges.write(to: ranges) }
    guard isWithin else { return }
    let summary = try model.pack(
      weights: weights, to: output, isa: isa, precision: .int8, ranges: calibration.ranges)
    report.packed = (output, summary)
    report.classes = try comparedClasses(model, output, summary.isa, images, calibration.outputs, pool)
  }
  print(arguments.has("--json") ? report.json() : report.text())
  return isWithin && images.failures.isEmpty ? 0 : 1
}

/// `--method M`; `nil` for the best of all.
private func chosenMethod(_ arguments: Arguments) throws(CommandError) -> CalibrationMethod? {
  guard let name = arguments.value("--method"), name != "best" else { return nil }
  guard let method = CalibrationMethod(rawValue: name) else {
    let names = CalibrationMethod.allCases.map(\.rawValue) + ["best"]
    let nearest = nearestName(to: name, in: names).map { "; did you mean '\($0)'?" } ?? ""
    throw .usage(
      UsageError(message: "--method takes one of \(names.joined(separator: ", ")), not '\(name)'\(nearest)"))
  }
  return method
}

private func labels(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Labels? {
  let classes = try modelErrors { () throws(ModelError) in try model.classCount() }
  return try chosenLabels(model, arguments, classes: classes)
}

/// The network to observe: by this package's float32 kernels, if it has some that run here.
func floatNetwork(
  _ model: ModelDescription, _ weights: String, _ plan: RunnablePlan
) throws(ModelError) -> FloatNetwork {
  let source = try WeightSource(weights)
  guard model.has(.float32) else {
    try source.check(plan.layers.tensors, auxiliary: plan.auxiliary)
    return try FloatNetwork(plan.layers, plan.outputs, source, nil)
  }
  let engine = try Engine(model, weights: weights, threads: 1, isa: nil, precision: .float32)
  return try FloatNetwork(engine, as: plan, source)
}

/// Which classes float32 and the packed file name, for all images.
private func comparedClasses(
  _ model: ModelDescription, _ packed: String, _ isa: ISA, _ images: QuantizeImages, _ outputs: [[Float]],
  _ pool: ThreadPool
) throws(ModelError) -> ComparedClasses? {
  guard model.answer != .map else { return nil }
  let engine = try Engine(model, weights: packed, threads: 1, isa: isa)
  let range = engine.answer.start..<engine.answer.start + engine.answer.shape.count
  guard range.count > 1 else { return nil }
  let named = try pool.mapAll(images.paths.count) { index throws(ModelError) in
    var workspace = try engine.makeWorkspace()
    return best(try engine.logits(images.pixels(index), using: &workspace)[range])
  }
  return ComparedClasses(float32: outputs.map { best($0[range]) }, int8: named, labels: images.labels)
}

/// The largest, of equals the first.
private func best(_ values: ArraySlice<Float>) -> Int {
  var best = values.startIndex
  for index in values.indices where values[index] > values[best] { best = index }
  return best - values.startIndex
}

/// What is being done, written over on a terminal.
private final class StageLine {
  private let isTerminal = isTerminalError()

  func show(_ text: String) {
    if isTerminal { writeToStandardError("\r\(text)\u{1B}[K") }
  }

  func clear() { show("") }
}
