// SPDX-License-Identifier: Apache-2.0
// What calibration knows of a network, as data: the smallest and the largest value of each layer, and what was changed
// about its channels so that integers lose less. A text file, for people to read, compare and edit:
//
//     # Ranges of ResNet50.
//     conv1 0.0 4.26
//     conv2_1.1 0.0 2.11
//     conv2_1.1 shifts 0.0012 -0.0003 ...
//     conv2_1.1 factors 1.0 2.5 ...
//     layer1.0.conv1.weight steps 0.011 0.02 ...
//
// Lines stand in any order; what begins with `#` is for people.

/// The values of a network's layers as they were met while it ran on images.
package struct Ranges: Sendable, Equatable {
  /// Of one value.
  package struct Range: Sendable, Equatable {
    package var low: Float
    package var high: Float

    package init(low: Float, high: Float) { (self.low, self.high) = (low, high) }

    /// The smallest that holds both.
    package func union(_ other: Range) -> Range { Range(low: min(low, other.low), high: max(high, other.high)) }
  }

  /// The network's name; only said, since tables may be the same under another.
  package var network: String
  /// Said in the file's head: who wrote it, from what.
  package var notes: [String] = []
  /// In the order of the file.
  package private(set) var layers: [String] = []
  private var ranges: [String: Range] = [:]
  /// By layer, what is added to each channel before its activation: the mean that rounding weights takes away.
  package var shifts: [String: [Float]] = [:]
  /// By layer, what each channel is multiplied with and its readers' weights divided by; all above zero.
  package var factors: [String: [Float]] = [:]
  /// By tensor of weights, what each output channel's integers are multiplied with, where its largest weight does not say
  /// it: those of a checkpoint that was quantised elsewhere. All above zero.
  package var steps: [String: [Float]] = [:]

  package init(network: String) { self.network = network }

  package subscript(layer: String) -> Range? {
    get { ranges[layer] }
    set {
      if ranges[layer] == nil, newValue != nil { layers.append(layer) }
      if newValue == nil { layers.removeAll { $0 == layer } }
      ranges[layer] = newValue
    }
  }

  package static func == (a: Ranges, b: Ranges) -> Bool {
    // Notes are for people.
    a.ranges == b.ranges && a.shifts == b.shifts && a.factors == b.factors && a.steps == b.steps
  }
}

// MARK: Text

extension Ranges {
  /// What `write` writes.
  package var text: String {
    var lines = ["# Ranges of \(network)."]
    lines += notes.map { "# \($0)" }
    lines.append("# Each line: a layer, the smallest and the largest value that it is to hold.")
    for layer in layers {
      guard let range = ranges[layer] else { continue }
      lines.append("\(layer) \(range.low) \(range.high)")
      if let list = factors[layer] { lines.append(Self.line(layer, "factors", list)) }
      if let list = shifts[layer] { lines.append(Self.line(layer, "shifts", list)) }
    }
    // Of sums whose value stays floats.
    for (layer, list) in shifts.sorted(by: { precedes($0.key, $1.key) }) where ranges[layer] == nil {
      lines.append(Self.line(layer, "shifts", list))
    }
    for (tensor, list) in steps.sorted(by: { precedes($0.key, $1.key) }) {
      lines.append(Self.line(tensor, "steps", list))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ layer: String, _ word: String, _ numbers: [Float]) -> String {
    "\(layer) \(word) " + numbers.map { "\($0)" }.joined(separator: " ")
  }

  /// Replaces the file at `path`, or leaves it untouched and throws.
  package func write(to path: String) throws(ModelError) {
    try Array(text.utf8).withUnsafeBufferPointer { bytes throws(ModelError) in
      try writeFileAtomically(path, UnsafeRawBufferPointer(bytes))
    }
  }

  /// Reads a file that `write` wrote, or a person.
  package init(contentsOf path: String) throws(ModelError) {
    try self.init(readFile(path, limit: 1 << 28), path: path)
  }

  /// - Parameter path: named by errors.
  package init(_ bytes: [UInt8], path: String) throws(ModelError) {
    if let bad = bytes.withUnsafeBytes({ firstInvalidUTF8($0) }) {
      let line = bytes[..<bad].count { $0 == 0x0A } + 1
      throw .ranges(path: path, line: line, reason: "it is not text; pass a file that 'quantize --ranges' wrote")
    }
    self.init(network: "")
    var number = 0
    for bytes in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      let words = bytes.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
      guard let layer = words.first else { continue }
      guard !layer.hasPrefix("#") else {
        if network.isEmpty, words.count == 4, words[1] == "Ranges", words[3].hasSuffix(".") {
          network = String(words[3].dropLast())
        }
        continue
      }
      do throws(LineFault) {
        try read(layer, Array(words.dropFirst()))
      } catch {
        throw .ranges(path: path, line: number, reason: error.reason)
      }
    }
    guard !layers.isEmpty else {
      throw .ranges(path: path, line: nil, reason: "it holds no range; pass a file that 'quantize --ranges' wrote")
    }
    if let layer = factors.keys.filter({ ranges[$0] == nil }).min(by: precedes) {
      throw .ranges(
        path: path, line: nil, reason: "'\(layer)' has factors and no range; write '\(layer) LOW HIGH'")
    }
  }

  private struct LineFault: Error {
    let reason: String
  }

  /// What stands behind a layer's name.
  private mutating func read(_ layer: String, _ words: [String]) throws(LineFault) {
    guard let first = words.first else {
      throw LineFault(reason: "'\(layer)' stands alone; write its smallest and its largest value behind it")
    }
    guard let kind = Self.lists[first] else {
      guard words.count == 2 else {
        throw LineFault(reason: "'\(layer)' has \(words.count) numbers; write its smallest and its largest value")
      }
      let (low, high) = (try Self.finite(words[0]), try Self.finite(words[1]))
      guard low <= high else {
        throw LineFault(reason: "the smallest value of '\(layer)', \(low), is above its largest, \(high); swap them")
      }
      guard ranges[layer] == nil else { throw LineFault(reason: "'\(layer)' has a range already; keep one of them") }
      self[layer] = Range(low: low, high: high)
      return
    }
    var list: [Float] = []
    for word in words.dropFirst() { list.append(try Self.finite(word)) }
    guard first == "shifts" || list.allSatisfy({ $0 > 0 }) else {
      throw LineFault(reason: "a \(first.dropLast()) of '\(layer)' is not above zero; calibrate again")
    }
    guard self[keyPath: kind].updateValue(list, forKey: layer) == nil else {
      throw LineFault(reason: "'\(layer)' has \(first) already; keep one line of them")
    }
  }

  /// Where the numbers behind a word go.
  private static var lists: [String: WritableKeyPath<Ranges, [String: [Float]]>] {
    ["shifts": \.shifts, "factors": \.factors, "steps": \.steps]
  }

  private static func finite(_ word: String) throws(LineFault) -> Float {
    guard let value = Float(word) else { throw LineFault(reason: "'\(word)' is not a number") }
    guard value.isFinite else {
      throw LineFault(reason: "'\(word)' is not finite; calibrate with weights and images that give numbers")
    }
    return value
  }
}
