// Tokens to a syntax tree: recursive descent, one function for each rule, named after it. A file is read line by line:
//
//     file        = { [ line ] newline }
//     line        = model | header | columns | row            -- the model line comes first
//     model       = "model" name | "family" name [ "(" parameter { "," parameter } ")" ]
//     parameter   = name "=" expression
//     columns     = "|" column { "|" column }
//     row         = name [ size ] [ "aux" ] cells
//     size        = integer "x" integer
//     cells       = cell | "|" cell { "|" cell }
//     cell        = "same" | [ source ] elements
//     source      = "from" name [ ";" ]
//
//     header      = "input" dimension "x" dimension "x" dimension
//                 | "shortcut" ( "A" [ "," "pad" ( "end" | "both" ) ] | ( "B" | "C" ) { "," ( [ "no" ] "bias" | "average" "pool" ) }
//                     | "identity" | "none" )
//                 | "stride" "on" ( "first" | "3x3" )
//                 | "depth" expression
//                 | "block" name [ "(" name { "," name } ")" ] "=" elements
//                 | "norm" ( normkind [ "," "eps" number ] | "none" )
//                 | "weights" ( "standardized" [ "," "eps" number ] | "plain" )
//                 | "activation" activation
//                 | "order" ( "post" | "pre" )
//                 | "names" name                                             -- of the table of names
//                 | "rename" string "to" string
//                 | "preprocess" step { "," step }
//                 | "labels" string
//                 | "output" name { "," name }
//     step        = "resize" dimension [ "x" dimension ] { "fit" | "cover" | filter | "no" "antialias" }
//                 | "crop" ( dimension [ "x" dimension ] | "none" ) | "range" number number
//                 | ( "mean" | "std" | "fill" ) number { number } | "bgr" | "orient" | "square"
//     filter      = "nearest" | "box" | "bilinear" | "hamming" | "bicubic" | "lanczos"
//
//     elements    = element { ( "," | ";" ) element }
//     element     = layer { "," attribute } | group
//     layer       = kernel "," expression                                    -- convolution
//                 | kernel ( "max" | "average" ) "pool" | ( "max" | "average" ) "pool" [ "to" kernel ]
//                 | expression "-" "d" "fc" | "softmax" | "dropout" number | activation | "norm" [ normkind ]
//                 | "maxout" expression | "lrn" expression | "shuffle" expression
//                 | "se" ( expression "-" "d" | "/" dimension ) | "eca" [ expression ] | "gate" "(" elements ")" [ repeat ]
//                 | "spatial" "pyramid" "pool" dimension { integer } | "upsample" dimension [ "nearest" | "bilinear" ]
//     kernel      = dimension "x" dimension
//     group       = "[" elements "]" { word } [ repeat ] | "(" elements ")" [ repeat ]
//                 | [ "split" ] "{" branch { "|" branch } "}" [ combiner ] [ repeat ] | name [ "(" expression { "," expression } ")" ]
//     branch      = [ "+" ] ( elements | "identity" ) | source [ elements ]
//     word        = activation | "shortcut" ( "A" [ "pad" ( "end" | "both" ) ] | "B" | "C" | "identity" | "none" )
//                 | "scale" | "survival" number
//     combiner    = ( "sum" | "product" ) [ activation ]
//     repeat      = "x" expression
//     attribute   = "stride" dimension [ "x" dimension ]
//                 | "pad" ( "same" | dimension [ "x" dimension | dimension [ dimension dimension ] ] ) | "dilation" dimension
//                 | "groups" dimension | "depthwise" | [ "no" ] "bias" | "norm" normkind | "no" "norm"
//                 | "eps" number | "weights" ( "standardized" | "plain" ) | "ceil" | "counted" | "uncounted" | ( "alpha" | "beta" | "k" ) number | activation
//     normkind    = "batch" | "layer" | "group" dimension
//     activation  = "relu" | ... | "leaky" "relu" [ number ]                 -- words of the table of activations
//     dimension   = integer | name | "(" expression ")"
//     expression  = term { ( "+" | "-" ) term }
//     term        = factor { ( "*" | "/" ) factor | factor }              -- `6n`: no space, the first a number
//     factor      = dimension
//
// An attribute belongs to the layer before its comma. A rule that fails has reported why and returns nil; its caller
// leaves an `.invalid` node and skips to the next `,` `;` `|` closing bracket or newline. On a token that the lexer has
// already reported, it fails in silence.

/// Reads a file into a syntax tree and checks all that does not depend on a variant or on parameter values. The tree of
/// a file with errors is partial; there is none only where the file could not be read as text.
package func parse(_ source: SourceFile, _ sink: inout Diagnostics) -> SourceModel? {
  guard isReadable(source, &sink) else { return nil }
  var parser = Parser(source: source, tokens: Lexer.tokens(of: source, &sink), sink: sink)
  let model = parser.file()
  sink = parser.sink
  guard !parser.isOverLimit, !sink.isFull else { return nil }
  check(model, source, &sink)
  return model
}

private func isReadable(_ source: SourceFile, _ sink: inout Diagnostics) -> Bool {
  guard source.bytes.count <= Limits.fileBytes else {
    // How many more, nobody knows: reading stopped there.
    sink.report(
      Diagnostic(
        .limitExceeded, "the file has more than \(Limits.fileBytes) bytes",
        at: Label(Span(0, 0))))
    return false
  }
  if let offset = source.firstInvalidUTF8 {
    sink.report(
      Diagnostic(
        .invalidUTF8, "byte \(offset) of the file is not valid UTF-8", at: Label(Span(offset, offset + 1), "this byte"),
        helps: ["save the file as UTF-8"]))
    return false
  }
  return true
}

struct Parser: ~Copyable {
  let source: SourceFile
  let tokens: [Token]
  var sink: Diagnostics
  var index = 0
  /// The brackets that would close what is open here, outermost first.
  var closers: [Token.Kind] = []
  /// The rest of the line is beyond reading; nothing more is said about it.
  var isLineAbandoned = false
  /// The file has more of something than the language allows; it is not read further.
  var isOverLimit = false
  /// Names of all block definitions of the file, also of those further down.
  let blockNames: [String]
  /// What the lines of the file begin with: a name that is given to a row must be another.
  var lineNames: Set<String>
  /// Lines that belong on others, for one answer at the end.
  var strays = StrayLines()
  /// A norm has stood before its convolution, or a line has said 'preact'.
  var isPreActivated = false
  /// The parameters of the definition that is being read.
  var blockParameters: [String] = []
  var model: SourceModel

  init(source: SourceFile, tokens: [Token], sink: Diagnostics) {
    self.source = source
    self.tokens = tokens
    self.sink = sink
    blockNames = Parser.definedBlocks(source, tokens)
    lineNames = Parser.namesOfLines(source, tokens)
    let start = Span(source.contentStart, source.contentStart)
    model = SourceModel(keyword: Located(.model, start), name: Located("", start))
  }

  // MARK: The token cursor

  /// Never past `.end`, which is the last token.
  var current: Token { tokens[index] }
  var previous: Token { tokens[max(0, index - 1)] }

  func peek(_ distance: Int = 1) -> Token { tokens[min(index + distance, tokens.count - 1)] }

  func text(_ token: Token) -> String { token.kind == .word ? source.text(token.span) : "" }

  @discardableResult
  mutating func advance() -> Token {
    // Not `current`, for which a debug build copies the whole parser.
    let token = tokens[index]
    if index < tokens.count - 1 { index += 1 }
    return token
  }

  /// Consumes a token of this kind, if it is next.
  mutating func take(_ kind: Token.Kind) -> Bool {
    guard tokens[index].kind == kind else { return false }
    advance()
    return true
  }

  /// Consumes this word, if it is next.
  mutating func take(word: String) -> Bool {
    guard text(current) == word else { return false }
    advance()
    return true
  }

  /// Whether a word is a parameter here, also one that is reserved: that has been said where it is defined.
  func declares(_ word: String) -> Bool {
    blockParameters.contains(word) || model.parameters.contains { $0.name.value == word }
      || strays.parameters.contains { $0.name == word }
  }

  /// Whether a number's name may stand here.
  func isNumberName(_ word: String) -> Bool { !Vocabulary.reserved.contains(word) || declares(word) }

  mutating func name(_ what: String) -> Located<String>? {
    guard current.kind == .word else {
      if current.kind == .times {
        report(
          Diagnostic(
            .reservedName, "\(quoted(source.text(current.span))) stands for 'times' and is no name",
            at: Label(current.span, "choose another name")))
        return nil
      }
      expected(what)
      return nil
    }
    let token = advance()
    return Located(source.text(token.span), token.span)
  }

  // MARK: Errors and recovery

  mutating func report(_ diagnostic: Diagnostic) {
    if !isLineAbandoned { sink.report(diagnostic) }
  }

  /// Reports what should stand here, unless the lexer has complained about what does.
  mutating func expected(_ what: String, secondary: [Label] = [], helps: [String] = [], fixIts: [FixIt] = []) {
    guard current.kind != .invalid else { return }
    let found = describe(current)
    report(
      Diagnostic(
        .unexpectedToken, "expected \(what), found \(found)", at: Label(current.span, "expected \(what)"),
        secondary: secondary, helps: helps, fixIts: fixIts))
  }

  func describe(_ token: Token) -> String {
    switch token.kind {
    case .newline: "the end of the line"
    case .end: "the end of the file"
    default: quoted(source.text(token.span))
    }
  }

  /// Skips to a separator, a bracket that closes an open one, or the line's end. Brackets on the way are skipped whole;
  /// a `|` outside braces ends them, because cells are independent.
  mutating func recover(atCommas: Bool = true) {
    var open: [Token.Kind] = []
    while !current.kind.endsLine {
      let kind = current.kind
      if kind == .pipe, !open.contains(.rightBrace) { return }
      if open.isEmpty, kind.isCloser || kind == .semicolon || (atCommas && kind == .comma) { return }
      if let closer = kind.closer { open.append(closer) } else if kind.isCloser { open.removeLast() }
      advance()
    }
  }

  mutating func skipLine() {
    while !current.kind.endsLine { advance() }
  }

  // MARK: Lines

  mutating func file() -> SourceModel {
    var isFirst = true
    while !isOverLimit, !sink.isFull {
      while take(.newline) {}
      if current.kind == .end { break }
      isLineAbandoned = false
      let isModel = startsModel
      if isFirst, !isModel { missingModel() } else { line() }
      isFirst = false
      if !current.kind.endsLine {
        if isModel { model.hasDamagedParameters = true }
        trailing()
      }
      skipLine()
      reportContinuation()
    }
    if isFirst { missingModel() }
    reportStrays()
    return model
  }

  private var startsModel: Bool { ["model", "family"].contains(text(current)) }

  /// Says that the first line is not the model line, and reads it as what was probably meant.
  private mutating func missingModel() {
    model.hasDamagedParameters = true
    guard current.kind != .invalid else { return line() }
    let key = suggestion(for: text(current), among: ["model", "family"])
    if key == nil, modelByAnotherName() { return }
    report(
      Diagnostic(
        .missingModel, "a file begins with the line 'model NAME' or 'family NAME'",
        at: Label(current.span, key == nil ? "before this" : "unknown"),
        helps: key == nil ? ["write 'model NAME' as the first line"] : [],
        fixIts: key.map { [.didYouMean($0, at: current.span)] } ?? []))
    if let key = key.flatMap(HeaderKey.init) {
      model.hasDamagedParameters = false
      header(key, advance())
    } else if current.kind == .word, HeaderKey(rawValue: text(current)) == nil,
      peek().kind.endsLine || peek().kind == .leftParen
    {
      // A name alone: only the keyword is missing.
      header(.family, Token(.word, Span(current.span.start, current.span.start)))
    } else {
      line()
    }
  }

  private mutating func line() {
    switch current.kind {
    case .pipe: columns()
    case .word:
      if let key = HeaderKey(rawValue: text(current)) {
        header(key, advance())
      } else if !foreignKey(), !strayParameter(), !strayStep(), !missingKey(), !misspeltHeader(), !needlessLine() {
        row()
      }
    case .invalid, .newline, .end: skipLine()
    default:
      if !missingKey() {
        expected(
          "a header key, a row's name or '|'",
          helps: startsLayer(index)
            ? ["a row is one line: write a name before these layers, or put them behind ';' on the line above"] : [])
        skipLine()
      }
    }
  }

  /// What stands after a complete line.
  private mutating func trailing() {
    suspectPrevious()
    if current.kind.isCloser { unmatched() } else { expected("the end of the line") }
  }

  /// A name right before what should not be there is part of that mistake, and not looked up.
  mutating func suspectPrevious() {
    if previous.kind == .word { model.suspects.insert(previous.span) }
  }

  mutating func unmatched() {
    report(
      Diagnostic(
        .unmatchedBracket, "nothing is open that \(describe(current)) could close",
        at: Label(current.span, "closes nothing")))
  }

  mutating func columns() {
    let start = current.span
    let findings = sink.all.count
    defer { if sink.all.count > findings { model.hasDamagedColumns = true } }
    if !model.columns.isEmpty {
      report(
        Diagnostic(
          .duplicateHeader, "the columns are named twice", at: Label(start, "again here"),
          secondary: model.columns.first.map { [Label($0.span, "first here")] } ?? []))
      return skipLine()
    }
    if let row = model.rows.first(where: { !$0.isDamaged }) {
      report(
        Diagnostic(
          .misplacedColumns, "the columns are named after the first row", at: Label(start, "move this line up"),
          secondary: [Label(row.name.span, "the first row")]))
    }
    repeat {
      // A leading '|' that is missing has been reported.
      _ = take(.pipe)
      // A column without a readable name is still a column.
      model.columns.append(column() ?? Located("", current.span))
      while !current.kind.endsLine, current.kind != .pipe { advance() }
    } while current.kind == .pipe
    if model.columns.count > Limits.columns {
      limitExceeded("columns", Limits.columns, at: model.columns[Limits.columns].span)
    }
  }

  /// A column's name is a run of touching words and integers: `50`, `B`, `50d`.
  private mutating func column() -> Located<String>? {
    var span: Span?
    while isColumnPart(current.kind), span == nil || span?.end == current.span.start {
      span = span?.union(current.span) ?? current.span
      advance()
    }
    guard let span else {
      expected("a column's name")
      return nil
    }
    guard current.kind == .pipe || current.kind.endsLine else {
      expected("'|' or the end of the line")
      return Located(source.text(span), span)
    }
    return Located(source.text(span), span)
  }

  private func isColumnPart(_ kind: Token.Kind) -> Bool {
    switch kind {
    case .word, .integer, .times: true
    default: false
    }
  }

  mutating func limitExceeded(_ what: String, _ limit: Int, at span: Span) {
    isOverLimit = true
    report(
      Diagnostic(
        .limitExceeded, "the file has more than \(limit) \(what)", at: Label(span, "one more than the limit")))
  }
}
