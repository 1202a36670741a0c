// A 1x1 window that moves by two looks at one value of four.
import ResNetDSL

extension LintRule {
  static let strided1x1 = LintRule(
    "RN101", "strided-1x1", .warning,
    """
    A 1x1 convolution with stride 2 reads one of four values and throws the rest away. The paper's own
    bottleneck networks have it ("stride on first"); torchvision moved the stride to the 3x3 layer, which
    reads them all, at 6 % more multiply-adds for some half a per cent of accuracy. Projections have it
    too: there the block's main path still sees what they miss, and they are not reported.

    Section 4.1 and Table 1 of the paper. Weights trained with one placement fit the other by shape and
    give wrong answers.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      stride  on first
      conv1   32x32   3x3, 16
      stage1  32x32   [1x1, 16; 3x3, 16; 1x1, 64] x 2
      stage2  16x16   [1x1, 32; 3x3, 32; 1x1, 128] x 2
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      stride  on 3x3
      conv1   32x32   3x3, 16
      stage1  32x32   [1x1, 16; 3x3, 16; 1x1, 64] x 2
      stage2  16x16   [1x1, 32; 3x3, 32; 1x1, 128] x 2
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      let places = network.stages.flatMap { sized in
        sized.items.flatMap { item in
          switch item {
          case .layer(let layer): layer.single.compactMap { Place($0, in: sized.stage, []) }
          case .block(_, let repetitions):
            (repetitions.first?.layers ?? []).flatMap { layer in
              layer.single.compactMap {
                Place($0, in: sized.stage, layer.branches.isEmpty ? repetitions[0].layers : [])
              }
            }
          }
        }
      }
      let placement = network.network.strideOn ?? .first
      // Placed by the header, or for want of a line there, it is one decision in one place.
      let placed = places.filter { $0.isOpen && $0.hasLarger && placement == .first }
      var findings = places.filter { place in !placed.contains { $0.layer == place.layer } }.map { place in
        Finding(
          "the 1x1 convolution of \(place.row) has stride \(place.stride.text) and never reads \(share(place.stride)) of "
            + "its input",
          at: Label(place.layer.span, "reads one value of \(place.stride.rows * place.stride.columns)"),
          helps: [
            place.hasLarger ? "give the stride to the larger layer of the block" : "a 3x3 layer would read them all"
          ])
      }
      if let first = placed.first {
        let header = network.text.model.header.stride
        let rows = alternatives(placed.map(\.row), joiner: "and")
        findings.append(
          Finding(
            "strides stand on 1x1 convolutions, which never read \(share(first.stride)) of their input",
            at: Label(header?.span ?? network.network.name.span, "`stride on first`, on 1x1 in \(rows)"),
            secondary: placed.map { Label($0.layer.span, "reads one value of \($0.stride.rows * $0.stride.columns)") },
            helps: header == nil ? ["write `stride on 3x3`"] : [],
            fixIts: header.map { [FixIt("write 'stride on 3x3'", [.init($0.span, "3x3")])] } ?? []))
      }
      return findings
    })
}

/// A 1x1 convolution that moves by more than one.
private struct Place {
  let row: String
  let layer: Layer
  let stride: Stride
  /// The stride is not written here.
  let isOpen: Bool
  /// A layer of its block has a larger kernel, and could carry the stride.
  let hasLarger: Bool

  init?(_ sized: SizedLayer, in stage: Stage, _ block: [SizedLayer]) {
    guard sized.stride != 1, case .convolution(let convolution) = sized.layer.kind,
      convolution.kernel == Extent(square: 1)
    else { return nil }
    row = stage.name.value
    layer = sized.layer
    stride = sized.stride
    isOpen = convolution.stride == nil
    hasLarger = block.contains { layer in
      if case .convolution(let other) = layer.layer.kind { other.kernel != Extent(square: 1) } else { false }
    }
  }
}

private func share(_ stride: Stride) -> String {
  let places = stride.rows * stride.columns
  return places == 4 ? "three quarters" : places == 2 ? "half" : percent(places - 1, of: places)
}
