// Codes of the checks that need shapes: the compiler's lowering.

extension DiagnosticCatalog {
  static let loweringCodes: [DiagnosticCode] = []
}
