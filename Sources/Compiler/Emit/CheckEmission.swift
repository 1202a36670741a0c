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
  if let plan = compilation.plans.first(where: { $0.target.precision == .int8 }), plan.graph.integerShare < 0.5 {
    let percent = Int(plan.graph.integerShare * 100)
    let first = plan.graph.nodes.first { $0.operation.definition.quantization == nil }
    sink.report(
      Diagnostic(
        .fewWholeNumbers,
        "int8 kernels would compute \(percent) % of \(name.value)'s multiply-adds, and the rest stay float32",
        at: Label(
          first?.origin ?? name.span,
          first.map { "\($0.operation.summary) has no int8 kernel" } ?? "floats are kept here"),
        helps: ["leave int8 out of '--precision', or '--keep-float' fewer layers"]))
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
