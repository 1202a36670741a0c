// `resnetc lint FILE...`: what is wrong with models, or could be better, by rules that know the paper. Findings are the
// output; exit codes are those of other linters: 0 nothing that fails, 1 errors or warnings, 2 the run did not work.
import Foundation
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let lint = Subcommand(
    name: "lint",
    overview: "Look for mistakes and waste in models, by rules that know the paper.",
    usage: "<model> ... [<options>]",
    operands: [
      Operand(
        name: "model", help: "One or more .rn files; - reads standard input. Of a family, every variant is looked at.",
        isRepeating: true)
    ],
    options: [
      Option(
        name: .select, value: .required("rules"), isRepeatable: true, choices: LintSelector.words,
        help: "Only these: codes, names, groups or beginnings of codes, such as RN1. (default: all)"),
      Option(
        name: .ignore, value: .required("rules"), isRepeatable: true, choices: LintSelector.words,
        help: "All but these."),
      Option(
        name: .level, value: .required("rules=level"), isRepeatable: true,
        help: "error, warning or note for some rules, such as RN105=error."),
      Option(
        name: .config, value: .required("file"),
        help: "The configuration. (default: .resnetlint, from the model's folder upwards)"),
      Option(name: .noConfig, help: "Use no configuration."),
      Option(name: .fix, help: "Apply safe fixes: those that leave the network as it is."),
      Option(name: .unsafe, help: "With --fix: also fixes that change the network, and guesses."),
      Option(name: .baseline, value: .required("file"), help: "Leave out the findings that this file holds."),
      Option(
        name: .writeBaseline, value: .required("file"), help: "Write a file with all findings, for --baseline."),
      Option(
        name: .format, value: .required("format"), choices: LintFormat.allCases.map(\.rawValue),
        help: "text, json, sarif (2.1.0) or github. (default: text)"),
    ] + Option.selection + [
      Option(
        name: .color, value: .required("when"), choices: DiagnosticOutput.When.allCases.map(\.rawValue),
        help: "Color findings: auto, always or never. NO_COLOR and FORCE_COLOR are heeded. (default: auto)"),
      Option(name: .help, short: "h", help: "Show help information."),
    ],
    failureCode: 2,
    run: runLint)
}

private enum LintFormat: String, CaseIterable { case text, json, sarif, github }

private func runLint(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let format = try arguments.choice(.format, LintFormat.text)
  let when = try arguments.choice(.color, DiagnosticOutput.When.auto)
  let selection = try Selection(arguments)
  if arguments.has(.unsafe), !arguments.has(.fix) { throw .usage("'--unsafe' goes with '--fix'.") }
  if arguments.has(.fix), selection != Selection() {
    throw .usage("'--fix' looks at all variants, so '--variant' and '--set' do not go with it.")
  }
  if arguments.has(.baseline), arguments.has(.writeBaseline) {
    throw .usage("'--write-baseline' holds all findings, so '--baseline' does not go with it.")
  }
  guard arguments.operands.filter({ $0 == "-" }).count <= 1 else {
    throw .usage("Standard input can be read only once.")
  }
  // Everything is read before anything is said or fixed.
  var baseline = try readBaseline(arguments)
  var models: [(path: String, source: SourceFile, settings: LintSettings)] = []
  for path in arguments.operands {
    models.append((path, try ModelFile(path: path).read(), try LintSettings(arguments, forModelAt: path)))
  }
  var files: [LintedFile] = []
  for var model in models {
    if arguments.has(.fix) { model.source = try fix(model.path, model.source, model.settings, arguments) }
    let name = (arguments.value(.baseline) ?? arguments.value(.writeBaseline)).map { relative(model.path, to: $0) }
    files.append(
      LintedFile(
        model.source, named: name, lint(model.source, selection, model.settings), baseline: &baseline))
  }
  if let path = arguments.value(.writeBaseline) { return try write(LintBaseline(files), to: path) }
  let isColored = when == .always || when == .auto && terminalWantsColor(STDOUT_FILENO)
  // A fixed model that came from standard input is the output.
  let text = text(files, format, isColored)
  if arguments.has(.fix), arguments.operands.contains("-") { errorOutput(text) } else { try output(text) }
  let dropped = files.reduce(0) { $0 + $1.dropped }
  if format != .text, let more = Diagnostics.moreMessage(dropped) { errorOutput(more + "\n") }
  // A variant or a parameter that is not there was mistyped, and says nothing of the model.
  if files.contains(where: \.isMisaddressed) { return 2 }
  return files.count(.error) + files.count(.warning) > 0 ? ExitCode.input : ExitCode.success
}

private func text(_ files: [LintedFile], _ format: LintFormat, _ isColored: Bool) -> String {
  switch format {
  case .sarif: return files.sarif
  case .github: return files.gitHubCommands
  case .json:
    return JSON.lines(files.flatMap { file in file.findings.map { JSONRenderer(file.source).object($0.diagnostic) } })
  case .text:
    let findings = files.flatMap { file in
      file.findings.map { TextRenderer(file.source, isColoured: isColored).render($0.diagnostic) + "\n" }
    }
    let more = Diagnostics.moreMessage(files.reduce(0) { $0 + $1.dropped }).map { $0 + "\n" } ?? ""
    return findings.joined() + more + files.summary + "\n"
  }
}

// MARK: Baselines

private func readBaseline(_ arguments: Arguments) throws(CommandError) -> LintBaseline {
  guard let path = arguments.value(.baseline) else { return LintBaseline() }
  let source = SourceFile(name: path, bytes: try lintFileBytes(path))
  var sink = Diagnostics()
  let baseline = LintBaseline(source, &sink)
  try DiagnosticOutput(arguments).show(sink, in: source)
  guard let baseline else { throw .input }
  return baseline
}

private func write(_ baseline: LintBaseline, to path: String) throws(CommandError) -> Int32 {
  do throws(FileFault) {
    if try fileKind(path) != .missing, !LintBaseline.isBaseline(try readFile(path, limit: lintFileLimit)) {
      throw FileFault(action: "replace", path: path, reason: "it is no baseline")
    }
    try writeFile(Array(baseline.text.utf8), to: path)
  } catch {
    throw .files(error.message, help: error.help)
  }
  try output("\(path): \(baseline.count) finding\(baseline.count == 1 ? "" : "s") known from now on\n")
  return ExitCode.success
}

/// The path from the folder of a baseline, so that it holds wherever the command is run.
private func relative(_ path: String, to baseline: String) -> String {
  if path == "-" { return path }
  let folder = URL(fileURLWithPath: baseline).deletingLastPathComponent().standardizedFileURL.pathComponents
  let file = URL(fileURLWithPath: path).standardizedFileURL.pathComponents
  let shared = zip(folder, file).prefix { $0 == $1 }.count
  return (folder.dropFirst(shared).map { _ in ".." } + file.dropFirst(shared)).joined(separator: "/")
}

// MARK: Fixes

/// The fixed file, written.
private func fix(
  _ path: String, _ source: SourceFile, _ settings: LintSettings, _ arguments: Arguments
) throws(CommandError) -> SourceFile {
  let fixes: LintFixes
  do throws(LintFixFault) {
    fixes = try fixLints(in: source, settings, includesUnsafe: arguments.has(.unsafe))
  } catch {
    switch error {
    case .hasErrors: errorOutput("\(source.name): not fixed, because it has errors\n")
    case .addsErrors: errorOutput("\(source.name): not fixed, because it would not compile with its fixes\n")
    case .changesNetwork:
      throw .failed("A fix of \(source.name) is not safe, and nothing was written; please report this.")
    }
    if path == "-" { try output(String(decoding: source.bytes, as: UTF8.self)) }
    return source
  }
  if path == "-" {
    try output(String(decoding: fixes.source.bytes, as: UTF8.self))
  } else if fixes.count > 0 {
    try replaceModel(path, with: fixes.source.bytes)
    errorOutput("\(path): \(fixes.count) fix\(fixes.count == 1 ? "" : "es") applied\n")
  }
  return fixes.source
}
