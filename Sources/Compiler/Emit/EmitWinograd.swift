// The parameters of the Winograd template, and its one-dimensional transforms as straight lines of Swift.
internal import ResNetDSL

extension KernelEmitter {
  func winograd(_ kernel: WinogradKernel) -> [String: TemplateValue] {
    let (split, chunks, rows) = (kernel.split, kernel.split.chunks, kernel.split.rowSizes)
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
      "rowRuns": .int(rows.count), "rows": .list(rows), "rowsBelow": .list(rows.dropFirst() + [0]),
      "mostRows": .int(rows[0]), "notesFloats": .int(ScratchNotes.floats),
      "inBlocks": .int(kernel.inBlocks), "lanesRead": .int(kernel.lanesRead),
      "tilePitch": .int(kernel.tilePitch), "positionPitch": .int(kernel.positionPitch),
      "productPitch": .int(kernel.productPitch), "productsAt": .int(kernel.productsAt),
      "patchAt": .int(kernel.patchAt), "sumsAt": .int(kernel.sumsAt),
      "panelFloats": .int(kernel.panelFloats(vectors: panelVectors)),
      "slopeFloats": .int(
        (kernel.headVectors - kernel.out.blocks + (kernel.hasResidualFactor ? 1 : 0)) * kernel.lanes),
      "prefetch": .int(kernel.prefetch), "filtersAt": .int(kernel.filtersAt),
      "filterPitch": .list(split.groups.map { kernel.filterPitch(vectors: $0.size) }),
      "transforms": .text(transforms(kernel)),
    ]
    parameters["running"] = .int(kernel.filters == .packed ? 0 : 1)
    parameters["evenRows"] = .text(kernel.filters == .packed ? "(end - begin) / chunks" : "\(rows[0])")
    parameters["largerRows"] = .text(kernel.filters == .packed ? "(end - begin) % chunks" : "0")
    parameters["partBlocks"] = .int(kernel.partBlocks)
    parameters["parts"] = .int(kernel.inBlocks / kernel.partBlocks)
    // The next part's weights, spread over all rounds over a block of channels in a part.
    let askers = kernel.transform.positions * chunks.reduce(0) { $0 + $1.larger }
    let lines = 9 * kernel.lanesRead * panelVectors * kernel.weightLanes / 16
    parameters["aheadLines"] = .int((lines + askers - 1) / askers)
    parameters["weightLanes"] = .int(kernel.weightLanes)
    parameters["filterLanes"] = .int(kernel.filterLanes)
    if kernel.filters == .packed { parameters["resnet_load_weight_4"] = weightWord }
    add(kernel.source, to: &parameters)
    add(kernel.residual, to: &parameters)
    add(kernel.out, to: &parameters)
    add(kernel.activation, over: kernel.out, to: &parameters)
    addIntegers(of: kernel, to: &parameters)
    return parameters
  }

  private func transforms(_ kernel: WinogradKernel) -> String {
    if kernel.isInteger { return integerTransforms(kernel) }
    let transform = kernel.transform
    let words = VectorWords(lanes: plan.target.lanes, hasFMA: plan.target.hasFMA)
    var text = title(transform)
    text += words.tileMap("inputTile", rows: transform.input, asksAhead: true)
    text += words.tileMap("outputTile", rows: transform.output, asksAhead: false)
    if kernel.filters != .packed {
      let word = plan.target.precision == .float16 ? "load_float16" : "load"
      text += words.tileMap("filterTile", rows: transform.filter, asksAhead: true, load: word)
    }
    return text
  }
}

extension KernelEmitter {
  /// The end of the template's comment.
  func title(_ transform: WinogradTransform) -> String {
    "F(\(transform.tile), 3): \(transform.size) vectors in along one axis, \(transform.tile) out.\n"
  }
}

/// Swift for a product of a constant matrix and a vector of vectors.
struct VectorWords {
  let lanes: Int
  let hasFMA: Bool

  /// A function for both axes, columns first: reads as many rows of as many vectors as `rows` has columns, and writes as
  /// many as it has rows, `pitch` floats apart. What lies between stays in registers, as far as there are enough: 36 of
  /// F(4x4) for an input tile, 24 for its products.
  ///
  /// - Parameters:
  ///   - asksAhead: for the lines of the tile after the next. Stores that miss the first level wait for their
  ///     lines one after the other, unless asked for two rounds before.
  ///   - isScaled: What is read are whole numbers, each vector with a vector of factors to multiply it with.
  func tileMap(
    _ name: String, rows: [[Double]], asksAhead: Bool, load: String = "load", isScaled: Bool = false
  ) -> String {
    let (inputs, outputs) = (rows[0].indices, rows.indices)
    var printer = CodePrinter()
    func list(_ indices: Range<Int>, _ item: (Int) -> String) -> String { indices.map(item).joined(separator: ", ") }
    func function(_ part: String, _ parameters: String, _ result: String = "", _ body: (inout CodePrinter) -> Void) {
      printer.line("@inline(__always) private func \(name)\(part)(")
      printer.line("  " + parameters)
      printer.block(")\(result) {", "}", body)
      printer.line()
    }
    let vectors = list(inputs) { "_ x\($0): V" }
    let (read, write) = ("_ x: UnsafePointer<Float>", "_ y: UnsafeMutablePointer<Float>")
    let results = list(outputs) { _ in "V" }
    function("Axis", vectors, " -> (\(results))") { printer in
      let sums = products(rows, to: &printer)
      printer.line("return (")
      for (index, sum) in sums.enumerated() { printer.line("  \(sum)" + (index + 1 < sums.count ? "," : ")")) }
    }
    let factors = isScaled ? ", _ factors: UnsafePointer<Float>" : ""
    function("Column", read + ", _ step: Int" + factors, " -> (\(results))") { printer in
      for index in inputs {
        printer.line("let \(isScaled ? "w" : "x")\(index): V = resnet_\(load)_\(lanes)(x + \(index) * step)")
        guard isScaled else { continue }
        let factor = "resnet_load_\(lanes)(factors + \(index * inputs.count * lanes))"
        printer.line("let x\(index): V = resnet_multiply_\(lanes)(resnet_from_integer_\(lanes)(w\(index)), \(factor))")
      }
      printer.line("return \(name)Axis(\(list(inputs) { "x\($0)" }))")
    }
    function("Row", "\(vectors), \(write), _ pitch: Int") { printer in
      if asksAhead {
        for index in outputs { printer.line("resnet_prefetch_write(y + (\(index) * pitch + \(2 * lanes)))") }
      }
      printer.line("let (\(list(outputs) { "y\($0)" })) = \(name)Axis(\(list(inputs) { "x\($0)" }))")
      for index in outputs { printer.line("resnet_store_\(lanes)(y\(index), y + \(index) * pitch)") }
    }
    function("", "\(read), _ rowStep: Int, _ columnStep: Int\(factors), \(write), _ pitch: Int") { printer in
      for column in inputs {
        let half = list(outputs) { "h\($0)\(column)" }
        let factor = isScaled ? ", factors + \(column * lanes)" : ""
        printer.line("let (\(half)) = \(name)Column(x + \(column) * columnStep, rowStep\(factor))")
      }
      for row in outputs {
        let half = list(inputs) { "h\(row)\($0)" }
        printer.line("\(name)Row(\(half), y + \(row * rows.count) * pitch, pitch)")
      }
    }
    return printer.text
  }

  /// Each row's sum over `x0`, `x1`..., after lines for what rows share.
  private func products(_ rows: [[Double]], to printer: inout CodePrinter) -> [String] {
    let (rows, values) = paired(rows, to: &printer)
    var sums: [String] = []
    for (index, row) in rows.enumerated() where index == sums.count {
      // Rows that belong to points of opposite sign differ in the sign of every other coefficient: they share the sum of
      // the even ones and the sum of the odd ones.
      if index + 1 < rows.count, mirrored(row, rows[index + 1]) {
        let (even, odd) = halves(row, rows[index + 1])
        // Divided by one of its coefficients the odd sum begins with a value as it is, and an FMA brings the factor back.
        let factor = hasFMA ? odd.last { $0 != 0 } ?? 1 : 1
        printer.line("let e\(index): V = \(sum(even, of: values))")
        printer.line("let o\(index): V = \(sum(odd.map { $0 / factor }, of: values))")
        sums += [added("e\(index)", "o\(index)", factor), added("e\(index)", "o\(index)", -factor)]
      } else {
        sums.append(sum(row, of: values))
      }
    }
    return sums
  }

  /// Columns that belong to points of opposite sign have the same coefficients but for some signs: in their place stand
  /// sum and difference of their values, each with half as many coefficients.
  private func paired(
    _ rows: [[Double]], to printer: inout CodePrinter
  ) -> (rows: [[Double]], values: [String]) {
    var (columns, values): ([[Double]], [String]) = ([], [])
    var column = 0
    while column < rows[0].count {
      let first = rows.map { $0[column] }
      let second = column + 1 < rows[0].count ? rows.map { $0[column + 1] } : []
      if first.allSatisfy({ $0 != 0 }), mirrored(first, second) {
        let (even, odd) = halves(first, second)
        printer.line("let s\(column): V = \(added("x\(column)", "x\(column + 1)", 1))")
        printer.line("let d\(column): V = \(added("x\(column)", "x\(column + 1)", -1))")
        columns += [even, odd]
        values += ["s\(column)", "d\(column)"]
        column += 2
      } else {
        columns.append(first)
        values.append("x\(column)")
        column += 1
      }
    }
    return (rows.indices.map { row in columns.map { $0[row] } }, values)
  }

  private func mirrored(_ a: [Double], _ b: [Double]) -> Bool {
    a != b && a.count == b.count && zip(a, b).allSatisfy { abs($0) == abs($1) }
  }

  private func halves(_ a: [Double], _ b: [Double]) -> ([Double], [Double]) {
    (zip(a, b).map { ($0 + $1) / 2 }, zip(a, b).map { ($0 - $1) / 2 })
  }

  /// One sum of products, beginning with a coefficient of one where there is one.
  private func sum(_ row: [Double], of values: [String]) -> String {
    let terms = row.indices.filter { row[$0] != 0 }.sorted {
      row[$0] == 1 && row[$1] != 1 || (row[$0] == 1) == (row[$1] == 1) && $0 < $1
    }
    guard let first = terms.first else { return "V.zero" }
    let start = row[first] == 1 ? values[first] : "\(values[first]) * \(constant(row[first]))"
    return terms.dropFirst().reduce(start) { added($0, values[$1], row[$1]) }
  }

  private func added(_ sum: String, _ value: String, _ factor: Double) -> String {
    switch factor {
    case 1: "resnet_add_\(lanes)(\(sum), \(value))"
    case -1: "resnet_subtract_\(lanes)(\(sum), \(value))"
    default: "resnet_\(hasFMA ? "fma" : "multiply_add")_\(lanes)(\(sum), \(value), \(constant(factor)))"
    }
  }

  private func constant(_ value: Double) -> String { "V(repeating: \(Float(value)))" }
}
