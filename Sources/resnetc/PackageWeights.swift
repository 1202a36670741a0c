// `resnetc MODEL --weights FILE -o FOLDER`: a checkpoint that goes into the package's folder, as safetensors by the names that
// the package reads. Not packed: a packed file is for one instruction set, and the folder can be moved to any machine.
import Foundation
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL
import ResNetRuntime

/// Weights that fit a network, and where they go.
struct PackageWeights {
  /// Beside the manifest.
  let name: String
  let path: String
  private let checkpoint: Checkpoint
  private let conversion: Conversion

  /// Options that mean nothing without others.
  static func check(_ arguments: Arguments, _ folder: String?) throws(CommandError) {
    if arguments.has(.weights), folder == nil { throw .usage("'--weights' goes into a package; name its '--output'.") }
    for option in [OptionName.key, .rename, .dialect] where arguments.has(option) && !arguments.has(.weights) {
      throw .usage("'--\(option.rawValue)' goes with '--weights'.")
    }
  }

  /// What `--weights` names, opened, brought to the network and found to hold numbers that its package loads; `nil` without
  /// the option. Writes nothing.
  init?(_ arguments: Arguments, for compilation: Compilation, in folder: String) throws(CommandError) {
    guard let file = arguments.value(.weights) else { return nil }
    let name = ModelTensors(compilation).name.lowercased() + ".safetensors"
    try self.init(file, arguments, for: compilation, as: name, in: folder)
  }

  /// The same of a file that is named, as one that is called `name` there.
  init(
    _ file: String, _ arguments: Arguments, for compilation: Compilation, as name: String, in folder: String
  ) throws(CommandError) {
    let model = ModelTensors(compilation)
    checkpoint = try openCheckpoint(file, arguments)
    conversion = try converted(checkpoint, to: model, arguments)
    let errors = conversion.findings(for: model).filter(\.isError)
    if let first = errors.first {
      let more = errors.count > 1 ? ", and \(errors.count - 1) more such tensors" : ""
      throw .inputMessage(
        "Cannot use '\(terminalSafe(checkpoint.path))': \(terminalSafe(first.text))\(more); a package does not load it."
      )
    }
    self.name = name
    path = folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    try checkReplaceable(path) { isWrittenHere($0) }
  }

  func write() throws(CommandError) {
    do throws(ModelError) {
      try writeSafetensors(conversion.tensors, to: path)
    } catch {
      throw .files(sentence(error.description))
    }
  }

  /// Takes away what was written only to be packed.
  func remove() { unlink(path) }

  /// Lines below those of the files.
  var summary: String {
    let bytes = conversion.tensors.reduce(0) { $0 + $1.byteCount }
    let notes = ([checkpoint.format.name] + checkpoint.notes + conversion.notes).map(terminalSafe)
    return "  weights     \(conversion.tensors.count) tensors in \(terminalSafe(path)), \(grouped(bytes)) bytes\n"
      + notes.map { "              \($0)\n" }.joined()
  }
}
