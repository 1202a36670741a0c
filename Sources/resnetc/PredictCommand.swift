// `resnetc predict MODEL`: how long each layer takes on a machine, and at least, without building anything.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let predict = Subcommand(
    name: "predict",
    overview: "Say how long a network takes on a machine, layer by layer.",
    usage: "<model> [--machine <file>] [<options>]",
    operands: [Operand(name: "model", help: "The network's .rn file; - reads standard input.")],
    options: [
      Option(
        name: .machine, value: .required("file"),
        help: "What 'resnetc calibrate' wrote on the machine. (default: one core of an Ice Lake server)"),
      Option(
        name: .measured, value: .required("file"),
        help: "What the generated package's bench printed there, per layer and as JSON, to compare with."),
    ] + Option.selection + [
      Option(name: .batch, value: .required("n"), help: "Images that one call computes, 1 to 1024. (default: 1)"),
      Option(
        name: .precision, value: .required("type"), choices: Precision.allCases.map(\.rawValue),
        help: "What is multiplied: float32, float16 or int8. (default: float32)"),
      Option(name: .exact, help: "Convolutions as they are defined: no Winograd."),
      Option(
        name: .tuning, value: .required("file"), help: "How to compute each convolution, as 'resnetc tune' measured."),
      Option(
        name: .format, value: .required("format"), choices: PredictionFormat.allCases.map(\.rawValue),
        help: "text, markdown, json, or svg, which draws the roofline. (default: text)"),
    ] + Option.common,
    run: runPredict)
}

private enum PredictionFormat: String, CaseIterable { case text, markdown, json, svg }

private func runPredict(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let format = try arguments.choice(.format, PredictionFormat.text)
  var options = try CompileOptions(arguments)
  guard options.precisions.count == 1 else { throw .usage("'--precision' takes one type at a time here.") }
  let machine = try Machine(arguments, diagnostics)
  let measured = try MeasuredFile(arguments)
  let tuning = try TuningFile(arguments, diagnostics)
  if let tuning { options.algorithms = .tuned(tuning.tuning) }
  options.targets = [machine.target]
  let source = try ModelFile(path: arguments.operands[0]).read()
  var sink = Diagnostics()
  let compilation = analyze(source, options, &sink)
  diagnostics.show(sink, in: source)
  guard let compilation else { throw .input }
  if let tuning {
    let found = tuning.check(against: compilation, options)
    diagnostics.show(found, in: tuning.source)
    if found.hasErrors { throw .input }
  }
  guard let plan = machine.best(of: compilation.plans) else {
    let names = (compilation.plans.last?.multiplicands ?? []).filter { machine.peak($0) == nil }.map(\.rawValue)
    throw .files(
      "The machine's description does not say how fast it multiplies \(alternatives(names, joiner: "and")).",
      help: "Make it anew: resnetc calibrate -o FILE")
  }
  var prediction = Prediction(plan, on: machine)
  if let measured { prediction = try measured.added(to: prediction) }
  switch format {
  case .text: try output(prediction.text)
  case .markdown: try output(prediction.markdown)
  case .json: try output(prediction.json)
  case .svg: try output(rooflineChart(prediction))
  }
  return ExitCode.success
}
