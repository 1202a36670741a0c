// Reads a tuning file. Every line is looked at, and what is wrong with it reported there; `checkTuning` then holds what
// was read against a network.
package import ResNetDSL

/// The largest tuning file, in bytes.
package let tuningFileLimit = 1 << 20

/// The choices in a tuning file; `nil` if `sink` then holds an error.
package func readTuning(_ file: SourceFile, _ sink: inout Diagnostics) -> Tuning? {
  var reader = TuningReader(file: file, sink: sink)
  defer { sink = reader.sink }
  return reader.read()
}

private struct TuningReader {
  let file: SourceFile
  var sink: Diagnostics
  var entries: [ConvolutionShape: Tuning.Entry] = [:]

  mutating func read() -> Tuning? {
    guard file.isText(upTo: tuningFileLimit, .tuningFile, help: remake, &sink) else { return nil }
    var head: (target: Target, batch: Int, threads: Int)?
    var headSpan: Span?
    for line in file.lineStarts.indices where !sink.isFull {
      let span = file.statement(ofLine: line)
      guard span.end > span.start else { continue }
      if headSpan == nil {
        headSpan = span
        head = readHead(span)
        // Without a head nothing says that the rest is meant for us.
        if head == nil { return nil }
      } else {
        readLine(span)
      }
    }
    guard let head, let headSpan else {
      reject(.tuningFile, "the file is empty", Span(0, 0), help: remake)
      return nil
    }
    guard !sink.hasErrors else { return nil }
    return Tuning(
      target: head.target, batch: head.batch, threads: head.threads, entries: entries, headSpan: headSpan,
      hash: fnv1a(file.bytes))
  }

  /// `resnetc tuning 1, avx512, batch 1, threads 2`.
  private mutating func readHead(_ span: Span) -> (target: Target, batch: Int, threads: Int)? {
    let parts = file.parts(of: span)
    let words = file.words(parts[0])
    guard words.count == 3, words[0] == "resnetc", words[1] == "tuning" else {
      reject(
        .tuningFile, "a tuning file begins with '\(Tuning.head) \(Tuning.version)'", parts[0], help: remake)
      return nil
    }
    guard words[2] == "\(Tuning.version)" else {
      reject(
        .tuningFile,
        "version \(quoted(words[2])) of the format is unknown; this resnetc reads version "
          + "\(Tuning.version)", parts[0], help: remake)
      return nil
    }
    guard parts.count == 4 else {
      reject(
        .tuningFile,
        "the first line names an instruction set, a batch and threads: "
          + "'\(Tuning.head) \(Tuning.version), avx512, batch 1, threads 1'", span, help: remake)
      return nil
    }
    let target = file.target(at: parts[1], among: Target.allKernels, .tuningFile, &sink)
    let batch = number(parts[2], named: "batch", in: 1...1024, .tuningFile)
    let threads = number(parts[3], named: "threads", in: 1...256, .tuningFile)
    guard let target, let batch, let threads else { return nil }
    return (target, batch, threads)
  }

  /// `3x3 s1 256x14x14 -> 256x14x14: winograd 3x3, blocks 2`.
  private mutating func readLine(_ span: Span) {
    guard let colon = (span.start..<span.end).last(where: { file.bytes[$0] == UInt8(ascii: ":") }) else {
      return reject(
        .tuningFile, "a line is a shape, a colon and a choice", span, help: "such as '\(Self.example): direct'")
    }
    let shapeSpan = file.trimmed(Span(span.start, colon))
    let choiceSpan = file.trimmed(Span(colon + 1, span.end))
    let shape = ConvolutionShape(text: file.text(shapeSpan))
    let choice = readChoice(choiceSpan.end > choiceSpan.start ? choiceSpan : Span(colon, colon + 1))
    guard let shape else {
      return reject(
        .tuningShape, "\(quoted(file.text(shapeSpan))) is no shape", shapeSpan, help: "such as '\(Self.example)'")
    }
    if let first = entries[shape] {
      sink.report(
        Diagnostic(
          .tuningShape, "the shape \(shape.text) stands here a second time", at: Label(shapeSpan),
          secondary: [Label(first.shapeSpan, "the first")], helps: ["delete one of the two lines"]))
      return
    }
    guard let choice else { return }
    entries[shape] = Tuning.Entry(choice: choice, shapeSpan: shapeSpan, choiceSpan: choiceSpan)
  }

  private mutating func readChoice(_ span: Span) -> ConvolutionChoice? {
    let parts = file.parts(of: span)
    let words = file.words(parts[0])
    switch words.first {
    case "direct" where words.count == 1:
      guard parts.count == 2 else {
        if parts.count == 1 { return .direct(vectors: nil) }
        reject(.tuningChoice, "a direct convolution has one number at most", span, help: Self.choices)
        return nil
      }
      return number(parts[1], named: "vectors", in: 1...16, .tuningChoice).map { .direct(vectors: $0) }
    case "winograd" where words.count == 2:
      guard let tile = WinogradTransform.tiles.first(where: { ConvolutionChoice.name(ofTile: $0) == words[1] }) else {
        let names = WinogradTransform.tiles.map(ConvolutionChoice.name)
        reject(
          .tuningChoice, "there is no Winograd transform \(quoted(words[1]))", parts[0],
          help: "there are \(alternatives(names, joiner: "and"))")
        return nil
      }
      var blocks: Int?
      var filters: WinogradFilters.Stage?
      for part in parts.dropFirst() {
        let words = file.words(part)
        if filters == nil, words.first == "filters" {
          filters = words.count == 2 ? WinogradFilters.Stage(rawValue: words[1]) : nil
          guard filters != nil else {
            reject(
              .tuningChoice, "here stands 'filters packed' or 'filters running', not \(quoted(file.text(part)))", part,
              help: "leave it out, and the compiler decides")
            return nil
          }
        } else if blocks == nil, filters == nil {
          blocks = number(part, named: "blocks", in: 1...1_000_000, .tuningChoice)
          if blocks == nil { return nil }
        } else {
          reject(.tuningChoice, "nothing can follow here", part, help: Self.choices)
          return nil
        }
      }
      return .winograd(tile: tile, blocks: blocks, filters: filters)
    default:
      reject(
        .tuningChoice, "\(quoted(file.text(parts[0]))) is no way to compute a convolution", parts[0], help: Self.choices
      )
      return nil
    }
  }

  /// `blocks 2`.
  private mutating func number(
    _ span: Span, named name: String, in range: ClosedRange<Int>, _ code: DiagnosticCode
  ) -> Int? {
    let words = file.words(span)
    guard words.count == 2, words[0] == name, let number = wholeNumber(words[1]), range.contains(number) else {
      reject(
        code,
        "here stands '\(name)' and a whole number from \(range.lowerBound) to \(grouped(range.upperBound)), "
          + "not \(quoted(file.text(span)))", span, help: "such as '\(name) \(range.lowerBound)'")
      return nil
    }
    return number
  }

  private mutating func reject(_ code: DiagnosticCode, _ message: String, _ span: Span, help: String) {
    sink.report(Diagnostic(code, message, at: Label(span), helps: [help]))
  }

  private let remake = "make the file anew: resnetc tune MODEL -o FILE"
  private static let example = "3x3 s1 256x14x14 -> 256x14x14"
  private static let choices =
    "write 'direct', 'direct, vectors 2', 'winograd 4x4' or 'winograd 4x4, blocks 2, filters packed'"
}
