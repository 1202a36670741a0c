// `resnetc weights MODEL FILE`: whether a checkpoint fits a network, what would be done to it, what its numbers are like, and
// what no shape tells. Where it is of a network that differs in a few lines, it says which, and `--fix` changes them.
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let weights = Subcommand(
    name: "weights",
    overview: "Say whether a checkpoint fits a network, and what its numbers are like.",
    usage: "<model> <checkpoint> [<options>]",
    operands: [
      Operand(name: "model", help: "The network's .rn file; - reads standard input."),
      Operand(
        name: "checkpoint", help: "Weights, of any format that 'resnetc convert' reads.",
        completion: .files),
    ],
    options: Option.selection + Option.checkpoint + [
      Option(
        name: .fix,
        help:
          "Where the checkpoint is of a network with other classes, another depth, stem or shortcut, change the lines of "
          + "the model's file that say so, and show them.")
    ] + Option.common,
    run: runWeights)
}

private func runWeights(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  guard arguments.operands.count == 2 else {
    throw .usage("'weights' takes a model and a checkpoint.")
  }
  let (path, weights) = (arguments.operands[0], arguments.operands[1])
  guard !weights.hasSuffix(".rn") || path.hasSuffix(".rn") else {
    throw .usage(
      "'weights' takes the model first: resnetc weights \(shellWord(weights)) \(shellWord(path))")
  }
  guard !arguments.has(.fix) || path != "-" else {
    throw .usage("'--fix' changes a file; standard input is none.")
  }
  var source = try ModelFile(path: path).read()
  var compilation = try compiled(source, arguments, diagnostics)
  _ = try renames(arguments)
  let checkpoint = try openCheckpoint(weights, arguments)
  var conversion: Conversion
  var isChanged = false
  do throws(ConversionFault) {
    conversion = try convert(checkpoint, to: ModelTensors(compilation), arguments)
  } catch {
    guard error.isAboutTheNetwork else { throw refusal(of: checkpoint, error.message) }
    let repair = try WeightsRepair(source, arguments, checkpoint)
    guard arguments.has(.fix), case .lines(let changes, let text)? = repair else {
      let refused = refusal(of: checkpoint, error.message)
      if let repair { errorOutput(repair.text(of: path, checkpoint: weights)) }
      throw refused
    }
    try replaceModel(path, with: Array(text.utf8))
    try output("Changed \(terminalSafe(path)):\n\(WeightsRepair.text(changes))")
    source = try ModelFile(path: path).read()
    compilation = try compiled(source, arguments, diagnostics)
    conversion = try converted(checkpoint, to: ModelTensors(compilation), arguments)
    isChanged = true
  }
  if arguments.has(.fix), !isChanged { try output("Nothing to change in \(terminalSafe(path)).\n") }
  return try report(checkpoint, conversion, compilation, source)
}

private func compiled(
  _ source: SourceFile, _ arguments: Arguments, _ diagnostics: DiagnosticOutput
) throws(CommandError) -> Compilation {
  var sink = Diagnostics()
  let options = CompileOptions(selection: try Selection(arguments), targets: [])
  let compilation = analyze(source, options, &sink)
  diagnostics.show(sink, in: source)
  guard let compilation else { throw .input }
  return compilation
}

private func convert(
  _ checkpoint: Checkpoint, to model: ModelTensors, _ arguments: Arguments
) throws(ConversionFault) -> Conversion {
  // Read before, so that none is malformed here.
  let renames = arguments.values(.rename).compactMap { ResNetCheckpoints.Rename($0) }
  return try checkpoint.converted(to: model, renames: renames, dialect: arguments.value(.dialect))
}

private func report(
  _ checkpoint: Checkpoint, _ conversion: Conversion, _ compilation: Compilation,
  _ source: SourceFile
) throws(CommandError) -> Int32 {
  let model = ModelTensors(compilation)
  let numbers = conversion.tensors.reduce(0) { $0 + $1.count }
  let notes = (checkpoint.notes + conversion.notes).map { "  \(terminalSafe($0))\n" }.joined()
  let findings = conversion.findings(for: model)
  let limit = 20
  var text = """
    \(terminalSafe(checkpoint.path)): \(checkpoint.format.name), fits \(model.name)
    \(notes)  \(conversion.tensors.count) tensors, \(grouped(numbers)) numbers, \(conversion.types.joined(separator: " and "))

    """
  for finding in findings.prefix(limit) {
    text += "  \(finding.isError ? "error" : "note"): \(terminalSafe(finding.text))\n"
  }
  if findings.count > limit { text += "  ... and \(findings.count - limit) more\n" }
  if findings.isEmpty {
    text += "  every number is finite, no variance is negative, and no channel is empty\n"
  }
  let advice = WeightsAdviser(source: source, compilation: compilation, facts: conversion.facts).all
  if !advice.isEmpty {
    text += "What no shape tells, and gives wrong answers where it is another:\n"
    text += advice.map { "  \(terminalSafe($0.text))\n" }.joined()
  }
  try output(text)
  return findings.contains(where: \.isError) ? ExitCode.input : ExitCode.success
}
