// Vectors hold 16, 8 or 4 channels, whether a layer has them or not.
import ResNetDSL

extension LintRule {
  /// Lanes left empty, in per cent, from which on a layer is worth a word.
  private static let wastedPercent = 10

  static let simdLanes = LintRule(
    "RN401", "simd-lanes", .note,
    """
    A width that is no multiple of what a vector holds: 16 floats with AVX-512, 8 with AVX2, 4 with NEON.
    The last vector of each pixel is computed whole, so its empty lanes cost as much as full ones. The
    message says how many per cent of the layer's work that is, on which instruction set; less than 10 %
    is not reported, and neither are fully connected layers, whose time goes into reading weights.

    Widths that are multiples of 16 fit all of them.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 20
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 32
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard case .convolution = sized.layer.kind else { return nil }
        let width = sized.output.channels
        let wasted = [Target.avx512, .avx2, .neon].compactMap { target -> String? in
          let computed = (width + target.lanes - 1) / target.lanes * target.lanes
          guard (computed - width) * 100 >= wastedPercent * computed else { return nil }
          return "\(percent(computed - width, of: computed)) on \(target.moduleSuffix) (\(target.lanes) lanes)"
        }
        guard !wasted.isEmpty else { return nil }
        return Finding(
          "a width of \(width) leaves lanes of vectors empty in \(stage.name.value)",
          at: Label(sized.layer.span, alternatives(wasted, joiner: "and")),
          helps: ["\((width + 15) / 16 * 16) channels would cost the same on AVX-512"])
      }
    })
}
