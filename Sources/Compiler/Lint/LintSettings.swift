// Which rules run, and at which level. A word selects by code, name, group, or the beginning of a code; where one word
// selects a rule and another ignores it, the more exact one decides, and of equals the one that ignores.
package import ResNetDSL

/// `all`, `residual`, `RN1`, `RN101`, `strided-1x1`.
package struct LintSelector: Hashable, Sendable {
  private let codePrefix: String

  /// `nil` for a word that selects no rule.
  package init?(_ word: String) {
    if word.lowercased() == "all" {
      codePrefix = "RN"
    } else if let group = LintGroup.allCases.first(where: { $0.name == word.lowercased() }) {
      codePrefix = "RN\(group.rawValue)"
    } else if let rule = LintRule.named(word) {
      codePrefix = rule.code.name
    } else {
      codePrefix = word.uppercased()
      guard codePrefix.hasPrefix("RN"), LintRule.all.contains(where: { $0.code.name.hasPrefix(codePrefix) }) else {
        return nil
      }
    }
  }

  package func selects(_ rule: LintRule) -> Bool { rule.code.name.hasPrefix(codePrefix) }

  /// How exact it is.
  fileprivate var strength: Int { codePrefix.count }

  /// All words that select something, for did-you-mean.
  package static let words =
    ["all"] + LintGroup.allCases.map(\.name) + LintRule.all.map(\.name) + LintRule.all.map(\.code.name)
}

/// What a configuration and a command line say about rules.
package struct LintSettings: Equatable, Sendable {
  /// `nil` selects all.
  package var selected: [LintSelector]?
  package var ignored: [LintSelector]
  /// In order; of those that select a rule, the last of the most exact ones counts.
  package var levels: [Level]

  package struct Level: Equatable, Sendable {
    package var rules: LintSelector
    package var level: Severity
    package init(_ rules: LintSelector, _ level: Severity) { (self.rules, self.level) = (rules, level) }
  }

  /// What counts where these say nothing; one at most.
  private var below: [LintSettings] = []

  package init(selected: [LintSelector]? = nil, ignored: [LintSelector] = [], levels: [Level] = []) {
    (self.selected, self.ignored, self.levels) = (selected, ignored, levels)
  }

  /// These, and the others where these say nothing of a rule: a command line over a configuration.
  package func over(_ others: LintSettings) -> LintSettings {
    var result = self
    result.below = [others]
    return result
  }

  func enables(_ rule: LintRule) -> Bool {
    func strength(_ selectors: [LintSelector]) -> Int {
      selectors.filter { $0.selects(rule) }.map(\.strength).max() ?? 0
    }
    let unwanted = strength(ignored)
    if let selected { return strength(selected) > unwanted }
    return unwanted == 0 && below.allSatisfy { $0.enables(rule) }
  }

  func level(of rule: LintRule) -> Severity {
    var best: Level?
    for level in levels where level.rules.selects(rule) && level.rules.strength >= best?.rules.strength ?? 0 {
      best = level
    }
    return best?.level ?? below.first?.level(of: rule) ?? rule.level
  }
}
