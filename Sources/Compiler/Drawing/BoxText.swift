// What stands in a box, in the words of Figure 3: `7x7 conv, 64, /2`, `pool, /2`, `avg pool`, `fc 1000`.
internal import ResNetDSL

extension LayerCost {
  /// The box of a layer; `nil` for what is not drawn as one. Projections stand beside their block.
  func boxText(_ operation: Operation) -> (DrawnBox.Kind, String)? {
    kind == .projection ? nil : operation.definition.box
  }
}

extension DrawnBox {
  /// What a reader who points at it sees.
  var note: String {
    let times = repeats == 1 ? "" : ", the first of \(repeats) equal blocks"
    guard kind != .image else { return "\(name): \(output.text)" }
    return "\(name): \(output.text), \(grouped(cost.parameters)) params, \(grouped(cost.macs)) MACs\(times)"
  }
}
