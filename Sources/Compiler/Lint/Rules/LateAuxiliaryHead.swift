// A head used in training only is there for the layers before it, which the loss at the end hardly reaches.
import ResNetDSL

extension LintRule {
  static let lateAuxiliaryHead = LintRule(
    "RN209", "late-auxiliary-head", .warning,
    """
    A head used in training only that reads a value near the end. It is there to give the layers before it a
    gradient that does not come all the way back (Szegedy et al., 2014, section 5); close to the end the
    network's own loss does the same, and the head only costs time and weights. GoogLeNet has its second
    after 15 of 22 layers, Inception-v3 its only one after some three quarters. This says where less than a
    fifth of the depth is left.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      stage1  32x32       (3x3, 16) x 4
      stage2  16x16       (3x3, 32) x 4
      stage3   8x8        (3x3, 64) x 4
      aux     1x1         from stage3; average pool, 10-d fc
      head    1x1         average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      stage1  32x32       (3x3, 16) x 4
      stage2  16x16       (3x3, 32) x 4
      stage3   8x8        (3x3, 64) x 4
      aux     1x1         from stage2; average pool, 10-d fc
      head    1x1         average pool, 10-d fc
      """,
    look: .network { network in
      let ends = depths(of: network.network)
      guard let depth = ends.last, depth > 0 else { return [] }
      let rows = Dictionary(zip(network.network.stages.map(\.name.value), ends)) { first, _ in first }
      return network.network.auxiliary.compactMap { head in
        guard let source = head.source, let before = rows[source.value], (depth - before) * 5 < depth else {
          return nil
        }
        return Finding(
          "the head \(head.name.value) reads \(source.value), after \(before) of \(network.name)'s \(depth) layers",
          at: Label(head.name.span, "for the layers before it, which the network's own loss is near to"),
          secondary: source.span == head.name.span ? [] : [Label(source.span, "near the end")],
          helps: ["read a row at a half or two thirds of the depth, or leave the head away"])
      }
    })
}
