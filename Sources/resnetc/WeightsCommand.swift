// `resnetc weights MODEL FILE`: whether a checkpoint fits a network, what would be done to it, and what its numbers are like.
// Nothing is written.
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
      Operand(name: "checkpoint", help: "Weights, of any format that 'resnetc convert' reads.", completion: .files),
    ],
    options: Option.selection + Option.checkpoint + Option.common,
    run: runWeights)
}

private func runWeights(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  guard arguments.operands.count == 2 else { throw .usage("'weights' takes a model and a checkpoint.") }
  let model = try modelTensors(arguments.operands[0], arguments, diagnostics)
  let (checkpoint, conversion) = try conversion(of: arguments.operands[1], to: model, arguments)
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
  if findings.isEmpty { text += "  every number is finite, no variance is negative, and no channel is empty\n" }
  try output(text)
  return findings.contains(where: \.isError) ? ExitCode.input : ExitCode.success
}
