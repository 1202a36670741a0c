// embed TYPE NAME OUTPUT FOLDER FILE...: writes one Swift file with the text of every FILE, named relative to FOLDER. NAME
// says where they are from. Runs while this package is built (Plugins/EmbedSources).
import Foundation

@main enum Embed {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count > 4 else {
      throw EmbedFault(description: "usage: embed TYPE NAME OUTPUT FOLDER FILE...")
    }
    let (type, name, output) = (arguments[1], arguments[2], URL(filePath: arguments[3]))
    let prefix = arguments[4] + "/"
    let files = try arguments.dropFirst(5).map { path in
      guard path.hasPrefix(prefix) else { throw EmbedFault(description: "\(path) is not below \(prefix)") }
      return (name: String(path.dropFirst(prefix.count)), text: try String(contentsOfFile: path, encoding: .utf8))
    }
    try Data(source(type, name, files).utf8).write(to: output, options: .atomic)
  }

  private static func source(_ type: String, _ name: String, _ files: [(name: String, text: String)]) throws -> String {
    var result = """
      // Generated from \(name) while building.

      /// The files of \(name), as text.
      enum \(type) {
        static let all: [EmbeddedFile] = [

      """
    for file in files { result += "    EmbeddedFile(name: \"\(file.name)\", text: \(identifier(file.name))),\n" }
    result += "  ]\n"
    for file in files {
      guard !file.text.contains("\"\"\"####") else {
        throw EmbedFault(description: "\(name)/\(file.name) holds the mark that ends a literal")
      }
      result += "\n  private static let \(identifier(file.name)) = ####\"\"\"\n\(file.text)\n\"\"\"####\n"
    }
    return result + "}\n"
  }

  /// `Kernels/Pool.swift`: `Kernels_Pool_swift`.
  private static func identifier(_ name: String) -> String {
    String(name.map { $0.isLetter || $0.isNumber ? $0 : "_" })
  }
}

struct EmbedFault: Error, CustomStringConvertible {
  var description: String
}
