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
        help: "Two .rn files, the old one first; FILE:50 picks a variant of a family, FILE:n=9 sets a parameter; "
          + "FILE:A:n=9 does both.",
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
    let model = parse(source, &sink)
    let compilation = model.flatMap { analyze($0, CompileOptions(selection: selection, targets: []), &sink) }
    diagnostics.show(sink.suggesting(model?.variants ?? [], of: path), in: source)
    if let compilation { sides.append(DiffSide(compilation)) }
  }
  guard sides.count == 2 else { throw .input }
  let diff = ModelDiff(sides[0], sides[1])
  try output(format == .json ? diff.json : diff.text)
  return ExitCode.success
}

/// `models/cifar.rn:A:n=3` as a file and choices; a file that has such a name comes first.
func chosen(_ operand: String) throws(CommandError) -> (path: String, Selection) {
  var path = operand
  var choices: [String] = []
  while let colon = path.lastIndex(of: ":"), !FileManager.default.fileExists(atPath: path) {
    choices.insert(String(path[path.index(after: colon)...]), at: 0)
    path = String(path[..<colon])
  }
  let variants = choices.filter { !$0.contains("=") }
  guard variants.count <= 1 else {
    throw .usage("\(quoted(operand)) names two variants, \(quoted(variants[0])) and \(quoted(variants[1])).")
  }
  let parameters = try settings(choices.filter { $0.contains("=") }, after: "'FILE:'")
  return (path, Selection(variant: variants.first, parameters: parameters))
}

extension Diagnostics {
  /// In the words of this command, which has no `--variant`.
  func suggesting(_ variants: [String], of path: String) -> Diagnostics {
    var result = Diagnostics()
    for var diagnostic in all {
      if diagnostic.code == .variantRequired, let first = variants.first {
        let names = alternatives(variants, joiner: "and")
        diagnostic.helps = ["write '\(terminalSafe(path)):\(first)'; its variants: \(names)"]
      }
      result.report(diagnostic)
    }
    return result
  }
}
