// What a package offers of a network with several outputs: a type with a member for each, in the order of the source.
internal import ResNetDSL

/// `Features.swift`
func featuresSource(_ contents: PackageContents, _ batch: Int) -> String {
  let outputs = contents.graph.named.map { ($0.name, memberName($0.name), contents.graph[$0.node].shape) }
  var printer = CodePrinter()
  printer.line("public import \(contents.runtimeModule)")
  printer.line()
  printer.block("extension \(contents.name) {", "}") { printer in
    printer.line(
      "/// What the network gives for one image: a member for each output. Values lie in the order channel, row,")
    printer.line("/// column.")
    printer.block("public struct Features: Sendable, Equatable {", "}") { printer in
      for (_, member, shape) in outputs {
        printer.line("/// \(shape.channels) x \(shape.height) x \(shape.width)")
        printer.line("public let \(member): [Float]")
      }
      printer.line()
      printer.line("/// Names and shapes, in the order of the members.")
      printer.block("public static let shapes = [", "]") { printer in
        for (name, _, shape) in outputs {
          printer.line(
            "OutputShape(name: \"\(name)\", channels: \(shape.channels), height: \(shape.height), width: \(shape.width)),"
          )
        }
      }
      printer.line()
      printer.block("fileprivate init(_ values: [[Float]]) {", "}") { printer in
        for (index, output) in outputs.enumerated() { printer.line("\(output.1) = values[\(index)]") }
      }
    }
    printer.line()
    printer.line("/// The network's outputs, by their names.")
    printer.line("///")
    printer.line("/// - Parameter pixels: `batch` normalised images, NCHW float32; see ``preprocess(_:)``.")
    printer.line("/// - Returns: one for each image.")
    printer.block(
      "public func features(_ pixels: [Float], using workspace: inout Workspace) throws(ModelError) -> [Features] {",
      "}"
    ) { $0.line("try engine.features(pixels, using: &workspace).map { Features($0) }") }
    printer.line()
    printer.line("/// The same of one image: `height` rows of `width` pixels of three bytes, red, green, blue.")
    printer.block("public func features(", "}") { printer in
      printer.line("rgb: [UInt8], width: Int, height: Int, using workspace: inout Workspace")
      printer.line(") throws(ModelError) -> Features {")
      printer.line("Features(try engine.features(Image(width: width, height: height, rgb: rgb), using: &workspace))")
    }
  }
  return printer.text
}

/// The name of a member: that of the row, set off where Swift has the word.
func memberName(_ row: String) -> String {
  switch row {
  // Of these Swift has members of its own.
  case "self", "Self", "Type", "Protocol", "init": row + "Row"
  case _ where words.contains(row): "`\(row)`"
  default: row
  }
}

private let words: Set<String> = [
  "Any", "actor", "as", "associatedtype", "await", "borrowing", "break", "case", "catch", "class", "consuming",
  "continue",
  "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for", "func",
  "guard", "if", "import", "in", "inout", "internal", "is", "let", "nil", "operator", "package", "precedencegroup",
  "private", "protocol", "public", "repeat", "rethrows", "return", "static", "struct", "subscript", "super", "switch",
  "throw", "throws", "true", "try", "typealias", "var", "where", "while", "_",
]

/// The lines of a model's description that name what is returned; none for the last layer's value alone.
func outputLines(_ graph: Graph) -> [String] {
  guard !graph.named.isEmpty else { return [] }
  return ["outputs: ["]
    + graph.named.map { output in
      "  ModelOutput(name: \"\(output.name)\", layer: \(output.node.index), isLast: \(output.node == graph.output)),"
    } + ["],"]
}
