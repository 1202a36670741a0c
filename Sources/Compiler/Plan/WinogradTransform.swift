// The three matrices of a Winograd convolution F(m, 3): m outputs of a filter with three taps for m + 2 multiplications.
//
// A polynomial product is determined by its values at as many points as it has coefficients; one of them is infinity.
// Transposed, that gives y = A ((G g) * (B d)) with `d` m + 2 inputs, `g` three weights, `y` m outputs (Toom and Cook;
// Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015). In two dimensions each is applied to
// columns and to rows.

/// F(m x m, 3x3), for one choice of points: infinity, `inner` and `outer` with both signs, and zero where m is even.
package struct WinogradTransform: Hashable, Sendable {
  /// Outputs of a tile along one axis: m.
  package let tile: Int
  package let inner: Double
  /// Unused by F(2, 3), which needs three points only.
  package let outer: Double

  /// Inputs of a tile along one axis.
  package var size: Int { tile + 2 }
  package var positions: Int { size * size }

  /// Points decide how much rounding errors grow. These keep the largest error of a layer lowest among those whose
  /// coefficients are exact in single precision; measured against double precision with 64 channels of rectified normal
  /// inputs, relative to the largest output: 0.4e-6, 0.7e-6 and 1.6e-6, where 0, +-1, +-2 for F(4, 3) gives 13e-6.
  package static let all = [
    WinogradTransform(tile: 2, inner: 1, outer: 0),
    WinogradTransform(tile: 3, inner: 0.5, outer: 1.25),
    WinogradTransform(tile: 4, inner: 0.6875, outer: 1.5),
  ]

  /// All but infinity; those of opposite sign stand together.
  var points: [Double] {
    (tile % 2 == 0 ? [0] : []) + [inner, -inner] + (tile > 2 ? [outer, -outer] : [])
  }

  /// B transposed: `size` rows of `size`. Row j is the polynomial with all points but the j-th as zeros, the last row the
  /// one with all of them.
  package var input: [[Double]] {
    let points = points
    let rows = points.indices.map { j in polynomial(zeros: points.indices.filter { $0 != j }.map { points[$0] }) }
    return (rows + [polynomial(zeros: points)]).map { $0 + [Double](repeating: 0, count: size - $0.count) }
  }

  /// A transposed: `tile` rows of `size`, the powers of each point.
  package var output: [[Double]] {
    (0..<tile).map { i in
      points.map { power($0, i) } + [i == tile - 1 ? 1 : 0]
    }
  }

  /// G: `size` rows of three. The runtime computes it from the points when it packs weights.
  package var filter: [[Double]] {
    let points = points
    return points.indices.map { j in
      let scale = points.indices.filter { $0 != j }.reduce(1) { $0 * (points[j] - points[$1]) }
      return (0..<3).map { power(points[j], $0) / scale }
    } + [[0, 0, 1]]
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
