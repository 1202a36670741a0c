// A graph as text, one line a node, for `--dump-ir` and goldens:
//
//   %13  conv3_1.2  128x28x28  conv(%12) 3x3, 128, stride 2, pad 1x1, weight layer2.0.conv2.weight, relu

extension Graph {
  /// The graph as text; stable, and equal for equal graphs.
  package var text: String {
    let rows = nodes.enumerated().map { index, node in
      let shape = "\(node.shape.channels)x\(node.shape.height)x\(node.shape.width)"
      let inputs = node.inputs.map { "%\($0.index)" }.joined(separator: ", ")
      var (operation, details) = node.operation.definition.dump
      if node.number != .float32 { details.append(node.number.rawValue) }
      let call = ["\(operation)(\(inputs))", details.joined(separator: ", ")].filter { !$0.isEmpty }
      return ["%\(index)", node.name, shape, call.joined(separator: " ")]
    }
    let widths = (0..<3).map { column in rows.map { $0[column].utf8.count }.max() ?? 0 }
    let returned = named.isEmpty ? ["%\(output.index)"] : named.map { "\($0.name) %\($0.node.index)" }
    var text = "graph \(name) -> \(returned.joined(separator: ", "))\n"
    for row in rows {
      for (cell, width) in zip(row, widths) {
        text += cell + String(repeating: " ", count: width - cell.utf8.count + 2)
      }
      text += row[3] + "\n"
    }
    for head in auxiliary { text += "\nin training only, %0 being %\(head.source.index): " + head.graph.text }
    return text
  }
}
