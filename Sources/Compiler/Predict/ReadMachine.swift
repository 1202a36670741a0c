// Reads a description of a machine. Every line is looked at, and what is wrong with it reported there; what is missing is
// said once, at the first line.
package import ResNetDSL

/// The machine that a file describes; `nil` if `sink` then holds an error.
package func readMachine(_ file: SourceFile, _ sink: inout Diagnostics) -> Machine? {
  var reader = MachineReader(file: file, sink: sink)
  defer { sink = reader.sink }
  return reader.read()
}

private struct MachineReader {
  private typealias Key = Machine.Key

  let file: SourceFile
  var sink: Diagnostics
  /// What each key was given, and where its line is. A size is exact in a double: there is none beyond 2^40.
  private var values: [Key: Double] = [:]
  private var lines: [Key: Span] = [:]

  init(file: SourceFile, sink: Diagnostics) {
    self.file = file
    self.sink = sink
  }

  mutating func read() -> Machine? {
    guard file.isText(upTo: Machine.fileLimit, .machineFile, help: remake, &sink) else { return nil }
    let statements = file.lineStarts.indices.map { file.statement(ofLine: $0) }.filter { $0.end > $0.start }
    guard let headSpan = statements.first else {
      reject(.machineFile, "the file is empty", Span(0, 0), help: remake)
      return nil
    }
    // Without a head nothing says that the rest is meant for us.
    guard let head = readHead(headSpan) else { return nil }
    for span in statements.dropFirst() where !sink.isFull { readLine(span) }
    let missing = Key.allCases.filter { $0.multiplicand == nil && lines[$0] == nil }
    if !missing.isEmpty {
      let names = alternatives(missing.map { "'\($0.rawValue)'" }, joiner: "and")
      reject(
        .machineFile, "there is no line for \(names)", headSpan,
        help: "write \(missing.count == 1 ? "it" : "them") down, such as '\(Self.example(missing[0]))', or \(remake)")
    }
    guard let machine = machine(head), hasOrder(machine) else { return nil }
    return machine
  }

  /// `nil` where a line is missing or wrong.
  private func machine(_ head: (target: Target, threads: Int)) -> Machine? {
    guard !sink.hasErrors, let peak = values[.peak], let l1 = cache(.l1Bytes, .l1Rate),
      let l2 = cache(.l2Bytes, .l2Rate), let l3 = cache(.l3Bytes, .l3Rate), let memory = values[.memoryRate]
    else { return nil }
    var others: [Multiplicand: Double] = [:]
    for (key, value) in values {
      if let multiplicand = key.multiplicand { others[multiplicand] = value }
    }
    return Machine(
      target: head.target, threads: head.threads, gflops: peak, l1: l1, l2: l2, l3: l3, memoryGbps: memory,
      otherPeaks: others)
  }

  private func cache(_ size: Key, _ rate: Key) -> Machine.Cache? {
    guard let bytes = values[size], let gbps = values[rate] else { return nil }
    return Machine.Cache(bytes: Int(bytes), gbps: gbps)
  }

  private mutating func hasOrder(_ machine: Machine) -> Bool {
    let levels: [(Key, Int)] = [
      (.l1Bytes, machine.l1.bytes), (.l2Bytes, machine.l2.bytes), (.l3Bytes, machine.l3.bytes),
    ]
    for (near, far) in zip(levels, levels.dropFirst()) where near.1 > far.1 {
      guard let span = lines[far.0], let first = lines[near.0] else { continue }
      sink.report(
        Diagnostic(
          .machineValue, "this cache is smaller than the one before it", at: Label(span),
          secondary: [Label(first, "larger")],
          helps: ["for a level that the machine does not have, repeat the one before"]))
    }
    return !sink.hasErrors
  }

  /// `resnetc machine 1, avx512, threads 1`.
  private mutating func readHead(_ span: Span) -> (target: Target, threads: Int)? {
    let parts = file.parts(of: span)
    let words = file.words(parts[0])
    guard words.count == 3, words[0] == "resnetc", words[1] == "machine" else {
      reject(
        .machineFile, "a machine's description begins with '\(Machine.head) \(Machine.version)'", parts[0],
        help: remake)
      return nil
    }
    guard words[2] == "\(Machine.version)" else {
      reject(
        .machineFile,
        "version \(quoted(words[2])) of the format is unknown; this resnetc reads version \(Machine.version)", parts[0],
        help: remake)
      return nil
    }
    guard parts.count == 3 else {
      reject(
        .machineFile,
        "the first line names an instruction set and threads: '\(Machine.head) \(Machine.version), avx512, threads 1'",
        span, help: remake)
      return nil
    }
    let target = file.target(at: parts[1], .machineFile, &sink)
    let count = file.words(parts[2])
    let threads = count.count == 2 && count[0] == "threads" ? wholeNumber(count[1]) : nil
    guard let threads, 1...256 ~= threads else {
      reject(
        .machineFile, "here stands 'threads' and a whole number from 1 to 256, not \(quoted(file.text(parts[2])))",
        parts[2], help: "such as 'threads 1'")
      return nil
    }
    return target.map { ($0, threads) }
  }

  /// `l2 gbps: 100.0`.
  private mutating func readLine(_ span: Span) {
    guard let colon = (span.start..<span.end).first(where: { file.bytes[$0] == UInt8(ascii: ":") }) else {
      return reject(
        .machineValue, "a line is a name, a colon and a number", span, help: "such as '\(Self.example(.peak))'")
    }
    let nameSpan = file.trimmed(Span(span.start, colon))
    let valueSpan = file.trimmed(Span(colon + 1, span.end))
    let name = file.words(nameSpan).joined(separator: " ")
    guard let key = Key(rawValue: name) else {
      let names = Key.allCases.map(\.rawValue)
      return reject(
        .machineValue, "nothing about a machine is called \(quoted(name))", nameSpan,
        help: suggestion(for: name, among: names).map { "write '\($0)'" }
          ?? "there are \(alternatives(names, joiner: "and"))")
    }
    if let first = lines[key] {
      sink.report(
        Diagnostic(
          .machineValue, "'\(name)' stands here a second time", at: Label(nameSpan),
          secondary: [Label(first, "the first")], helps: ["delete one of the two lines"]))
      return
    }
    lines[key] = span
    let value = Self.number(file.text(valueSpan), isWhole: key.isSize)
    let range = key.isSize ? Double(Machine.sizes.lowerBound)...Double(Machine.sizes.upperBound) : Machine.rates
    guard let value, range.contains(value) else {
      let text = key.isSize ? "a whole number of bytes from 1,024 to 2^40" : "a number from 0.001 to 1,000,000"
      return reject(
        .machineValue, "'\(name)' takes \(text), not \(quoted(file.text(valueSpan)))",
        valueSpan.end > valueSpan.start ? valueSpan : nameSpan, help: "such as '\(Self.example(key))'")
    }
    values[key] = value
  }

  /// Digits with at most one point between them: no sign, no exponent, no infinity, which `Double` would take.
  private static func number(_ text: String, isWhole: Bool) -> Double? {
    let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= (isWhole ? 1 : 2), text.utf8.count <= 24,
      parts.allSatisfy({ !$0.isEmpty && $0.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 } })
    else { return nil }
    return Double(text)
  }

  private mutating func reject(_ code: DiagnosticCode, _ message: String, _ span: Span, help: String) {
    sink.report(Diagnostic(code, message, at: Label(span), helps: [help]))
  }

  private let remake = "make the file anew: resnetc calibrate -o FILE"

  private static func example(_ key: Key) -> String {
    let text = Machine.reference.text(comments: [])
    let line = text.split(separator: "\n").first { $0.hasPrefix(key.rawValue + ":") }
    return line.map(String.init) ?? "\(key.rawValue): 360.0"
  }
}
