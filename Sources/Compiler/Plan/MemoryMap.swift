// The arena as a picture: time runs down, one row a step; addresses run to the right, to scale. What is drawn is the
// plan's own slots, so that what overlaps there would overlap here.

extension Plan {
  /// The map, then the list of values, for `--print-memory`.
  package func memoryMap(columns: Int = 64) -> String {
    let offset = "0" + String(repeating: " ", count: max(0, columns - 1 - grouped(arenaBytes).count))
    let lowerBound = arena.lowerBound * MemoryLayout<Float>.size
    let perColumn = (arenaBytes + columns - 1) / columns
    return """
      \(graph.name) on \(target.title), batch \(batch): \(grouped(arenaBytes)) bytes hold every activation, halos and \
      padding included;
      no placement could do with less than \(grouped(lowerBound)), which live at one time.

      One column is \(grouped(perColumn)) bytes. # is written by the step, o read, * added to in place, - kept for later.

      \(drawing(columns: columns, header: offset + grouped(arenaBytes)))
      Every value, where it lies, and the steps between which it is needed:

      \(valueList)
      """
  }

  private func drawing(columns: Int, header: String) -> String {
    var table = TextTable([.right, .left, .left, .right])
    table.add("step", "layer", " " + header, "live bytes")
    // Values that are needed at the step being drawn, in order of birth.
    var live: [Int] = []
    let pools = pools
    for step in graph.nodes.indices where pools[step] == nil {
      live.append(step)
      var row = [UInt8](repeating: UInt8(ascii: " "), count: columns)
      var places: [Int: Int] = [:]
      for value in live where value != step { draw(value, at: step, in: &row) }
      draw(step, at: step, in: &row)
      for value in live {
        let slot = arena.slots[value]
        // What is cut from a value that is there takes no room.
        if let whole = slot.partOf, whole.index < value, live.contains(whole.index) { continue }
        places[slot.offset] = slot.floats
      }
      let bytes = places.values.reduce(0, +) * MemoryLayout<Float>.size
      table.add("\(step)", graph.nodes[step].name, "|" + String(decoding: row, as: UTF8.self) + "|", grouped(bytes))
      let parts = graph.nodes[step].operation.isConcatenation ? graph.nodes[step].inputs.map(\.index) : []
      live.removeAll { arena.slots[$0].death <= step || parts.contains($0) }
    }
    return table.text()
  }

  private func draw(_ value: Int, at step: Int, in row: inout [UInt8]) {
    let slot = arena.slots[value]
    let total = max(1, arena.floats)
    // In Double: offsets may be as large as 2^38, which times the columns is exact there too.
    let first = Int(Double(slot.offset) * Double(row.count) / Double(total))
    let end = Int((Double(slot.offset + slot.floats) * Double(row.count) / Double(total)).rounded(.up))
    let mark: UInt8
    if value == step {
      mark = UInt8(ascii: slot.inPlaceOf == nil ? "#" : "*")
    } else {
      mark = UInt8(ascii: reads[step].contains { $0.index == value } ? "o" : "-")
    }
    for column in min(first, row.count - 1)..<max(min(first, row.count - 1) + 1, min(end, row.count)) {
      row[column] = mark
    }
  }

  private var valueList: String {
    // Of float32 alone there is nothing to say.
    let isMixed = graph.nodes.contains { $0.number != .float32 }
    func type(_ node: Node) -> [String] { isMixed ? [node.number.rawValue] : [] }
    var table = TextTable([.right, .left] + (isMixed ? [.left] : []) + [.right, .right, .right, .right, .left])
    table.add(["step", "value"] + (isMixed ? ["type"] : []) + ["shape", "offset", "bytes", "needed", ""])
    let size = MemoryLayout<Float>.size
    let pools = pools
    for (index, node) in graph.nodes.enumerated() {
      let slot = arena.slots[index]
      if let pool = pools[index] {
        table.add(
          ["\(index)", node.name] + type(node) + [node.shape.text, "", "0", "", "computed by \(graph[pool].name)"])
        continue
      }
      let host =
        slot.inPlaceOf.map { "in place of \(graph[$0].name)" } ?? slot.partOf.map { "part of \(graph[$0].name)" }
      let end = slot.death >= graph.nodes.count ? "end" : "\(slot.death)"
      table.add(
        ["\(index)", node.name] + type(node) + [
          node.shape.text, grouped(slot.offset * size), grouped(slot.floats * size), "\(slot.birth)-\(end)", host ?? "",
        ])
    }
    return table.text()
  }
}
