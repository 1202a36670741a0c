// The `preprocess` line as written: each step that stands there, with its place.

extension Syntax {
  package struct Preprocess: Equatable, Sendable {
    package var resize: Resize?
    package var crop: Located<Dimensions>?
    /// Of `crop none`: the word.
    package var wholeImage: Span?
    package var range: Located<ResNetDSL.Preprocess.Range>?
    package var mean: Located<[Double]>?
    package var std: Located<[Double]>?
    package var fill: Located<[Double]>?
    package var orient: Span?
    package var square: Span?
    package var bgr: Span?
    /// The first words of all steps, in their order.
    package var steps: [String] = []
    package var span: Span

    package init(span: Span) { self.span = span }

    /// Numbers that may hold a parameter.
    package var expressions: [Expression] {
      let sizes = [resize?.size, crop?.value].compactMap { $0 }
      return sizes.flatMap { $0.height == $0.width ? [$0.height] : [$0.height, $0.width] }
    }
  }

  /// `resize 256`, `resize 256x224 bicubic no antialias`
  package struct Resize: Equatable, Sendable {
    /// What becomes of the ratio of two sides that are named.
    package enum Ratio: String, Sendable, CaseIterable { case fit, cover }

    package var size: Dimensions
    package var ratio: Located<Ratio>?
    package var interpolation: Located<ResNetDSL.Preprocess.Interpolation>?
    /// Of `no antialias`.
    package var aliased: Span?

    /// Whether a width is written: expressions at two places are never equal.
    package var hasWidth: Bool { size.height != size.width }
  }
}
