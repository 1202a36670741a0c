// What a network can have that no kernel computes yet. It is counted, linted and drawn like all else, since that needs no
// kernel; a plan for it is refused.
package import ResNetDSL

/// What no plan can be made of, each where it is written.
package func unbuilt(_ network: Network) -> [Diagnostic] {
  var found: [Diagnostic] = []
  func look(_ layer: Layer) {
    let next: Diagnostic?
    switch layer.kind {
    case .convolution(let convolution):
      switch convolution.grouping {
      case .whole: next = nil
      case .groups(let count) where count.value == 1: next = nil
      case .groups(let count): next = notBuiltDiagnostic("'groups'", count.span)
      case .depthwise(let span): next = notBuiltDiagnostic("'depthwise'", span)
      }
    case .branches(let branches):
      found.append(notBuiltDiagnostic("branches", layer.span))
      return branches.joined().forEach(look)
    default: next = nil
    }
    // A definition may be used in many places.
    if let next, !found.contains(next) { found.append(next) }
  }
  network.stages.flatMap(\.items).flatMap(\.layers).forEach(look)
  return found
}
