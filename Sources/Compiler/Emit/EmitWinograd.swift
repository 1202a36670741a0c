// The parameters of the Winograd template, and its one-dimensional transforms as straight lines of Swift.

extension KernelEmitter {
  func winograd(_ kernel: WinogradKernel) -> [String: TemplateValue] {
    let (split, chunks) = (kernel.split, kernel.split.chunks)
    let panelVectors = split.groups[0].size
    var parameters: [String: TemplateValue] = [
      "hasFMA": .int(plan.target.hasFMA ? 1 : 0), "size": .int(kernel.transform.size),
      "tile": .int(kernel.transform.tile), "tileStep": .int(kernel.transform.tile * kernel.transform.stride),
      "inHeight": .int(kernel.transform.stride * (kernel.out.height - 1) + 3),
      "inWidth": .int(kernel.transform.stride * (kernel.out.width - 1) + 3),
      "positions": .int(kernel.transform.positions),
      "tilesDown": .int(kernel.tilesDown), "tilesAcross": .int(kernel.tilesAcross),
      "groups": .int(split.groupCount), "blockTiles": .int(split.blockTiles),
      "largerBlocks": .int(split.largerBlocks), "groupRuns": .int(split.groups.count),
      "vectors": .list(split.groups.map(\.size)), "groupCount": .list(split.groups.map(\.count)),
      "groupStart": .list(split.groups.map(\.start)), "firstGroup": .list(firstTiles(split.groups)),
      "rowRuns": .int(chunks.count), "rows": .list(chunks.map(\.rows)),
      "largerChunks": .list(chunks.map(\.larger)), "smallerChunks": .list(chunks.map(\.smaller)),
      "inBlocks": .int(kernel.inBlocks), "lanesRead": .int(kernel.lanesRead),
      "tilePitch": .int(kernel.tilePitch), "positionPitch": .int(kernel.positionPitch),
      "productPitch": .int(kernel.productPitch), "productsAt": .int(kernel.productsAt),
      "patchAt": .int(kernel.patchAt), "halfAt": .int(kernel.halfAt), "sumsAt": .int(kernel.sumsAt),
      "panelFloats": .int(kernel.panelFloats(vectors: panelVectors)),
      "slopeFloats": .int(kernel.activation == .prelu ? kernel.out.blocks * kernel.lanes : 0),
      "prefetch": .int(kernel.prefetch), "filtersAt": .int(kernel.filtersAt),
      "filterPitch": .list(split.groups.map { kernel.filterPitch(vectors: $0.size) }),
      "transforms": .text(transforms(kernel)),
    ]
    parameters["running"] = .int(kernel.filters == .packed ? 0 : 1)
    parameters["partBlocks"] = .int(kernel.partBlocks)
    parameters["parts"] = .int(kernel.inBlocks / kernel.partBlocks)
    // The next part's weights, spread over all rounds over a block of channels in a part.
    let askers = kernel.transform.positions * chunks.reduce(0) { $0 + $1.larger }
    parameters["aheadLines"] = .int((9 * kernel.lanesRead * panelVectors * kernel.lanes / 16 + askers - 1) / askers)
    add(kernel.source, to: &parameters)
    add(kernel.residual, to: &parameters)
    add(kernel.out, to: &parameters)
    add(kernel.activation, channels: kernel.outChannels, to: &parameters)
    return parameters
  }

  private func transforms(_ kernel: WinogradKernel) -> String {
    let transform = kernel.transform
    let words = VectorWords(lanes: plan.target.lanes, hasFMA: plan.target.hasFMA)
    // The first line ends the template's comment.
    return """
      F(\(transform.tile), 3) along one axis: \(transform.size) vectors in, as many sums out; products in, \(transform.tile) outputs out.
      \(words.linearMap("inputTransform", rows: transform.input))

      \(words.linearMap("outputTransform", rows: transform.output))

      \(kernel.filters == .packed ? "" : words.filterMap("filterTransform", rows: transform.filter))

      """
  }
}

/// Swift for a product of a constant matrix and a vector of vectors.
private struct VectorWords {
  let lanes: Int
  let hasFMA: Bool

  /// A function that reads as many vectors as `rows` has columns, `step` floats apart, and writes one for each row.
  func linearMap(_ name: String, rows: [[Double]]) -> String {
    let width = rows[0].count
    var printer = CodePrinter()
    printer.line("@inline(__always) private func \(name)(")
    printer.line("  _ x: UnsafePointer<Float>, _ step: Int, _ y: UnsafeMutablePointer<Float>, _ pitch: Int")
    printer.block(") {", "}") { printer in
      for column in 0..<width { printer.line("let x\(column): V = resnet_load_\(lanes)(x + \(column) * step)") }
      products(rows, of: "x", to: &printer) { index, value in "resnet_store_\(lanes)(\(value), y + \(index) * pitch)" }
    }
    return printer.text
  }

  /// A function for both dimensions of a 3x3 filter, without a store in between: reads rows that are `rowStep` floats
  /// apart, writes as many rows of as many vectors as there are `rows`.
  func filterMap(_ name: String, rows: [[Double]]) -> String {
    var printer = CodePrinter()
    printer.line("@inline(__always) private func \(name)(")
    printer.line("  _ x: UnsafePointer<Float>, _ rowStep: Int, _ columnStep: Int,")
    printer.line("  _ y: UnsafeMutablePointer<Float>, _ pitch: Int")
    printer.block(") {", "}") { printer in
      for column in 0..<3 {
        for row in 0..<3 {
          printer.line(
            "let x\(column)\(row): V = resnet_load_\(lanes)(x + (\(row) * rowStep + \(column) * columnStep))")
        }
        products(rows, of: "x\(column)", to: &printer) { index, value in "let h\(index)\(column): V = \(value)" }
      }
      // Stores that miss the first level wait for their lines one after the other, unless asked for two rounds before.
      for index in 0..<rows.count * rows.count {
        printer.line("resnet_prefetch_write(y + (\(index) * pitch + \(2 * lanes)))")
      }
      for row in rows.indices {
        products(rows, of: "h\(row)", to: &printer) { index, value in
          "resnet_store_\(lanes)(\(value), y + \(row * rows.count + index) * pitch)"
        }
      }
    }
    return printer.text
  }

  /// One line for each row's sum over `x0`, `x1`...
  private func products(
    _ rows: [[Double]], of x: String, to printer: inout CodePrinter, line: (Int, String) -> String
  ) {
    for (index, row) in rows.enumerated() {
      // Rows that belong to points of opposite sign differ in the sign of every other coefficient: they share the sum of
      // the even ones and the sum of the odd ones.
      if index > 0, mirrored(rows[index - 1], row) { continue }
      if index + 1 < rows.count, mirrored(row, rows[index + 1]) {
        let (even, odd) = halves(row, rows[index + 1])
        let (e, o) = ("\(x)e\(index)", "\(x)o\(index)")
        printer.line("let \(e): V = \(sum(even, of: x))")
        printer.line("let \(o): V = \(sum(odd, of: x))")
        printer.line(line(index, "resnet_add_\(lanes)(\(e), \(o))"))
        printer.line(line(index + 1, "resnet_subtract_\(lanes)(\(e), \(o))"))
      } else {
        printer.line(line(index, sum(row, of: x)))
      }
    }
  }

  private func mirrored(_ a: [Double], _ b: [Double]) -> Bool {
    a != b && zip(a, b).allSatisfy { abs($0) == abs($1) }
  }

  private func halves(_ a: [Double], _ b: [Double]) -> ([Double], [Double]) {
    (zip(a, b).map { ($0 + $1) / 2 }, zip(a, b).map { ($0 - $1) / 2 })
  }

  /// One sum of products, beginning with a coefficient of one where there is one.
  private func sum(_ row: [Double], of x: String) -> String {
    let terms = row.indices.filter { row[$0] != 0 }.sorted {
      row[$0] == 1 && row[$1] != 1 || (row[$0] == 1) == (row[$1] == 1) && $0 < $1
    }
    guard let first = terms.first else { return "V.zero" }
    let start = row[first] == 1 ? "\(x)\(first)" : "\(x)\(first) * \(constant(row[first]))"
    return terms.dropFirst().reduce(start) { sum, column in
      switch row[column] {
      case 1: "resnet_add_\(lanes)(\(sum), \(x)\(column))"
      case -1: "resnet_subtract_\(lanes)(\(sum), \(x)\(column))"
      case let factor:
        "resnet_\(hasFMA ? "fma" : "multiply_add")_\(lanes)(\(sum), \(x)\(column), \(constant(factor)))"
      }
    }
  }

  private func constant(_ value: Double) -> String { "V(repeating: \(Float(value)))" }
}
