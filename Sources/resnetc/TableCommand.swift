// `resnetc table MODEL...`: networks side by side, as Table 1 of the paper has them.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let table = Subcommand(
    name: "table",
    overview: "Print networks side by side, as Table 1 of the paper does.",
    usage: "<model> ... [<options>]",
    operands: [.models],
    options: Option.selection + [
      Option(
        name: .format, value: .required("format"), choices: TableFormat.allCases.map(\.rawValue),
        help: "text, markdown or html. (default: text)")
    ] + Option.common,
    run: runTable)
}

private enum TableFormat: String, CaseIterable { case text, markdown, html }

private func runTable(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let format = try arguments.choice(.format, TableFormat.text)
  let networks = try compilations(arguments, try Selection(arguments), diagnostics)
  let view = PaperTableView(networks.map { PaperColumn($0) })
  switch format {
  case .text: try output(view.text)
  case .markdown: try output(view.markdown)
  case .html: try output(view.html)
  }
  return ExitCode.success
}
