// A checkpoint becomes what a model's package reads: names are understood, numbers brought to the model's order, biases and
// factors that it has no place for folded into norms. What was done is said, line by line.
import ResNetRuntime

/// Weights for a model, and what was done to them.
package struct Conversion: Sendable {
  package var tensors: [CheckpointTensor]
  package var notes: [String]
  /// What the names tell beyond names.
  package var facts = DialectFacts()
  /// Of each of the model's tensors what the file calls it.
  package var origins: [String: String] = [:]
}

extension Checkpoint {
  /// The tensors by their own names, but for those that are renamed.
  package func renamed(_ renames: [Rename]) throws(ConversionFault) -> Conversion {
    let names = try newNames(renames)
    let tensors = zip(self.tensors, names).filter { !$0.1.isEmpty }.map { $0.named($1) }
    if let twice = NameIndex(tensors.map(\.name)).duplicate { throw .renameTwice(to: twice) }
    let dropped = names.count { $0.isEmpty }
    return Conversion(tensors: tensors, notes: dropped > 0 ? ["left out \(dropped) by '--rename'"] : [])
  }

  /// Names after `renames`, of which each must be about something; empty for what is dropped.
  private func newNames(_ renames: [Rename]) throws(ConversionFault) -> [String] {
    var names = tensors.map(\.name)
    for rename in renames {
      var isUsed = false
      for index in names.indices {
        guard let name = rename.apply(tensors[index].name) else { continue }
        names[index] = name
        isUsed = true
      }
      guard isUsed else {
        throw .renameUnused(
          from: rename.from, nearest: nearestName(to: rename.from, in: tensors.map(\.name) + modules),
          names: Array(tensors.prefix(4).map(\.name)))
      }
    }
    return names
  }

  /// What stands before the last part of names, each once.
  private var modules: [String] {
    var modules: [String] = []
    for tensor in tensors {
      let module = components(tensor.name).dropLast().joined(separator: ".")
      if !module.isEmpty, module != modules.last { modules.append(module) }
    }
    return modules
  }

  /// The tensors that `model` reads, by its own names.
  ///
  /// - Parameter dialect: How the names are to be read, where that is not clear.
  package func converted(
    to model: ModelTensors, renames: [Rename] = [], dialect: String? = nil
  ) throws(ConversionFault) -> Conversion {
    if renames.isEmpty, let unfolded = unfolded(for: model) {
      var conversion = try unfolded.converted(to: model, dialect: dialect)
      let count = model.norms.count
      conversion.notes.append(
        "made \(count) norm\(count == 1 ? "" : "s") of the biases that the model's had been folded into")
      return conversion
    }
    var notes: [String] = []
    let file = try namesToRead(renames, model, &notes)
    let reading = try reading(of: file, model, dialect)
    try check(reading, file, model, &notes)
    if !reading.prefix.isEmpty { notes.insert("took \(quotedName(reading.prefix)) off all names", at: 0) }
    if let title = reading.title { notes.append("the names are \(title)") }
    var building = ConvertedTensors(checkpoint: self, model: model, reading: reading)
    try building.build()
    let found = zip(model.tensors, reading.sources).compactMap { tensor, source in
      source.map { (tensor.name, tensors[$0].name) }
    }
    return Conversion(
      tensors: building.tensors, notes: notes + building.notes,
      facts: reading.dialect.map { DialectFacts($0) } ?? DialectFacts(),
      origins: Dictionary(found) { first, _ in first })
  }

  private func namesToRead(
    _ renames: [Rename], _ model: ModelTensors, _ notes: inout [String]
  ) throws(ConversionFault) -> NamesToRead {
    let own = NameIndex(model.tensors.map(\.name))
    let names = try newNames(renames)
    var pinned = [Int?](repeating: nil, count: model.tensors.count)
    var open: [Int] = []
    var extras: [KnownExtra: Int] = [:]
    var dropped = 0
    for (index, name) in names.enumerated() {
      let isRenamed = !sameBytes(name, tensors[index].name)
      if name.isEmpty {
        dropped += 1
      } else if isRenamed, let place = own.find(name) {
        guard pinned[place] == nil else { throw .renameTwice(to: name) }
        pinned[place] = index
      } else if own.find(name) == nil, let extra = KnownExtra.of(name) {
        extras[extra, default: 0] += 1
      } else {
        open.append(index)
      }
    }
    let known = KnownExtra.allCases.compactMap { extra in extras[extra].map { extra.text($0) } }
    if !known.isEmpty { notes.append("left out " + known.joined(separator: ", ")) }
    if dropped > 0 { notes.append("left out \(dropped) by '--rename'") }
    return NamesToRead(names: names, open: open, pinned: pinned)
  }

  private func reading(
    of file: NamesToRead, _ model: ModelTensors, _ dialect: String?
  ) throws(ConversionFault) -> Reading {
    var all = readings(of: file, for: model)
    if let dialect {
      let known = Array(Set(all.map(\.name))).sorted { precedes($0, $1) }
      all.removeAll { $0.name != dialect }
      guard !all.isEmpty else { throw .unknownDialect(name: dialect, known: known) }
    }
    let complete = all.filter { $0.isComplete && shapesFit($0, model) }
    if let first = complete.first {
      // Ways that come to the same are one; the first is the plainest. The same names behind another prefix are another
      // network, which is left over.
      var seen: Set<String> = [first.name]
      for other in complete.dropFirst() where seen.insert(other.name).inserted && !same(first, other) {
        let example = zip(model.tensors, zip(first.sources, other.sources)).first { $0.1.0 != $0.1.1 }
        throw .ambiguous(
          first: first.name, second: other.name, example: example?.0.name ?? model.tensors.first?.name ?? "")
      }
      return first
    }
    guard let best = all.max(by: { $0.count < $1.count }), let most = all.first(where: { $0.count == best.count }),
      2 * most.count >= model.tensors.count
    else {
      throw .nothingFits(
        model: model.name, fileNames: Array(file.open.prefix(4).map { tensors[$0].name }),
        modelNames: Array(model.tensors.prefix(3).map(\.name)), count: tensors.count)
    }
    return most
  }

  /// Whether two readings make the same weights.
  private func same(_ a: Reading, _ b: Reading) -> Bool {
    a.sources == b.sources && a.isBGR == b.isBGR && a.dialect?.epsilon == b.dialect?.epsilon
  }

  private func shapesFit(_ reading: Reading, _ model: ModelTensors) -> Bool {
    zip(model.tensors, reading.sources).allSatisfy { tensor, source in
      guard let source else { return false }
      return fits(shape(source, reading), tensor.shape)
    }
  }

  /// A tensor's shape once it was turned.
  private func shape(_ source: Int, _ reading: Reading) -> [Int] {
    let shape = tensors[source].shape
    switch reading.translations[source]?.change {
    case .kernel where shape.count == 4: return [3, 2, 0, 1].map { shape[$0] }
    case .matrix: return shape.reversed()
    default: return shape
    }
  }

  /// What is missing, has another shape or is left over is an error that lists all of it.
  private func check(
    _ reading: Reading, _ file: NamesToRead, _ model: ModelTensors, _ notes: inout [String]
  ) throws(ConversionFault) {
    var misfit = ConversionFault.Misfit(model: model.name)
    misfit.prefix = reading.prefix
    misfit.isOneOfSeveral = isNamedAsShard(path)
    var unused = Set(file.open)
    for case let source? in reading.sources { unused.remove(source) }
    // What has a place without being one of the model's tensors: factors, and biases before a norm.
    let folded = Set(model.norms.map { biasName($0.convolution) })
    let own = NameIndex(model.tensors.map(\.name))
    let owners = BiasOwners(self, model, reading)
    let left = unused.sorted().filter { index in
      if reading.translations[index]?.change == .divisor { return false }
      guard let bias = owners.convolution(index).map(biasName) else { return true }
      return !folded.contains(bias) || own.find(bias) != nil
    }
    for (tensor, source) in zip(model.tensors, reading.sources) {
      guard let source else {
        // Only the first are shown.
        let candidates = misfit.missing.count < 5 ? left : []
        let same = candidates.filter { fits(shape($0, reading), tensor.shape) }.map { tensors[$0].name }
        let nearest = nearestName(to: tensor.name, in: same)
        if let elsewhere = same.first(where: {
          $0 == tensor.name || $0.hasSuffix("." + tensor.name) || tensor.name.hasSuffix("." + $0)
        }) {
          misfit.elsewhere = misfit.elsewhere ?? elsewhere
        }
        let hints = (nearest.map { [$0] } ?? []) + same.filter { $0 != nearest }
        misfit.missing.append(ConversionFault.Missing(tensor: tensor, sameShape: Array(hints.prefix(3))))
        continue
      }
      let found = shape(source, reading)
      if !fits(found, tensor.shape) {
        misfit.misshapen.append(
          ConversionFault.Misshapen(tensor: tensor, name: tensors[source].name, found: found))
      }
    }
    // A head that the model is without, and those used in training only, are no mistake.
    let hasHead = own.find("fc.weight") != nil || model.tensors.contains { $0.name.hasPrefix("classifier.") }
    let auxiliary = NameIndex(model.auxiliary)
    var heads = 0
    for index in left {
      let name = withoutPrefix(index, reading)
      let isHead = ["fc.", "classifier.", "head.", "linear."].contains { name.hasPrefix($0) }
      if !hasHead && isHead || auxiliary.find(name) != nil {
        heads += 1
      } else {
        misfit.leftOver.append(tensors[index].name)
      }
    }
    guard misfit.missing.isEmpty, misfit.misshapen.isEmpty, misfit.leftOver.isEmpty else { throw .misfit(misfit) }
    if heads > 0 { notes.append("left out \(heads) of layers that this network is without") }
  }

  private func withoutPrefix(_ index: Int, _ reading: Reading) -> String {
    let name = reading.translations[index]?.name ?? tensors[index].name
    return name.hasPrefix(reading.prefix) ? String(name.dropFirst(reading.prefix.count)) : name
  }
}

/// Which biases in a file belong to which convolutions of a model.
struct BiasOwners {
  private let checkpoint: Checkpoint
  private let reading: Reading
  /// What the tensors that the model takes are called in the file, and by the model.
  private let weights: NameIndex
  private let owners: [String]

  init(_ checkpoint: Checkpoint, _ model: ModelTensors, _ reading: Reading) {
    self.checkpoint = checkpoint
    self.reading = reading
    let taken = zip(model.tensors, reading.sources).compactMap { tensor, source in source.map { (tensor.name, $0) } }
    owners = taken.map(\.0)
    weights = NameIndex(taken.map { reading.translations[$0.1]?.name ?? checkpoint.tensors[$0.1].name })
  }

  /// The model's name for the weights of which a tensor of the file is the bias.
  func convolution(_ index: Int) -> String? {
    let name = reading.translations[index]?.name ?? checkpoint.tensors[index].name
    guard name.hasSuffix(".bias") else { return nil }
    return weights.find(name.dropLast("bias".count) + "weight").map { owners[$0] }
  }
}

/// `conv1.bias` of `conv1.weight`.
func biasName(_ weight: String) -> String {
  weight.hasSuffix(".weight") ? String(weight.dropLast("weight".count)) + "bias" : weight + ".bias"
}

/// Whether a file is called as one of several: `model-00001-of-00002.safetensors`.
func isNamedAsShard(_ path: String) -> Bool {
  let name = path.split(separator: "/").last ?? ""
  let words = name.split { $0 == "-" || $0 == "." || $0 == "_" }
  return zip(words, zip(words.dropFirst(), words.dropFirst(2))).contains { number, rest in
    rest.0 == "of" && Int(number) != nil && (Int(rest.1) ?? 0) > 1
  }
}

/// Whether shapes are the same but for dimensions of 1 at the end: as a 1x1 convolution a matrix has two more.
func fits(_ a: [Int], _ b: [Int]) -> Bool {
  func bare(_ shape: [Int]) -> ArraySlice<Int> { shape[..<(shape.lastIndex { $0 != 1 }.map { $0 + 1 } ?? 0)] }
  return bare(a) == bare(b)
}
