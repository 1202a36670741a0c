// Pools that lead to a size of their own: `average pool to 4x4`, `average pool` and `max pool`, which lead to 1x1, and the spatial pyramid of
// He et al. (2014), several side by side. Bin `i` of `n` over `h` rows is those from `i h / n`, rounded down, to
// `(i + 1) h / n`, rounded up.

struct AdaptivePoolElement: ElementDefinition {
  var reduction: AdaptivePoolLayer.Reduction
  /// 1x1 where none is written.
  var size: Syntax.Dimensions?

  var expressions: [Syntax.Expression] { size.map { [$0.height, $0.width] } ?? [] }
  var channels: Syntax.Element.Channels { .kept }
  var noun: String { size == nil ? "a pool over the whole map" : "a pool to a size" }

  func help(in model: SourceModel) -> String? {
    let value = reduction == .max ? "the largest value" : "the mean"
    return size == nil ? "\(value) of the whole map." : "\(value) of each bin, of as many as the size has places."
  }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    guard let size else { return .adaptivePool(.wholeMap(reduction)) }
    let height = resolver.integer(size.height, "the height", in: 1...Limits.spatial, scope)
    let width = resolver.integer(size.width, "the width", in: 1...Limits.spatial, scope)
    guard let height, let width else { return nil }
    return .adaptivePool(AdaptivePoolLayer(reduction: reduction, size: Extent(height.value, width.value)))
  }
}

struct SpatialPyramidPoolElement: ElementDefinition {
  var levels: [Syntax.Expression]

  var expressions: [Syntax.Expression] { levels }
  var noun: String { "a spatial pyramid pool" }
  func help(in model: SourceModel) -> String? { LayerWord.spatial.help }

  func layer(
    _ attributes: Resolver.Attributes, _ resolver: inout Resolver, _ scope: Resolver.Scope
  ) -> Layer.Kind? {
    let sides = levels.map { resolver.integer($0, "the level", in: 1...Limits.kernel, scope)?.value }
    return sides.contains(nil) ? nil : .spatialPyramidPool(levels: sides.compactMap { $0 })
  }
}

/// A pool that leads to a size, whatever enters.
package struct AdaptivePoolLayer: Equatable, Sendable {
  package enum Reduction: Hashable, Sendable { case max, average }
  package var reduction: Reduction
  package var size: Extent

  /// To one value a channel.
  package static func wholeMap(_ reduction: Reduction) -> Self { Self(reduction: reduction, size: Extent(square: 1)) }
}

// MARK: Words

extension LayerWord {
  static let spatial = LayerWord(
    "spatial", tail: ["pyramid", "pool"],
    "`spatial pyramid pool 7 3 2 1`: the largest values of 7x7, 3x3, 2x2 bins and of the whole map, one after another.",
    template: "spatial pyramid pool ${1:7 3 2 1}"
  ) { parser, _ in parser.spatialPyramidPool() }
}

extension Parser {
  fileprivate mutating func spatialPyramidPool() -> Element.Kind? {
    guard take(word: "pyramid") else {
      expected("'pyramid'")
      return nil
    }
    guard pool(), let first = dimension() else { return nil }
    var levels = [first]
    while case .integer = current.kind, let next = dimension() { levels.append(next) }
    return .spatialPyramidPool(levels)
  }

  /// What `max pool` and `average pool` are without a window: with `to 4x4`, or without.
  mutating func adaptivePool(_ reduction: AdaptivePoolLayer.Reduction) -> Element.Kind? {
    guard take(word: "to") else { return .adaptivePool(reduction, nil) }
    guard let height = dimension() else { return nil }
    guard take(.times) else {
      expected("'x'")
      return nil
    }
    return dimension().map { .adaptivePool(reduction, Syntax.Dimensions(height: height, width: $0)) }
  }
}
