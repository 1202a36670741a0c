// Which lines of a source to change so that it says another network: what `resnetc weights --fix` does where a checkpoint is of
// one that differs in classes, depth, stem or shortcuts. Lines that say the same in both stay as they are, with their names,
// sizes and comments; networks of different outlines are not brought together.
package import ResNetDSL

/// A source, and the network that it says.
package struct WrittenNetwork: Sendable {
  package let source: SourceFile
  package let model: SourceModel
  package let network: Network

  /// `nil` if it has errors, which `sink` then says.
  package init?(_ source: SourceFile, _ selection: Selection, _ sink: inout Diagnostics) {
    guard let model = parse(source, &sink), let network = resolve(model, selection, &sink),
      !sink.hasErrors
    else {
      return nil
    }
    (self.source, self.model, self.network) = (source, model, network)
  }
}

/// A line that changes, counted from 1; without `after` it goes.
package struct LineChange: Sendable, Equatable {
  package let line: Int
  package let before: String
  package let after: String?
}

extension WrittenNetwork {
  /// The lines that have to change for this to say what `other` says, and the text with them changed; `nil` if it is not a
  /// matter of single lines.
  package func repaired(as other: WrittenNetwork) -> (changes: [LineChange], text: String)? {
    guard model.keyword.value == .model, network.auxiliary.isEmpty, network.outputs.isEmpty,
      model.rows.count == network.stages.count,
      other.model.rows.count == other.network.stages.count,
      (network.preActivation == nil) == (other.network.preActivation == nil)
    else { return nil }
    var editor = LineEditor(source)
    var rows = Array(network.stages.indices)
    if rows.count > other.network.stages.count {
      // A stem for small pictures has no pool.
      let pools = rows.filter { network.stages[$0].isPool }
      let keepsPools = other.network.stages.contains(where: \.isPool)
      guard !keepsPools, rows.count - pools.count == other.network.stages.count else { return nil }
      for row in pools { editor.remove(model.rows[row].name.span) }
      rows.removeAll(where: pools.contains)
    }
    guard rows.count == other.network.stages.count else { return nil }
    let isResized = rows.count < network.stages.count
    for (mine, theirs) in zip(rows, other.network.stages.indices) {
      guard model.rows[mine].cells.count == 1, let cell = model.rows[mine].cells.first,
        let otherCell = other.model.rows[theirs].cells.first
      else { return nil }
      let texts = (plain(network.stages[mine]), other.plain(other.network.stages[theirs]))
      if texts.0 != texts.1 {
        editor.replace(
          cell.span, by: head(other.source.text(otherCell.span), like: network.stages[mine]))
      }
      guard isResized, let size = model.rows[mine].size,
        let otherSize = other.model.rows[theirs].size,
        size.value != otherSize.value
      else { continue }
      editor.replace(size.span, by: other.source.text(otherSize.span))
    }
    repairHeader(as: other, isResized: isResized, &editor)
    return editor.result()
  }

  private func repairHeader(as other: WrittenNetwork, isResized: Bool, _ editor: inout LineEditor) {
    let (mine, theirs) = (network.input.value, other.network.input.value)
    if isResized || mine.channels != theirs.channels {
      let (height, width) = isResized ? (theirs.height, theirs.width) : (mine.height, mine.width)
      editor.setValue(of: "input", to: "\(theirs.channels) x \(height) x \(width)")
      if isResized, let value = other.value(of: "preprocess") {
        editor.setValue(of: "preprocess", to: value)
      }
    }
    if let depth = network.depth?.value, let new = other.network.depth?.value, depth != new {
      editor.setValue(of: "depth", to: "\(new)")
    }
    if network.shortcutTensors != other.network.shortcutTensors,
      let value = other.value(of: "shortcut")
    {
      if self.value(of: "shortcut") == nil { editor.insert("shortcut \(value)", after: "input") }
      editor.setValue(of: "shortcut", to: value)
    }
  }

  /// What stands behind a key of the header.
  private func value(of key: String) -> String? { LineEditor(source).value(of: key) }

  /// A row as Table 1 has it, without what says nothing of its tensors.
  private func plain(_ stage: Stage) -> String {
    network.tableText(stage).split(separator: ",").map(String.init)
      .filter { part in
        ![" stride", " softmax", " sigmoid", " dropout"].contains { part.hasPrefix($0) }
      }
      .joined(separator: ",")
  }

  /// The layers of a head, without the softmax that this network's has not.
  private func head(_ text: String, like stage: Stage) -> String {
    let ending = [", softmax", ", sigmoid"].first { text.hasSuffix($0) }
    guard let ending, !network.tableText(stage).hasSuffix(ending) else { return text }
    return String(text.dropLast(ending.count))
  }
}

extension Network {
  /// What of its shortcuts has tensors.
  fileprivate var shortcutTensors: String {
    switch shortcut.value {
    case .projectWhereShapeChanges: projectionPools ? "B pool" : "B"
    case .projectAlways: projectionPools ? "C pool" : "C"
    case .identityZeroPadded, .identityWhereShapeStays, .none: "none"
    }
  }
}

extension Stage {
  /// A pool with a window, by itself.
  fileprivate var isPool: Bool {
    guard items.count == 1, case .layer(let layer) = items[0] else { return false }
    switch layer.kind {
    case .maxPool, .averagePool: return true
    default: return false
    }
  }
}
