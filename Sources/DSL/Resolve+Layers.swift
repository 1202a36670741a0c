// The numbers of one layer: what its attributes say, and the extents of its window.

extension Resolver {
  /// What stands behind a layer, its numbers computed; the header's defaults are not filled in.
  struct Attributes {
    var stride: Located<Stride>?
    var padding: Located<WrittenPadding>?
    var dilation = 1
    var grouping = Grouping.whole
    var bias: Bool?
    var norm: Norm?
    var epsilon: Double?
    /// Of those of a layer that has several, the last.
    var activation: Activation? { activations.last?.value }
    var activations: [Located<Activation>] = []
    var ceil = false
    var countsPadding: Bool?
    var isStandardized: Bool?
    var shortcut: ShortcutOption?
    var isScaled = false
    var survival: Double?
    var responseNorm: [ResponseNormTerm: Double] = [:]
  }

  mutating func attributes(_ list: [Syntax.Attribute], _ scope: Scope) -> Attributes {
    var result = Attributes()
    for attribute in list { attribute.kind.definition?.resolve(into: &result, at: attribute.span, &self, scope) }
    return result
  }

  mutating func extent(_ written: Syntax.Dimensions, _ what: String, _ scope: Scope) -> Extent? {
    let height = integer(written.height, "\(what)'s height", in: 1...Limits.kernel, scope)
    let width = integer(written.width, "\(what)'s width", in: 1...Limits.kernel, scope)
    guard let height, let width else { return nil }
    return Extent(height.value, width.value)
  }
}
