// The input pipeline: what the file leaves out, and what of it cannot be.

extension Resolver {
  /// The crop is the input, the resize torchvision's proportion, the statistics ImageNet's, where nothing is written.
  mutating func preprocess(_ input: InputShape) -> Preprocess? {
    let written = model.header.preprocess
    if let written, ![1, 3].contains(input.channels) { hasNoPictures(written, input) }
    let extent = Extent(input.height, input.width)
    if let crop = written?.crop { checkCrop(crop, extent) }
    guard let size = size(written, extent) else { return nil }
    let range = written?.range?.value ?? .unit
    if let written { checkScale(written, range) }
    checkChannelOrder(written, input)
    let hasDefaults = input.channels == 3 && range == .unit
    func ordered(_ values: [Double]) -> [Double] { written?.bgr == nil ? values : values.reversed() }
    let mean = statistics(written?.mean, "mean", input, hasDefaults ? ordered([0.485, 0.456, 0.406]) : nil, 0)
    let std = statistics(written?.std, "std", input, hasDefaults ? ordered([0.229, 0.224, 0.225]) : nil, 1)
    let resize = written?.resize
    let interpolation = resize?.interpolation?.value ?? .bilinear
    if let aliased = resize?.aliased, !interpolation.canAlias {
      report(
        Diagnostic(
          .unknownOption, "'\(interpolation.rawValue)' is not had without antialiasing", at: Label(aliased, "not here"),
          helps: ["write 'bilinear' or 'bicubic' with it, which PyTorch has so"]))
    }
    return Preprocess(
      size: size, interpolation: interpolation, antialias: resize?.aliased == nil, crop: extent, range: range,
      mean: mean, std: std, isBGR: written?.bgr != nil, isSquared: written?.square != nil,
      fill: fill(written?.fill, input), orients: written?.orient != nil)
  }

  private mutating func hasNoPictures(_ written: Syntax.Preprocess, _ input: InputShape) {
    let place = model.header.keys.first { $0.value == "preprocess" }?.span ?? written.span
    report(
      Diagnostic(
        .pictureChannels,
        "image files have 1 or 3 channels, so that 'preprocess' means nothing for an input of \(input.channels)",
        at: Label(place, "for image files"),
        secondary: model.header.input.map { [Label($0.span, counted(input.channels, "channel"))] } ?? [],
        helps: ["leave the line out, and give the generated command's 'logits' the values as the network takes them"]))
  }

  // MARK: The size

  private mutating func size(_ written: Syntax.Preprocess?, _ input: Extent) -> Preprocess.Size? {
    // The short side must hold the crop's long one; under 64 pixels every one counts, so nothing is cut off.
    let side = max(input.height, input.width)
    guard let resize = written?.resize else {
      return written?.wholeImage == nil ? .shortSide(side < 64 ? side : (side * 256 + 112) / 224) : .exactly(input)
    }
    let hasTwo = resize.hasWidth || resize.ratio != nil
    let name = hasTwo ? "the resized height" : "the resized short side"
    guard let height = integer(resize.size.height, name, in: 1...Limits.spatial, parameters),
      let width = resize.hasWidth
        ? integer(resize.size.width, "the resized width", in: 1...Limits.spatial, parameters) : height
    else { return nil }
    let extent = Extent(height.value, width.value)
    if let word = written?.wholeImage { checkWhole(resize, extent, word, input) }
    guard hasTwo else {
      if height.value < side, written?.wholeImage == nil { tooSmall("\(height.value)", height.span, "\(side)") }
      return .shortSide(height.value)
    }
    if let ratio = resize.ratio, ratio.value == .fit { return .fit(extent) }
    if written?.wholeImage == nil, extent.height < input.height || extent.width < input.width {
      tooSmall("\(extent.height)x\(extent.width)", resize.size.span, "\(input.height)x\(input.width)")
    }
    return resize.ratio == nil ? .exactly(extent) : .cover(extent)
  }

  private mutating func tooSmall(_ size: String, _ place: Span, _ least: String) {
    report(
      Diagnostic(
        .numberOutOfRange, "an image resized to \(size) does not hold a crop of \(least)",
        at: Label(place, "at least \(least)")))
  }

  /// Of `crop none`: an image of any shape has the input's size only where both sides are resized to it.
  private mutating func checkWhole(_ resize: Syntax.Resize, _ extent: Extent, _ word: Span, _ input: Extent) {
    guard resize.ratio != nil || !resize.hasWidth || extent != input else { return }
    let size = "\(input.height)x\(input.width)"
    report(
      Diagnostic(
        .cropMismatch, "without a crop an image of any shape is resized to the input's size, \(size)",
        at: Label(word, "no crop"),
        secondary: [Label(resize.size.span, "another size")],
        fixIts: resize.ratio == nil ? [FixIt("write 'resize \(size)'", [.init(resize.size.span, size)])] : []))
  }

  private mutating func checkCrop(_ crop: Located<Syntax.Dimensions>, _ input: Extent) {
    let height = integer(crop.value.height, "the crop's height", in: 1...Limits.spatial, parameters)
    let width = integer(crop.value.width, "the crop's width", in: 1...Limits.spatial, parameters)
    guard let height, let width, Extent(height.value, width.value) != input else { return }
    let expected = input.height == input.width ? "\(input.height)" : "\(input.height)x\(input.width)"
    report(
      Diagnostic(
        .cropMismatch, "the crop is \(height.value)x\(width.value), but the input is \(input.height)x\(input.width)",
        at: Label(crop.span, "not the input's size"),
        secondary: model.header.input.map { [Label($0.span, "the input")] } ?? [],
        fixIts: [FixIt("write \(expected)", [.init(crop.span, expected)])]))
  }

  // MARK: Values

  /// Statistics of another range would turn every picture into almost one and the same.
  private mutating func checkScale(_ written: Syntax.Preprocess, _ range: Preprocess.Range) {
    let lists = [("mean", written.mean), ("std", written.std)].compactMap { what, values in values.map { (what, $0) } }
    if range == .bytes {
      guard let mean = written.mean, mean.value.contains(where: { $0 != 0 }), mean.value.allSatisfy({ abs($0) < 1 })
      else { return }
      report(
        Diagnostic(
          .pixelScale, "'mean' is that of pixels scaled to 0...1, but they stay from 0 to 255",
          at: Label(mean.span, "below 1"),
          secondary: written.range.map { [Label($0.span, "from 0 to 255")] } ?? [],
          helps: ["leave 'range 0 255' out, or multiply 'mean' and 'std' by 255"]))
      return
    }
    guard let (_, first) = lists.first(where: { $0.1.value.contains { abs($0) > 1 } }) else { return }
    let bounds = range == .unit ? "0...1" : "-1...1"
    let divided = lists.map { what, values in
      (values.span, values.value.map { decimalText($0 / 255) }.joined(separator: " "), what)
    }
    report(
      Diagnostic(
        .pixelScale, "'mean' and 'std' are those of pixels scaled to \(bounds), so none is above 1",
        at: Label(first.span, "of pixels from 0 to 255?"),
        helps: ["where the network takes pixels from 0 to 255, write 'range 0 255'"],
        fixIts: range == .unit
          ? [
            FixIt(
              "divide by 255: write " + divided.map { "'\($0.2) \($0.1)'" }.joined(separator: ", "),
              divided.map { .init($0.0, $0.1) })
          ] : []))
  }

  private mutating func checkChannelOrder(_ written: Syntax.Preprocess?, _ input: InputShape) {
    guard let bgr = written?.bgr, input.channels == 1 else { return }
    report(
      Diagnostic(
        .channelCount, "'bgr' is an order of 3 channels, and the input has 1", at: Label(bgr, "3 channels"),
        secondary: model.header.input.map { [Label($0.span, "1 channel")] } ?? []))
  }

  private mutating func fill(_ written: Located<[Double]>?, _ input: InputShape) -> [Int]? {
    guard let written else { return Array(repeating: 0, count: input.channels) }
    let values = statistics(written, "fill", input, nil, 0)
    guard values.allSatisfy({ 0...255 ~= $0 && $0 == $0.rounded() }) else {
      report(
        Diagnostic(
          .numberOutOfRange, "'fill' is a colour: whole numbers from 0 to 255",
          at: Label(written.span, "of the image, before any scaling")))
      return nil
    }
    return values.map { Int($0) }
  }

  private mutating func statistics(
    _ written: Located<[Double]>?, _ what: String, _ input: InputShape, _ standard: [Double]?, _ neutral: Double
  ) -> [Double] {
    guard let written else { return standard ?? Array(repeating: neutral, count: input.channels) }
    if written.value.count != input.channels {
      report(
        Diagnostic(
          .channelCount,
          "'\(what)' has \(counted(written.value.count, "value")) for \(counted(input.channels, "channel"))",
          at: Label(written.span, counted(written.value.count, "value")),
          secondary: model.header.input.map { [Label($0.span, counted(input.channels, "channel"))] } ?? []))
    }
    return written.value
  }
}

/// Six decimals, without zeros at the end: a millionth of a pixel's range is far below what a picture can tell.
private func decimalText(_ value: Double) -> String {
  let millionths = Int((abs(value) * 1e6).rounded())
  var digits = String(millionths % 1_000_000)
  digits = String(repeating: "0", count: 6 - digits.count) + digits
  while digits.count > 1, digits.hasSuffix("0") { digits.removeLast() }
  return "\(value < 0 ? "-" : "")\(millionths / 1_000_000).\(digits)"
}
