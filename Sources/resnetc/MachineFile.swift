// `--machine FILE`: a description of a machine, with diagnostics at its own lines.
import ResNetCompiler
import ResNetDSL

extension Machine {
  /// What the option names; the reference machine without it.
  init(_ arguments: Arguments, _ diagnostics: DiagnosticOutput) throws(CommandError) {
    guard let path = arguments.value(.machine) else {
      self = .reference
      return
    }
    if path == "-" { throw .usage("'--machine' takes a file; standard input is for the model.") }
    let source: SourceFile
    do throws(FileFault) {
      if path.isEmpty { throw FileFault(action: "read", path: path, reason: "the name is empty") }
      source = SourceFile(name: path, bytes: try readFile(path, limit: Machine.fileLimit))
    } catch {
      throw .files(error.message, help: "Make one with: resnetc calibrate -o FILE")
    }
    var sink = Diagnostics()
    guard let machine = readMachine(source, &sink) else {
      diagnostics.show(sink, in: source)
      throw .input
    }
    self = machine
  }
}
