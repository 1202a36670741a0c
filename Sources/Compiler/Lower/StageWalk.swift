// One walk through a row: given what enters and the stride that its carrier takes, the shapes of every layer.
import ResNetDSL

/// The place in a row that takes the stride which the row's size decides.
struct Carrier: Equatable {
  var item: Int
  /// The layer's position in its block; 0 for a layer outside blocks.
  var layer: Int

  /// The first layer or block whose stride is open.
  static func of(_ stage: Stage, _ placement: StridePlacement) -> Carrier? {
    if stage.hasBranches { return nil }
    for (index, item) in stage.items.enumerated() {
      switch item {
      case .layer(let layer):
        if layer.hasOpenStride { return Carrier(item: index, layer: 0) }
      case .block(let block):
        if let layer = position(in: block, placement) { return Carrier(item: index, layer: layer) }
      }
    }
    return nil
  }

  /// The row's layers that could each carry a stride: the first of a block that may, and every pool without one.
  static func candidates(in stage: Stage, _ placement: StridePlacement) -> [Layer] {
    stage.items.flatMap { item -> [Layer] in
      switch item {
      case .layer(let layer): return layer.hasOpenStride ? [layer] : []
      case .block(let block):
        let carrier = position(in: block, placement)
        return block.layers.enumerated().compactMap { index, layer in
          index == carrier || layer.isPool && layer.hasOpenStride ? layer : nil
        }
      }
    }
  }

  /// The convolution of a block that may carry a stride; none if one of them states its own.
  private static func position(in block: Block, _ placement: StridePlacement) -> Int? {
    var first: Int?
    var firstSpatial: Int?
    for (index, layer) in block.layers.enumerated() {
      guard case .convolution(let convolution) = layer.kind else { continue }
      guard convolution.stride == nil else { return nil }
      first = first ?? index
      if convolution.kernel != Extent(square: 1) { firstSpatial = firstSpatial ?? index }
    }
    guard let first else { return block.layers.firstIndex(where: \.hasOpenStride) }
    return placement == .on3x3 ? firstSpatial ?? first : first
  }
}

extension Stage {
  /// In a row with braces every stride is written.
  var hasBranches: Bool { items.flatMap(\.layers).contains(where: \.hasBranches) }
}

extension Layer {
  /// It slides a window, by a stride that is not written.
  fileprivate var hasOpenStride: Bool {
    convolution.map { $0.stride == nil } ?? pool.map { $0.stride == nil } ?? false
  }

  var isPool: Bool { pool != nil }

  var hasBranches: Bool { if case .branches = kind { true } else { false } }
}

extension SizedLayer {
  /// A pool of odd size that would keep its map's size on a larger one.
  fileprivate var coversMapByDefault: Bool {
    guard let pool = layer.pool, pool.padding == nil, pool.kernel == input.extent else { return false }
    return pool.kernel != Extent(square: 1) && pool.kernel.height % 2 == 1 && pool.kernel.width % 2 == 1
  }
}

/// The result of walking through a row, and what is wrong with it. `output` is `nil` where the walk had to stop.
struct StageWalk {
  private let stage: Stage
  private let option: ShortcutOption
  /// What leaves the rows above.
  private let rows: [String: Shape]
  private(set) var items: [SizedItem] = []
  private(set) var faults: [Diagnostic] = []
  private(set) var output: Shape?
  private(set) var isTooLarge = false

  init(
    _ stage: Stage, entering: Shape, above rows: [String: Shape], option: ShortcutOption, carrier: Carrier?, stride: Int
  ) {
    self.stage = stage
    self.option = option
    self.rows = rows
    var shape: Shape? = entering
    for (index, item) in stage.items.enumerated() {
      guard let input = shape else { break }
      let carried = carrier?.item == index ? carrier : nil
      switch item {
      case .layer(let layer):
        let sized = size(layer, input, stride: carried == nil ? 1 : stride)
        if let sized { items.append(.layer(sized)) }
        shape = sized?.output
      case .block(let block):
        let repetitions = size(block, input, carrier: carried, stride: stride)
        if let repetitions { items.append(.block(block, repetitions)) }
        shape = repetitions == nil ? nil : repetitions?.last?.output ?? input
      }
    }
    output = shape
  }

  /// The layer that takes the stride, in the first repetition of its block.
  func layer(at carrier: Carrier) -> SizedLayer? {
    guard items.indices.contains(carrier.item) else { return nil }
    switch items[carrier.item] {
    case .layer(let layer): return layer
    case .block(_, let repetitions): return repetitions.first?.layers[carrier.layer]
    }
  }

  private mutating func size(_ block: Block, _ input: Shape, carrier: Carrier?, stride: Int) -> [Repetition]? {
    var repetitions: [Repetition] = []
    var shape = input
    var isFaulty = false
    for index in 0..<block.repeats {
      // From the second repetition on, equal inputs mean equal repetitions.
      if index > 1, let last = repetitions.last, last.input == shape, last.output == shape {
        repetitions.append(last)
        continue
      }
      var layers: [SizedLayer] = []
      var inside = shape
      for (position, layer) in block.layers.enumerated() {
        let carries = index == 0 && carrier?.layer == position
        guard let sized = size(layer, inside, stride: carries ? stride : 1, repetition: index) else { return nil }
        layers.append(sized)
        inside = sized.output
      }
      var shortcut = Shortcut.none
      if block.kind == .residual {
        do {
          shortcut = try chooseShortcut(
            block.shortcut ?? option, around: layers, of: block, in: stage.name.value, from: shape, to: inside)
        } catch {
          // One report for a block, not one for each repetition.
          if !isFaulty { faults.append(error.diagnostic) }
          isFaulty = true
        }
      }
      repetitions.append(Repetition(layers: layers, shortcut: shortcut, input: shape, output: inside))
      shape = inside
    }
    return repetitions
  }

  /// - Parameter stride: What an open stride becomes.
  private mutating func size(
    _ layer: Layer, _ input: Shape, stride: Int, repetition: Int = 0, isInBranch: Bool = false
  ) -> SizedLayer? {
    if case .branches(let branches, let combiner) = layer.kind {
      return size(branches, combiner, layer, input, repetition)
    }
    let lowering = layer.lowering
    var sized = SizedLayer(layer: layer, stride: 1, input: input, output: input)
    var extent = input.extent
    if let window = lowering.window(entering: input.extent) {
      // As Table 1 is read, a convolution's stride belongs to the first repetition of its block.
      sized.stride = repetition == 0 || lowering.repeatsStride ? lowering.stride?.value ?? Stride(stride) : 1
      guard let slid = window.output(of: input.extent, stride: sized.stride) else {
        return fault(window, layer, input)
      }
      extent = slid
    }
    sized.output = lowering.output(of: input, extent)
    let place = LayerPlace(stage: stage, isInBranch: isInBranch, stride: sized.stride)
    report(lowering.faults(layer, in: place, entering: input, leaving: extent))
    let weights = lowering.weights(reading: input)
    let values = product(sized.output.channels, sized.output.height, sized.output.width)
    for (count, what) in [(weights, "weights"), (values, "values")] where count > LayerLimits.elements {
      tooLarge("this layer of \(stage.name.value) has more than 2^30 \(what)", layer.span)
    }
    return sized
  }

  /// Strides in braces are written: none is open to the row's size.
  private mutating func size(
    _ branches: [[Layer]], _ combiner: Combiner, _ layer: Layer, _ input: Shape, _ repetition: Int
  ) -> SizedLayer? {
    var sized = SizedLayer(layer: layer, stride: 1, input: input, output: input)
    for branch in branches {
      var layers: [SizedLayer] = []
      var inside = input
      for layer in branch {
        if let source = layer.source {
          guard let shape = rows[source.value] else { return nil }
          layers.append(SizedLayer(layer: layer, stride: 1, input: shape, output: shape))
          inside = shape
          continue
        }
        if layer.isCarry {
          let before = sized.branches.last.map { $0.last?.output ?? input } ?? inside
          report([layer.carryFault(entering: inside, before: before, in: stage.name.value)].compactMap { $0 })
        }
        guard let next = size(layer, inside, stride: 1, repetition: repetition, isInBranch: true) else { return nil }
        layers.append(next)
        inside = next.output
      }
      sized.branches.append(layers)
    }
    let outputs = sized.branches.map { $0.last?.output ?? input }
    let joined = combiner.shape(of: outputs)
    if joined == nil { misfit(sized, combiner, outputs) }
    sized.output = joined ?? outputs.first ?? input
    // What a shortcut around them follows: where branches agree in size, they do in the steps that lead there. A factor of
    // one pixel leads elsewhere.
    let leading = zip(sized.branches, outputs).filter { $0.1.extent == sized.output.extent }
    let steps = leading.map { $0.0.reduce(Stride(1)) { $0.times($1.stride) } }
    sized.stride = Stride(steps.map(\.rows).min() ?? 1, steps.map(\.columns).min() ?? 1)
    if sized.output.channels > Limits.channels {
      tooLarge("the branches of \(stage.name.value) have more than \(Limits.channels) channels", layer.span)
    }
    let values = product(sized.output.channels, sized.output.height, sized.output.width)
    if values > LayerLimits.elements {
      tooLarge("the branches of \(stage.name.value) have more than 2^30 values", layer.span)
    }
    return sized
  }

  /// Branches whose values do not fit together: the first two that do not.
  private mutating func misfit(_ sized: SizedLayer, _ combiner: Combiner, _ outputs: [Shape]) {
    guard let first = outputs.first,
      let other = outputs.indices.dropFirst().first(where: { combiner.shape(of: [first, outputs[$0]]) == nil })
    else { return }
    var (message, helps) = combiner.mismatch(first, outputs[other], in: stage.name.value)
    for pool in (sized.branches[0] + sized.branches[other]).filter(\.coversMapByDefault).prefix(1) {
      guard let kernel = pool.layer.pool?.kernel else { continue }
      let keeping = Optional(WrittenPadding.even(kernel.height / 2, kernel.width / 2)).padText(unless: nil)
      helps.append(
        "the \(kernel.text) pool covers its map and so has no padding: write "
          + "'\(keeping.joined())' if it is meant to keep the size")
    }
    func label(_ index: Int) -> Label {
      let text = combiner == .concatenation ? outputs[index].extent.text : outputs[index].text
      let last = sized.branches[index].last?.layer.span
      return Label(last ?? sized.layer.span, last == nil ? "\(text) enters and leaves" : "\(text) leaves here")
    }
    report([
      Diagnostic(
        .error, .branchMismatch, message, at: label(other),
        secondary: sized.branches[0].isEmpty ? [] : [label(0)], helps: helps)
    ])
  }

  /// One report for a row: what follows a layer that is too large is too large as well.
  private mutating func tooLarge(_ message: String, _ span: Span) {
    guard !isTooLarge else { return }
    isTooLarge = true
    faults.append(Diagnostic(.error, .layerTooLarge, message, at: Label(span)))
  }

  /// Once, however often a block is repeated.
  private mutating func report(_ found: [Diagnostic]) {
    for fault in found {
      let isNew = !faults.contains { $0.code == fault.code && $0.primary.span == fault.primary.span }
      if isNew { faults.append(fault) }
    }
  }

  private mutating func fault(_ window: Window, _ layer: Layer, _ input: Shape) -> SizedLayer? {
    let dilated = window.dilation == 1 ? "" : " with dilation \(window.dilation)"
    let padded = window.padding == .zero ? "" : " with padding \(window.padding.text)"
    faults.append(
      Diagnostic(
        .error, .windowTooLarge,
        "a \(window.kernel.text) window\(dilated) of \(stage.name.value) does not fit into \(input.extent.text)\(padded)",
        at: Label(layer.span, "\(input.extent.text) enters here")))
    return nil
  }
}
