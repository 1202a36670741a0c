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
      let places = network.layers.compactMap { stage, sized -> (row: String, layer: Layer, stride: Int)? in
        guard sized.stride > 1, case .convolution(let convolution) = sized.layer.kind,
          convolution.kernel == Extent(square: 1)
        else { return nil }
        return (stage.name.value, sized.layer, sized.stride)
      }
      // Placed by the header, it is one decision in one place.
      let header = network.text.model.header.stride
      let (placed, written) = places.split { header?.value == .first && $0.layer.hasOpenStride }
      var findings = written.map { place in
        Finding(
          "the 1x1 convolution of \(place.row) has stride \(place.stride) and never reads \(share(place.stride)) of "
            + "its input",
          at: Label(place.layer.span, "reads one value of \(place.stride * place.stride)"),
          helps: ["give the stride to a 3x3 layer: `stride on 3x3`"])
      }
      if let header, let first = placed.first {
        findings.append(
          Finding(
            "`stride on first` puts strides on 1x1 convolutions, which never read \(share(first.stride)) of their input",
            at: Label(header.span, "on 1x1 in \(alternatives(placed.map(\.row), joiner: "and"))"),
            fixIts: [FixIt("write 'stride on 3x3'", [.init(header.span, "3x3")])]))
      }
      return findings
    })
}

private func share(_ stride: Int) -> String {
  stride == 2 ? "three quarters" : percent(stride * stride - 1, of: stride * stride)
}

extension Layer {
  /// Whether the row's size decides its stride.
  fileprivate var hasOpenStride: Bool {
    if case .convolution(let convolution) = kind { convolution.stride == nil } else { false }
  }
}

extension Array {
  fileprivate func split(_ isFirst: (Element) -> Bool) -> ([Element], [Element]) {
    (filter(isFirst), filter { !isFirst($0) })
  }
}
