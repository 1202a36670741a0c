// `resnetc reproduce [FOLDER]`: the paper's tables, rebuilt from the model files.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let reproduce = Subcommand(
    name: "reproduce",
    overview: "Rebuild the paper's Table 1 and the parameters of its Table 6, cell by cell beside what is printed.",
    usage: "[<folder>] [<options>]",
    operands: [
      Operand(
        name: "folder", help: "Where table1.rn, fitnet19.rn, highway19.rn and cifar.rn are. (default: models)",
        isRequired: false, completion: .folders)
    ],
    options: [
      Option(
        name: .format, value: .required("format"), choices: ReproduceFormat.allCases.map(\.rawValue),
        help: "text, markdown or json. (default: text)")
    ] + Option.common,
    run: runReproduce)
}

private enum ReproduceFormat: String, CaseIterable { case text, markdown, json }

private func runReproduce(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let format = try arguments.choice(.format, ReproduceFormat.text)
  let folder = arguments.operands.first ?? "models"
  var cells: [PaperCell] = []
  for table in PaperTable.allCases {
    let source = try ModelFile(path: "\(folder)/\(table.file)").read()
    var sink = Diagnostics()
    let found = table.cells(source, &sink)
    diagnostics.show(sink, in: source)
    guard let found else { throw .input }
    cells += found
  }
  try output(format == .json ? reproductionJSON(cells) : reproduction(cells, markdown: format == .markdown))
  // A cell that differs for no known reason is an error of the models.
  return cells.allSatisfy(\.isExplained) ? ExitCode.success : ExitCode.input
}
