// What there is to choose from for each convolution of a network, and whether a choice that somebody wrote down applies.
package import ResNetDSL

/// Layers of one shape and the ways to compute them that are worth a measurement.
package struct TunableConvolution: Sendable {
  package let shape: ConvolutionShape
  /// Their names, in order.
  package fileprivate(set) var layers: [String]
  /// Pools that alone read one of these: with some choices they are steps, with others part of the convolution.
  package fileprivate(set) var pools: [String]
  /// Distinct; the cost model's own choice comes first.
  package let choices: [ConvolutionChoice]
}

/// The convolutions of a graph that has been through the passes, with the target's types of numbers, by shape, in order of
/// first use.
package func tunableConvolutions(_ graph: Graph, target: Target, batch: Int) -> [TunableConvolution] {
  let planner = Planner(graph: graph, target: target, batch: batch, algorithms: .fastest)
  var result: [TunableConvolution] = []
  var index: [ConvolutionShape: Int] = [:]
  for (id, node) in graph.nodes.enumerated() {
    guard let shape = ConvolutionShape(node, in: graph) else { continue }
    let pools = [planner.onlyReaders[id]].compactMap { $0 }.filter {
      planner.poolKernel($0) != nil || graph[$0].operation.isDepthwise
    }.map {
      graph[$0].name
    }
    if let known = index[shape] {
      result[known].layers.append(node.name)
      result[known].pools += pools
    } else {
      index[shape] = result.count
      result.append(
        TunableConvolution(
          shape: shape, layers: [node.name], pools: pools, choices: planner.candidates(for: NodeID(id))))
    }
  }
  return result
}

extension Planner {
  /// Most choices for one shape: as many packages as `resnetc tune` must build.
  private static let candidateLimit = 8

  /// The model's choice, then the best of each algorithm, then variants in the order in which the model likes them.
  fileprivate func candidates(for id: NodeID) -> [ConvolutionChoice] {
    var found: [(choice: ConvolutionChoice, kernel: Kernel, cycles: Double)] = []
    func add(_ choice: ConvolutionChoice) {
      guard let kernel = convolutionKernel(id, as: choice), !found.contains(where: { $0.kernel == kernel }) else {
        return
      }
      switch kernel {
      case .winograd(let winograd):
        // Spelled out, so that a file says the same to a compiler with another model.
        let exact = ConvolutionChoice.winograd(
          tile: winograd.transform.tile, blocks: winograd.split.blockCount, filters: winograd.filters.stage)
        let isAllowed = convolutionKernel(id, as: exact) == kernel
        found.append((isAllowed ? exact : choice, kernel, costModel.winograd(winograd).cycles))
      case .convolution(let direct):
        found.append((choice, kernel, costModel.direct(direct).cycles))
      case .depthwise: found.append((choice, kernel, 0))
      case .pool, .pooledConvolution, .separable, .elementwise, .channelWindow, .channelConvolution, .adaptivePool,
        .gather, .upsample, .sampleNorm:
        break
      }
    }
    if case .winograd(let standard)? = convolutionKernel(id, as: nil) {
      add(.winograd(tile: standard.transform.tile, blocks: nil, filters: nil))
    }
    add(.direct(vectors: nil))
    for tile in WinogradTransform.tiles { add(.winograd(tile: tile, blocks: nil, filters: nil)) }
    let first = found
    for case .winograd(let tile, let blocks?, _) in first.map(\.choice) {
      for stage in WinogradFilters.Stage.allCases { add(.winograd(tile: tile, blocks: nil, filters: stage)) }
      for count in [blocks / 2, blocks * 2, blocks * 3 / 2, blocks + 1] where count > 0 {
        add(.winograd(tile: tile, blocks: count, filters: nil))
      }
    }
    for vectors in 1...4 { add(.direct(vectors: vectors)) }
    let others = found.dropFirst(first.count).sorted { $0.cycles < $1.cycles }
    return (first + others).prefix(Self.candidateLimit).map(\.choice)
  }
}

/// Reports lines of a tuning file that a network has no use for, as warnings, and choices that do not apply, as errors.
package func checkTuning(_ tuning: Tuning, against compilation: Compilation, batch: Int, _ sink: inout Diagnostics) {
  let precisions = Precision.allCases.filter { type in compilation.plans.contains { $0.target.precision == type } }
  guard precisions.contains(tuning.target.precision) else {
    let type = tuning.target.precision.rawValue
    sink.report(
      Diagnostic(
        .tuningChoice,
        "this tuning is for \(type), and the package computes in \(alternatives(precisions.map(\.rawValue), joiner: "and"))",
        at: Label(tuning.headSpan),
        helps: [
          "compile with '--precision' and \(type) in its list, or tune for what the package has: "
            + "resnetc tune MODEL --precision \(precisions.first?.rawValue ?? type)"
        ]))
    return
  }
  guard let plan = compilation.plans.first(where: { $0.target == tuning.target }), tuning.batch == batch else {
    let has = tuning.batch == batch ? "\(tuning.target.title)" : "a batch of \(tuning.batch)"
    let lacks =
      tuning.batch == batch
      ? "'--isa' leaves it out" : "the package is for a batch of \(batch)"
    sink.report(
      Diagnostic(
        .warning, .tuningUnused, "this tuning is for \(has), and \(lacks): it has no effect",
        at: Label(tuning.headSpan),
        helps: ["make one with the options of this run, or leave out '--tuning': the defaults are good"]))
    return
  }
  let planner = Planner(graph: plan.graph, target: tuning.target, batch: batch, algorithms: .fastest)
  var nodes: [ConvolutionShape: [NodeID]] = [:]
  for (index, node) in plan.graph.nodes.enumerated() {
    if let shape = ConvolutionShape(node, in: plan.graph) { nodes[shape, default: []].append(NodeID(index)) }
  }
  let names = nodes.keys.sorted().map(\.text)
  for (shape, entry) in tuning.entries.sorted(by: { $0.value.shapeSpan.start < $1.value.shapeSpan.start }) {
    guard let found = nodes[shape] else {
      let near = suggestion(for: shape.text, among: names).map { "; '\($0)' has" } ?? ""
      sink.report(
        Diagnostic(
          .warning, .tuningUnused, "no convolution of \(compilation.network.name.value) has this shape\(near)",
          at: Label(entry.shapeSpan), helps: ["the line has no effect here; delete it if it is mistyped"]))
      continue
    }
    guard !found.contains(where: { planner.convolutionKernel($0, as: entry.choice) != nil }) else { continue }
    sink.report(
      Diagnostic(
        .tuningChoice, planner.reason(against: entry.choice, for: found[0]), at: Label(entry.choiceSpan),
        helps: ["write 'direct', or delete the line: the default is good"]))
  }
}

extension Planner {
  /// Why a choice does not apply.
  fileprivate func reason(against choice: ConvolutionChoice, for id: NodeID) -> String {
    switch choice {
    case .direct(let vectors):
      if target.precision == .int8, convolutionKernel(id, as: .direct(vectors: nil)) == nil {
        return "which convolutions of whole numbers Winograd computes follows from the network: this one"
      }
      return "a tile of this convolution cannot be \(vectors ?? 1) vectors wide on \(target.name)"
    case .winograd(let tile, let blocks, _):
      let any = ConvolutionChoice.winograd(tile: tile, blocks: nil, filters: nil)
      guard case .winograd(let kernel)? = convolutionKernel(id, as: any) else {
        if target.precision == .int8 {
          return "which convolutions of whole numbers Winograd computes follows from the network: not this one"
        }
        return "Winograd \(ConvolutionChoice.name(ofTile: tile)) does not compute this convolution"
      }
      let count = blocks ?? 1
      return count > kernel.split.tiles
        ? "the \(kernel.split.tiles) tiles of this convolution do not make \(grouped(count)) blocks"
        : "so few blocks take more than \(binarySize(4 * WinogradKernel.scratchLimit)) of scratch memory for each thread"
    }
  }
}
