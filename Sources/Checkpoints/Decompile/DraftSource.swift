// A draft as the text of a source. Lines from the command line stand in the place of the draft's own with the same key, and
// sizes follow from the input.

/// A line of a header that the command line states.
package struct HeaderLine: Sendable, Equatable {
  package let key: String
  package let value: String

  /// `nil` without a key and something behind it, or with a line feed.
  package init?(_ text: String) {
    let words = text.split(separator: " ", maxSplits: 1)
    guard words.count == 2, !text.utf8.contains(0x0A), !text.utf8.contains(0x0D) else { return nil }
    key = String(words[0])
    value = String(words[1])
  }
}

extension NetworkDraft {
  /// The text, whose columns are still to be laid out.
  ///
  /// - Parameter origin: Lines about where it is from, which become comments.
  package func source(origin: [String], stated: [HeaderLine]) -> String {
    func statement(_ key: String) -> String? { stated.last { $0.key == key }?.value }
    func line(_ key: String, _ value: String, _ choice: String?) -> String {
      if let text = statement(key) { return "\(key) \(text)\n" }
      return Self.chosen(choice) + "\(key) \(value)\n"
    }
    let (height, width) = size(stated)
    var text = (["\(title), \(origin.first ?? "from a checkpoint")"] + origin.dropFirst() + remarks)
      .flatMap(Self.wrapped).map { "# \($0)\n" }.joined()
    text += line("model", name, nil) + "\n"
    text += line("input", "\(input.channels) x \(height) x \(width)", input.choice)
    for own in lines { text += line(own.key, own.value, own.choice) }
    if let pipeline {
      let resize = min(height, width) * pipeline.resize / pipeline.size
      let crop = height == width ? "\(height)" : "\(height)x\(width)"
      text += line(
        "preprocess",
        "resize \(resize) \(pipeline.interpolation), crop \(crop), mean \(pipeline.mean), std \(pipeline.std)",
        pipeline.choice)
    }
    let known = ["model", "input", "preprocess"] + lines.map(\.key)
    for other in stated
    where !known.contains(other.key) || other.key == "preprocess" && pipeline == nil {
      text += "\(other.key) \(other.value)\n"
    }
    text += "\n"
    for row in rows {
      let size =
        switch row.size {
        case .single: "1x1"
        case .halved(let times): "\(Self.halved(height, times))x\(Self.halved(width, times))"
        }
      text += Self.chosen(row.choice) + "\(row.name) \(size) \(row.layers)\n"
    }
    return text
  }

  /// Of the input, as the command line states it: `3 x 64 x 64`.
  private func size(_ stated: [HeaderLine]) -> (height: Int, width: Int) {
    guard let text = stated.last(where: { $0.key == "input" })?.value else {
      return (input.size, input.size)
    }
    let numbers = text.split { !("0"..."9" ~= $0) }.compactMap { Int($0) }
    // What is wrong with it the compiler says.
    guard numbers.count == 3, numbers[1...].allSatisfy({ 1...1 << 20 ~= $0 }) else {
      return (input.size, input.size)
    }
    return (numbers[1], numbers[2])
  }

  private static func halved(_ size: Int, _ times: Int) -> Int {
    (0..<times).reduce(size) { size, _ in (size + 1) / 2 }
  }

  /// A comment above a line.
  private static func chosen(_ choice: String?) -> String { choice.map { "# chosen: \($0)\n" } ?? "" }

  /// Lines of at most some 110 characters.
  private static func wrapped(_ text: String) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, last.count + word.count < 110 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
