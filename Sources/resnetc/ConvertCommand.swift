// `resnetc convert IN -o OUT.safetensors [--model M]`: other people's checkpoints as safetensors, by their own names or by
// those of a model, so that generated packages need to read nothing else.
import Foundation
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL
import ResNetRuntime

extension Subcommand {
  static let convert = Subcommand(
    name: "convert",
    overview: "Convert a checkpoint of PyTorch, NumPy, ONNX, Caffe or Keras to safetensors.",
    usage: "<checkpoint> --output <file> [--model <model>] [<options>]",
    operands: [
      Operand(
        name: "checkpoint",
        help: "Weights: .safetensors or its index, .pth, .pt, .bin, .ckpt, .npz, .onnx, .caffemodel. What it is stands "
          + "in the file, not in its name; nothing in it is executed.",
        completion: .files)
    ],
    options: [
      Option(
        name: .output, short: "o", value: .required("file"),
        help: "The safetensors file to write. One that resnetc did not write is never replaced."),
      Option(
        name: .model, value: .required("model"),
        help: "The network's .rn file: tensors get the names that its package reads, and must be all that it reads. "
          + "Without it they keep their own."),
      Option(
        name: .ranges, value: .required("file"),
        help:
          "Of a quantised ONNX file and with '--model': write what its integers stand for, for 'pack --precision int8 "
          + "--ranges' of the package."),
    ] + Option.selection + Option.checkpoint + [
      Option(name: .quiet, short: "q", help: "Print nothing but errors.")
    ] + Option.common,
    run: runConvert)
}

extension Option {
  /// How a checkpoint is to be read.
  static let checkpoint: [Option] = [
    Option(
      name: .key, value: .required("key"),
      help: "Which dictionary of a PyTorch checkpoint to take, such as model_ema. The choice is said without it."),
    Option(
      name: .rename, value: .required("from=to"), isRepeatable: true,
      help: "Another name for a tensor, or for all below a module: head.fc=fc. Nothing behind = leaves it out. May be "
        + "repeated."),
    Option(
      name: .dialect, value: .required("name"),
      help: "Whose names the file has, where it can be read in several ways; 'names' of a source, or another that "
        + "docs/weights.md lists."),
  ]
}

private func runConvert(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  guard let path = try outputFile(arguments) else {
    throw .usage("Missing expected argument '--output <file>'.")
  }
  if !arguments.has(.model) {
    for option in [OptionName.dialect, .variant, .set, .ranges] where arguments.has(option) {
      throw .usage("'--\(option.rawValue)' goes with '--model'.")
    }
  }
  // A mistake in the model is found before a large file is opened.
  var model: ModelTensors?
  if let path = arguments.value(.model) { model = try modelTensors(path, arguments, diagnostics) }
  let (checkpoint, conversion) = try conversion(of: arguments.operands[0], to: model, arguments)
  let ranges = try QuantizedRangesFile(arguments, checkpoint, conversion, model)
  for file in checkpoint.files where isSameFile(file, path) {
    throw .files(
      "'\(terminalSafe(path))' is what is converted; it is not overwritten.", help: "Choose another --output.")
  }
  try checkReplaceable(path) { isWrittenHere($0) }
  do throws(ModelError) {
    try writeSafetensors(conversion.tensors, to: path)
  } catch {
    throw .files(sentence(error.description))
  }
  try ranges?.write()
  guard !arguments.has(.quiet) else { return ExitCode.success }
  let bytes = conversion.tensors.reduce(0) { $0 + $1.byteCount }
  let notes = (checkpoint.notes + conversion.notes + (ranges?.notes ?? [])).map { "  \(terminalSafe($0))\n" }.joined()
  try output(
    """
    \(terminalSafe(checkpoint.path)): \(checkpoint.format.name)
    \(notes)Wrote \(terminalSafe(path)): \(conversion.tensors.count) tensors, \(grouped(bytes)) bytes
    \(ranges.map { "Wrote \(terminalSafe($0.path)): \($0.count) ranges\n" } ?? "")
    """)
  return ExitCode.success
}

/// Opens a checkpoint and brings it to a model, if there is one.
func conversion(
  of path: String, to model: ModelTensors?, _ arguments: Arguments
) throws(CommandError) -> (Checkpoint, Conversion) {
  // A mistake on the command line comes before one in a file.
  _ = try renames(arguments)
  let checkpoint = try openCheckpoint(path, arguments)
  return (checkpoint, try converted(checkpoint, to: model, arguments))
}

/// The file that `--key` says how to open.
func openCheckpoint(_ path: String, _ arguments: Arguments) throws(CommandError) -> Checkpoint {
  // Its end is read before its beginning.
  guard path != "-" else {
    throw .usage(
      "A checkpoint is a file, and '-' is standard input; save it, and name the file ('./-' if it is called so).")
  }
  do throws(CheckpointError) {
    return try Checkpoint(path, key: arguments.value(.key))
  } catch {
    if case .system = error.fault { throw .files(sentence(error.description)) }
    throw .inputMessage(sentence(error.description))
  }
}

/// Brought to a model as `--rename` and `--dialect` say, or by its own names.
func converted(
  _ checkpoint: Checkpoint, to model: ModelTensors?, _ arguments: Arguments
) throws(CommandError) -> Conversion {
  let renames = try renames(arguments)
  do throws(ConversionFault) {
    guard let model else { return try checkpoint.renamed(renames) }
    return try checkpoint.converted(to: model, renames: renames, dialect: arguments.value(.dialect))
  } catch {
    throw refusal(of: checkpoint, error.message)
  }
}

/// Prints why a checkpoint cannot be used.
func refusal(
  of checkpoint: Checkpoint, _ message: (head: String, lines: [String], help: String)
) -> CommandError {
  let text = ([message.head] + message.lines.map { "  " + $0 }).map(terminalSafe).joined(separator: "\n")
  let name = terminalSafe(quotedName(checkpoint.path))
  errorOutput("Error: Cannot use \(name): \(text)\nHelp:  \(terminalSafe(message.help))\n")
  return .input
}

/// What `--rename` says.
func renames(_ arguments: Arguments) throws(CommandError) -> [ResNetCheckpoints.Rename] {
  var renames: [ResNetCheckpoints.Rename] = []
  for text in arguments.values(.rename) {
    guard let rename = ResNetCheckpoints.Rename(text) else {
      throw .usage("'--rename' takes two names, such as head.fc=fc, not \(quoted(text)).")
    }
    renames.append(rename)
  }
  return renames
}

/// What the package of a model reads.
func modelTensors(
  _ path: String, _ arguments: Arguments, _ diagnostics: DiagnosticOutput
) throws(CommandError) -> ModelTensors {
  let source = try ModelFile(path: path).read()
  var sink = Diagnostics()
  let options = CompileOptions(selection: try Selection(arguments), targets: [])
  let compilation = analyze(source, options, &sink)
  diagnostics.show(sink, in: source)
  guard let compilation else { throw .input }
  return ModelTensors(compilation)
}

extension ModelTensors {
  init(_ compilation: Compilation) {
    let tensors = compilation.weights
    self.init(
      name: compilation.network.name.value,
      tensors: tensors.map { TensorSpec(name: $0.name, shape: $0.shape) },
      auxiliary: compilation.lowered.auxiliary.flatMap(\.graph.tensors).map(\.name),
      spellings: compilation.spellings().map { Spelling(name: $0.name, names: $0.names) },
      norms: compilation.normsBehindConvolutions.map {
        Norm(
          convolution: $0.convolution, factor: $0.norm.weight, mean: $0.norm.runningMean,
          variance: $0.norm.runningVar, epsilon: $0.norm.epsilon)
      }, layers: compilation.integerLayers)
  }
}

/// Whether two paths lead to one file.
private func isSameFile(_ a: String, _ b: String) -> Bool {
  var (first, second) = (stat(), stat())
  guard stat(a, &first) == 0, stat(b, &second) == 0 else { return false }
  return first.st_dev == second.st_dev && first.st_ino == second.st_ino
}

/// With a capital at its start and a full stop at its end, as this command writes.
func sentence(_ text: String) -> String {
  let safe = terminalSafe(text)
  return safe.prefix(1).uppercased() + safe.dropFirst() + "."
}
