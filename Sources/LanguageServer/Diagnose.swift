// What is wrong with a file: the one place where it is decided which findings an editor shows.
package import ResNetCompiler
import ResNetDSL

/// In source order; no more than a run of the compiler would show.
func diagnostics(of reading: Reading) -> [Diagnostic] {
  reading.findings.shown.diagnostics
}

/// What the linter is to look for in a document.
package struct LintConfiguration: Sendable {
  package var settings: LintSettings
  /// Why its file could not be used, in which case all rules apply.
  package var fault: String?

  package init(_ settings: LintSettings = LintSettings(), fault: String? = nil) {
    (self.settings, self.fault) = (settings, fault)
  }
}
