// `--tuning FILE`: read, then held against the network, with diagnostics at its own lines.
import ResNetCompiler
import ResNetDSL

/// A tuning file that the user named.
struct TuningFile {
  let source: SourceFile
  let tuning: Tuning

  /// `nil` without the option.
  init?(_ arguments: Arguments, _ diagnostics: DiagnosticOutput) throws(CommandError) {
    guard let path = arguments.value(.tuning) else { return nil }
    if path == "-" { throw .usage("'--tuning' takes a file; standard input is for the model.") }
    do throws(FileFault) {
      if path.isEmpty { throw FileFault(action: "read", path: path, reason: "the name is empty") }
      source = SourceFile(name: path, bytes: try readFile(path, limit: tuningFileLimit))
    } catch {
      throw .files(error.message, help: "Make one with: resnetc tune MODEL -o FILE")
    }
    var sink = Diagnostics()
    let read = readTuning(source, &sink)
    guard let read else {
      diagnostics.show(sink, in: source)
      throw .input
    }
    tuning = read
  }

  /// What the network has no use for, as warnings, and what does not apply, as errors.
  func check(against compilation: Compilation, _ options: CompileOptions) -> Diagnostics {
    var sink = Diagnostics()
    checkTuning(tuning, against: compilation, batch: options.batch, &sink)
    return sink
  }
}
