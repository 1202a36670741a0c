// The whole pipeline, top to bottom. It works in memory and reports through `sink`.
package import ResNetDSL

/// What a user may choose.
package struct CompileOptions: Sendable {
  package var selection: Selection
  /// In order of preference.
  package var targets: [Target]
  /// In order of preference.
  package var precisions: [Precision]
  /// Layers that no precision changes, by name.
  package var float32Layers: Set<String>
  package var batch: Int
  package var algorithms: AlgorithmChoice
  package var includeCommand: Bool
  package var templates: Templates

  package init(
    selection: Selection = Selection(), targets: [Target] = Target.all, precisions: [Precision] = [.float32],
    float32Layers: Set<String> = [], batch: Int = 1,
    algorithms: AlgorithmChoice = .fastest, includeCommand: Bool = true, templates: Templates = .embedded
  ) {
    self.selection = selection
    self.targets = targets
    self.precisions = precisions
    self.float32Layers = float32Layers
    self.batch = batch
    self.algorithms = algorithms
    self.includeCommand = includeCommand
    self.templates = templates
  }
}

/// Everything that came of one network.
package struct Compilation: Sendable {
  package let network: Network
  /// As written, before any pass: what is counted.
  package let lowered: Graph
  /// After all passes: what is run.
  package let fused: Graph
  package let cost: CostReport
  package let plans: [Plan]
}

/// From text to plans; `nil` if `sink` then holds an error. Without targets everything but plans, which needs no kernel.
package func analyze(
  _ source: SourceFile, _ options: CompileOptions, _ sink: inout Diagnostics
) -> Compilation? {
  parse(source, &sink).flatMap { analyze($0, options, &sink) }
}

/// From a file that has been read: the variants of a family need it read only once.
package func analyze(
  _ model: SourceModel, _ options: CompileOptions, _ sink: inout Diagnostics
) -> Compilation? {
  guard let network = resolve(model, options.selection, &sink),
    let lowered = lower(network, &sink), !sink.hasErrors
  else { return nil }
  let fused = runPasses(lowered)
  let compilation = Compilation(
    network: network, lowered: lowered, fused: fused, cost: CostReport(lowered),
    plans: options.precisions.flatMap { precision in
      let numbered = precision == .int8 ? quantized(fused, keeping: options.float32Layers) : fused
      return options.targets.flatMap { $0.computing(in: precision) }.map { target in
        let graph = target.multipliesHalves ? halved(fused, keeping: options.float32Layers) : numbered
        return makePlan(graph, target: target, batch: options.batch, algorithms: options.algorithms)
      }
    })
  checkEmission(compilation, &sink)
  return sink.hasErrors ? nil : compilation
}

/// The networks of a file: the one that is selected or, of a family that is not narrowed down, every variant in order.
/// What is wrong with several is reported once, since variants share most of their text.
///
/// - Parameter visit: Gets the variant and its network, `nil` if it has errors, and says whether to go on.
package func analyzeEach(
  _ model: SourceModel, _ selection: Selection, _ sink: inout Diagnostics,
  _ visit: (String?, Compilation?) -> Bool
) {
  let isFamily = selection.variant == nil && !model.variants.isEmpty
  let variants: [String?] = isFamily ? model.variants : [selection.variant]
  let read = sink
  var seen = Set(read.all)
  for variant in variants {
    var found = read
    let choice = Selection(variant: variant, parameters: selection.parameters)
    let compilation = analyze(model, CompileOptions(selection: choice, targets: []), &found)
    for diagnostic in found.all where seen.insert(diagnostic).inserted { sink.report(diagnostic) }
    guard visit(variant, compilation) else { return }
  }
}

/// From plans to the files of a package.
package func emit(
  _ compilation: Compilation, from source: SourceFile, _ options: CompileOptions, labels: [String] = [],
  weights: String? = nil
) throws(TemplateError) -> [EmittedFile] {
  try emitPackage(
    PackageContents(compilation, from: source, options, labels: labels, weights: weights),
    templates: options.templates)
}

extension PackageContents {
  package init(
    _ compilation: Compilation, from source: SourceFile, _ options: CompileOptions, labels: [String] = [],
    weights: String? = nil
  ) {
    self.init(
      network: compilation.network, graph: compilation.fused, answer: NetworkAnswer(compilation.lowered),
      plans: compilation.plans, cost: compilation.cost, labels: labels,
      auxiliary: compilation.lowered.auxiliary.flatMap(\.graph.tensors).map(\.name), weights: weights,
      sourceName: source.name, sourceHash: fnv1a(source.bytes), optionsText: options.text,
      includeCommand: options.includeCommand)
  }
}

extension CompileOptions {
  /// As typed on the command line, without defaults.
  fileprivate var text: String {
    var words: [String] = []
    if let variant = selection.variant { words.append("--variant \(variant)") }
    for parameter in selection.parameters { words.append("--set \(parameter.name)=\(parameter.value)") }
    if targets != Target.all { words.append("--isa \(targets.map(\.name).joined(separator: ","))") }
    if precisions != [.float32] { words.append("--precision \(precisions.map(\.rawValue).joined(separator: ","))") }
    if !float32Layers.isEmpty { words.append("--keep-float \(float32Layers.sorted().joined(separator: ","))") }
    if batch != 1 { words.append("--batch \(batch)") }
    switch algorithms {
    case .fastest, .winograd: break
    case .exact: words.append("--exact")
    case .tuned(let tuning): words.append("--tuning (FNV-1a \(hexadecimal(tuning.hash)))")
    }
    if !includeCommand { words.append("--no-command") }
    return words.joined(separator: " ")
  }
}

/// FNV-1a, 64 bits: names a source in the head of every generated file.
package func fnv1a(_ bytes: [UInt8]) -> UInt64 {
  // Without iterators and closures: this looks at every byte that a package has.
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  bytes.withUnsafeBufferPointer { buffer in
    guard let start = buffer.baseAddress else { return }
    var index = 0
    while index < buffer.count {
      hash = (hash ^ UInt64(start[index])) &* 0x100_0000_01b3
      index &+= 1
    }
  }
  return hash
}
