// From the bytes of a labels file to class names, one for each output. Reads what `Labels` of the runtime reads: lines
// end in LF or CR LF, empty lines at the end and a byte order mark do not count.
package import ResNetDSL

/// The largest labels file, in bytes: as the runtime has it.
package let labelsFileLimit = 1 << 22

/// The names in `bytes`; `nil` after reporting what is wrong with them, at the line that names the file.
package func readLabels(
  _ bytes: [UInt8], named file: Located<String>, of compilation: Compilation, _ sink: inout Diagnostics
) -> [String]? {
  func reject(_ code: DiagnosticCode, _ message: String, _ label: String) {
    sink.report(Diagnostic(code, message, at: Label(file.span, label)))
  }
  guard bytes.count <= labelsFileLimit else {
    reject(.labelsFile, "\(quoted(file.value)) is larger than 4 MiB", "not a list of class names")
    return nil
  }
  var lines = bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
    .split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
  while let last = lines.last, last.isEmpty { lines.removeLast() }
  let outputs = compilation.fused[compilation.fused.output].shape.count
  guard lines.count == outputs else {
    reject(
      .labelsCount, "\(quoted(file.value)) holds \(lines.count) names for \(outputs) outputs",
      "\(lines.count) names")
    return nil
  }
  var names: [String] = []
  names.reserveCapacity(lines.count)
  for (index, line) in lines.enumerated() {
    guard let name = String(validating: line, as: UTF8.self) else {
      reject(.labelsFile, "line \(index + 1) of \(quoted(file.value)) is not UTF-8 text", "save the file as UTF-8")
      return nil
    }
    guard line.count <= 1_000, !name.unicodeScalars.contains(where: \.breaksLines) else {
      reject(
        .labelsFile, "line \(index + 1) of \(quoted(file.value)) is no name: it has a control character or is too long",
        "one short name a line")
      return nil
    }
    names.append(name)
  }
  return names
}

extension Unicode.Scalar {
  /// Control characters, and what some readers take for the end of a line.
  fileprivate var breaksLines: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }
}
