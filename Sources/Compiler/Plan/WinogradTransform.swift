// The three matrices of a Winograd convolution F(m, 3): m outputs of a filter with three taps for m + 2 multiplications.
//
// A polynomial product is determined by its values at as many points as it has coefficients; one of them is infinity.
// Transposed, that gives y = A ((G g) * (B d)) with `d` m + 2 inputs, `g` three weights, `y` m outputs (Toom and Cook;
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015). In two dimensions each is applied to
// columns and to rows.
//
// With stride 2 the outer taps meet even inputs only and the middle tap odd ones. Each kind by itself is a convolution of
// stride 1: F(m, 2) for the outer taps, one multiplication an output for the middle one, 2m + 1 in place of 3m.

/// F(m x m, 3x3) of one stride, for one choice of points.
package struct WinogradTransform: Hashable, Sendable {
  /// Outputs of a tile along one axis: m.
  package let tile: Int
  /// Of the convolution: 1 or 2.
  package let stride: Int
  /// All but infinity; those of opposite sign stand together. One less than outputs and taps together, of which stride 2
  /// has one less too.
  package let points: [Double]

  /// Inputs of a tile along one axis.
  package var size: Int { stride * (tile - 1) + 3 }
  package var positions: Int { size * size }

  package static let tiles = 2...4

  /// Points decide how much rounding errors grow. These keep the largest error of a layer lowest among those whose
  /// coefficients are exact in single precision; measured against double precision with 64 channels of rectified normal
  /// inputs, relative to the largest output: 0.4e-6, 0.7e-6 and 1.6e-6, where 0, +-1, +-2 for F(4, 3) gives 13e-6.
  ///
  /// With stride 2 only small tiles pay: F(4x4) has 81 positions, and ResNet-50's conv3_1.2 took 1.73 ms by it, 1.52 by
  /// F(3x3), 1.34 by F(2x2) and 1.46 directly.
  package static func all(stride: Int) -> [WinogradTransform] {
    switch stride {
    case 1:
      [
        WinogradTransform(tile: 2, stride: 1, points: [0, 1, -1]),
        WinogradTransform(tile: 3, stride: 1, points: [0.5, -0.5, 1.25, -1.25]),
        WinogradTransform(tile: 4, stride: 1, points: [0, 0.6875, -0.6875, 1.5, -1.5]),
      ]
    case 2: [WinogradTransform(tile: 2, stride: 2, points: [1, -1])]
    default: []
    }
  }

  /// B transposed: `size` rows of `size`. Row j is the polynomial with all points but the j-th as zeros, then comes the one
  /// with all of them; with stride 2 they are about even inputs, and odd inputs follow as they are.
  package var input: [[Double]] {
    let polynomials =
      points.indices.map { j in polynomial(zeros: points.indices.filter { $0 != j }.map { points[$0] }) }
      + [polynomial(zeros: points)]
    return polynomials.map { row(of: $0, every: stride) }
      + (polynomials.count..<size).map { position in
        row(of: [0, 1], every: 1, from: 2 * (position - polynomials.count))
      }
  }

  /// `size` coefficients, those of a polynomial `step` apart.
  private func row(of polynomial: [Double], every step: Int, from first: Int = 0) -> [Double] {
    var row = [Double](repeating: 0, count: size)
    for (power, coefficient) in polynomial.enumerated() { row[first + power * step] = coefficient }
    return row
  }

  /// A transposed: `tile` rows of `size`, the powers of each point; with stride 2 the middle tap's products are added.
  package var output: [[Double]] {
    (0..<tile).map { i in
      points.map { power($0, i) } + [i == tile - 1 ? 1 : 0]
        + (points.count + 1..<size).map { $0 - points.count - 1 == i ? 1 : 0 }
    }
  }

  /// G: `size` rows of three. The runtime computes it from the points when it packs weights.
  package var filter: [[Double]] {
    let rows = points.indices.map { j in
      let scale = points.indices.filter { $0 != j }.reduce(1) { $0 * (points[j] - points[$1]) }
      return stride == 1
        ? (0..<3).map { power(points[j], $0) / scale } : [1 / scale, 0, points[j] / scale]
    }
    return rows + [[0, 0, 1]] + (points.count + 1..<size).map { _ in [0, 1, 0] }
  }
}

private func power(_ base: Double, _ exponent: Int) -> Double {
  (0..<exponent).reduce(1) { product, _ in product * base }
}

/// Coefficients of the product of (x - z), the constant one first.
private func polynomial(zeros: [Double]) -> [Double] {
  zeros.reduce([1]) { product, zero in
    zip([0] + product, product + [0]).map { $0 - zero * $1 }
  }
}
