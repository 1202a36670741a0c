// What happens to an image before the network, as resolved.

/// The image pipeline before the network, in the terms of torchvision, timm, Keras and Caffe.
package struct Preprocess: Equatable, Sendable {
  package enum Interpolation: String, Hashable, Sendable, CaseIterable {
    case nearest, box, bilinear, hamming, bicubic, lanczos

    /// Whether it can be had without antialiasing: PyTorch, which has it so, has no others.
    package var canAlias: Bool { self == .bilinear || self == .bicubic }
  }

  /// What is resized to which length.
  package enum Size: Hashable, Sendable {
    /// The short side to this length; the long one follows, rounded down, as torchvision has it.
    case shortSide(Int)
    /// Both sides, whatever becomes of the ratio.
    case exactly(Extent)
    /// The largest that lies within, ratio kept, rounded to even halves, as timm has it.
    case fit(Extent)
    /// The smallest that covers it, ratio kept, likewise.
    case cover(Extent)
  }

  /// The numbers that a network takes for a pixel's 0 to 255, before means and deviations.
  package enum Range: String, Hashable, Sendable, CaseIterable {
    case unit = "0 1"
    case symmetric = "-1 1"
    case bytes = "0 255"

    package var bounds: (Double, Double) {
      switch self {
      case .unit: (0, 1)
      case .symmetric: (-1, 1)
      case .bytes: (0, 255)
      }
    }
  }

  package var size: Size
  package var interpolation: Interpolation
  /// Whether the filter widens where the image shrinks.
  package var antialias: Bool
  /// The centre crop.
  package var crop: Extent
  package var range: Range
  /// Per channel of the network, of values in `range`.
  package var mean: [Double]
  package var std: [Double]
  /// Blue is the network's first channel.
  package var isBGR: Bool
  /// Padded to a square before it is resized.
  package var isSquared: Bool
  /// The colour of what is padded, per channel of the image: red first.
  package var fill: [Int]
  /// Turned upright, as its camera noted.
  package var orients: Bool

  package init(
    size: Size, interpolation: Interpolation, antialias: Bool = true, crop: Extent, range: Range = .unit,
    mean: [Double], std: [Double], isBGR: Bool = false, isSquared: Bool = false, fill: [Int]? = nil,
    orients: Bool = false
  ) {
    self.size = size
    self.interpolation = interpolation
    self.antialias = antialias
    self.crop = crop
    self.range = range
    self.mean = mean
    self.std = std
    self.isBGR = isBGR
    self.isSquared = isSquared
    self.fill = fill ?? Array(repeating: 0, count: mean.count)
    self.orients = orients
  }

  /// As a file would say it; what is as it is without a word is left out, but for the four steps that always stand.
  package var text: String {
    func numbers(_ values: [some CustomStringConvertible]) -> String {
      values.map { "\($0)" }.joined(separator: " ")
    }
    var steps: [String] = []
    if orients { steps.append("orient") }
    if isSquared { steps.append("square") }
    if fill.contains(where: { $0 != 0 }) { steps.append("fill \(numbers(fill))") }
    steps.append("resize \(size.text) \(interpolation.rawValue)\(antialias ? "" : " no antialias")")
    steps.append("crop \(crop.height == crop.width ? "\(crop.height)" : crop.text)")
    if isBGR { steps.append("bgr") }
    if range != .unit { steps.append("range \(range.rawValue)") }
    return (steps + ["mean \(numbers(mean))", "std \(numbers(std))"]).joined(separator: ", ")
  }
}

extension Preprocess.Size {
  fileprivate var text: String {
    switch self {
    case .shortSide(let side): "\(side)"
    case .exactly(let extent): extent.text
    case .fit(let extent): "\(extent.text) fit"
    case .cover(let extent): "\(extent.text) cover"
    }
  }
}

extension Extent {
  fileprivate var text: String { "\(height)x\(width)" }
}
