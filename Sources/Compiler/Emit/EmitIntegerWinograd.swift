// What Winograd's template says of whole numbers: how they are read and stored, and the transforms that are exact.
internal import ResNetDSL

extension KernelEmitter {
  func addIntegers(of kernel: WinogradKernel, to parameters: inout [String: TemplateValue]) {
    parameters["isInteger"] = .int(kernel.isInteger ? 1 : 0)
    guard kernel.isInteger else { return }
    let channelFloats = kernel.out.blocks * kernel.lanes
    parameters["resnet_fma_4"] = pairProductWord
    parameters["hasFMA"] = .int(1)
    parameters["loadPixel"] = .text(loadPairsWord(kernel.source.number))
    // A block of the kernel is two of the value; one that stands alone is read twice, and meets zeros the second time.
    parameters["sourceBlock"] = .int(2 * kernel.source.blockPitch)
    parameters["pairStep"] = .int(kernel.source.blockPitch)
    parameters["lastPairStep"] = .int(kernel.hasSingleBlock ? 0 : kernel.source.blockPitch)
    parameters["factorStart"] = .int(channelFloats)
    parameters["residualStart"] = .int(kernel.headVectors * kernel.lanes)
  }

  func integerTransforms(_ kernel: WinogradKernel) -> String {
    let words = VectorWords(lanes: plan.target.lanes, hasFMA: plan.target.hasFMA)
    var text = title(kernel.transform)
    text += words.pairsAxis
    text += words.pairsMap("inputTile", load: loadPairsWord(kernel.source.number))
    text += words.pairsMap("patchTile", load: nil)
    // Coefficients are powers of two, products therefore exact: fused or not, sums are the same.
    return text + words.tileMap("outputTile", rows: kernel.transform.output, asksAhead: false, isScaled: true)
  }
}

extension VectorWords {
  /// B transposed of the points 0, 1, -1, 2 and -2, in numbers of 16 bits. What overflows on its way comes back.
  fileprivate var pairsAxis: String {
    var printer = CodePrinter()
    let results = [String](repeating: "V", count: 6).joined(separator: ", ")
    func add(_ a: String, _ b: String) -> String { "resnet_add_pairs_\(lanes)(\(a), \(b))" }
    func subtract(_ a: String, _ b: String) -> String { "resnet_subtract_pairs_\(lanes)(\(a), \(b))" }
    func shift(_ a: String, _ bits: Int) -> String { "resnet_shift_pairs_\(lanes)(\(a), \(bits))" }
    printer.line("@inline(__always) private func inputTileAxis(")
    printer.line("  " + (0..<6).map { "_ x\($0): V" }.joined(separator: ", "))
    printer.block(") -> (\(results)) {", "}") { printer in
      let lines = [
        ("c", subtract("x4", "x2")), ("d", subtract("x3", "x1")), ("f", add("d", "d")),
        ("a", subtract("x4", shift("x2", 2))), ("b", subtract("x3", shift("x1", 2))),
        ("y0", add("c", shift(subtract("x0", "x2"), 2))), ("y5", subtract(subtract("x5", "x3"), shift("f", 1))),
      ]
      for (name, value) in lines { printer.line("let \(name): V = \(value)") }
      let middle = [add("a", "b"), subtract("a", "b"), add("c", "f"), subtract("c", "f")]
      printer.line("return (")
      printer.line("  y0, " + middle.joined(separator: ", ") + ", y5)")
    }
    printer.line()
    return printer.text
  }

  /// As `tileMap`, columns first. What it reads are pixels of two blocks, `pair` words apart, or the numbers of such.
  fileprivate func pairsMap(_ name: String, load: String?) -> String {
    var printer = CodePrinter()
    func list(_ item: (Int) -> String) -> String { (0..<6).map(item).joined(separator: ", ") }
    let second = load == nil ? "" : "_ pair: Int, "
    printer.line("@inline(__always) private func \(name)(")
    printer.line("  _ x: UnsafePointer<Float>, \(second)_ rowStep: Int, _ columnStep: Int,")
    printer.line("  _ y: UnsafeMutablePointer<Float>, _ pitch: Int")
    printer.block(") {", "}") { printer in
      for column in 0..<6 {
        printer.line("let x\(column) = x + \(column) * columnStep")
        for row in 0..<6 {
          let at = "x\(column) + \(row) * rowStep"
          let value = load.map { "\($0)(\(at), \(at) + pair)" } ?? "resnet_load_\(lanes)(\(at))"
          printer.line("let p\(row)\(column): V = \(value)")
        }
        printer.line("let (\(list { "h\($0)\(column)" })) = inputTileAxis(\(list { "p\($0)\(column)" }))")
      }
      for row in 0..<6 {
        for column in 0..<6 {
          printer.line("resnet_prefetch_write(y + (\(row * 6 + column) * pitch + \(2 * lanes)))")
        }
        printer.line("let (\(list { "y\(row)\($0)" })) = inputTileAxis(\(list { "h\(row)\($0)" }))")
        for column in 0..<6 {
          printer.line("resnet_store_\(lanes)(y\(row)\(column), y + \(row * 6 + column) * pitch)")
        }
      }
    }
    printer.line()
    return printer.text
  }
}
