// The compiler writes kernels and the runtime into every package that it generates, from anywhere on the machine. So it
// carries their sources as text: this plugin has `embed` write them into Swift files before the compiler is built.
import Foundation
import PackagePlugin

@main struct EmbedSources: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    let package = context.package.directoryURL
    let tool = try context.tool(named: "embed").url
    return try [
      ("EmbeddedTemplates", "Templates"), ("EmbeddedRuntime", "Sources/Runtime"), ("EmbeddedCPU", "Sources/CPU"),
    ].map { type, path in
      let folder = package.appending(path: path)
      let files = try sources(below: folder)
      let output = context.pluginWorkDirectoryURL.appending(path: "\(type).swift")
      return .buildCommand(
        displayName: "Embedding \(path)", executable: tool,
        arguments: [type, path, output.path, folder.path] + files.map(\.path), inputFiles: files, outputFiles: [output])
    }
  }

  /// In an order that does not depend on the file system.
  private func sources(below folder: URL) throws -> [URL] {
    guard let found = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil) else {
      throw EmbedFault(description: "cannot read \(folder.path)")
    }
    let kinds: Set = ["swift", "c", "h", "modulemap", "mjs", "html", "css", "py"]
    return found.compactMap { $0 as? URL }.filter { kinds.contains($0.pathExtension) }.sorted { $0.path < $1.path }
  }
}

struct EmbedFault: Error, CustomStringConvertible {
  var description: String
}
