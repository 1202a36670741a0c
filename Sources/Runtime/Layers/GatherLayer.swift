// SPDX-License-Identifier: Apache-2.0
// Channels of a value: a range of them, a shuffle, or what chains of such come to.

struct GatherLayer: LayerKind {
  /// Of each channel, the one that it is of what is read.
  let channels: [Int]
  static let words = ["gather"]

  /// A phrase for each list: `channels 29/1 to 0/2 x 29` goes from channel 29 by steps of 1, to channel 0 by steps of 2,
  /// 29 times; `by 58 to 1 x 2` behind it does that twice, so much further on.
  init(_ line: inout LayerLine) throws(ModelError) {
    channels = try Self.list(&line.options)
  }

  /// Takes these phrases from a line, of which there may be none.
  static func list(_ options: inout TableLine) throws(ModelError) -> [Int] {
    var pairs: [(out: Int, from: Int)] = []
    while let words = options.take("channels") {
      guard words.count == 5 || words.count == 11 else {
        throw .invalidPlan(reason: "'channels \(words.joined(separator: " "))' in a table is not known")
      }
      let ((from, step), (out, outStep)) = (try Self.steps(words[0]), try Self.steps(words[2]))
      let count = try number(words[4])
      let isList = words.count > 5
      let (listStep, outListStep) = isList ? (try number(words[6]), try number(words[8])) : (0, 0)
      let times = isList ? try number(words[10]) : 1
      guard count >= 0, times >= 0, count <= 65536, times <= 65536, pairs.count + count * times <= 65536 else {
        throw .invalidPlan(reason: "\(count) x \(times) channels are gathered")
      }
      for list in 0..<times {
        for index in 0..<count {
          pairs.append((out + list * outListStep + index * outStep, from + list * listStep + index * step))
        }
      }
    }
    var channels = [Int](repeating: -1, count: pairs.count)
    for (out, from) in pairs where channels.indices.contains(out) && from >= 0 { channels[out] = from }
    guard !channels.contains(-1) else { throw .invalidPlan(reason: "a channel that is gathered comes from nowhere") }
    return channels
  }

  /// `29/1`
  private static func steps(_ text: String) throws(ModelError) -> (first: Int, step: Int) {
    let parts = text.split(separator: "/")
    guard parts.count == 2 else { throw .invalidPlan(reason: "'\(text)' is no channel and step") }
    return (try number(String(parts[0])), try number(String(parts[1])))
  }

  func value(_ inputs: [[Double]], _ shapes: LayerShapes, _ tensors: PlainTensors) throws(ModelError) -> [Double] {
    let area = shapes.output.height * shapes.output.width
    guard channels.allSatisfy({ $0 < shapes.inputs[0].channels }) else {
      throw .invalidPlan(reason: "a channel that is gathered comes from nowhere")
    }
    return channels.flatMap { inputs[0][$0 * area..<($0 + 1) * area] }
  }

  func reads(_ inputs: [LayerShape]) -> [Double] { inputs.map { Double(channels.count * $0.height * $0.width) } }
  func name(of algorithm: StepAlgorithm) -> String { "channels" }
}
