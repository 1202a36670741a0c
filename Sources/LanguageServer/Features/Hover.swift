// Hover: what a word means and what it costs. Words are explained from the language; numbers come from the networks,
// and are left out while there is none. Where an error stands, its explanation comes first; what the linter has to say,
// notes excepted, comes last.
import ResNetDSL

extension Reading {
  /// Markdown about what stands at an offset, and the span that it is about.
  func hover(at offset: Int) -> (text: String, span: Span)? {
    let found = place(at: offset)
    let here = diagnostics(of: self).filter { $0.primary.span.contains(offset) }
    func explanations(_ severity: Severity) -> [String] {
      here.filter { $0.severity == severity }.prefix(3).map { finding in
        "**\(severity.rawValue)[\(finding.code.text)]**: \(finding.message)\n\n\(finding.code.explanation)"
      }
    }
    let about = found.map { text(about: $0.place) } ?? []
    let parts = explanations(.error) + about + explanations(.warning)
    guard let span = found.map({ $0.place.span ?? $0.token.span }) ?? token(at: offset)?.span, !parts.isEmpty else {
      return nil
    }
    return (parts.joined(separator: "\n\n"), span)
  }

  private func text(about place: Place) -> [String] {
    switch place {
    case .key(let key):
      let help = WordHelp.key(key)
      return ["`\(help.spelling)`", help.text]
    case .option(let key, let word): return WordHelp.option(word, of: key).map { ["`\(word)`: \($0)"] } ?? []
    case .modelName: return ["**\(model?.name.value ?? "")**"] + [networkTable()].compactMap { $0 }
    case .column(let index):
      guard let name = model?.columns[index].value else { return [] }
      return ["variant **\(name)**"] + [networkTable(only: name)].compactMap { $0 }
    case .row(let row): return ["**\(row.name.value)**"] + [table(ofRow: row.name.value)].compactMap { $0 }
    case .same(let row, let cell):
      let repeated = SourceModel.repeated(by: cell, of: row)
      return ["`same`: the cell to the left again" + (repeated.map { ", `\(source.text($0.span))`" } ?? "")]
    case .element(let element): return text(about: element)
    case .attribute(let attribute):
      return WordHelp.element(firstWord(attribute.span)).map { ["`\(source.text(attribute.span))`: \($0)"] } ?? []
    case .reference(let name):
      return model?.blocks.first { $0.name.value == name.value }.map(text) ?? []
    case .definition(let block): return text(about: block)
    case .parameter(let name, let block): return text(aboutParameter: name.value, in: block)
    }
  }

  private func text(about element: Syntax.Element) -> [String] {
    let written = "`\(source.text(element.span))`"
    func layer(_ help: String) -> [String] {
      ["\(written): \(help)"] + [table(ofLayer: element.span)].compactMap { $0 }
    }
    switch element.kind {
    case .convolution: return layer("a convolution: kernel, width (the number of output channels), attributes.")
    case .maxPool: return layer("the largest value of each window.")
    case .averagePool: return layer("the mean of each window.")
    case .globalAveragePool: return layer("the mean of the whole map.")
    case .fullyConnected: return layer("a fully connected layer; a map that enters it is flattened.")
    case .activation(let activation): return layer(WordHelp.activation(activation.rawValue) ?? "")
    case .block(.residual, _, _):
      let kind =
        model?.header.shortcut?.value == ShortcutOption.none
        ? "a block; `shortcut none` makes it plain."
        : "a residual block: its layers, the shortcut, the sum, the activation."
      return ["`[ ... ]`: \(kind)"] + [table(ofBlock: element.span)].compactMap { $0 }
    case .block(.plain, _, _): return ["`( ... )`: layers without a shortcut."]
    case .branches: return ["`{ ... | ... }`: parallel branches, concatenated. Not built yet."]
    case .dropout, .softmax, .gate, .maxout, .localResponseNorm, .squeezeExcitation, .spatialPyramidPool:
      return layer(WordHelp.layer(firstWord(element.span)) ?? "")
    case .reference, .invalid: return []
    }
  }

  private func text(about block: Syntax.BlockDefinition) -> [String] {
    let count = (model?.elements ?? []).count { element in
      if case .reference(let name, _) = element.kind { name.value == block.name.value } else { false }
    }
    return ["```rn\n\(source.text(block.span))\n```", "Used \(count == 1 ? "once" : "\(count) times")."]
  }

  private func text(aboutParameter name: String, in block: Syntax.BlockDefinition?) -> [String] {
    if let block, block.parameters.contains(where: { $0.value == name }) {
      return ["`\(name)`: a parameter of the block `\(block.name.value)`."]
    }
    guard let parameter = model?.parameters.first(where: { $0.name.value == name }) else { return [] }
    let value = source.text(parameter.value.span)
    return ["`\(name) = \(value)`: a parameter of the family; `--set \(name)=\(value)` gives it another value."]
  }

  private func firstWord(_ span: Span) -> String {
    token(at: span.start).map { source.text($0.span) } ?? ""
  }
}

extension Place {
  /// Of what hover is about, where that is more than a word.
  fileprivate var span: Span? {
    switch self {
    case .element(let element): element.span
    case .attribute(let attribute): attribute.span
    default: nil
    }
  }
}
