// A file, understood as far as it goes: always its tokens, mostly its tree, and the networks of those variants that
// have no errors. Features ask it; none of them runs a stage of the compiler itself.
import ResNetCompiler
import ResNetDSL

struct Reading {
  let source: SourceFile
  let tokens: [Token]
  /// Partial where there are errors.
  let model: SourceModel?
  /// The networks that could be made, in the order of the columns.
  let variants: [Variant]
  /// What the compiler and the linter say about all variants, each finding once.
  let findings: Diagnostics

  struct Variant {
    /// The column; `nil` for a file without columns.
    let name: String?
    let graph: Graph
    let cost: CostReport
    /// Rows of the table, by name.
    let rows: [String: StageCost]

    fileprivate init(_ name: String?, _ compilation: Compilation) {
      self.name = name
      graph = compilation.lowered
      let cost = compilation.cost
      self.cost = cost
      let stages = cost.stages + cost.auxiliary.flatMap { cost.sums(of: $0.layers) { $0.stage ?? "" } }
      rows = Dictionary(stages.map { ($0.name, $0) }) { first, _ in first }
    }
  }

  /// A family that is large beyond any that was ever published is read in its first variants only, so that an answer
  /// never takes long. Bytes read and nodes made count alike.
  private static let budget = 100_000

  init(_ source: SourceFile, _ configuration: LintConfiguration = LintConfiguration()) {
    self.source = source
    var unused = Diagnostics()
    tokens = source.bytes.count > Limits.fileBytes ? [] : Lexer.tokens(of: source, &unused)
    var sink = Diagnostics()
    model = parse(source, &sink)
    var variants: [Variant] = []
    if let model {
      var linter = Linter(source, model, configuration.settings, errors: sink)
      var work = 0
      analyzeEach(model, Selection(), &sink) { name, compilation in
        work += source.bytes.count
        if let compilation {
          variants.append(Variant(name, compilation))
          linter.look(at: compilation)
          work += compilation.lowered.nodes.count
        }
        return work < Self.budget
      }
      let isWhole = variants.count == max(1, model.variants.count) && !sink.hasErrors
      for finding in linter.findings(isWhole: isWhole) { sink.report(finding) }
      if let fault = configuration.fault {
        sink.report(Diagnostic(.warning, .lintSettings, fault, at: Label(model.name.span, "all rules apply")))
      }
    }
    self.variants = variants
    findings = sink
  }

  /// The token that holds an offset, or the word or number that ends there.
  func token(at offset: Int) -> Token? {
    guard !tokens.isEmpty else { return nil }
    let index = firstToken(endingAfter: offset)
    if tokens[index].span.start <= offset, !tokens[index].kind.endsLine { return tokens[index] }
    guard index > 0, tokens[index - 1].span.end == offset else { return nil }
    switch tokens[index - 1].kind {
    case .word, .integer, .decimal: return tokens[index - 1]
    default: return nil
    }
  }

  /// The tokens of the line that an offset stands on, up to it.
  func lineTokens(before offset: Int) -> ArraySlice<Token> {
    guard !tokens.isEmpty else { return [] }
    let end = firstToken(endingAfter: offset)
    let start = tokens[..<end].lastIndex { $0.kind.endsLine }.map { $0 + 1 } ?? 0
    return tokens[start..<end]
  }

  /// Its index; at the file's end the last token's.
  private func firstToken(endingAfter offset: Int) -> Int {
    var low = 0
    var high = tokens.count - 1
    while low < high {
      let middle = (low + high) / 2
      if tokens[middle].span.end > offset { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
