// A comment that suppresses nothing hides the next finding.
import ResNetDSL

extension LintRule {
  static let unusedSuppression = LintRule(
    "RN505", "unused-suppression", .warning,
    """
    A comment `lint: allow` that suppresses nothing, or names no rule. What it once suppressed is gone, and
    it would hide the next finding in its place. Said where the whole file compiles and is looked at: not
    with `--variant` or `--set`, and not for rules that do not run.
    """,
    example: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16      # lint: allow bias-before-norm
      head     1x1    average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 32 x 32
      conv1   32x32   3x3, 16, bias      # lint: allow bias-before-norm
      head     1x1    average pool, 10-d fc
      """,
    look: .suppressions)
}
