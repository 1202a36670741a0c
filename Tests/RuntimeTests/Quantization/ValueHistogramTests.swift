// Where ranges end, for distributions of which that is known: by calculus, and by NumPy (scripts/calibration_answers.py).

import Foundation
import Testing

@testable import ResNetRuntime

@Suite struct ValueHistogramTests {
  /// Counts of a density over 2048 bins.
  private func histogram(end: Float, _ density: (Double) -> Double) -> ValueHistogram {
    let width = Double(end) / 2048
    return ValueHistogram(end: end, counts: (0..<2048).map { Int(1e12 * density((Double($0) + 0.5) * width)) })
  }

  @Test func magnitudesAreCountedWithoutZeros() {
    var histogram = ValueHistogram(end: 2048)
    histogram.add([0, 0.5, -0.5, 1, 2047.5, 2048, 0, 5000, -0.0])
    #expect(histogram.counts[0] == 2 && histogram.counts[1] == 1 && histogram.counts[2047] == 3)
    #expect(histogram.counts.reduce(0, +) == 6)
    var sum = ValueHistogram(end: 2048)
    sum.add(histogram)
    sum.add(histogram)
    #expect(sum.counts[0] == 4)
  }

  @Test(arguments: CalibrationMethod.allCases) func nothingHasARangeOfNothing(_ method: CalibrationMethod) {
    var histogram = ValueHistogram(end: 0)
    histogram.add([0, 0])
    #expect(histogram.threshold(method, .uint8) == 0)
  }

  @Test(arguments: CalibrationMethod.allCases) func noRangeIsWiderThanWhatWasMet(_ method: CalibrationMethod) {
    for number in [NumberType.uint8, .int8] {
      let histogram = histogram(end: 3) { exp(-$0) }
      #expect(histogram.threshold(method, number) <= 3 && histogram.threshold(method, number) > 0)
    }
  }

  @Test func minmaxIsTheLargest() {
    #expect(histogram(end: 7.25) { _ in 1 }.threshold(.minmax, .int8) == 7.25)
  }

  @Test func percentileHoldsAllButOneInTenThousand() {
    // Of 2048 bins alike the last holds 1 / 2048: all are needed.
    #expect(histogram(end: 2048) { _ in 1 }.threshold(.percentile, .uint8) == 2048)
    // An exponential distribution holds all but 1e-4 below ln(1e4).
    let threshold = histogram(end: 20) { exp(-$0) }.threshold(.percentile, .uint8)
    #expect(abs(Double(threshold) - log(1e4)) <= 20.0 / 2048)
  }

  /// The optimum of t^2 / (12 n^2) + 2 exp(-t), the square error of a Laplace distribution of width 1 in n steps to each
  /// side: t exp(t) = 12 n^2, so 9.89, which Banner et al. (2019) have for 8 bits; in 255 steps to one side 11.16.
  @Test func squareErrorIsLeastWhereCalculusHasIt() {
    let density: (Double) -> Double = { exp(-$0) }
    let width = 24.0 / 2048
    #expect(abs(Double(histogram(end: 24, density).threshold(.mse, .int8)) - 9.89) <= 2 * width)
    #expect(abs(Double(histogram(end: 24, density).threshold(.mse, .uint8)) - 11.16) <= 2 * width)
    // Of values that are spread evenly nearly all: 1 - sqrt(1 / (6 * 255^2)) = 0.9984.
    #expect(abs(histogram(end: 1) { _ in 1 }.threshold(.mse, .uint8) - 0.9984) <= 1 / 2048.0)
  }

  /// Ends in bins, for 128 and for 256 levels.
  @Test(arguments: [
    ("hyperbola", 2048, 2048), ("cube", 2000, 2016), ("gaps", 511, 511), ("outlier", 300, 300), ("flat", 2048, 2048),
  ]) func entropyIsThatOfNumPy(_ name: String, signed: Int, unsigned: Int) {
    let counts = (0..<2048).map { i -> Int in
      switch name {
      case "hyperbola": 1_000_000_000_000 / ((60 + i) * (60 + i))
      case "cube": (2048 - i) * (2048 - i) * (2048 - i) / 1000
      case "gaps": i % 3 == 1 ? 0 : 1_000_000_000_000 / ((20 + i) * (20 + i) * (20 + i))
      case "outlier": (i < 300 ? 5000 - 16 * i : 0) + (i == 2047 ? 40 : 0)
      default: 7
      }
    }
    let histogram = ValueHistogram(end: 2048, counts: counts)
    #expect(histogram.threshold(.entropy, .int8) == Float(signed))
    #expect(histogram.threshold(.entropy, .uint8) == Float(unsigned))
  }
}
