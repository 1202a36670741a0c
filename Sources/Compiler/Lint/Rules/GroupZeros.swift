// Groups that neither fill a vector's lanes nor whole vectors are computed together, with zeros between them.
import ResNetDSL

extension LintRule {
  /// Times the work that is needed, from which on it is worth a word.
  private static let wastedTimes = 2

  static let groupZeros = LintRule(
    "RN404", "group-zeros", .note,
    """
    A convolution in groups that vectors do not suit. Where there are enough groups to fill a vector (16
    floats with AVX-512, 8 with AVX2, 4 with NEON), each has a lane of its own and nothing is wasted. Else
    channels go by whole vectors, and what shares one without belonging together is multiplied by zero. The
    message says how many times the layer's multiply-adds that makes, where it is at least twice.

    A number of groups, or widths of groups, that are multiples of 16 suit all of them.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      conv2   32x32   3x3, 48; 3x3, 48, groups 6
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 64
      conv2   32x32   3x3, 48; 3x3, 48, groups 3
      head     1x1    average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard case .convolution(let convolution) = sized.layer.kind,
          case .groups(let groups) = convolution.grouping, groups.value > 1
        else { return nil }
        let term = Convolution.Term(
          inChannels: sized.input.channels, kernel: convolution.kernel, stride: 1, padding: .zero,
          groups: groups.value, weight: "")
        let wasted = [Target.avx512, .avx2, .neon].compactMap { target -> String? in
          let times = term.computed(outChannels: sized.output.channels, lanes: target.lanes)
          return times < wastedTimes ? nil : "\(times) times on \(target.moduleSuffix) (\(target.lanes) lanes)"
        }
        guard !wasted.isEmpty else { return nil }
        return Finding(
          "\(groups.value) groups of \(term.groupChannels) channels are computed with zeros between them in "
            + stage.name.value,
          at: Label(groups.span, alternatives(wasted, joiner: "and")),
          helps: ["widths of groups, or a number of groups, that are multiples of 16 waste nothing"])
      }
    })
}
