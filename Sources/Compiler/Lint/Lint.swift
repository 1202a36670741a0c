// The linter: language errors first, then every rule that is enabled looks at the text and at each network, and what a
// comment suppresses is taken out. Variants of a family share most of their text, so what is found at one place in
// several of them is said once.
package import ResNetDSL

/// All findings of a file, errors of the language among them.
///
/// - Parameter selection: One network of a family; as it stands, every variant is looked at.
package func lint(
  _ source: SourceFile, _ selection: Selection = Selection(), _ settings: LintSettings = LintSettings()
) -> Diagnostics {
  var sink = Diagnostics()
  guard let model = parse(source, &sink) else { return sink }
  var linter = Linter(source, model, settings, errors: sink)
  analyzeEach(model, selection, &sink) { _, compilation in
    if let compilation { linter.look(at: compilation) }
    return true
  }
  // Where there are more than anybody reads, it is notes that are left out.
  var result = Diagnostics(capacity: 10_000)
  let isWhole = sink.all.isEmpty && selection == Selection()
  let findings = sink.all + linter.findings(isWhole: isWhole)
  for severity in Severity.allCases {
    for finding in findings where finding.severity == severity { result.report(finding) }
  }
  return result
}

/// Looks at a file as written, then at its networks, one after the other.
package struct Linter: Sendable {
  private let text: LintedText
  private let settings: LintSettings
  private let rules: [LintRule]
  /// In order of finding; of one rule and place the first.
  private var found: [Found] = []
  private var places: [Place: Int] = [:]
  private var networks: [String] = []

  private struct Place: Hashable {
    var rule: String
    var span: Span
  }

  private struct Found {
    var rule: LintRule
    var finding: Finding
    /// Names of the networks it holds for; empty for a finding in the text.
    var networks: [String]
    /// What it says where it says something else: of another network, or of another use of a definition.
    var others: [String] = []
  }

  /// - Parameter errors: What was reported when the file was read.
  package init(_ source: SourceFile, _ model: SourceModel, _ settings: LintSettings, errors: Diagnostics) {
    text = LintedText(source, model, errors: errors)
    self.settings = settings
    rules = LintRule.all.filter(settings.enables)
    for rule in rules {
      if case .text(let look) = rule.look { add(look(text), of: rule, in: nil) }
    }
  }

  package mutating func look(at compilation: Compilation) {
    let network = LintedNetwork(text, compilation)
    networks.append(network.name)
    for rule in rules {
      if case .network(let look) = rule.look { add(look(network), of: rule, in: network.name) }
    }
  }

  private mutating func add(_ findings: [Finding], of rule: LintRule, in network: String?) {
    for finding in findings {
      let place = Place(rule: rule.code.name, span: finding.primary.span)
      let index = places[place] ?? found.count
      if index == found.count {
        places[place] = index
        found.append(Found(rule: rule, finding: finding, networks: []))
      }
      // What is right for one variant and not for another is no fix.
      if found[index].finding.fixIts != finding.fixIts { found[index].finding.fixIts = [] }
      if found[index].finding.message != finding.message {
        // A sentence that names its network needs no name before it.
        let name = network.flatMap { finding.message.contains($0) ? nil : "\($0): " } ?? ""
        let other = (networks.count > 1 ? name : "also ") + finding.message
        if !found[index].others.contains(other) { found[index].others.append(other) }
      }
      if let network, found[index].networks.last != network { found[index].networks.append(network) }
    }
  }

  /// What was found and not suppressed.
  ///
  /// - Parameter isWhole: All networks were looked at, so that a suppression without use is one.
  package func findings(isWhole: Bool) -> [Diagnostic] {
    var suppressions = Suppressions(text.source)
    var result: [Diagnostic] = []
    for found in found where !suppressions.suppress(found.rule, found.finding) {
      var finding = found.finding
      finding.notes += found.others.prefix(3)
      if found.others.count > 3 { finding.notes.append("and so in \(found.others.count - 3) more ways") }
      if networks.count > 1, !found.networks.isEmpty, found.networks != networks {
        finding.notes.append("in \(alternatives(found.networks, joiner: "and"))")
      }
      result.append(diagnostic(found.rule, finding))
    }
    let unused = LintRule.unusedSuppression
    if isWhole, settings.enables(unused) {
      result += suppressions.unused(among: rules).map { diagnostic(unused, $0) }
    }
    return result
  }

  private func diagnostic(_ rule: LintRule, _ finding: Finding) -> Diagnostic {
    Diagnostic(
      settings.level(of: rule), rule.code, finding.message, at: finding.primary, secondary: finding.secondary,
      notes: finding.notes, helps: finding.helps, fixIts: finding.fixIts)
  }
}
