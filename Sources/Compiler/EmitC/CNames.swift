// Prefixes that C code cannot have, and the tables from which its weights are packed.
internal import ResNetDSL

package enum CNames {
  /// Why names cannot begin so; `nil` if they can.
  package static func reason(against prefix: String) -> String? {
    guard let first = prefix.utf8.first, first.isLetter, prefix.utf8.allSatisfy({ $0.isLetter || $0.isOther }) else {
      return "is no name of C: letters, digits and '_', a letter first"
    }
    if prefix.utf8.count > 40 { return "is longer than 40 letters" }
    if keywords.contains(prefix.lowercased()) { return "is a word of C or C++" }
    if Target.all.contains(where: { $0.name == prefix.lowercased() }) { return "is an instruction set" }
    return files.contains(prefix.lowercased()) ? "is a file of the generated package" : nil
  }

  private static let files: Set<String> = [
    "internal", "threads", "command", "resnet_simd", "resnet_cpu", "page", "picture", "preprocess", "resize",
  ]

  /// Names alone are a file and a target of CMake.
  private static let keywords: Set<String> = [
    "auto", "bool", "break", "case", "catch", "char", "class", "const", "continue", "default", "delete", "do", "double",
    "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int",
    "long", "mutable", "namespace", "new", "operator", "private", "protected", "public", "register", "restrict",
    "return", "short", "signed", "sizeof", "static", "struct", "switch", "template", "test", "this", "throw", "true",
    "try", "typedef", "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "while", "all", "clean",
    "install", "package", "help", "linux", "unix",
  ]
}

extension UInt8 {
  fileprivate var isLetter: Bool { (self | 32) >= UInt8(ascii: "a") && (self | 32) <= UInt8(ascii: "z") }
  fileprivate var isOther: Bool { self == UInt8(ascii: "_") || self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
}

/// A plan's tables, as text.
package struct PlanTables: Sendable {
  package let target: Target
  package let weightFloats: Int
  package let layers: String
  package let steps: String
  /// What the generated code tells packed files apart by.
  package let layout: UInt64
}

extension PackageContents {
  /// Of each instruction set.
  package var tables: [PlanTables] {
    plans.map {
      PlanTables(
        target: $0.target, weightFloats: $0.weightFloats, layers: layerTable($0.graph), steps: stepTable($0),
        layout: packedLayoutHash($0))
    }
  }

  /// Names of the layers whose values are returned.
  package var results: [String] { graph.results.map { graph[$0].name } }
}
