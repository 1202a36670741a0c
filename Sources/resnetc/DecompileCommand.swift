// `resnetc decompile FILE [-o model.rn]`: the source of the network that a checkpoint holds. What is written is compiled first,
// and the checkpoint brought to it, so that nothing comes out that these weights do not fit.
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let decompile = Subcommand(
    name: "decompile",
    overview: "Write the source of the network that a checkpoint holds.",
    usage: "<checkpoint> [--output <file>] [<options>]",
    operands: [
      Operand(name: "checkpoint", help: "Weights, of any format that 'resnetc convert' reads.", completion: .files)
    ],
    options: [
      Option(
        name: .output, short: "o", value: .required("file"),
        help: "The .rn file to write; one that stands there is never overwritten. (default: -, standard output)"),
      Option(
        name: .line, value: .required("line"), isRepeatable: true,
        help: "A line of the header, in place of what would be chosen: 'stride on first', 'input 3 x 64 x 64', "
          + "'model Mine'. May be repeated."),
    ] + Option.checkpoint + [
      Option(name: .quiet, short: "q", help: "Print nothing but errors, and the source where there is no --output.")
    ] + Option.common,
    run: runDecompile)
}

private func runDecompile(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let stated = try statedLines(arguments)
  let target = try outputFile(arguments, printsToo: true)
  let checkpoint = try openCheckpoint(arguments.operands[0], arguments)
  let (draft, notes) = try recognized(checkpoint, arguments)
  let name = terminalSafe(checkpoint.path.split(separator: "/").last.map(String.init) ?? checkpoint.path)
  let origin = ["from \(name), \(checkpoint.format.name)"] + checkpoint.notes.map { "\(terminalSafe($0))." }
  let text = draft.source(origin: origin, stated: stated)
  var sink = Diagnostics()
  let drafted = SourceFile(name: "<decompiled>", text: text)
  let source = SourceFile(name: "<decompiled>", text: formatted(drafted, &sink) ?? text)
  sink = Diagnostics()
  guard let compilation = analyze(source, CompileOptions(targets: []), &sink) else {
    diagnostics.show(sink, in: source)
    throw .input
  }
  let conversion = try converted(checkpoint, to: ModelTensors(compilation), arguments)
  guard let path = target else {
    try output(String(decoding: source.bytes, as: UTF8.self))
    return ExitCode.success
  }
  try writeNew(source.bytes, to: path)
  guard !arguments.has(.quiet) else { return ExitCode.success }
  let said = (checkpoint.notes + notes + conversion.notes.filter { !notes.contains($0) })
    .map { "  \(terminalSafe($0))\n" }.joined()
  try output(
    """
    \(terminalSafe(checkpoint.path)): \(checkpoint.format.name)
    \(said)Wrote \(terminalSafe(path)): \(compilation.network.name.value), \(grouped(compilation.cost.parameters)) parameters
    Note: what names and shapes do not tell is marked 'chosen' in it; '--line' states it.

    """)
  return ExitCode.success
}

/// Those of `--line`, each about another key of the language.
private func statedLines(_ arguments: Arguments) throws(CommandError) -> [HeaderLine] {
  var lines: [HeaderLine] = []
  for text in arguments.values(.line) {
    guard let line = HeaderLine(text), let key = HeaderKey(rawValue: line.key), key != .family else {
      throw .usage(
        "'--line' takes a line of a source's header, such as 'stride on first', not \(quoted(text)).",
        help: "See the table of docs/language.md, or 'resnetc grammar'.")
    }
    guard key.description.mayRepeat || !lines.contains(where: { $0.key == line.key }) else {
      throw .usage("'--line' states \(quoted(line.key)) more than once.")
    }
    lines.append(line)
  }
  return lines
}

private func recognized(
  _ checkpoint: Checkpoint, _ arguments: Arguments
) throws(CommandError) -> (NetworkDraft, notes: [String]) {
  let renames = try renames(arguments)
  do throws(RecognitionError) {
    return try checkpoint.recognized(renames: renames, dialect: arguments.value(.dialect))
  } catch {
    switch error {
    case .conversion(let fault): throw refusal(of: checkpoint, fault.message)
    case .recognition(let fault): throw refusal(of: checkpoint, fault.message)
    }
  }
}

/// Writes a file that is edited by hand afterwards, and so never replaces one that differs.
private func writeNew(_ bytes: [UInt8], to path: String) throws(CommandError) {
  do throws(FileFault) {
    switch try fileKind(path) {
    case .missing: break
    case .file where try readFile(path, limit: bytes.count) == bytes: return
    case .folder:
      throw FileFault(action: "write", path: path, reason: "it is a folder", help: "Name a file as --output.")
    case .file, .link, .other:
      throw FileFault(
        action: "write", path: path, reason: "something stands there already, and is never overwritten",
        help: "Move it away, or choose another --output.")
    }
    try writeFile(bytes, to: path)
  } catch {
    throw .files(error.message, help: error.help)
  }
}
