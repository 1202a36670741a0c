// Every diagnostic code there is. `resnetc explain CODE` prints an entry; a test demands a rendered example of each.

package enum DiagnosticCatalog {
  /// Sorted by name.
  package static let all = (syntaxCodes + modelCodes + loweringCodes + emitCodes + machineCodes)
    .sorted { $0.name < $1.name }

  /// The entry of a name, if there is one.
  package static func code(named name: String) -> DiagnosticCode? { all.first { $0.name == name } }

  /// The name that was probably meant.
  package static func suggestion(for name: String) -> String? {
    ResNetDSL.suggestion(for: name, among: all.map(\.name))
  }
}
