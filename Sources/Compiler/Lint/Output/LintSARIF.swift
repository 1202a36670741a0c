// Findings as SARIF 2.1.0 (OASIS), for code scanning and editors that read it. Columns count UTF-16 units, which SARIF
// has to be told; places in a file outside of the working folder are `file:` addresses.
internal import ResNetDSL

extension [LintedFile] {
  /// A log with one run, one result a line.
  package var sarif: String {
    // Rules first, then the codes of the language that occur.
    let codes = LintRule.all.map(\.code)
    let others = Set(flatMap(\.findings).map(\.diagnostic.code)).subtracting(codes).sorted { $0.name < $1.name }
    let all = codes + others
    let index = Dictionary(all.enumerated().map { ($0.element.name, $0.offset) }) { first, _ in first }
    let rules = all.map { code in ruleObject(code, LintRule.named(code.name)).text }
    let results = flatMap { file in
      file.findings.map { file.source.result($0, index[$0.diagnostic.code.name] ?? 0).text }
    }
    return """
      {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
          "tool": {"driver": {
            "name": "resnetc",
            "semanticVersion": \(JSON.string(resnetcVersion).text),
            "rules": \(list(rules))
          }},
          "columnKind": "utf16CodeUnits",
          "results": \(list(results))
        }]
      }

      """
  }
}

private func list(_ objects: [String]) -> String {
  objects.isEmpty ? "[]" : "[\n      " + objects.joined(separator: ",\n      ") + "\n    ]"
}

/// `{"text": ...}`, as SARIF wraps every sentence.
private func sentence(_ words: String) -> JSON { .object([("text", .string(words))]) }

private func ruleObject(_ code: DiagnosticCode, _ rule: LintRule?) -> JSON {
  var members: [(String, JSON)] = [("id", .string(code.name))]
  if let rule { members.append(("name", .string(rule.name))) }
  members += [
    ("shortDescription", sentence(rule?.name ?? code.name)), ("fullDescription", sentence(code.explanation)),
    ("help", sentence(code.explanation)),
    ("defaultConfiguration", .object([("level", .string((rule?.level ?? .error).rawValue))])),
  ]
  if let rule { members.append(("properties", .object([("tags", .array([.string(rule.group.name)]))]))) }
  return .object(members)
}

extension SourceFile {
  fileprivate func result(_ finding: LintFinding, _ rule: Int) -> JSON {
    let diagnostic = finding.diagnostic
    var message = diagnostic.message
    for more in diagnostic.notes + diagnostic.helps { message += "; " + more }
    var members: [(String, JSON)] = [
      ("ruleId", .string(diagnostic.code.name)), ("ruleIndex", .number(rule)),
      ("level", .string(diagnostic.severity.rawValue)), ("message", sentence(message)),
      ("locations", .array([location(diagnostic.primary)])),
      ("partialFingerprints", .object([("primaryLocationLineHash", .string(finding.fingerprint))])),
    ]
    if !diagnostic.secondary.isEmpty {
      members.append(("relatedLocations", .array(diagnostic.secondary.map(location))))
    }
    if !diagnostic.fixIts.isEmpty { members.append(("fixes", .array(diagnostic.fixIts.map(fix)))) }
    return .object(members)
  }

  private var artifact: JSON { .object([("uri", .string(uri(of: name)))]) }

  private func location(_ label: Label) -> JSON {
    var members: [(String, JSON)] = [
      ("physicalLocation", .object([("artifactLocation", artifact), ("region", region(label.span))]))
    ]
    if !label.text.isEmpty { members.append(("message", sentence(label.text))) }
    return .object(members)
  }

  private func fix(_ fix: FixIt) -> JSON {
    let replacements = fix.edits.map { edit in
      JSON.object([("deletedRegion", region(edit.span)), ("insertedContent", sentence(edit.replacement))])
    }
    let change = JSON.object([("artifactLocation", artifact), ("replacements", .array(replacements))])
    return .object([("description", sentence(fix.message)), ("artifactChanges", .array([change]))])
  }

  private func region(_ span: Span) -> JSON {
    func place(_ offset: Int) -> (line: Int, column: Int) {
      let line = line(at: offset)
      let start = contents(ofLine: line).start
      return (line + 1, text(Span(start, max(start, offset))).utf16.count + 1)
    }
    let (start, end) = (place(span.start), place(span.end))
    return .object([
      ("startLine", .number(start.line)), ("startColumn", .number(start.column)), ("endLine", .number(end.line)),
      ("endColumn", .number(end.column)),
    ])
  }
}

/// A path as a URI reference: bytes that a URI cannot have in a path as `%20`.
func uri(of path: String) -> String {
  let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
  let escaped = path.utf8.reduce(into: "") { result, byte in
    if plain.contains(byte) {
      result.unicodeScalars.append(Unicode.Scalar(byte))
    } else {
      let hex = String(byte, radix: 16, uppercase: true)
      result += hex.count == 1 ? "%0" + hex : "%" + hex
    }
  }
  return path.hasPrefix("/") ? "file://" + escaped : escaped
}
