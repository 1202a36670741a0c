// Reads what a compilation starts from: the model, and the labels and templates that it or the user names.
import Foundation
import ResNetCompiler
import ResNetDSL

/// A model as the user named it: a path, or `-` for standard input.
struct ModelFile {
  let path: String

  /// Its bytes, under the name that diagnostics show. A file beyond the language's limit is cut there, one byte after,
  /// and refused by the parser.
  func read() throws(CommandError) -> SourceFile {
    do throws(FileFault) {
      if path.isEmpty { throw FileFault(action: "read", path: path, reason: "the name is empty") }
      let bytes = try readFile(path, limit: Limits.fileBytes)
      return SourceFile(name: path == "-" ? "<stdin>" : path, bytes: bytes)
    } catch {
      throw .files(error.message, help: path.hasSuffix(".rn") ? nil : "A model is a file such as 'resnet50.rn'.")
    }
  }

  /// The same without folders, as generated files name it: their text must not depend on where the model lies.
  func named(from source: SourceFile) -> SourceFile {
    let name = path == "-" ? "<stdin>" : path.split(separator: "/").last.map(String.init) ?? path
    return SourceFile(name: terminalSafe(name), bytes: source.bytes)
  }

  /// The class names that the model's `labels` line asks for; empty without one, `nil` after an error.
  func labels(of compilation: Compilation, _ sink: inout Diagnostics) -> [String]? {
    guard let file = compilation.network.labels else { return [] }
    do throws(FileFault) {
      let bytes = try readFile(resolved(file.value), limit: labelsFileLimit)
      return readLabels(bytes, named: file, of: compilation, &sink)
    } catch {
      sink.report(
        Diagnostic(
          .labelsFile, "cannot read the labels \(quoted(file.value)): \(error.reason)", at: Label(file.span),
          helps: ["the file is looked for beside the model: '\(resolved(file.value))'"]))
      return nil
    }
  }

  /// A path in the model is relative to the model.
  private func resolved(_ file: String) -> String {
    guard !file.hasPrefix("/"), let slash = path.lastIndex(of: "/") else { return file == "-" ? "./-" : file }
    return path[...slash] + file
  }
}

/// The templates in a folder, in place of the embedded ones.
func readTemplates(in folder: String) throws(CommandError) -> Templates {
  // Found out now, so that a mistyped folder is not taken for a missing template.
  var status = stat()
  guard stat(folder, &status) == 0 else {
    throw .files("Cannot read the templates in '\(folder)': \(systemMessage(errno)).")
  }
  return Templates { name throws(TemplateError) in
    do throws(FileFault) {
      return String(decoding: try readFile("\(folder)/\(Templates.fileName(of: name))", limit: 1 << 20), as: UTF8.self)
    } catch {
      let text = error.message
      throw TemplateError(line: 0, message: text.hasSuffix(".") ? String(text.dropLast()) : text)
    }
  }
}

/// Writes a model in place: the file itself, where the name is a link to it, with the permissions that it has.
func replaceModel(_ path: String, with bytes: [UInt8]) throws(CommandError) {
  var status = stat()
  guard let resolved = realpath(path, nil), stat(path, &status) == 0 else {
    throw .files("Cannot write '\(path)': \(systemMessage(errno)).")
  }
  defer { free(resolved) }
  let target = String(cString: resolved)
  do throws(FileFault) {
    try writeFile(bytes, to: target)
  } catch {
    throw .files(error.message)
  }
  chmod(target, status.st_mode & 0o7777)
}
