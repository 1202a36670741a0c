// `resnetc diff A B`: what changed from one network to another, stage by stage, and what it costs.
import Foundation
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let diff = Subcommand(
    name: "diff",
    overview: "Print what changed from one network to another, row by row, and what it costs.",
    usage: "<old> <new> [<options>]",
    operands: [
      Operand(
        name: "model",
        help: "Two .rn files, the old one first; FILE:50 picks a variant of a family, FILE:n=9 sets a parameter.",
        isRepeating: true)
    ],
    options: [
      Option(
        name: .format, value: .required("format"), choices: DiffFormat.allCases.map(\.rawValue),
        help: "text or json. (default: text)")
    ] + Option.common,
    run: runDiff)
}

private enum DiffFormat: String, CaseIterable { case text, json }

private func runDiff(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let format = try arguments.choice(.format, DiffFormat.text)
  guard arguments.operands.count == 2 else {
    throw .usage("'diff' compares two models, not \(arguments.operands.count).")
  }
  guard arguments.operands != ["-", "-"] else { throw .usage("Standard input can be read only once.") }
  var sides: [DiffSide] = []
  for operand in arguments.operands {
    let (path, selection) = try chosen(operand)
    let source = try ModelFile(path: path).read()
    var sink = Diagnostics()
    let compilation = analyze(source, CompileOptions(selection: selection, targets: []), &sink)
    diagnostics.show(sink, in: source)
    if let compilation { sides.append(DiffSide(compilation)) }
  }
  guard sides.count == 2 else { throw .input }
  let diff = ModelDiff(sides[0], sides[1])
  try output(format == .json ? diff.json : diff.text)
  return ExitCode.success
}

/// `models/table1.rn:50` as a file and a choice; a file that has such a name comes first.
private func chosen(_ operand: String) throws(CommandError) -> (path: String, Selection) {
  guard let colon = operand.lastIndex(of: ":"), !FileManager.default.fileExists(atPath: operand) else {
    return (operand, Selection())
  }
  let (path, choice) = (String(operand[..<colon]), String(operand[operand.index(after: colon)...]))
  guard !choice.contains("=") else { return (path, Selection(parameters: try settings([choice]))) }
  return (path, Selection(variant: choice))
}
