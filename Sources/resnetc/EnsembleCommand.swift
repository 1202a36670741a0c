// `resnetc ensemble MODEL MODEL... -o FOLDER`: one package of several networks, which averages their scores.
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let ensemble = Subcommand(
    name: "ensemble",
    overview: "Compile several networks to one Swift package that averages their scores.",
    usage: "<model> <model> ... --output <folder> [<options>]",
    operands: [
      Operand(
        name: "model",
        help:
          "Two .rn files or more, which read the same images and end in the same classes; FILE:VARIANT and FILE:n=3 "
          + "choose of a family. One may be named again, to have other weights.", isRepeating: true)
    ],
    options: [
      Option(
        name: .output, short: "o", value: .required("folder"),
        help: "Where the package goes. Made if missing; what resnetc did not generate there is never overwritten."),
      Option(
        name: .name, value: .required("name"),
        help: "What the ensemble is called. (default: the first network's name, with Ensemble)"),
      Option(
        name: .isa, value: .required("list"), choices: Target.all.map(\.name) + ["all"],
        help: "Instruction sets to generate kernels for, with commas. (default: all)"),
      Option(name: .batch, value: .required("n"), help: "Images that one call computes, 1 to 1024. (default: 1)"),
      Option(name: .exact, help: "Compute convolutions as they are defined, without Winograd."),
      Option(
        name: .weights, value: .required("checkpoint"), isRepeatable: true,
        help:
          "Weights that go into the folder too, of any format that 'resnetc convert' reads: once for each network, in "
          + "their order."),
    ] + Option.checkpoint + Option.package + Option.common,
    run: runEnsemble)
}

/// A network of the ensemble, read and planned.
private struct Member {
  let compilation: Compilation
  let contents: PackageContents
}

private func runEnsemble(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let options = try CompileOptions(arguments)
  guard let folder = try PackageWriter.folder(arguments) else {
    throw .usage("Missing expected argument '--output <folder>'.")
  }
  try PackageWeights.check(arguments, folder)
  let checkpoints = arguments.values(.weights)
  guard checkpoints.isEmpty || checkpoints.count == arguments.operands.count else {
    let networks = arguments.operands.count
    throw .usage(
      "'--weights' is given \(times(checkpoints.count)), and there \(networks == 1 ? "is 1 network" : "are \(networks) networks"): "
        + "it goes into the package once for each, in their order, or not at all.")
  }
  guard arguments.operands.count(where: { $0 == "-" }) < 2 else {
    throw .usage("Standard input can be read only once.")
  }

  var members: [Member] = []
  var failed = false
  for operand in arguments.operands {
    guard let member = try member(operand, options, diagnostics) else {
      failed = true
      continue
    }
    members.append(member)
  }
  guard !failed else { throw .input }
  let name = arguments.value(.name) ?? (members[0].contents.name + "Ensemble")
  let files = checkpoints.indices.map { "\(name.lowercased())_\($0 + 1).safetensors" }
  let contents: EnsembleContents
  do throws(EnsembleFault) {
    contents = try EnsembleContents(name: name, members: members.map(\.contents), weights: files)
  } catch {
    throw .inputMessage("\(error.message.prefix(1).uppercased())\(terminalSafe(String(error.message.dropFirst()))).")
  }
  var weights: [PackageWeights] = []
  for (index, checkpoint) in checkpoints.enumerated() {
    weights.append(
      try PackageWeights(
        checkpoint, arguments, for: members[index].compilation, as: files[index], in: folder))
  }
  let emitted: [EmittedFile]
  do throws(TemplateError) {
    emitted = try emitEnsemble(contents, templates: options.templates)
  } catch {
    throw .inputMessage("Cannot expand a template: \(error.description).")
  }
  let changes = try PackageWriter(folder: folder).write(emitted)
  for file in weights { try file.write() }
  guard !arguments.has(.quiet) else { return ExitCode.success }
  let networks = members.enumerated().map { index, member in
    "  network \(index + 1)   \(member.contents.name), \(grouped(member.compilation.cost.parameters)) parameters\n"
  }
  let names = members.indices.map { "W\($0 + 1).safetensors" }.joined(separator: ",")
  let command =
    options.includeCommand
    ? "  swift run -c release \(name.lowercased()) classify IMAGE" + (weights.isEmpty ? " --weights \(names)" : "")
    : "  swift build -c release"
  try output(
    """
    \(name), the mean of \(members.count) networks

    \(networks.joined())\(fileSummary(emitted, changes, folder))\(weights.map(\.summary).joined())
    Next:
      cd \(shellWord(folder))
    \(command)

    """)
  return ExitCode.success
}

/// `once`, `twice`, `3 times`.
private func times(_ count: Int) -> String { count == 1 ? "once" : count == 2 ? "twice" : "\(count) times" }

/// One network, or nothing where its source has errors, which are shown.
private func member(
  _ operand: String, _ options: CompileOptions, _ diagnostics: DiagnosticOutput
) throws(CommandError) -> Member? {
  let (path, selection) = try chosen(operand)
  var options = options
  options.selection = selection
  let file = ModelFile(path: path)
  let source = try file.read()
  var sink = Diagnostics()
  let model = parse(source, &sink)
  let compilation = model.flatMap { analyze($0, options, &sink) }
  let labels = compilation.flatMap { file.labels(of: $0, &sink) }
  diagnostics.show(sink.suggesting(model?.variants ?? [], of: path), in: source)
  guard let compilation, let labels else { return nil }
  return Member(
    compilation: compilation,
    contents: PackageContents(compilation, from: file.named(from: source), options, labels: labels))
}
