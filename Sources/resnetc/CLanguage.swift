// `resnetc MODEL --language c -o FOLDER`: what the options of C say, its weights, and what is told afterwards.
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL
import ResNetRuntime

extension Option {
  /// Of C packages.
  static let c: [Option] = [
    Option(
      name: .language, value: .required("name"), choices: ["swift", "c"],
      help: "What to generate: a Swift package, or C11 with nothing but libc. (default: swift)"),
    Option(
      name: .prefix, value: .required("name"),
      help: "C: what all names begin with. (default: the model's name in small letters)"),
    Option(name: .singleFile, help: "C: one header and one source file, to paste into a tree."),
    Option(name: .staticArena, help: "C: also a call that works in memory of the program's own."),
    Option(name: .python, help: "C: also a Python package around it, from which 'pip wheel' makes a wheel."),
  ]
}

/// What was asked of C; nothing where the language is Swift.
struct CLanguage {
  private let arguments: Arguments

  init?(_ arguments: Arguments) throws(CommandError) {
    switch arguments.value(.language) {
    case "c": break
    case "swift", nil:
      for option in [OptionName.prefix, .singleFile, .staticArena, .python] where arguments.has(option) {
        throw .usage("'--\(option.rawValue)' goes with '--language c'.")
      }
      return nil
    case let other?:
      throw .usage("Unknown language \(quoted(other)).\(didYouMean(other, ["swift", "c"], or: "It is swift or c."))")
    }
    self.arguments = arguments
  }

  func options(for name: String) throws(CommandError) -> COptions {
    let prefix = arguments.value(.prefix) ?? name.lowercased()
    let isPython = arguments.has(.python)
    if isPython, arguments.has(.singleFile) {
      throw .usage("'--python' builds a wheel from a project, not from a '--single-file'.")
    }
    if let reason = CNames.reason(against: prefix) ?? (isPython ? PythonNames.reason(against: prefix) : nil) {
      let way = arguments.has(.prefix) ? "" : " Choose another with '--prefix'."
      throw .usage("Names cannot begin with \(quoted(prefix)), which \(reason).\(way)")
    }
    return COptions(
      prefix: prefix, isSingleFile: arguments.has(.singleFile), hasStaticArena: arguments.has(.staticArena),
      hasPython: isPython)
  }
}

/// The packed weights of a C package: one file for each instruction set, and the outputs that `verify` expects.
struct CWeights {
  private let weights: PackageWeights
  private let tables: [PackingTables]
  private let folder: String
  private let prefix: String

  /// `nil` without `--weights`. Writes nothing.
  init?(
    _ arguments: Arguments, for compilation: Compilation, _ contents: PackageContents, in folder: String, prefix: String
  ) throws(CommandError) {
    let folder = folder.hasSuffix("/") ? folder : folder + "/"
    guard let file = arguments.value(.weights) else { return nil }
    weights = try PackageWeights(file, arguments, for: compilation, as: prefix + ".unpacked", in: folder)
    tables = contents.packingTables
    self.folder = folder
    self.prefix = prefix
    for table in tables { try checkReplaceable(path(of: table)) { PackedBeginning.isPacked($0) } }
    try checkReplaceable(expected) { $0.starts(with: Array("# \(contents.name)\n".utf8)) }
  }

  private func path(of table: PackingTables) -> String { "\(folder)\(prefix).\(table.isa).packed" }
  private var expected: String { "\(folder)\(prefix).expected" }

  func write() throws(CommandError) {
    try weights.write()
    defer { weights.remove() }
    do throws(ModelError) {
      for table in tables { try table.pack(weights: weights.path, to: path(of: table)) }
      guard let first = tables.first else { return }
      let outputs = try first.plainOutputs(weights: weights.path, seed: 1)
      let text = "# \(first.model)\n" + outputs.map { "\($0)\n" }.joined()
      try writeFileAtomically(expected, toDisk: false) { write in Array(text.utf8).withUnsafeBytes(write) }
    } catch {
      throw .files(sentence(error.description))
    }
  }

  var summary: String {
    tables.map { "  weights     \(terminalSafe(path(of: $0))), \(grouped($0.weightFloats * 4 + 4096)) bytes\n" }
      .joined()
      + "  outputs     \(terminalSafe(expected)), for 'verify'\n"
  }
}

extension PackageContents {
  fileprivate var packingTables: [PackingTables] {
    tables.map {
      PackingTables(
        model: name, isa: $0.target.name, lanes: $0.target.lanes, weightFloats: $0.weightFloats, layers: $0.layers,
        steps: $0.steps, auxiliary: auxiliary, outputs: results)
    }
  }
}

/// How a packed file begins.
private enum PackedBeginning {
  static func isPacked(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { PackedHeader.begins($0) } }
}

/// Lines that can be pasted into a shell.
func nextCommands(_ options: COptions, _ contents: PackageContents, _ folder: String, hasWeights: Bool) -> String {
  let prefix = options.prefix
  let enter = "cd \(shellWord(folder))"
  if options.isSingleFile {
    return
      "Next:\n  \(enter)\n  cc -O2 -D\(prefix.uppercased())_THREADS \(prefix).c \(prefix)_command.c -lm -pthread -o \(prefix)\n"
  }
  let isa = contents.plans[0].target.name
  return """
    Next:
      \(enter)
      cmake -B build && cmake --build build -j
      build/\(prefix) bench --weights \(hasWeights ? "\(prefix).\(isa).packed" : "random:1")
    \(options.hasPython ? "  pip install .\n" : "")
    """
}
