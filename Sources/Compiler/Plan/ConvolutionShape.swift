// What a tuning file calls a convolution: everything about it that decides how long it takes, and nothing else, so that
// equal layers share a line and a network's file serves another one with the same shapes:
//
//     3x3 s1 256x14x14 -> 256x14x14
//     1x1 s1 128x28x28 + 1x1 s2 256x56x56 -> 512x28x28       with the projection merged
//     3x3 s1 d2 256x14x14 -> 256x14x14                       dilated
//     3x3 s2x1 256x14x14 -> 256x7x14                         by 2 down and 1 across
//     3x3 s1 g32 128x56x56 -> 128x56x56                      in groups
package import ResNetDSL

/// Kernels, strides, inputs and the output of a convolution, for one image. The output's size stands for the padding.
package struct ConvolutionShape: Hashable, Sendable {
  package struct Term: Hashable, Sendable {
    package var kernel: Extent
    package var stride: Stride
    package var dilation: Int
    package var groups: Int
    package var input: Shape
  }

  package var terms: [Term]
  package var output: Shape

  /// Of a node, if it is a convolution.
  init?(_ node: Node, in graph: Graph) {
    guard case .convolution(let convolution) = node.operation else { return nil }
    terms = zip(convolution.terms, node.inputs).map { term, input in
      Term(
        kernel: term.kernel, stride: term.stride, dilation: term.dilation, groups: term.groups,
        input: graph[input].shape)
    }
    output = node.shape
  }

  /// As a tuning file spells it; `nil` where the text is none. Blanks may be tabs, and more than one.
  init?(text: String) {
    var words = text.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)[...]
    terms = []
    while true {
      guard let kernel = words.popFirst().flatMap({ Self.numbers($0, count: 2) }),
        let stride = words.popFirst().flatMap({ Self.stride($0) })
      else { return nil }
      let dilation = words.first.flatMap { Self.number($0, after: "d") }
      if dilation != nil { words.removeFirst() }
      let groups = words.first.flatMap { Self.number($0, after: "g") }
      if groups != nil { words.removeFirst() }
      guard let input = words.popFirst().flatMap({ Self.numbers($0, count: 3) }), terms.count < 2 else { return nil }
      terms.append(
        Term(
          kernel: Extent(kernel[0], kernel[1]), stride: stride, dilation: dilation ?? 1,
          groups: groups ?? 1, input: Shape(input[0], input[1], input[2])))
      switch words.popFirst() {
      case "+": continue
      case "->": break
      default: return nil
      }
      guard words.count == 1, let output = words.first.flatMap({ Self.numbers($0, count: 3) }) else { return nil }
      self.output = Shape(output[0], output[1], output[2])
      return
    }
  }

  package var text: String {
    let terms = terms.map { term in
      let dilation = term.dilation == 1 ? "" : " d\(term.dilation)"
      let groups = term.groups == 1 ? "" : " g\(term.groups)"
      return "\(term.kernel.height)x\(term.kernel.width) s\(term.stride.text)\(dilation)\(groups) \(term.input.text)"
    }
    return terms.joined(separator: " + ") + " -> " + output.text
  }

  /// `256x14x14`.
  private static func numbers(_ word: String, count: Int) -> [Int]? {
    let parts = word.split(separator: "x", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { wholeNumber($0) }
    return parts.count == count && numbers.count == count ? numbers : nil
  }

  /// `s2`, `s2x1`.
  private static func stride(_ word: String) -> Stride? {
    if let both = number(word, after: "s") { return Stride(both) }
    guard word.first == "s", let pair = numbers(String(word.dropFirst()), count: 2), pair[0] != pair[1] else {
      return nil
    }
    return Stride(pair[0], pair[1])
  }

  /// `d2`.
  private static func number(_ word: String, after letter: Character) -> Int? {
    word.first == letter ? wholeNumber(word.dropFirst()) : nil
  }
}

extension ConvolutionShape: Comparable {
  package static func < (a: ConvolutionShape, b: ConvolutionShape) -> Bool {
    a.numbers.lexicographicallyPrecedes(b.numbers)
  }

  private var numbers: [Int] {
    terms.flatMap { term in
      [term.kernel.height, term.kernel.width, term.stride.rows, term.stride.columns, term.dilation, term.groups]
        + [term.input.channels, term.input.height, term.input.width]
    } + [output.channels, output.height, output.width]
  }
}

/// Digits alone, of a number from 1 to a million: beyond it is no size of anything here.
func wholeNumber(_ text: some StringProtocol) -> Int? {
  guard 1...7 ~= text.utf8.count, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }),
    let number = Int(text), 1...1_000_000 ~= number
  else { return nil }
  return number
}
