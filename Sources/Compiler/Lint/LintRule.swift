// A rule of the linter: what it is called, how bad its findings are, an example that shows it, and a look at the text or
// at one network. Adding a rule is a file in `Rules` and a word in `LintRule.all`; the tests lint every example.
package import ResNetDSL

/// What a rule is about; the first digit of its code.
package enum LintGroup: Int, CaseIterable, Sendable {
  case residual = 1
  case layers, weights, cost, file

  package var name: String {
    switch self {
    case .residual: "residual"
    case .layers: "layers"
    case .weights: "weights"
    case .cost: "cost"
    case .file: "file"
    }
  }

  /// What its rules look for.
  package var summary: String {
    switch self {
    case .residual: "what the paper found about residual networks"
    case .layers: "layers that do less than they cost, or other than they say"
    case .weights: "what decides whether trained weights fit"
    case .cost: "where time and memory go"
    case .file: "the text of the model"
    }
  }
}

/// One thing that the linter looks for.
package struct LintRule: Sendable {
  /// Stable, such as `RN101`, with the rule's name as its title; its explanation is a few short paragraphs.
  package let code: DiagnosticCode
  /// Kebab-case, as good as the code on the command line.
  package let name: String
  /// Unless it is set otherwise. A note does not fail a run.
  package let level: Severity
  /// A file that has a finding of this rule.
  package let example: String
  /// The same file without it.
  package let remedy: String
  let look: Look

  /// What a rule looks at.
  enum Look: Sendable {
    /// The file as written, also one that does not compile.
    case text(@Sendable (LintedText) -> [Finding])
    /// Each variant that compiles.
    case network(@Sendable (LintedNetwork) -> [Finding])
    /// Comments that suppress findings: the linter itself looks after them.
    case suppressions
  }

  init(
    _ code: String, _ name: String, _ level: Severity, _ explanation: String, example: String, remedy: String,
    look: Look
  ) {
    self.code = DiagnosticCode(code, title: name, explanation)
    (self.name, self.level, self.example, self.remedy, self.look) = (name, level, example + "\n", remedy + "\n", look)
  }

  package var group: LintGroup {
    code.name.dropFirst(2).first?.wholeNumberValue.flatMap(LintGroup.init) ?? .file
  }

  /// By code.
  package static let all: [LintRule] = [
    strided1x1, identityProjection, activationBeforeSum, singleLayerResidual, downsampleWithoutWidening, plainTooDeep,
    missingFinalNorm,
    biasBeforeNorm, poolRounding, windowOn1x1, mostlyPadding, evenKernelPadded,
    connectedMap, wideSqueeze, lateAuxiliaryHead, idleShuffle, wideAttention,
    unevenZeroPadding,
    simdLanes, memoryPeak, dominantStage, groupZeros, concatenationLanes, splitLanes,
    unusedBlock, unusedParameter, missingSize, nameContradictsDepth, unusedSuppression,
  ]

  /// Of a code or a name.
  package static func named(_ word: String) -> LintRule? {
    all.first { $0.name == word.lowercased() || $0.code.name == word.uppercased() }
  }
}

/// What a rule found in one place; the linter adds the rule's code and level.
struct Finding {
  /// One lowercase sentence without a full stop.
  var message: String
  var primary: Label
  var secondary: [Label] = []
  var notes: [String] = []
  var helps: [String] = []
  var fixIts: [FixIt] = []

  init(
    _ message: String, at primary: Label, secondary: [Label] = [], notes: [String] = [], helps: [String] = [],
    fixIts: [FixIt] = []
  ) {
    (self.message, self.primary, self.secondary) = (message, primary, secondary)
    (self.notes, self.helps, self.fixIts) = (notes, helps, fixIts)
  }
}
