// The kernels of convolutions and fully connected layers: all numbers that a template needs, from layouts and tiles.
internal import ResNetDSL

extension Planner {
  /// The kernel of a convolution: as chosen, `nil` where that does not apply, or without a choice what the model expects
  /// to be fastest.
  func convolutionKernel(_ id: NodeID, as choice: ConvolutionChoice?) -> Kernel? {
    let node = graph[id]
    guard case .convolution(let convolution) = node.operation else { return nil }
    let sources = Array(node.inputs.prefix(convolution.terms.count))
    let residual = convolution.residual == nil ? nil : node.inputs.last
    if let kernel = depthwiseKernel(convolution, id) {
      return choice == nil || choice == .direct(vectors: nil) ? .depthwise(kernel) : nil
    }
    if case .direct(let vectors?) = choice {
      let groups = groups(convolution, id)
      let widths = Tiling.widths(
        blocks: groups?.outBlocks ?? layouts[id.index].blocks, pixels: node.shape.height * node.shape.width,
        target: target)
      guard widths.contains(vectors), (groups?.outBlocks ?? vectors) % vectors == 0 else { return nil }
    }
    let direct = directKernel(convolution, sources: sources, residual: residual, id: id, choice)
    if direct.isInteger {
      // A choice cuts the work; what is computed is the network's.
      let isWinograd = prefersIntegerWinograd(convolution, id)
      switch choice {
      case .direct where isWinograd, .winograd where !isWinograd: return nil
      case _ where isWinograd:
        return winogradKernel(convolution, insteadOf: direct, source: sources[0], choice).map { .winograd($0) }
      default: return .convolution(direct)
      }
    }
    if case .direct = choice { return .convolution(direct) }
    guard direct.isOfFloats else {
      if case .winograd = choice { return nil }
      return .convolution(direct)
    }
    let winograd = winogradKernel(convolution, insteadOf: direct, source: sources[0], choice)
    if case .winograd = choice { return winograd.map { .winograd($0) } }
    return winograd.map { .winograd($0) } ?? .convolution(direct)
  }

  func directKernel(
    _ convolution: Convolution, sources: [NodeID], residual: NodeID?, id: NodeID, _ choice: ConvolutionChoice?
  ) -> ConvolutionKernel {
    let layout = layouts[id.index]
    let groups = groups(convolution, id)
    let terms = zip(convolution.terms, sources).map { term, input in
      reduction(term, over: layouts[input.index], values.groupings[id.index])
    }
    var vectors: Int?
    if case .direct(let chosen) = choice { vectors = chosen }
    let tiling = Tiling.choose(
      blocks: layout.blocks, height: layout.shape.height, width: layout.shape.width, target: target,
      planar: layouts[sources[0].index].kind == .planar, vectors: vectors, groupBlocks: groups?.outBlocks)
    let blockWeights = terms.reduce(0) { $0 + $1.reduction * $1.weightLanes(target) }
    let traffic = traffic(convolution, sources, weights: blockWeights * layout.blocks, tiling)
    let strip = ConvolutionKernel.chooseStrip(traffic, terms: terms, tiling: tiling, target: target)
    var kernel = ConvolutionKernel(
      batch: batch, terms: terms, groups: groups, residual: residualOperand(convolution.residual, residual),
      activation: convolution.activation.function, out: OutputMap(layout), tiling: tiling, strip: strip, pass: strip,
      stream: .choose(terms: terms, strip: strip, tiling: tiling, target: target))
    kernel.hasSecondOffset = terms.dropFirst().contains { target.products.offset(of: $0.number) != 0 }
    return kernel
  }

  func traffic(
    _ convolution: Convolution, _ sources: [NodeID], weights: Int, _ tiling: Tiling
  ) -> LoopTraffic {
    let inputs = zip(convolution.terms, sources).reduce(0) {
      $0 + $1.0.touched(of: layouts[$1.1.index].imagePitch, lanes: target.lanes)
    }
    return LoopTraffic(
      inputs: inputs * batch, weights: weights, groupCount: tiling.groupCount, units: batch * tiling.rowTileCount)
  }

  /// The Winograd kernel that the model expects to be faster than the direct one, or the one that was chosen; `nil` where
  /// none is, or none applies.
  func winogradKernel(
    _ convolution: Convolution, insteadOf direct: ConvolutionKernel, source id: NodeID, _ choice: ConvolutionChoice?
  ) -> WinogradKernel? {
    let input = layouts[id.index]
    let lanes = target.lanes
    guard algorithms != .exact, convolution.terms.count == 1, let term = convolution.terms.first,
      term.allowsWinograd, input.kind == .blocked(lanes: lanes)
    else { return nil }
    // Zeros that end inside a vector are added lane by lane, which only the direct kernel does.
    if case .zeroPadded(_, _, let before) = direct.residual, before % lanes != 0 { return nil }
    var from = source(id, stride: 1)
    from.origin -= term.padding.top * input.rowPitch + term.padding.left * input.pixelPitch
    var best: (kernel: WinogradKernel?, cycles: Double) = (nil, costModel.direct(direct).cycles)
    var transforms = WinogradTransform.all(stride: term.stride.rows)
    if direct.isInteger {
      best.cycles = .infinity
      transforms = [.integer]
    }
    var blocks: Int?
    var filters: WinogradFilters.Stage?
    if case .winograd(let tile, let count, let stage) = choice {
      best.cycles = .infinity
      transforms.removeAll { $0.tile != tile }
      blocks = count
      filters = stage
    }
    var (blocksRead, lanesRead) = (input.blocks, input.order.lanesUsed(lanes: lanes))
    if direct.isInteger {
      // Pairs of numbers of 16 bits; of a single block they fill half of the words.
      lanesRead = input.blocks == 1 ? (lanesRead + 1) / 2 : lanes
      blocksRead = (input.blocks + 1) / 2
    }
    for transform in transforms {
      var kernel = WinogradKernel(
        batch: batch, transform: transform, inBlocks: blocksRead, lanesRead: lanesRead,
        hasSingleBlock: direct.isInteger && input.blocks % 2 == 1, source: from, residual: direct.residual,
        activation: direct.activation, out: direct.out,
        split: WinogradSplit(groups: direct.tiling.groups, tiles: 1, blockCount: 1, rowLimit: 1),
        prefetch: 0, lanes: lanes, weightLanes: target.weightLanes)
      kernel.split.tiles = batch * kernel.tilesDown * kernel.tilesAcross
      guard let (candidate, estimate) = kernel.bestSplit(costModel, blockCount: blocks, filters: filters) else {
        continue
      }
      if estimate.cycles < best.cycles { best = (candidate, estimate.cycles) }
    }
    return best.kernel
  }

  func residualOperand(_ residual: Convolution.Residual?, _ id: NodeID?) -> ConvolutionKernel.Residual {
    guard let residual, let id else { return .none }
    switch residual {
    case .same:
      return .same(source(id, stride: 1))
    case .zeroPadded(let pad):
      return .zeroPadded(
        source(id, stride: Stride(pad.stride)), channels: layouts[id.index].shape.channels,
        channelsBefore: pad.channelsBefore)
    }
  }

  /// The groups of a grouped convolution that are computed one after another; `nil` where there is one.
  private func groups(_ convolution: Convolution, _ id: NodeID) -> ConvolutionKernel.Groups? {
    guard let term = convolution.terms.first, let source = graph[id].inputs.first else { return nil }
    let (input, output) = (layouts[source.index], layouts[id.index])
    switch values.groupings[id.index] {
    case .parts(1): return nil
    case .parts(let count):
      return ConvolutionKernel.Groups(
        outBlocks: output.blocks / count, sourceStep: input.blocks / count * input.blockPitch, isLanewise: false)
    case .lanes:
      return ConvolutionKernel.Groups(
        outBlocks: convolution.outChannels / term.groups, sourceStep: term.groupChannels * input.blockPitch,
        isLanewise: true)
    }
  }

  /// The kernel of a convolution of each channel by itself; option A's zeros after one are the direct kernel's.
  func depthwiseKernel(_ convolution: Convolution, _ id: NodeID) -> DepthwiseKernel? {
    guard convolution.isDepthwise, let term = convolution.terms.first, let input = graph[id].inputs.first else {
      return nil
    }
    if case .zeroPadded = convolution.residual { return nil }
    let layout = layouts[input.index]
    var source = source(input, stride: term.stride)
    source.origin -= term.padding.top * layout.rowPitch + term.padding.left * layout.pixelPitch
    let residual = residualOperand(convolution.residual, convolution.residual == nil ? nil : graph[id].inputs.last)
    return DepthwiseKernel(
      batch: batch, kernel: term.kernel, stride: term.stride, dilation: term.dilation, source: source,
      tapRow: term.dilation * layout.rowPitch, residual: residual, activation: convolution.activation.function,
      out: OutputMap(layouts[id.index]),
      columns: DepthwiseKernel.runs(width: graph[id].shape.width, kernel: term.kernel, target: target))
  }

  private func reduction(
    _ term: Convolution.Term, over input: Layout, _ grouping: GroupPlacement = .parts(1)
  ) -> ConvolutionKernel.Term {
    let origin =
      input.origin - term.padding.top * input.rowPitch - term.padding.left * input.pixelPitch
    var counts: [Int]
    var steps: [Int]
    var partial: PartialBlocks?
    switch input.kind {
    case .planar:
      counts = [input.shape.channels, term.kernel.height, 1, term.kernel.width]
      steps = [input.blockPitch, term.dilation * input.rowPitch, 0, term.dilation]
    case .blocked(let lanes):
      let (row, column) = (term.dilation * input.rowPitch, term.dilation * input.pixelPitch)
      switch grouping {
      case .parts(let count):
        let used = input.words(of: input.order.lanesUsed(lanes: lanes))
        counts = [input.blocks / count, term.kernel.height, term.kernel.width, used]
        steps = [input.blockPitch, row, column, 1]
        if count == 1 { partial = input.order.partialBlocks(lanes: lanes) }
        if let lanes = partial?.lanes { partial?.lanes = input.words(of: lanes) }
        if input.number != .float32, partial == nil, used == column {
          // A row of taps is one run of words, longer than the few that a pixel has.
          counts[2...] = [1, term.kernel.width * used]
          steps[2] = 0
        }
      case .lanes:
        // A group's channels are blocks apart.
        counts = [1, term.kernel.height, term.kernel.width, term.groupChannels]
        steps = [0, row, column, input.blockPitch]
      }
    }
    return ConvolutionKernel.Term(
      counts: counts, steps: steps, partial: partial, pixelStride: term.stride.columns * input.pixelPitch,
      rowStride: term.stride.rows * input.rowPitch, imagePitch: input.imagePitch, origin: origin, number: input.number)
  }

  /// A fully connected layer is a convolution whose kernel is the whole map. The images of a batch are its pixels, so
  /// that they share each panel of weights.
  func linearKernel(_ linear: Linear, source: NodeID, id: NodeID) -> ConvolutionKernel {
    let input = layouts[source.index]
    let layout = layouts[id.index]
    let extent = Extent(input.shape.height, input.shape.width)
    var term = reduction(
      Convolution.Term(
        inChannels: input.shape.channels, kernel: extent, stride: 1, padding: .zero, weight: linear.weight),
      over: input)
    var out = OutputMap(layout)
    var images = batch
    if layout.halo == Extent(0, 0) {
      term.pixelStride = input.imagePitch
      out.width = batch
      out.pixelPitch = layout.imagePitch
      images = 1
    }
    return ConvolutionKernel(
      batch: images, terms: [term], groups: nil, residual: .none, activation: linear.activation.function, out: out,
      tiling: Tiling.choose(blocks: layout.blocks, height: 1, width: out.width, target: target),
      strip: 1, pass: 1, stream: .whole, hasPanelForVector: out.width == 1)
  }
}
