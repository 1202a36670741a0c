// `resnetc report MODEL...`: every layer with its cost, for people or for programs.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let report = Subcommand(
    name: "report",
    overview: "Print a network's layers with their parameters, multiply-adds and activations.",
    usage: "<model> ... [<options>]",
    operands: [.models],
    options: Option.selection + [
      Option(
        name: .depth, value: .required("depth"), choices: ReportDepth.allCases.map(\.rawValue),
        help: "How far down to go: network, stage, block or layer. Totals stay the same. (default: layer)"),
      Option(
        name: .format, value: .required("format"), choices: ReportFormat.allCases.map(\.rawValue),
        help: "text, markdown, csv, or json or an html page, which hold every depth. (default: text)"),
      Option(
        name: .precision, value: .required("type"), choices: Precision.allCases.map(\.rawValue),
        help: "Of which the memory is: float32, float16 or int8. (default: float32)"),
      Option(
        name: .machine, value: .required("file"),
        help: "Of an html page: what 'resnetc calibrate' wrote, for the roofline. (default: an Ice Lake core)"),
    ] + Option.common,
    run: runReport)
}

private enum ReportFormat: String, CaseIterable { case text, markdown, csv, json, html }

private func runReport(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let format = try arguments.choice(.format, ReportFormat.text)
  let depth = try arguments.choice(.depth, ReportDepth.layer)
  guard ![.json, .html].contains(format) || !arguments.has(.depth) else {
    throw .usage("'--format \(format.rawValue)' holds every depth, so '--depth' does not go with it.")
  }
  guard format == .html || !arguments.has(.machine) else {
    throw .usage("'--machine' goes with '--format html'; 'resnetc predict' says how long layers take.")
  }
  guard format != .html || !arguments.has(.precision) else {
    throw .usage("'--precision' does not go with '--format html'; 'resnetc predict --precision' draws the roofline.")
  }
  let precision = try arguments.choice(.precision, Precision.float32)
  let machine = try Machine(arguments, diagnostics)
  let selection = try Selection(arguments)
  let networks = try compilations(arguments, selection, diagnostics)
  // A page makes its own, with their plans.
  let reports = format == .html ? [] : networks.map { LayerReport($0, in: precision) }
  switch format {
  case .html:
    try output(ReportPage(networks, on: machine).html)
  case .json:
    try output(LayerReport.json(reports))
  case .csv:
    try output(LayerReport.csvHead + reports.map { $0.csv(depth) }.joined())
  case .markdown:
    let texts = reports.map { $0.markdown(depth) }
    try output((texts + (reports.count > 1 ? [LayerReport.comparisonMarkdown(reports)] : [])).joined(separator: "\n"))
  case .text:
    let texts = reports.map { $0.text(depth) } + (reports.count > 1 ? [LayerReport.comparison(reports)] : [])
    try output(texts.joined(separator: "\n"))
  }
  return ExitCode.success
}

/// What the files of a command line say, of families the variant that is chosen, or else all.
func compilations(
  _ arguments: Arguments, _ selection: Selection, _ diagnostics: DiagnosticOutput
) throws(CommandError) -> [Compilation] {
  guard arguments.operands.filter({ $0 == "-" }).count <= 1 else {
    throw .usage("Standard input can be read only once.")
  }
  var result: [Compilation] = []
  var failed = false
  for path in arguments.operands {
    let source = try ModelFile(path: path).read()
    let (found, sink) = compilations(source, selection)
    diagnostics.show(sink, in: source)
    failed = failed || sink.hasErrors
    result += found
  }
  // Half a report would be taken for a whole one.
  if failed { throw .input }
  return result
}

private func compilations(_ source: SourceFile, _ selection: Selection) -> ([Compilation], Diagnostics) {
  var sink = Diagnostics()
  guard let model = parse(source, &sink) else { return ([], sink) }
  var result: [Compilation] = []
  analyzeEach(model, selection, &sink) { _, compilation in
    if let compilation { result.append(compilation) }
    return true
  }
  return (result, sink)
}
