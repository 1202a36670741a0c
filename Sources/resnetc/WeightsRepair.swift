// Where a checkpoint is of another network than a source says: another variant of the file, another value of its parameter, or
// single lines that are to change, each held against the checkpoint before it is proposed.
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL

/// What would make a source fit a checkpoint.
enum WeightsRepair {
  /// Another column of the file.
  case variant(String)
  /// Another value of a parameter.
  case parameter(String, Int)
  case lines([LineChange], text: String)
  /// A network that was recognized, and lies too far from the source.
  case other(String)

  /// `nil` if nothing is known of the checkpoint's network that would help.
  init?(_ source: SourceFile, _ arguments: Arguments, _ checkpoint: Checkpoint) throws(CommandError) {
    let fits = Fit(checkpoint, try renames(arguments), arguments.value(.dialect))
    let selection = try Selection(arguments)
    var sink = Diagnostics()
    guard let mine = WrittenNetwork(source, selection, &sink) else { return nil }
    let recognized = fits.recognized
    let theirs = recognized.flatMap { WrittenNetwork($0.source, Selection(), &sink) }
    if let found = Self.variant(of: mine, selection, fits)
      ?? Self.parameter(of: mine, theirs, selection, fits)
    {
      self = found
      return
    }
    guard let recognized, let theirs else { return nil }
    if let (changes, text) = mine.repaired(as: theirs), !changes.isEmpty,
      fits.fits(SourceFile(name: source.name, text: text), selection)
    {
      self = .lines(changes, text: text)
    } else {
      self = .other(recognized.title)
    }
  }

  private static func variant(of mine: WrittenNetwork, _ selection: Selection, _ fits: Fit) -> Self? {
    for variant in mine.model.variants where variant != selection.variant {
      let other = Selection(variant: variant, parameters: selection.parameters)
      if fits.fits(mine.source, other) { return .variant(variant) }
    }
    return nil
  }

  /// Repeats of the checkpoint's rows are what parameters mostly stand for.
  private static func parameter(
    of mine: WrittenNetwork, _ theirs: WrittenNetwork?, _ selection: Selection, _ fits: Fit
  ) -> Self? {
    guard let theirs, let parameter = mine.model.parameters.first?.name.value,
      mine.model.parameters.count == 1
    else {
      return nil
    }
    let repeats = theirs.network.stages.flatMap(\.items).compactMap { item in
      if case .block(let block) = item { block.repeats } else { nil }
    }
    for value in Set(repeats).sorted() {
      let setting = Selection.Setting(name: parameter, value: value)
      if fits.fits(mine.source, Selection(variant: selection.variant, parameters: [setting])) {
        return .parameter(parameter, value)
      }
    }
    return nil
  }

  /// Lines for the user, of a source at a path.
  func text(of path: String, checkpoint: String) -> String {
    switch self {
    case .variant(let name): return "Help:  It fits '--variant \(name)'.\n"
    case .parameter(let name, let value): return "Help:  It fits '--set \(name)=\(value)'.\n"
    case .lines(let changes, _):
      return "Help:  It fits '\(terminalSafe(path))' with other lines, which '--fix' writes:\n"
        + Self.text(changes)
    case .other(let title):
      return
        "Help:  It looks like \(terminalSafe(title)), whose source 'resnetc decompile \(shellWord(checkpoint))' "
        + "writes.\n"
    }
  }

  static func text(_ changes: [LineChange]) -> String {
    changes.map { change in
      "  line \(change.line)\n"
        + (change.before.isEmpty ? "" : "    - \(terminalSafe(change.before))\n")
        + (change.after.map { "    + \(terminalSafe($0))\n" } ?? "")
    }.joined()
  }
}

/// A checkpoint that sources are held against.
private struct Fit {
  let checkpoint: Checkpoint
  let renames: [ResNetCheckpoints.Rename]
  let dialect: String?
  /// The network that it is of, if it is one that is recognized.
  let recognized: (title: String, source: SourceFile)?

  init(_ checkpoint: Checkpoint, _ renames: [ResNetCheckpoints.Rename], _ dialect: String?) {
    (self.checkpoint, self.renames, self.dialect) = (checkpoint, renames, dialect)
    do throws(RecognitionError) {
      // Another dialect than those that are recognized is one of `weights` alone.
      let (draft, _) = try checkpoint.recognized(renames: renames)
      var sink = Diagnostics()
      let text = draft.source(origin: ["from a checkpoint"], stated: [])
      let file = SourceFile(name: "<decompiled>", text: text)
      recognized = (draft.title, SourceFile(name: file.name, text: formatted(file, &sink) ?? text))
    } catch {
      recognized = nil
    }
  }

  func fits(_ source: SourceFile, _ selection: Selection) -> Bool {
    var sink = Diagnostics()
    let options = CompileOptions(selection: selection, targets: [])
    guard let compilation = analyze(source, options, &sink) else { return false }
    do throws(ConversionFault) {
      _ = try checkpoint.converted(
        to: ModelTensors(compilation), renames: renames, dialect: dialect)
      return true
    } catch {
      return false
    }
  }
}
