// The words by which kernels read and write whole numbers: which of `resnet_integers.h` they are, on a target.
internal import ResNetDSL

extension KernelEmitter {
  /// Of a pixel of a block: `resnet_load_16`, `resnet_load_bytes_16`.
  func loadWord(_ number: NumberType) -> TemplateValue { .text("resnet_load\(form(number))_\(plan.target.lanes)") }
  func storeWord(_ number: NumberType) -> TemplateValue { .text("resnet_store\(form(number))_\(plan.target.lanes)") }
  /// Of one channel of it.
  func laneWord(_ number: NumberType) -> TemplateValue {
    .text("resnet_lane" + (number == .float32 ? "_floats" : form(number)))
  }

  func storeLaneWord(_ number: NumberType) -> TemplateValue {
    .text("resnet_store_lane" + (number == .float32 ? "_floats" : form(number)))
  }
  /// Of a mean of whole numbers, times a factor.
  func storeMeanWord(_ number: NumberType) -> TemplateValue {
    switch number {
    case .float32, .float16: .text("storeFloatMean")
    case .uint8: .text("storeUnsignedMean")
    case .int8: .text("storeSignedMean")
    }
  }

  /// How such numbers lie in memory.
  private func form(_ number: NumberType) -> String {
    switch (number, plan.target.products) {
    case (.float32, _): ""
    case (.float16, _): "_float16"
    case (.uint8, .bytes): "_bytes"
    case (.int8, .bytes): "_offset_bytes"
    case (.uint8, .signedBytes): "_lowered_bytes"
    case (.int8, .signedBytes): "_signed_bytes"
    case (_, .pairs): "_halves"
    }
  }

  /// Of a vector of a convolution's weights.
  var weightWord: TemplateValue {
    .text("resnet_load_\(plan.target.precision == .float16 ? "float16" : "weight")_\(plan.target.lanes)")
  }

  /// sum + a b.
  var productWord: TemplateValue {
    switch plan.target.products {
    case .bytes: .text("resnet_dot_bytes_\(plan.target.lanes)")
    case .signedBytes: .text("resnet_dot_signed_bytes_\(plan.target.lanes)")
    case .pairs: .text("resnet_dot_pairs_\(plan.target.lanes)")
    }
  }

  /// The same of two numbers of 16 bits in each word, whatever values are made of.
  var pairProductWord: TemplateValue { .text("resnet_dot_pairs_\(plan.target.lanes)") }

  /// Of a pixel of two blocks, as numbers of 16 bits.
  func loadPairsWord(_ number: NumberType) -> String { "resnet_load_pairs\(form(number))_\(plan.target.lanes)" }

  /// Whether zeros of such numbers are stored as something else.
  func hasOffset(_ number: NumberType) -> Bool { plan.target.products.offset(of: number) != 0 }

  /// What keeps numbers in their range, in place of an activation that is one.
  func saturation(_ number: NumberType, after activation: Activation) -> TemplateValue? {
    switch number {
    case .float32, .float16: nil
    case .uint8: .text("saturateUnsigned")
    case .int8: .text(activation == .linear ? "saturateSigned" : "saturateRectified")
    }
  }

  /// The words that kernels of whole numbers share.
  func integerVocabulary() throws(TemplateError) -> String {
    try templates.expand(
      "Kernels/IntegerVocabulary",
      words.merging([
        "ResNetCPU": .text(cpuModule), "resnet_store_halves_4": storeWord(.uint8),
        "resnet_store_signed_4": storeWord(.int8),
      ]) { _, word in word })
  }
}
