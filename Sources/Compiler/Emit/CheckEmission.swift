// What a legal network can still have that no package can be made of: a name that Swift has taken, or more memory than
// any machine. Runs after planning; everything later is certain to succeed.
package import ResNetDSL

/// A TiB. What passes lies far from where offsets in bytes would overflow, whatever the templates compute from them.
private let memoryLimit = 1 << 38

/// Reports what hinders the printing of a package.
package func checkEmission(_ compilation: Compilation, _ sink: inout Diagnostics) {
  let network = compilation.network
  let name = network.name
  if let reason = ReservedNames.reason(against: name.value) {
    sink.report(
      Diagnostic(
        .modelNameTaken, "a model cannot be named '\(name.value)', which \(reason)",
        at: Label(name.span, "choose another name")))
  }
  if let plan = compilation.plans.first(where: { $0.target.precision == .int8 }) {
    checkWholeNumbers(plan.graph, name, &sink)
  }
  for plan in compilation.plans {
    let (what, floats) =
      plan.arena.floats > memoryLimit ? ("activations", plan.arena.floats) : ("weights", plan.weightFloats)
    guard floats > memoryLimit else { continue }
    let batch = plan.batch == 1 ? "" : " for a batch of \(plan.batch)"
    sink.report(
      Diagnostic(
        .memoryTooLarge, "\(name.value) needs more than 2^40 bytes for its \(what)\(batch)",
        at: Label(name.span, "\(floats) floats on \(plan.target.name)")))
    // The other targets would say the same.
    return
  }
}

/// Says how much of a network int8 kernels compute, where that is not nearly all of it; nothing is an error.
private func checkWholeNumbers(_ graph: Graph, _ name: Located<String>, _ sink: inout Diagnostics) {
  let share = graph.integerShare
  guard share < 0.99 else { return }
  let floats = graph.firstOfFloats
  let label = Label(
    floats?.origin ?? name.span, floats.map { "\($0.operation.summary) computes in float32" } ?? "nothing to multiply")
  guard share > 0 else {
    return sink.report(
      Diagnostic(
        .fewWholeNumbers, "int8 kernels would compute none of \(name.value)'s multiply-adds", at: label,
        helps: ["leave int8 out of '--precision', or '--keep-float' fewer layers"]))
  }
  let conversions = graph.nodes.count { if case .convert = $0.operation { true } else { false } }
  sink.report(
    Diagnostic(
      .note, .fewWholeNumbers,
      "int8 kernels compute \(percentText(share)) % of \(name.value)'s multiply-adds, with \(conversions) conversions",
      at: label, helps: ["'--dump-ir quantize' shows the type of each value"]))
}

/// Rounded down, so that less than all is never 100.
private func percentText(_ share: Double) -> String {
  let tenths = Int(share * 1000)
  return "\(tenths / 10).\(tenths % 10)"
}
