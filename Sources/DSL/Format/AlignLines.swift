// Columns for `resnetc fmt`: keys and values of the head; names, sizes and cells of the table; comments behind them.

/// Lines of a group, which are all of the head or all of the table, but for comments.
func aligned(_ group: [FormattedLine]) -> [String] {
  let isTable = group.contains { $0.isRow }
  let texts = isTable ? tableTexts(group) : settingTexts(group)
  let comments = zip(group, texts).filter { $0.0.kind != .comment && !$0.0.comment.isEmpty }
  let column = comments.map { $0.1.count }.max() ?? 0
  return zip(group, texts).map { line, text in
    if line.kind == .comment { return line.comment }
    return line.comment.isEmpty ? text : text.padded(to: column) + "  " + line.comment
  }
}

private func settingTexts(_ group: [FormattedLine]) -> [String] {
  let width = group.map { line in if case .setting(let key, _) = line.kind { key.count } else { 0 } }.max() ?? 0
  return group.map { line in
    guard case .setting(let key, let value) = line.kind else { return "" }
    return value.isEmpty ? key : key.padded(to: width) + " " + value
  }
}

private func tableTexts(_ group: [FormattedLine]) -> [String] {
  let heads = group.map { line in
    if case .row(let name, let size) = line.kind { (name: name, size: size) } else { (name: "", size: "") }
  }
  let nameWidth = heads.map(\.name.count).max() ?? 0
  let sizeWidth = heads.map(\.size.count).max() ?? 0
  let columns = group.map(\.cells.count).max() ?? 0
  // A cell that spans all columns does not widen the first.
  let spans = group.map { $0.hasPipes && $0.cells.count == 1 && columns > 1 }
  let widths = (0..<columns).map { column in
    zip(group, spans).map { line, spans in
      line.hasPipes && !spans && column < line.cells.count ? line.cells[column].text.count : 0
    }.max() ?? 0
  }
  let blocks = blockWidths(group)
  return zip(group, heads).map { line, head in
    guard line.isRow else { return "" }
    var text = head.name.padded(to: nameWidth)
    if sizeWidth > 0 {
      text += "  " + String(repeating: " ", count: sizeWidth - head.size.count) + head.size + "   "
    } else {
      text += "  "
    }
    if line.hasPipes {
      text += zip(line.cells, widths).map { "| " + $0.text.padded(to: $1) }.joined(separator: " ")
    } else if let cell = line.cells.first {
      text += cell.text(blocks)
    }
    return text.trimmedEnd
  }
}

/// By number of layers, how wide each layer of a block is where rows are single cells.
private func blockWidths(_ group: [FormattedLine]) -> [Int: [Int]] {
  group.filter { $0.isRow && !$0.hasPipes }.compactMap { $0.cells.first?.block?.layers }
    .reduce(into: [:]) { widths, layers in
      let old = widths[layers.count] ?? layers.map { _ in 0 }
      widths[layers.count] = zip(old, layers).map { max($0, $1.count) }
    }
}

extension FormattedLine.Cell {
  fileprivate func text(_ widths: [Int: [Int]]) -> String {
    guard let block, let widths = widths[block.layers.count] else { return text }
    let last = block.layers.count - 1
    let layers = zip(block.layers, widths).enumerated().map { index, layer in
      (layer.0 + (index == last ? "]" : ";")).padded(to: layer.1 + 1)
    }
    return "[" + layers.joined(separator: " ") + block.rest
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
