// A template is a Swift file that compiles as it stands: the smallest instance of its kernel. These run that instance.
import Testing

@testable import ResNetTemplates

@Suite struct UnexpandedTemplateTests {
  /// Buffers with guards of NaN on both sides, which nothing may touch.
  private struct Guarded {
    var storage: [Float]
    let count: Int
    init(_ values: [Float]) {
      count = values.count
      storage = [Float](repeating: .nan, count: 16) + values + [Float](repeating: .nan, count: 16)
    }
    var values: [Float] { Array(storage[16..<16 + count]) }
    var guardsIntact: Bool {
      storage.prefix(16).allSatisfy(\.isNaN) && storage.suffix(16).allSatisfy(\.isNaN)
    }
    mutating func pointer(_ body: (UnsafeMutablePointer<Float>) -> Void) {
      storage.withUnsafeMutableBufferPointer { body($0.baseAddress! + 16) }
    }
  }

  @Test func convolutionIsBiasPlusWeightsTimesInput() {
    // One pixel of one block of four channels, 1x1: y = b + W^T x. Packed: 4 biases, then for each input channel the
    // weights of the four outputs.
    var x = Guarded([1, 2, 3, 4])
    var weights = Guarded([10, 20, 30, 40] + (0..<16).map { Float($0) })
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in
      weights.pointer { w in
        y.pointer { y in kernel(x, x, x, y, w, y, 0, 1) }
      }
    }
    // Output o: 10 (o + 1) + 1 (0 + o) + 2 (4 + o) + 3 (8 + o) + 4 (12 + o) = 90 + 20 o.
    #expect(y.values == [90, 110, 130, 150])
    #expect(y.guardsIntact && x.guardsIntact && weights.guardsIntact)
  }

  @Test func poolOfOnePixelIsThatPixel() {
    var x = Guarded([-1, 2, -3, .infinity])
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in y.pointer { y in poolKernel(x, y, 0, 1) } }
    #expect(y.values == [-1, 2, -3, .infinity])
    #expect(y.guardsIntact)
  }

  @Test func elementwiseCopiesOneOperand() {
    var x = Guarded([-1, 2, -3, 4])
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in y.pointer { y in elementwiseKernel(x, x, y, x, 0, 1) } }
    #expect(y.values == [-1, 2, -3, 4])
    #expect(y.guardsIntact)
  }

  @Test func globalAverageOfOnePixelIsThatPixel() {
    var x = Guarded([-1, 2, -3, 4])
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in y.pointer { y in globalAveragePoolKernel(x, y, 0, 1) } }
    #expect(y.values == [-1, 2, -3, 4])
    #expect(y.guardsIntact)
  }
}

/// The functions that the standard library lacks, against its scalar ones.
@Suite struct VocabularyTests {
  private let samples: [Float] = stride(from: -90, through: 90, by: 0.37).map { Float($0) } + [0, -0.0, 1e-6, -1e-6]

  @Test func exponentialIsExactToTwoUnits() {
    for x in samples where x > -87 && x < 88 {
      let expected = reference(Double(x))
      let found = Double(exponential(V(repeating: x))[1])
      #expect(abs(found - expected) <= expected * 2.5e-7, "e^\(x)")
    }
  }

  @Test func logisticIsExactToThreeUnits() {
    for x in samples {
      let expected = 1 / (1 + reference(-Double(x)))
      #expect(abs(Double(logistic(V(repeating: x))[3]) - expected) <= max(expected * 3.6e-7, 1.2e-38), "at \(x)")
    }
  }

  @Test func geluIsWithinItsApproximation() {
    // Published values of x Phi(x): Phi(1) = 0.841344746, Phi(2) = 0.977249868, Phi(0.5) = 0.691462461.
    for (x, phi) in [(1.0, 0.841344746), (2.0, 0.977249868), (0.5, 0.691462461), (-1.0, 1 - 0.841344746)] {
      let found = Double(gaussianErrorLinear(V(repeating: Float(x)))[0])
      #expect(abs(found - x * phi) < 4e-7 * abs(x), "at \(x)")
    }
    #expect(gaussianErrorLinear(V(repeating: 0))[2] == 0)
  }

  /// e^x in double precision by its series, after halving the argument until it is small.
  private func reference(_ x: Double) -> Double {
    let halvings = 10
    let t = x / Double(1 << halvings)
    var term = 1.0
    var sum = 1.0
    for n in 1...14 {
      term *= t / Double(n)
      sum += term
    }
    for _ in 0..<halvings { sum *= sum }
    return sum
  }
}
