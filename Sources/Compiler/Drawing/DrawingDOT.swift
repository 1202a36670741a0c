// Drawings for Graphviz: `resnetc diagram resnet18.rn --format dot | dot -Tpdf -o resnet18.pdf`. Rows of the table are
// clusters, and so is each network where there are several; Graphviz finds the places. A sum is a node here, because an
// edge cannot end at an edge.

/// Networks as one directed graph.
package func dotText(_ drawings: [Drawing]) -> String {
  let title = drawings.map(\.title).joined(separator: ", ")
  var printer = CodePrinter()
  printer.block("digraph \(dotQuoted(title)) {", "}") { printer in
    if drawings.count == 1 { printer.line("label=\(dotQuoted(title)); labelloc=t; fontname=\"Helvetica\";") }
    printer.line("graph [color=\"#bbbbbb\", fontname=\"Helvetica\", fontsize=11];")
    printer.line("node [shape=box, style=\"rounded,filled\", color=\"\(Tint.neutral.line)\",")
    printer.line("  fillcolor=\"\(Tint.neutral.fill)\", fontname=\"Helvetica\", fontsize=11, height=0.3];")
    printer.line("edge [color=\"#666666\", arrowsize=0.6, weight=8];")
    for (index, drawing) in drawings.enumerated() {
      guard drawings.count > 1 else { return drawing.printDOT(&printer, prefix: "n") }
      printer.block("subgraph cluster_\(index) {", "}") { printer in
        printer.line("label=\(dotQuoted(drawing.title));")
        drawing.printDOT(&printer, prefix: "n\(index)_")
      }
    }
  }
  return printer.text
}

extension Drawing {
  fileprivate func printDOT(_ printer: inout CodePrinter, prefix: String) {
    let sums = Set(shortcuts.filter { $0.kind != .tap }.map(\.to))
    var folds = foldedBlocks[...]
    var start = 0
    while start < boxes.count {
      let end = boxes[start...].firstIndex { $0.stage != boxes[start].stage } ?? boxes.count
      let inside = Array(folds.prefix { $0.upperBound <= end })
      folds.removeFirst(inside.count)
      if let stage = boxes[start].stage {
        printer.block("subgraph cluster_\(prefix)\(start) {", "}") { printer in
          printer.line("label=\(dotQuoted(stages[stage])); labeljust=l;")
          printBoxes(start..<end, folds: inside, sums, &printer, prefix)
        }
      } else {
        printBoxes(start..<end, folds: inside, sums, &printer, prefix)
      }
      start = end
    }
    printEdges(sums, &printer, prefix)
    for (number, head) in heads.enumerated() { print(head, number, sums, &printer, prefix) }
  }

  private func print(
    _ head: DrawnHead, _ number: Int, _ sums: Set<Int>, _ printer: inout CodePrinter, _ prefix: String
  ) {
    let own = "\(prefix)aux\(number)_"
    printer.block("subgraph cluster_\(own)x {", "}") { printer in
      printer.line("label=\(dotQuoted(head.name + ", in training")); labeljust=l; style=dashed;")
      for (index, box) in head.boxes.enumerated() {
        printer.line(
          "\(own)\(index) [label=\(dotQuoted(box.text)), tooltip=\(dotQuoted(box.note)), style=\"rounded,dashed\"];")
      }
    }
    var from = "\(prefix)\(head.source)" + (sums.contains(head.source) ? "_sum" : "")
    for index in head.boxes.indices {
      printer.line("\(from) -> \(own)\(index) [style=dashed, weight=1];")
      from = "\(own)\(index)"
    }
  }

  private func printBoxes(
    _ range: Range<Int>, folds: [Range<Int>], _ sums: Set<Int>, _ printer: inout CodePrinter, _ prefix: String
  ) {
    var next = range.lowerBound
    for fold in folds {
      printBoxes(next..<fold.lowerBound, folds: [], sums, &printer, prefix)
      printer.block("subgraph cluster_\(prefix)\(fold.lowerBound)_x {", "}") { printer in
        printer.line("label=\"x \(boxes[fold.lowerBound].repeats)\"; labeljust=r; style=dashed;")
        printBoxes(fold, folds: [], sums, &printer, prefix)
      }
      next = fold.upperBound
    }
    for index in next..<range.upperBound {
      let box = boxes[index]
      let tint = Tint.of(box.tint)
      let colours = box.tint == nil ? "" : ", color=\"\(tint.line)\", fillcolor=\"\(tint.fill)\""
      printer.line("\(prefix)\(index) [label=\(dotQuoted(box.text)), tooltip=\(dotQuoted(box.note))\(colours)];")
      if sums.contains(index) {
        printer.line("\(prefix)\(index)_sum [label=\"+\", shape=circle, width=0.2, fixedsize=true];")
      }
    }
  }

  private func printEdges(_ sums: Set<Int>, _ printer: inout CodePrinter, _ prefix: String) {
    // The node that holds a box's value: its sum, if it has one.
    func value(_ index: Int) -> String { "\(prefix)\(index)" + (sums.contains(index) ? "_sum" : "") }
    for index in boxes.indices {
      for source in boxes[index].sources { printer.line("\(value(source)) -> \(prefix)\(index);") }
      if sums.contains(index) { printer.line("\(prefix)\(index) -> \(value(index));") }
    }
    for shortcut in shortcuts {
      let style = shortcut.isDotted ? ", style=dashed" : ""
      let to = shortcut.kind == .tap ? "\(prefix)\(shortcut.to)" : value(shortcut.to)
      printer.line("\(value(shortcut.from)) -> \(to) [weight=1\(style)];")
    }
  }
}

/// A string of the DOT language. A backslash escapes quotes there, and in labels begins a word of its own.
private func dotQuoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F: result += "\u{FFFD}"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
