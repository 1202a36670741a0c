// `resnetc diagram MODEL...`: networks as Figure 3 of the paper draws them.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let diagram = Subcommand(
    name: "diagram",
    overview: "Draw networks side by side, as Figure 3 of the paper does.",
    usage: "<model> ... [<options>]",
    operands: [.models],
    options: Option.selection + [
      Option(
        name: .format, value: .required("format"), choices: DiagramFormat.allCases.map(\.rawValue),
        help: "svg, or dot for Graphviz. (default: svg)"),
      Option(
        name: .blocks, value: .required("blocks"), choices: DrawnBlocks.allCases.map(\.rawValue),
        help: """
          all draws each block; folded draws equal neighbours once, with their number. (default: folded for networks of \
          more than \(Drawing.fullBoxes) boxes)
          """),
    ] + Option.common,
    run: runDiagram)
}

private enum DiagramFormat: String, CaseIterable { case svg, dot }

private func runDiagram(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let format = try arguments.choice(.format, DiagramFormat.svg)
  let blocks = arguments.has(.blocks) ? try arguments.choice(.blocks, DrawnBlocks.all) : nil
  let networks = try compilations(arguments, try Selection(arguments), diagnostics)
  let drawings = networks.map { Drawing($0).shown(blocks) }
  switch format {
  case .svg: try output(DrawingLayout(drawings).svg)
  case .dot: try output(dotText(drawings))
  }
  return ExitCode.success
}
