// Some of a value's channels, or all of them in another order. Lowering writes ranges and shuffles (Share.swift,
// Shuffle.swift); a pass makes of each chain of those and of concatenations one such operator, which says of each channel
// where it comes from.
import ResNetDSL

package struct Gather: Operator {
  /// Channels that come and go by even steps: `times` lists, each of `count` channels, `step` apart in the value that is
  /// read and `outStep` in this one. From one list to the next it is `listStep` and `outListStep`.
  struct Run: Hashable, Sendable {
    var from: Int
    var out: Int
    var count: Int
    var step: Int
    var outStep: Int
    var times = 1
    var listStep = 0
    var outListStep = 0
  }

  let runs: [Run]

  init(runs: [Run]) { self.runs = runs }

  /// As few runs as are found by following the channels that are read.
  ///
  /// - Parameter channels: Of each channel of the value, the one that it is.
  init(_ channels: [Int]) {
    let pairs = channels.indices.sorted { (channels[$0], $0) < (channels[$1], $1) }
    var runs: [Run] = []
    for out in pairs {
      let from = channels[out]
      if var last = runs.last {
        let (step, outStep) = (from - last.from, out - last.out)
        if last.count == 1 { (last.step, last.outStep) = (step, outStep) }
        if step == last.count * last.step, outStep == last.count * last.outStep {
          last.count += 1
          runs[runs.count - 1] = last
          continue
        }
      }
      runs.append(Run(from: from, out: out, count: 1, step: 0, outStep: 0))
    }
    self.runs = runs
  }

  /// Calls with each channel of the value, and the one that it is.
  private func forEach(_ body: (_ out: Int, _ from: Int) -> Void) {
    for run in runs {
      for list in 0..<run.times {
        for index in 0..<run.count {
          body(
            run.out + list * run.outListStep + index * run.outStep, run.from + list * run.listStep + index * run.step)
        }
      }
    }
  }

  /// Of each channel of a value with so many, the one that it is; -1 of none.
  func channels(_ count: Int) -> [Int] {
    var result = [Int](repeating: -1, count: count)
    forEach { out, from in if result.indices.contains(out) { result[out] = from } }
    return result
  }

  func check(_ node: inout NodeCheck) {
    let input = node.inputs[0]
    let total = runs.reduce(0) { sum($0, product($1.times, $1.count)) }
    node.require(input.extent == node.shape.extent, "keeps its map")
    node.require(total == node.shape.channels, "has a channel for each that it reads")
    guard total == node.shape.channels else { return }
    let channels = channels(node.shape.channels)
    node.require(channels.allSatisfy { 0..<input.channels ~= $0 }, "reads channels that there are")
  }

  func value(_ shape: Shape, _ inputs: [Value], _ tensors: TensorValues) -> Value {
    let channels = channels(shape.channels)
    return Value(shape) { channel, row, column in inputs[0][channels[channel], row, column] }
  }

  func onnx(_ inputs: [ONNXValue], _ shape: Shape, _ graph: inout ONNXGraph) -> ONNXValue {
    let x = graph.map(inputs[0])
    return graph.add(.gather, [x, graph.integers(channels(shape.channels))], [.axis: .int(1)], makes: .map(shape))
  }

  func pytorch(_ place: PyTorchPlace) throws(PyTorchFault) -> PyTorchValue {
    throw place.fault("channels that a pass gathered")
  }

  func kind(of node: Node) -> LayerKind? { .shuffle }
  func reads(_ inputs: [Shape]) -> [Double] {
    let total = runs.reduce(0) { $0 + $1.times * $1.count }
    return inputs.map { Double(total * $0.height * $0.width) }
  }
  func access(toInput position: Int) -> InputAccess { InputAccess(order: .any) }

  var dump: (name: String, details: [String]) { ("gather", runs.map(\.text)) }
  /// In a layer table.
  var phrases: [String] { runs.map { "channels " + $0.text } }
  var table: TableRow? { TableRow("gather", phrases) }
  var quantization: Quantization? { .keeps }
  func isNonnegative(_ inputs: [Bool]) -> Bool { inputs[0] }
  var summary: String { "channels in another order" }
  var box: (kind: DrawnBox.Kind, text: String)? { (.other, "channels") }
}

extension Gather.Run {
  /// `29/1 to 0/2 x 29`: from channel 29 by steps of 1, to channel 0 by steps of 2, 29 channels.
  fileprivate var text: String {
    "\(from)/\(step) to \(out)/\(outStep) x \(count)"
      + (times == 1 ? "" : " by \(listStep) to \(outListStep) x \(times)")
  }
}
