// Weights as a part of the program: packed files as arrays of C, which any compiler reads, or, where they are large, by the
// assembler's `.incbin`, which takes no time to compile: an array of 100 MB would take a compiler a minute and gigabytes.
internal import ResNetDSL

/// Of one instruction set: bytes where they become an array, else the packed file's name.
package enum EmbeddedWeights: Sendable {
  case array([UInt8])
  case file(String)

  /// Bytes of a packed file above which it is taken in by the assembler.
  package static let arrayLimit = 8 << 20
}

extension PackageContents {
  /// The file with the weights of each instruction set, in the order of the plans.
  package func weightsSource(_ weights: [EmbeddedWeights], _ options: COptions) -> String {
    let macro = options.prefix.uppercased()
    var text = cHead + "#include \"\(options.prefix).h\"\n"
    if weights.contains(where: { if case .file = $0 { true } else { false } }) { text += incbin }
    for (plan, weights) in zip(plans, weights) {
      let name = "\(plan.target.cName)_weights"
      text += "\n"
      switch weights {
      case .array(let bytes): text += guarded(plan.target, array(name, bytes)) + "\n"
      case .file(let file):
        text += guarded(plan.target, "RESNET_INCBIN(\(options.prefix)_\(name), \"\(file)\")") + "\n"
      }
    }
    text += "\nconst void *\(options.prefix)_embedded_weights(\(options.prefix)_isa isa, size_t *bytes) {\n"
    text += "  *bytes = 0;\n  switch (isa) {\n"
    for (plan, weights) in zip(plans, weights) {
      let name = "\(plan.target.cName)_weights"
      let lines: String
      switch weights {
      case .array: lines = "*bytes = sizeof \(name); return \(name);"
      case .file:
        lines = "*bytes = \(plan.packedBytes); return \(options.prefix)_\(name);"
      }
      text += guarded(plan.target, "    case \(macro)_\(plan.target.cName.uppercased()): \(lines)") + "\n"
    }
    return text + "    default: return NULL;\n  }\n}\n"
  }

  /// Words of 32 bits, as a little-endian machine has them.
  private func array(_ name: String, _ bytes: [UInt8]) -> String {
    var text = "static const uint32_t \(name)[] __attribute__((aligned(64))) = {\n"
    text.reserveCapacity(bytes.count * 3)
    let digits = Array("0123456789abcdef".utf8)
    var line: [UInt8] = []
    for start in stride(from: 0, to: bytes.count - 3, by: 4) {
      line += "0x".utf8
      for byte in (0..<4).reversed() {
        line.append(digits[Int(bytes[start + byte] >> 4)])
        line.append(digits[Int(bytes[start + byte] & 15)])
      }
      line.append(UInt8(ascii: ","))
      if start / 4 % 10 == 9 { line.append(UInt8(ascii: "\n")) }
      if line.count > 1 << 16 {
        text += String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
      }
    }
    return text + String(decoding: line, as: UTF8.self) + "\n};"
  }

  /// The file is looked for where the compiler looks for headers.
  private var incbin: String {
    """

    #if defined(__APPLE__)
    #define RESNET_SECTION ".section __TEXT,__const\\n"
    #define RESNET_SYMBOL(name) "_" #name
    #else
    #define RESNET_SECTION ".section .rodata\\n"
    #define RESNET_SYMBOL(name) #name
    #endif
    #define RESNET_INCBIN(name, file) \\
      extern const unsigned char name[] __attribute__((visibility("hidden"))); \\
      __asm__(RESNET_SECTION ".balign 4096\\n" RESNET_SYMBOL(name) ":\\n.incbin \\"" file "\\"\\n.text\\n");

    """
  }
}
