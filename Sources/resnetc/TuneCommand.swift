// `resnetc tune MODEL`: measures the ways to compute each convolution on this machine, inside whole passes of the network,
// and writes down the fastest for `resnetc MODEL --tuning FILE`.
import Foundation
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let tune = Subcommand(
    name: "tune",
    overview: "Measure on this machine how each convolution is computed fastest, for --tuning.",
    usage: "<model> [--output <file>] [<options>]",
    operands: [Operand(name: "model", help: "The network's .rn file; - reads standard input.")],
    options: [
      Option(
        name: .output, short: "o", value: .required("file"),
        help: "Where the choices go; replaced if it exists. (default: the network's name, with .tuning)")
    ] + Option.selection + [
      Option(
        name: .isa, value: .required("name"), choices: Target.all.map(\.name),
        help: "The instruction set: \(alternatives(Target.all.map(\.name))). (default: the best that this machine has)"),
      Option(
        name: .precision, value: .required("type"), choices: Precision.allCases.map(\.rawValue),
        help: "What is multiplied: float32, float16 or int8. (default: float32)"),
      Option(name: .batch, value: .required("n"), help: "Images that one call computes, 1 to 1024. (default: 1)"),
      Option(name: .threads, value: .required("n"), help: "Threads to measure with, 1 to 256. (default: 1)"),
      Option(
        name: .seconds, value: .required("s"),
        help: "How long to measure the candidates of a round, 0.1 to 600. (default: 2)"),
      Option(name: .quiet, short: "q", help: "Print nothing but errors."),
    ] + Option.common,
    run: runTune)
}

private func runTune(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let setting = try MeasurementSetting(arguments)
  let file = ModelFile(path: arguments.operands[0])
  let source = try file.read()
  var options = CompileOptions(
    selection: try Selection(arguments), targets: [setting.target], precisions: [setting.precision],
    batch: setting.batch)
  var sink = Diagnostics()
  let compilation = analyze(source, options, &sink)
  diagnostics.show(sink, in: source)
  guard let compilation, let plan = compilation.plans.first(where: { $0.target == setting.kernels }) else {
    throw .input
  }
  let name = compilation.network.name.value
  let named = arguments.value(.output)
  let path = named ?? "\(name.lowercased()).tuning"
  // What the user did not name is only replaced if it is one of ours.
  try checkPlace(path, replacing: named == nil ? "resnetc tuning " : nil, kind: "a tuning file")

  func say(_ text: String) throws(CommandError) {
    if !arguments.has(.quiet) { try output(text + "\n") }
  }
  let convolutions = tunableConvolutions(plan.graph, target: setting.kernels, batch: setting.batch)
  let rounds = convolutions.map(\.choices.count).max() ?? 1
  try say(introduction(name, convolutions, rounds, setting))
  var measurements = Measurements(convolutions)
  var chosen = measurements.choices
  if rounds > 1 {
    Interruption.watch()
    let bench: TuneBench
    do throws(FileFault) {
      bench = try TuneBench(name: name, setting: setting)
    } catch {
      throw .files(error.message, help: error.help)
    }
    defer { bench.remove() }
    for round in 0..<rounds {
      options.algorithms = .tuned(setting.tuning(measurements.choices(inRound: round)))
      let times = try bench.round(source, options)
      measurements.add(times.layers, default: times.standard, round: round)
      let sums = "layers \(decimals(times.sum, 3)) ms, \(decimals(times.standardSum, 3)) with the defaults"
      try say("  round \(round + 1) of \(rounds): built in \(times.buildSeconds) s; \(sums)")
    }
    chosen = measurements.choices
    try say("\n" + measurements.table)
    if measurements.isDefault {
      try say("The defaults are the fastest everywhere.")
    } else {
      options.algorithms = .tuned(setting.tuning(chosen))
      let times = try bench.compareWithDefault(source, options)
      let gain =
        "the whole network takes \(decimals(times.tuned, 3)) ms with these choices, "
        + "\(decimals(times.standard, 3)) ms with the defaults"
      if times.tuned < times.standard {
        try say("In turns, \(gain).")
      } else {
        try say("In turns, \(gain): the defaults stay.")
        chosen = measurements.defaults
      }
    }
  }
  let text = setting.tuning(chosen).text(
    comment: "made by resnetc \(resnetcVersion) for \(name) on \(machineName())")
  do throws(FileFault) {
    try writeFile(Array(text.utf8), to: path)
  } catch {
    throw .files(error.message, help: error.help ?? "Choose another --output.")
  }
  let model = arguments.operands[0]
  try say(
    """

    Wrote \(terminalSafe(path)). Use it:
      resnetc \(model == "-" ? "MODEL" : shellWord(model))\(setting.precisionWords) --tuning \(shellWord(path)) -o FOLDER
    """)
  return ExitCode.success
}

private func introduction(
  _ name: String, _ convolutions: [TunableConvolution], _ rounds: Int, _ setting: MeasurementSetting
) -> String {
  let shapes = convolutions.count
  let batch = setting.batch == 1 ? "" : ", batch \(setting.batch)"
  let what = "\(name), \(setting.kernels.title)\(batch), \(setting.threads) thread\(setting.threads == 1 ? "" : "s")"
  guard rounds > 1 else { return "\(what): there is nothing to choose." }
  // Two cores build the runtime in half a minute, and ResNet-50's kernels for one instruction set in less.
  let minutes = Int(((30 + Double(rounds + 1) * (20 + 2 * setting.seconds)) / 60).rounded(.up))
  return """
    \(what): \(shapes) shape\(shapes == 1 ? "" : "s") of convolutions with up to \(rounds) choices each.
    Each round builds a package and measures it and the defaults for \(decimals(setting.seconds, 1)) s each, at most \
    about \(minutes) minutes in all. Leave the machine alone meanwhile.
    """
}
