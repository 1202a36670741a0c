// `resnetc [compile] MODEL -o FOLDER`: the package, or a look inside the compiler on the way there.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let compile = Subcommand(
    name: "compile",
    overview: "Compile a network to a Swift package, or to C.",
    usage: "<model> --output <folder> [<options>]",
    operands: [Operand(name: "model", help: "The network's .rn file; - reads standard input.")],
    options: [
      Option(
        name: .output, short: "o", value: .required("folder"),
        help: "Where the package goes. Made if missing; what resnetc did not generate there is never overwritten.")
    ] + Option.selection + [
      Option(
        name: .isa, value: .required("list"), choices: Target.all.map(\.name) + ["all"],
        help:
          "Instruction sets to generate kernels for, with commas: \(Target.all.map(\.name).joined(separator: ", ")) "
          + "or all. The best that the machine has is chosen at run time. (default: all)"),
      Option(
        name: .precision, value: .required("list"), choices: Precision.allCases.map(\.rawValue),
        help:
          "What kernels multiply, with commas: \(Precision.allCases.map(\.rawValue).joined(separator: ", ")). The package "
          + "has kernels for each, of which its user chooses. (default: float32)"),
      Option(
        name: .keepFloat, value: .required("layers"),
        help: "Layers that compute in float32 whatever the precision, by their names in a report, with commas."),
      Option(name: .batch, value: .required("n"), help: "Images that one call computes, 1 to 1024. (default: 1)"),
      Option(
        name: .exact,
        help:
          "Compute convolutions as they are defined, in single precision: no Winograd. Slower, and hardly more exact."),
      Option(
        name: .tuning, value: .required("file"),
        help: "How to compute each shape of convolution, as 'resnetc tune' measured. Without it the defaults are good."),
      Option(
        name: .weights, value: .required("checkpoint"),
        help:
          "Weights that go into the folder too, of any format that 'resnetc convert' reads: the package's command then "
          + "needs no --weights. What does not fit ends the run before anything is written."),
    ] + Option.checkpoint + Option.c + Option.package + [
      Option(
        name: .dumpIR, value: .optional("pass", accepts: stages),
        help: "Print the graph after lowering and after each pass, or after one: \(stages.joined(separator: ", "))."),
      Option(
        name: .stopAfter, value: .required("pass"), choices: stages,
        help: "Run no further than this pass, and print the graph."),
      Option(
        name: .printMemory, help: "Print where each activation lies and when, for the first instruction set of --isa."),
    ] + Option.common,
    run: runCompile)

  /// What `--dump-ir` and `--stop-after` name.
  fileprivate static var stages: [String] { ["lower"] + Pass.all.map(\.name) + [quantize] }
  /// Behind all passes, of int8.
  fileprivate static let quantize = "quantize"
}

extension Option {
  /// What is generated of a package, and how that is told.
  static let package: [Option] = [
    Option(name: .noCommand, help: "Generate the library without its command."),
    Option(name: .quiet, short: "q", help: "Print nothing but errors."),
    Option(
      name: .templates, value: .required("folder"),
      help: "Read kernel templates from a folder, to work on them without building the compiler."),
  ]
}

private func runCompile(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  var options = try CompileOptions(arguments)
  let tuning = try TuningFile(arguments, diagnostics)
  if let tuning { options.algorithms = .tuned(tuning.tuning) }
  let look = try Look(arguments)
  let folder = try PackageWriter.folder(arguments)
  if look.stopAfter != nil, folder != nil { throw .usage("'--stop-after' makes no package; leave out '--output'.") }
  guard folder != nil || look.isAny else { throw .usage("Missing expected argument '--output <folder>'.") }
  try PackageWeights.check(arguments, folder)
  let c = try CLanguage(arguments)

  let file = ModelFile(path: arguments.operands[0])
  let source = try file.read()
  var sink = Diagnostics()
  // What stops before planning needs no kernel.
  if look.stopAfter != nil { options.targets = [] }
  guard let compilation = analyze(source, options, &sink),
    let labels = folder == nil ? [] : file.labels(of: compilation, &sink)
  else {
    diagnostics.show(sink, in: source)
    throw .input
  }
  // A name that is no layer's would keep nothing, and say nothing.
  let names = compilation.fused.nodes.map(\.name)
  if let unknown = options.float32Layers.subtracting(names).min() {
    let way = didYouMean(unknown, names, or: "'--dump-ir' names them.")
    throw .usage("'--keep-float' names \(quoted(unknown)), which is no layer of this network.\(way)")
  }
  let findings = tuning?.check(against: compilation, options)
  // One list is all that a reader of JSON expects where one is all there is.
  if findings?.all.isEmpty ?? true || !sink.all.isEmpty { diagnostics.show(sink, in: source) }
  if let tuning, let findings, !findings.all.isEmpty { diagnostics.show(findings, in: tuning.source) }
  if findings?.hasErrors == true { throw .input }
  try look.show(compilation, options)
  guard let folder else { return ExitCode.success }

  if let c {
    let named = file.named(from: source)
    return try writeC(c, arguments, compilation, from: named, options, labels: labels, in: folder)
  }
  let weights = try PackageWeights(arguments, for: compilation, in: folder)
  let files = try expanded { () throws(TemplateError) in
    try emit(compilation, from: file.named(from: source), options, labels: labels, weights: weights?.name)
  }
  let changes = try PackageWriter(folder: folder).write(files)
  try weights?.write()
  guard !arguments.has(.quiet) else { return ExitCode.success }
  try output(
    """
    \(compilation.network.name.value), from \(terminalSafe(source.name))

    \(compilation.summary)\(fileSummary(files, changes, folder))\(weights?.summary ?? "")
    \(nextCommands(compilation, options, folder, hasWeights: weights != nil))
    """)
  return ExitCode.success
}

/// The same in C.
private func writeC(
  _ c: CLanguage, _ arguments: Arguments, _ compilation: Compilation, from source: SourceFile,
  _ options: CompileOptions, labels: [String], in folder: String
) throws(CommandError) -> Int32 {
  let contents = PackageContents(compilation, from: source, options, labels: labels)
  let own = try c.options(for: contents)
  let weights = try CWeights(arguments, for: compilation, contents, own, in: folder)
  let files = try expanded { () throws(TemplateError) in
    try emitCPackage(contents, own, templates: options.templates)
  }
  let changes = try PackageWriter(folder: folder).write(files)
  try weights?.write()
  guard !arguments.has(.quiet) else { return ExitCode.success }
  try output(
    """
    \(compilation.network.name.value) in C, from \(terminalSafe(source.name))

    \(compilation.summary)\(fileSummary(files, changes, folder))\(weights?.summary ?? "")
    \(nextCommands(own, contents, folder, hasWeights: weights != nil))
    """)
  return ExitCode.success
}

/// The files of a package; what is wrong with a template is the user's where `--templates` names it.
private func expanded(_ emit: () throws(TemplateError) -> [EmittedFile]) throws(CommandError) -> [EmittedFile] {
  do throws(TemplateError) {
    return try emit()
  } catch {
    throw .inputMessage("Cannot expand a template: \(error.description).")
  }
}

/// How many files, how large, where, and what became of them.
func fileSummary(_ files: [EmittedFile], _ changes: PackageChanges, _ folder: String) -> String {
  let bytes = files.reduce(0) { $0 + $1.contents.utf8.count }
  let counts = [
    (changes.written.count, "written"), (changes.unchanged, "unchanged"), (changes.removed.count, "removed"),
  ]
  let what = counts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
  var text = "  files       \(files.count) in \(terminalSafe(folder)), \(grouped(bytes)) bytes: \(what)\n"
  for path in changes.kept {
    text += "              kept \(terminalSafe(path)), which is no longer needed but was edited\n"
  }
  return text
}

/// Lines that can be pasted into a shell.
private func nextCommands(
  _ compilation: Compilation, _ options: CompileOptions, _ folder: String, hasWeights: Bool
) -> String {
  let command = compilation.network.name.value.lowercased()
  let enter = "cd \(shellWord(folder))"
  guard options.includeCommand else {
    return """
      Next:
        \(enter) && swift build -c release

      """
  }
  let run = "swift run -c release \(command)"
  let file = hasWeights ? "" : " --weights \(command).safetensors"
  let use =
    [1, 3].contains(compilation.network.input.value.channels)
    ? "classify IMAGE\(file)" : "logits\(file) --input in.f32 --output out.f32"
  return """
    Next:
      \(enter)
      \(run) bench\(hasWeights ? "" : " --weights random:1")
      \(run) \(use)

    """
}

/// A word that a shell takes as it stands.
func shellWord(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    byte >= 0x80 || "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./,:@%".utf8.contains(byte)
  }
  let path = word.hasPrefix("-") ? "./" + word : word
  return plain && !word.isEmpty ? path : shellQuoted(path)
}

/// Any text as one word of a shell.
func shellQuoted(_ text: String) -> String {
  "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// What the user wants to see of the compiler's inside.
private struct Look {
  private let dump: String?
  private let dumpsAll: Bool
  let stopAfter: String?
  /// The instruction set whose memory is shown.
  private let memory: Target?

  init(_ arguments: Arguments) throws(CommandError) {
    dump = try Self.stage(.dumpIR, arguments)
    dumpsAll = arguments.has(.dumpIR) && dump == nil
    stopAfter = try Self.stage(.stopAfter, arguments)
    memory = arguments.has(.printMemory) ? try Target.list(arguments.value(.isa)).first : nil
  }

  private static func stage(_ option: OptionName, _ arguments: Arguments) throws(CommandError) -> String? {
    guard let name = arguments.value(option) else { return nil }
    let names = Subcommand.stages
    guard names.contains(name) else {
      throw .usage(
        "Unknown pass \(quoted(name)).\(didYouMean(name, names, or: "The passes are \(alternatives(names, joiner: "and")).")))"
      )
    }
    return name
  }

  var isAny: Bool { dump != nil || dumpsAll || stopAfter != nil || memory != nil }

  func show(_ compilation: Compilation, _ options: CompileOptions) throws(CommandError) {
    if dump != nil || dumpsAll || stopAfter != nil { try output(graphs(compilation, options)) }
    // A stopped compilation has no plan.
    guard let memory, stopAfter == nil else { return }
    // Of each precision, by the best kernels that it has.
    for precision in Precision.allCases {
      let kernels = memory.computing(in: precision)
      if let plan = compilation.plans.first(where: { kernels.contains($0.target) }) { try output(plan.memoryMap()) }
    }
  }

  private func graphs(_ compilation: Compilation, _ options: CompileOptions) -> String {
    var text = ""
    func add(_ name: String, _ summary: String, _ graph: Graph) {
      // Alone, what it stopped after is what is asked for.
      guard dumpsAll || name == (dump ?? stopAfter) else { return }
      text += "# after \(name): \(summary)\n\(graph.text)\n"
    }
    add("lower", "the network as written", compilation.lowered)
    if stopAfter != "lower" {
      _ = runPasses(compilation.lowered, upTo: stopAfter) { pass, graph in add(pass.name, pass.summary, graph) }
    }
    let isAsked = (dump ?? stopAfter) == Subcommand.quantize
    if isAsked || options.precisions.contains(.int8) && stopAfter == nil {
      let graph = quantized(compilation.fused, keeping: options.float32Layers)
      add(Subcommand.quantize, "number types of int8, and conversions", graph)
    }
    return text
  }
}
