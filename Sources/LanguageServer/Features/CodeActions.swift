// Quick fixes: the fix-its of the findings that touch a span.
import ResNetDSL

extension Reading {
  /// Each fix with its finding; preferred where it is the only one, and right or safe: a rule of the linter may only
  /// propose a network that is better.
  func quickFixes(in span: Span) -> [(finding: Diagnostic, fix: FixIt, isPreferred: Bool)] {
    diagnostics(of: self).filter { $0.primary.span.start <= span.end && $0.primary.span.end >= span.start }
      .flatMap { finding in
        finding.fixIts.map { (finding, $0, finding.fixIts.count == 1 && (finding.severity == .error || $0.isSafe)) }
      }
  }
}
