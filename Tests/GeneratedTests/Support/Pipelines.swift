// Input pipelines as a source says them and as the runtime does them: what JavaScript has of each.
import ResNetDSL
import ResNetRuntime

enum Pipelines {
  typealias Written = ResNetDSL.Preprocess
  typealias Own = ResNetRuntime.Preprocess

  /// Every size, filter, range and word at least once.
  static let all: [(written: Written, own: Own)] = [
    pair(.shortSide(36), .shortSide(36), .bilinear, .bilinear, 32, 32),
    pair(.shortSide(40), .shortSide(40), .bicubic, .bicubic, 33, 29),
    pair(.shortSide(7), .shortSide(7), .box, .box, 16, 18, fill: [3, 120, 255]),
    pair(.shortSide(50), .shortSide(50), .nearest, .nearest, 47, 50),
    pair(.exactly(Extent(24, 31)), .exactly(height: 24, width: 31), .bicubic, .bicubic, 24, 31),
    pair(.exactly(Extent(150, 60)), .exactly(height: 150, width: 60), .bilinear, .bilinear, 131, 60),
    pair(.fit(Extent(32, 48)), .fit(height: 32, width: 48), .bilinear, .bilinear, 32, 48, fill: [9, 8, 7]),
    pair(.cover(Extent(48, 33)), .cover(height: 48, width: 33), .bicubic, .bicubic, 41, 31),
    pair(
      .shortSide(28), .shortSide(28), .bilinear, .bilinear, 28, 28, fill: [124, 116, 104], isSquared: true),
    pair(
      .exactly(Extent(24, 24)), .exactly(height: 24, width: 24), .nearest, .nearest, 24, 24, isBGR: true,
      range: (.bytes, .bytes), mean: [103.939, 116.779, 123.68], std: [1, 1, 1]),
    pair(
      .shortSide(20), .shortSide(20), .box, .box, 19, 20, range: (.symmetric, .symmetric), mean: [0, 0.1, -0.3],
      std: [1, 0.7, 1.3]),
    pair(.shortSide(32), .shortSide(32), .bilinear, .bilinear, 32, 32, fill: [77], mean: [0.1307], std: [0.3081]),
  ]

  private static func pair(
    _ size: Written.Size, _ resize: Own.Resize, _ interpolation: Written.Interpolation, _ filter: Own.Filter,
    _ rows: Int, _ columns: Int, fill: [Int]? = nil, isSquared: Bool = false, isBGR: Bool = false,
    range: (Written.Range, Own.PixelRange) = (.unit, .unit), mean: [Double] = [0.485, 0.456, 0.406],
    std: [Double] = [0.229, 0.224, 0.225]
  ) -> (Written, Own) {
    (
      Written(
        size: size, interpolation: interpolation, crop: Extent(rows, columns), range: range.0, mean: mean,
        std: std, isBGR: isBGR, isSquared: isSquared, fill: fill),
      Own(
        resize: resize, filter: filter, cropHeight: rows, cropWidth: columns, mean: mean.map(Float.init),
        std: std.map(Float.init), range: range.1, isBGR: isBGR, isSquared: isSquared, fill: fill?.map(UInt8.init))
    )
  }
}
