// `resnetc fmt FILE...`: models in canonical layout, in place.
import Foundation
import ResNetDSL

extension Subcommand {
  static let fmt = Subcommand(
    name: "fmt",
    overview: "Lay models out as Table 1 is, in columns. Only space between words changes.",
    usage: "<model> ... [<options>]",
    operands: [
      Operand(
        name: "model", help: "One or more .rn files, rewritten in place; - reads standard input and prints.",
        isRepeating: true)
    ],
    options: [
      Option(name: .check, help: "Write nothing; name the files that would change, and fail if there are any.")
    ] + Option.common,
    run: runFormat)
}

private func runFormat(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let diagnostics = try DiagnosticOutput(arguments)
  let isCheck = arguments.has(.check)
  var failed = false
  var changed = false
  for path in arguments.operands {
    let source = try ModelFile(path: path).read()
    var sink = Diagnostics()
    let text = formatted(source, &sink)
    diagnostics.show(sink, in: source)
    guard let text else {
      failed = true
      continue
    }
    let bytes = Array(text.utf8)
    if path == "-", !isCheck {
      try output(text)
    } else if bytes != source.bytes {
      changed = true
      if !isCheck { try replaceModel(path, with: bytes) }
      try output((path == "-" ? "<stdin>" : path) + "\n")
    }
  }
  return failed || isCheck && changed ? ExitCode.input : ExitCode.success
}
