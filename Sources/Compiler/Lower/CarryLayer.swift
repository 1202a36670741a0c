// `+` at the begin of a branch: the sum of what enters it and of what the branch before it leaves.
import ResNetDSL

struct CarryLayer: LayerLowering {
  var suffix: String? { "sum" }
  /// Lowering knows what is added.
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }
  func tableText(_ usual: UsualAttributes) -> String { "+" }
}

extension Layer {
  var isCarry: Bool { if case .carry = kind { true } else { false } }
  /// What a branch begins with and no layer of a model is.
  var isBegin: Bool { isShare || isCarry }
}

extension Layer {
  /// Why it cannot be added to a value of this shape; nothing if it can.
  func carryFault(entering: Shape, before: Shape, in stage: String) -> Diagnostic? {
    guard entering != before else { return nil }
    return Diagnostic(
      .error, .branchMismatch, "a branch of \(stage) adds \(entering.text) and \(before.text)",
      at: Label(span, "\(before.text) leaves the branch before, \(entering.text) enters this one"),
      helps: ["values that are added have one shape: write the width that enters, and the same strides"])
  }
}
