// Seeded mutations of source text: the same seed gives the same mangled file on every machine. Bytes are flipped,
// inserted and cut; tokens deleted, doubled and swapped; numbers made huge; brackets nested deeply; lines repeated.

@testable import ResNetDSL

/// SplitMix64: small, fast, and the same everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

struct Mutator {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// One to four mutations, one after another.
  mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for _ in 0..<Int.random(in: 1...4, using: &random) { step(&bytes) }
    return bytes
  }

  private enum Step: CaseIterable {
    case flipByte, insertByte, cutRange, truncate
    case deleteToken, doubleToken, swapTokens, replaceToken, hugeNumber
    case nest, repeatLine, swapLines, spliceWord
  }

  private mutating func step(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty, let step = Step.allCases.randomElement(using: &random) else { return }
    switch step {
    case .flipByte: bytes[place(bytes)] ^= UInt8(1 << Int.random(in: 0...7, using: &random))
    case .insertByte: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place(bytes))
    case .cutRange:
      let start = place(bytes)
      bytes.removeSubrange(start..<min(bytes.count, start + Int.random(in: 1...40, using: &random)))
    case .truncate: bytes.removeSubrange(place(bytes)...)
    case .deleteToken: edit(&bytes) { _, _ in [] }
    case .doubleToken: edit(&bytes) { token, _ in token + [UInt8(ascii: " ")] + token }
    case .replaceToken: edit(&bytes) { _, other in other }
    case .swapTokens: swapTokens(&bytes)
    case .hugeNumber: hugeNumber(&bytes)
    case .nest: nest(&bytes)
    case .repeatLine:
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      guard let line = lines.randomElement(using: &random) else { return }
      let copies = Int.random(in: 1...200, using: &random)
      bytes += Array(repeatElement([UInt8(ascii: "\n")] + line, count: copies).joined())
    case .swapLines:
      var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      lines.swapAt(Int.random(in: lines.indices, using: &random), Int.random(in: lines.indices, using: &random))
      bytes = Array(lines.joined(separator: [UInt8(ascii: "\n")]))
    case .spliceWord:
      let words = Vocabulary.elements + HeaderKey.allWords + ["same", "x", "|", "from", "aux"]
      let word = " \(words.randomElement(using: &random) ?? "") "
      bytes.insert(contentsOf: Array(word.utf8), at: place(bytes))
    }
  }

  private mutating func place(_ bytes: [UInt8]) -> Int { Int.random(in: bytes.indices, using: &random) }

  private func tokens(_ bytes: [UInt8]) -> [Span] {
    var sink = Diagnostics()
    return Lexer.tokens(of: SourceFile(name: "", bytes: bytes), &sink).map(\.span).filter { $0.end > $0.start }
  }

  /// Replaces a token by what is made of it and another.
  private mutating func edit(_ bytes: inout [UInt8], _ make: ([UInt8], [UInt8]) -> [UInt8]) {
    let tokens = tokens(bytes)
    guard let token = tokens.randomElement(using: &random), let other = tokens.randomElement(using: &random) else {
      return
    }
    let replacement = make(Array(bytes[token.start..<token.end]), Array(bytes[other.start..<other.end]))
    bytes.replaceSubrange(token.start..<token.end, with: replacement)
  }

  private mutating func swapTokens(_ bytes: inout [UInt8]) {
    let tokens = tokens(bytes)
    guard let a = tokens.randomElement(using: &random), let b = tokens.randomElement(using: &random), a != b else {
      return
    }
    let (first, second) = a.start < b.start ? (a, b) : (b, a)
    let early = Array(bytes[first.start..<first.end])
    let late = Array(bytes[second.start..<second.end])
    bytes.replaceSubrange(second.start..<second.end, with: early)
    bytes.replaceSubrange(first.start..<first.end, with: late)
  }

  private mutating func hugeNumber(_ bytes: inout [UInt8]) {
    let huge = [
      "0", "10000", "65536", "2147483647", "2147483648", "9223372036854775807", "99999999999999999999", "1e999",
    ]
    let digits = tokens(bytes).filter { bytes[$0.start] >= 0x30 && bytes[$0.start] <= 0x39 }
    guard let token = digits.randomElement(using: &random), let number = huge.randomElement(using: &random) else {
      return
    }
    bytes.replaceSubrange(token.start..<token.end, with: Array(number.utf8))
  }

  private mutating func nest(_ bytes: inout [UInt8]) {
    let brackets: [(String, String)] = [("(", ")"), ("[", "]"), ("{", "}"), ("gate(", ")")]
    guard let (open, close) = brackets.randomElement(using: &random) else { return }
    let depth = Int.random(in: 1...60, using: &random)
    let closed = Bool.random(using: &random) ? String(repeating: close, count: depth) : ""
    let inner = Bool.random(using: &random) ? "3x3, 8" : ""
    bytes.insert(contentsOf: Array((String(repeating: open, count: depth) + inner + closed).utf8), at: place(bytes))
  }
}
