// `resnetc export onnx MODEL` and `resnetc export pytorch MODEL`: a network for other tools.
import Foundation
import ResNetCompiler
import ResNetDSL
import ResNetRuntime

extension Subcommand {
  static let export = Subcommand(
    name: "export",
    overview: "Write a network as other tools read it.",
    usage: "<format> <model> [--output <file>] [<options>]",
    operands: [
      Operand(name: "format", help: "onnx or pytorch.", completion: .words(ExportFormat.allCases.map(\.rawValue))),
      Operand(name: "model", help: "The network's .rn file; - reads standard input."),
    ],
    options: [
      Option(
        name: .output, short: "o", value: .required("file"),
        help: "The file to write. (default: the model's name in lower case, with .onnx or .py as its ending)"),
      Option(
        name: .weights, value: .required("file"),
        help: """
          A safetensors file with the network's weights, or random:SEED. Without it the file holds the structure alone: \
          weights are inputs of its graph.
          """),
      Option(
        name: .batch, value: .required("n"), help: "Images that one call computes, 1 to 1024, or dynamic. (default: 1)"),
      Option(name: .quiet, short: "q", help: "Print nothing unless something is wrong."),
    ] + Option.selection + Option.common,
    run: runExport)
}

private enum ExportFormat: String, CaseIterable { case onnx, pytorch }

private func runExport(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let formats = ExportFormat.allCases.map(\.rawValue)
  guard let format = ExportFormat(rawValue: arguments.operands[0]) else {
    throw .usage(
      "Unknown format \(quoted(arguments.operands[0]))."
        + didYouMean(arguments.operands[0], formats, or: "It takes \(alternatives(formats))."))
  }
  guard arguments.operands.count == 2 else { throw .usage("Missing expected argument '<model>'.") }
  for option in [OptionName.batch, .weights] where format == .pytorch && arguments.has(option) {
    throw .usage(
      "'--\(option.rawValue)' goes with onnx: a module of PyTorch takes any batch, and loads its weights itself.")
  }
  let batch = try ONNXBatch(arguments)
  let target = try outputFile(arguments)
  let source = try ModelFile(path: arguments.operands[1]).read()
  var sink = Diagnostics()
  let options = CompileOptions(selection: try Selection(arguments), targets: [])
  guard let compilation = analyze(source, options, &sink) else {
    diagnostics.show(sink, in: source)
    throw .input
  }
  diagnostics.show(sink, in: source)
  if format == .pytorch { return try writePyTorch(compilation, arguments, to: target) }
  let weights = try arguments.value(.weights).map { text throws(CommandError) in try checkedWeights(text, compilation) }
  let file = exportONNX(compilation, ONNXOptions(batch: batch, holdsValues: weights != nil))
  guard file.byteCount <= ONNXFile.byteLimit else {
    throw .inputMessage(
      "The file would have \(grouped(file.byteCount)) bytes, and ONNX takes no more than \(grouped(ONNXFile.byteLimit)) "
        + "in one; leave out --weights for the structure alone.")
  }
  let path = target ?? compilation.network.name.value.lowercased() + ".onnx"
  try write(file, weights, to: path)
  if !arguments.has(.quiet) {
    let outputs = file.outputTexts.joined(separator: ", ")
    try output("\(terminalSafe(path)): \(file.inputText) to \(outputs), \(grouped(file.byteCount)) bytes\n")
    if weights == nil { try output("Note: without --weights its tensors are inputs of the graph.\n") }
  }
  return ExitCode.success
}

/// A Python file, by whose beginning a later run knows its own.
private func writePyTorch(
  _ compilation: Compilation, _ arguments: Arguments, to target: String?
) throws(CommandError) -> Int32 {
  let text: String
  do throws(PyTorchFault) {
    text = try exportPyTorch(compilation)
  } catch {
    throw .inputMessage("Cannot say the layer '\(error.layer)' in PyTorch: it has \(error.reason).")
  }
  let path = target ?? compilation.network.name.value.lowercased() + ".py"
  try checkReplaceable(path) { $0.starts(with: pythonFileStart.utf8) }
  do throws(FileFault) {
    try writeFile(Array(text.utf8), to: path)
  } catch {
    throw .files(error.message, help: error.help)
  }
  if !arguments.has(.quiet) {
    try output("\(terminalSafe(path)): class \(compilation.network.name.value), \(grouped(text.utf8.count)) bytes\n")
  }
  return ExitCode.success
}

/// Opened, and found to hold what the network reads.
private func checkedWeights(_ text: String, _ compilation: Compilation) throws(CommandError) -> WeightSource {
  do throws(ModelError) {
    let weights = try WeightSource(text)
    let expected = compilation.lowered.tensors.map { TensorSpec(name: $0.name, shape: $0.shape) }
    try weights.check(expected, auxiliary: compilation.lowered.auxiliary.flatMap(\.graph.tensors).map(\.name))
    // As a package does when it loads: one NaN would make every answer NaN, in whatever engine.
    let variances = compilation.lowered.variances
    for tensor in compilation.lowered.tensors where !weights.isRandom {
      let found = try values(of: tensor, in: weights).withUnsafeBufferPointer {
        uselessValue(of: $0, isVariance: variances.contains(tensor.name))
      }
      if let found { throw .weightValue(tensor: tensor.name, channel: found.index, found.fault) }
    }
    return weights
  } catch {
    switch error {
    case .cannotOpen, .cannotRead: throw .files(sentence(error.description))
    default: throw .inputMessage(sentence(error.description))
    }
  }
}

/// Piece by piece, so that no more than one tensor is in memory. What stands there is only replaced if it was written like
/// this.
private func write(_ file: ONNXFile, _ weights: WeightSource?, to path: String) throws(CommandError) {
  try checkReplaceable(path) { ONNXFile.isOurs($0) }
  do throws(FileFault) {
    try writeFile(to: path) { (out: OpenFile) throws(FileFault) in
      for piece in file.pieces {
        switch piece {
        case .bytes(let bytes): try out.write(bytes)
        case .values(let tensor): if let weights { try out.write(try floats(of: tensor, in: weights)) }
        }
      }
    }
  } catch {
    throw .files(error.message, help: error.help)
  }
}

/// Little-endian, as they lie in memory on all machines that this runs on.
private func floats(of tensor: Tensor, in weights: WeightSource) throws(FileFault) -> [UInt8] {
  do throws(ModelError) {
    return try values(of: tensor, in: weights).withUnsafeBytes { Array($0) }
  } catch {
    throw FileFault(action: "read", path: tensor.name, reason: error.description)
  }
}

private func values(of tensor: Tensor, in weights: WeightSource) throws(ModelError) -> [Float] {
  var values = [Float](repeating: 0, count: tensor.byteCount / 4)
  try values.withUnsafeMutableBufferPointer { values throws(ModelError) in
    try weights.read(tensor.name, shape: tensor.shape, into: values)
  }
  return values
}

extension ONNXBatch {
  init(_ arguments: Arguments) throws(CommandError) {
    switch arguments.value(.batch) {
    case nil: self = .fixed(1)
    case "dynamic": self = .dynamic
    case let text?:
      guard let number = Int(text), 1...1024 ~= number else {
        throw .usage("'--batch' takes a whole number from 1 to 1024, or 'dynamic', not \(quoted(text)).")
      }
      self = .fixed(number)
    }
  }
}
