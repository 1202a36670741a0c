// A template is a Swift file that compiles as it stands: the smallest instance of its kernel. These run that instance.
import ResNetCPU
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

  @Test func upsamplingRepeatsEachValue() {
    var x = Guarded([1, 2, 3, 4])
    var y = Guarded([Float](repeating: .nan, count: 16))
    x.pointer { x in y.pointer { y in upsampleKernel(x, y, 0, 2) } }
    #expect(y.values == [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4])
    #expect(x.guardsIntact && y.guardsIntact)
  }

  @Test func winogradIsAConvolution() {
    // F(2x2, 3x3), one tile of 4 x 4 pixels, 4 channels in and out. Small whole numbers, whose halves and quarters are
    // exact: so is the answer.
    let image = (0..<64).map { (i: Int) -> Float in Float((i * 7 + 3) % 11) - 5 }
    let filters = (0..<144).map { (i: Int) -> Float in Float((i * 5 + 2) % 9) - 4 }
    func pixel(_ row: Int, _ column: Int, _ channel: Int) -> Float { image[(row * 4 + column) * 4 + channel] }
    func filter(_ row: Int, _ column: Int, _ from: Int, _ to: Int) -> Float {
      filters[((row * 3 + column) * 4 + from) * 4 + to]
    }
    // Of the points 0, 1, -1 and infinity, with the sign that the template's input transform has.
    let g: [[Float]] = [[-1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
    let biases: [Float] = [10, 20, 30, 40]
    var packed = biases
    for i in 0..<4 {
      for j in 0..<4 {
        for from in 0..<4 {
          for to in 0..<4 {
            var sum: Float = 0
            for k in 0..<3 {
              for l in 0..<3 { sum += g[i][k] * filter(k, l, from, to) * g[j][l] }
            }
            packed.append(sum)
          }
        }
      }
    }
    var expected: [Float] = []
    for row in 0..<2 {
      for column in 0..<2 {
        for to in 0..<4 {
          var sum = biases[to]
          for k in 0..<3 {
            for l in 0..<3 {
              for from in 0..<4 { sum += pixel(row + k, column + l, from) * filter(k, l, from, to) }
            }
          }
          expected.append(sum)
        }
      }
    }

    var x = Guarded(image)
    var weights = Guarded(packed)
    // Notes; transformed tiles, products and a patch of 16 vectors each, four sums.
    var scratch = Guarded(notes + [Float](repeating: .nan, count: (3 * 16 + 4) * 4))
    var y = Guarded([Float](repeating: .nan, count: 2 * 2 * 4))
    x.pointer { x in
      weights.pointer { weights in
        scratch.pointer { scratch in
          y.pointer { y in winogradKernel(x, x, y, weights, scratch, 0, 1) }
        }
      }
    }
    #expect(y.values == expected)
    #expect(x.values == image && weights.values == packed)
    #expect(y.guardsIntact && x.guardsIntact && weights.guardsIntact && scratch.guardsIntact)
  }

  @Test func poolOfOnePixelIsThatPixel() {
    for pixel: [Float] in [[-1, 2, -3, .infinity], [-.infinity, -0.0, 0, .leastNonzeroMagnitude]] {
      var x = Guarded(pixel)
      var factor = Guarded([1, 1, 1, 1])
      var y = Guarded([0, 0, 0, 0])
      x.pointer { x in factor.pointer { factor in y.pointer { y in poolKernel(x, y, factor, 0, 1) } } }
      #expect(y.values == pixel)
      #expect(y.guardsIntact)
    }
  }

  @Test func elementwiseCopiesOneOperand() {
    var x = Guarded([-1, 2, -3, 4])
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in y.pointer { y in elementwiseKernel(x, x, x, y, x, 0, 1) } }
    #expect(y.values == [-1, 2, -3, 4])
    #expect(y.guardsIntact)
  }

  /// Without a norm: the squares of a window of one channel.
  @Test func channelWindowSquaresEachChannel() {
    var x = Guarded([-1, 2, -3, 4])
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in y.pointer { y in channelWindowKernel(x, y, 0, 1) } }
    #expect(y.values == [1, 4, 9, 16])
    #expect(y.guardsIntact)
  }

  /// A single weight, over as many channels as a vector has.
  @Test func channelConvolutionOfOneWeight() {
    var x = Guarded([-1, 2, -3, 4])
    var weights = Guarded([0.5])
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in weights.pointer { w in y.pointer { y in channelConvolutionKernel(x, y, w, 0, 1) } } }
    #expect(y.values == [-0.5, 1, -1.5, 2])
    #expect(y.guardsIntact && x.guardsIntact && weights.guardsIntact)
  }

  /// Layer norm of four channels: their mean is 2.5, their variance 1.25. What a large mean leaves is as exact.
  @Test func sampleNormOfOnePixel() {
    for mean: Float in [2.5, 65538.5] {
      var x = Guarded([mean - 1.5, mean - 0.5, mean + 0.5, mean + 1.5])
      var weights = Guarded([1, 2, 3, 4, 1, 1, 2, 2])
      var scratch = Guarded([Float](repeating: .nan, count: 1))
      var y = Guarded([0, 0, 0, 0])
      x.pointer { x in
        weights.pointer { w in
          scratch.pointer { scratch in y.pointer { y in sampleNormKernel(x, y, w, scratch, 0, 1) } }
        }
      }
      let deviation = Float(1.25 + 1e-5).squareRoot()
      let expected = [1 - 1.5 / deviation, 2 - 0.5 / deviation, 3 + 1 / deviation, 4 + 3 / deviation]
      for (found, expected) in zip(y.values, expected) { #expect(abs(found - expected) < 1e-6) }
      #expect(y.guardsIntact && x.guardsIntact && weights.guardsIntact && scratch.guardsIntact)
    }
  }

  /// The convolution's one pixel passes through the ring.
  @Test func pooledConvolutionIsTheConvolutionOfOnePixel() {
    var x = Guarded([1, 2, 3, 4])
    var weights = Guarded([10, 20, 30, 40] + (0..<16).map { Float($0) })
    var scratch = Guarded(notes + [Float](repeating: .nan, count: 4))
    var y = Guarded([0, 0, 0, 0])
    x.pointer { x in
      weights.pointer { w in
        scratch.pointer { scratch in
          y.pointer { y in pooledKernel(x, x, x, y, w, scratch, 0, 1) }
        }
      }
    }
    #expect(y.values == [90, 110, 130, 150])
    #expect(Array(scratch.values.dropFirst(notes.count)) == y.values)
    #expect(y.guardsIntact && x.guardsIntact && weights.guardsIntact && scratch.guardsIntact)
  }
}

/// As a step begins.
private let notes = [Float](repeating: 0, count: 16)

/// The words of resnet_simd.h that are more than one operator.
@Suite struct WordTests {
  /// Whichever operand is not a number.
  @Test func theTotalIsOfAllLanes() {
    #expect(resnet_total_4(V(1, 20, 300, 4000)) == 4321)
  }

  @Test func theLargerKeepsWhatIsNoNumber() {
    let larger = resnet_max_4(V(1, 3, .nan, -.infinity), V(2, -4, 1, .nan))
    #expect(larger[0] == 2 && larger[1] == 3 && larger[2].isNaN && larger[3].isNaN)
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

  /// Far below zero the exponent's rounding is the error: that of `x` log2 e to 24 bits, and of log2 e itself.
  @Test func sigmoidIsExactToThreeUnitsAndTheExponents() {
    for x in samples {
      let expected = 1 / (1 + reference(-Double(x)))
      let error = 3.6e-7 - min(Double(x), 0) * 7.3e-8
      #expect(abs(Double(sigmoid(V(repeating: x))[3]) - expected) <= max(expected * error, 1.2e-38), "at \(x)")
      let product = Double(x) * expected
      #expect(abs(Double(silu(V(repeating: x))[2]) - product) <= max(abs(product) * error, 1.2e-36), "at \(x)")
    }
    #expect(sigmoid(V(repeating: 0))[1] == 0.5 && silu(V(repeating: 0))[0] == 0)
  }

  @Test func logarithmIsTheInverse() {
    for x in samples where x > -87 && x < 87 {
      let found = Double(logarithm(V(repeating: Float(reference(Double(x)))))[2])
      #expect(abs(found - Double(x)) <= max(abs(Double(x)) * 1.2e-7, 2e-7), "log e^\(x)")
    }
    let edge = logarithm(V(1, .infinity, .nan, 1e-6))
    #expect(edge[0] == 0 && edge[1] == .infinity && edge[2].isNaN && abs(edge[3] + 13.815511) < 2e-6)
  }

  @Test func responseNormsDivideByPowers() {
    // 3 / 4^0.5, 3 / (1 + 2 * 40)^0.75.
    #expect(abs(ResponseNorm(scale: 1, beta: 0.5, k: 1)(V(repeating: 3), V(repeating: 3))[1] - 1.5) < 5e-7)
    #expect(abs(ResponseNorm(scale: 2, beta: 0.75, k: 1)(V(repeating: 3), V(repeating: 40))[3] - 1.0 / 9) < 5e-8)
    #expect(ResponseNorm(scale: 2, beta: 0.75, k: 1)(V(repeating: 0), V(repeating: 40))[0] == 0)
  }

  @Test func geluIsWithinItsApproximation() {
    // Published values of x Phi(x): Phi(1) = 0.841344746, Phi(2) = 0.977249868, Phi(0.5) = 0.691462461.
    for (x, phi) in [(1.0, 0.841344746), (2.0, 0.977249868), (0.5, 0.691462461), (-1.0, 1 - 0.841344746)] {
      let found = Double(gelu(V(repeating: Float(x)))[0])
      #expect(abs(found - x * phi) < 4e-7 * abs(x), "at \(x)")
    }
    #expect(gelu(V(repeating: 0))[2] == 0)
  }

  /// Near 0 too, where e^x alone has lost its digits.
  @Test func exponentialLessOneIsExactToThreeUnits() {
    for x in samples where x > -87 && x < 88 {
      // Below 0.1 the difference is a sum of its own.
      let expected = abs(x) < 0.1 ? seriesLessOne(Double(x)) : reference(Double(x)) - 1
      let found = Double(exponentialLessOne(V(repeating: x))[2])
      #expect(abs(found - expected) <= abs(expected) * 3.6e-7, "e^\(x) - 1")
    }
  }

  @Test func tangentAndItsLikeAreExactToFewUnits() {
    for x in samples {
      let twice = abs(2 * x) < 0.1 ? seriesLessOne(Double(2 * x)) : reference(Double(min(2 * x, 80))) - 1
      let tangent = twice / (twice + 2)
      #expect(abs(Double(tanh(V(repeating: x))[0]) - tangent) <= abs(tangent) * 6e-7, "tanh \(x)")
      let negative = abs(x) < 0.1 ? seriesLessOne(Double(x)) : reference(Double(max(x, -80))) - 1
      #expect(abs(Double(elu(V(repeating: x))[1]) - (x > 0 ? Double(x) : negative)) <= 3.6e-7, "elu \(x)")
      let hard = min(max(Double(x) + 3, 0), 6) / 6
      #expect(abs(Double(hardsigmoid(V(repeating: x))[3]) - hard) <= 2e-7, "at \(x)")
      #expect(abs(Double(hardswish(V(repeating: x))[3]) - Double(x) * hard) <= abs(Double(x)) * 3e-7, "at \(x)")
      #expect(LeakyRelu(slope: 0.25)(V(repeating: x))[0] == (x < 0 ? x * 0.25 : x))
    }
  }

  @Test func whatIsNoNumberStaysSo() {
    let x = V(repeating: .nan)
    let long = [exponential(x), exponentialLessOne(x), sigmoid(x), silu(x), tanh(x), elu(x), gelu(x)]
    for y in long + [hardsigmoid(x), hardswish(x), LeakyRelu(slope: 0.1)(x)] { #expect(y[0].isNaN) }
  }

  /// e^x - 1 by its series, for small arguments.
  private func seriesLessOne(_ x: Double) -> Double {
    (1...14).reduce((sum: 0.0, term: 1.0)) { parts, n in
      let term = parts.term * x / Double(n)
      return (parts.sum + term, term)
    }.sum
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
