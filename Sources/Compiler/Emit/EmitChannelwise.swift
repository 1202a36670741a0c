// The parameters of the templates whose kernels sum nothing over channels: pools, convolutions of each channel by itself,
// both with what they read, and what is done value by value.
internal import ResNetDSL

extension KernelEmitter {
  func depthwise(_ kernel: DepthwiseKernel) -> Parameters {
    let columns = kernel.columns
    var parameters: Parameters = [
      "hasFMA": .int(plan.target.hasFMA ? 1 : 0), "batch": .int(kernel.batch), "columnRuns": .int(columns.count),
      "pixels": .list(columns.map(\.size)), "columnCount": .list(columns.map(\.count)),
      "columnStart": .list(columns.map(\.start)), "span": .list(columns.map { kernel.span(pixels: $0.size) }),
      "kernelRows": .int(kernel.kernel.height), "kernelColumns": .int(kernel.kernel.width),
      "stride": .int(kernel.stride.rows), "strideAcross": .int(kernel.stride.columns),
      "dilation": .int(kernel.dilation), "tapRow": .int(kernel.tapRow),
      "mapHeight": .int(kernel.ring?.mapHeight ?? 0),
      "padHeight": .int(kernel.ring?.padHeight ?? 0),
      "slopeFloats": .int(kernel.headVectors(kernel.out.blocks) * plan.target.lanes),
    ]
    add(kernel.source, to: &parameters)
    add(kernel.residual, to: &parameters)
    add(kernel.out, to: &parameters)
    add(kernel.activation, over: kernel.out, to: &parameters)
    parameters["ringRows"] = .int(kernel.ring?.rows ?? 0)
    parameters["isInteger"] = .int(kernel.isInteger ? 1 : 0)
    parameters["loadTap"] = loadWord(kernel.source.number)
    parameters["weightLanes"] = .int(plan.target.weightLanes)
    parameters["resnet_load_weight_4"] = weightWord
    parameters["tapPixel"] = .int(kernel.source.pixelStride / kernel.stride.columns)
    parameters["residualStart"] = .int(2 * kernel.out.blocks * plan.target.lanes)
    // Without a ring all taps are in the map or in its halo.
    if kernel.ring == nil {
      parameters["firstTap"] = .int(0)
      parameters["endTap"] = .int(kernel.kernel.height)
    }
    return parameters
  }

  /// - Parameter isComputed: whether a convolution computes the rows that are read just before.
  func pool(_ kernel: PoolKernel, isComputed: Bool = false) -> Parameters {
    var parameters: Parameters = [
      "maximum": .int(kernel.reduction == .max ? 1 : 0), "batch": .int(kernel.batch),
      "inHeight": .int(kernel.inHeight), "inWidth": .int(kernel.inWidth),
      "kernelHeight": .int(kernel.pooling.kernel.height), "kernelWidth": .int(kernel.pooling.kernel.width),
      "stride": .int(kernel.pooling.stride.rows), "strideAcross": .int(kernel.pooling.stride.columns),
      "padHeight": .int(kernel.pooling.padding.top), "padWidth": .int(kernel.pooling.padding.left),
      "padBelow": .int(kernel.pooling.padding.bottom), "padRight": .int(kernel.pooling.padding.right),
      "counted": .int(kernel.pooling.countsPadding && kernel.reduction == .average ? 1 : 0),
      "zeroed": .int(kernel.pooling.countsPadding && kernel.reduction == .max ? 1 : 0),
    ]
    add(kernel.source, to: &parameters)
    add(kernel.out, to: &parameters)
    parameters["isScaled"] = .int(kernel.isScaled ? 1 : 0)
    parameters["loadPooled"] = loadWord(kernel.source.number)
    parameters["storePooled"] = kernel.isScaled ? storeMeanWord(kernel.out.number) : storeWord(kernel.out.number)
    parameters["firstWhole"] = .int(kernel.wholeColumns.lowerBound)
    parameters["endWhole"] = .int(kernel.wholeColumns.upperBound)
    parameters["computed"] = .int(isComputed ? 1 : 0)
    parameters["ringRows"] = .int(kernel.ringRows ?? 0)
    return parameters
  }

  func pooledConvolution(_ kernel: PooledConvolutionKernel) -> Parameters {
    let pooling = kernel.pool.pooling
    return ring(
      of: kernel, windowHeight: pooling.kernel.height, stride: pooling.stride.rows, padHeight: pooling.padding.top
    ).merging(["depthwise": .int(0)]) { own, _ in own }
  }

  func separable(_ kernel: SeparableKernel) -> Parameters {
    let depthwise = kernel.depthwise
    let out = kernel.convolution.out
    return ring(
      of: kernel, windowHeight: (depthwise.kernel.height - 1) * depthwise.dilation + 1, stride: depthwise.stride.rows,
      padHeight: depthwise.ring?.padHeight ?? 0
    ).merging([
      "depthwise": .int(1), "secondWeights": .int(kernel.secondWeights), "ringRow": .int(out.rowPitch),
      "ringBeside": .int(out.origin), "firstColumn": .int(depthwise.source.origin),
    ]) { own, _ in own }
  }

  /// The loop around a convolution and what reads its ring.
  private func ring(of kernel: some RingKernel, windowHeight: Int, stride: Int, padHeight: Int) -> Parameters {
    let tiling = kernel.convolution.tiling
    let ring = kernel.convolution.out
    var parameters: Parameters = [
      "inHeight": .int(ring.height), "kernelHeight": .int(windowHeight), "stride": .int(stride),
      "padHeight": .int(padHeight), "groups": .int(tiling.groupCount), "images": .int(kernel.images),
      "vectors": .int(tiling.groups[0].size), "rowTiles": .int(tiling.rowTileCount),
      "tileRows": .int(tiling.rows[0].size), "ringBlock": .int(ring.blockPitch), "ringFloats": .int(kernel.ringFloats),
      "notesFloats": .int(ScratchNotes.floats),
    ]
    add(kernel.map, to: &parameters)
    return parameters
  }

  func elementwise(_ kernel: ElementwiseKernel) -> Parameters {
    var parameters: Parameters = ["batch": .int(kernel.batch), "operands": .int(kernel.operands.count)]
    let operands = kernel.operands.map { operand -> (ConvolutionKernel.Source, mode: Int, channels: Int, before: Int) in
      switch operand {
      case .same(let source): (source, 1, 0, 0)
      case .zeroPadded(let source, let channels, let before): (source, 2, channels, before)
      case .reordered(let source, _): (source, 3, 0, 0)
      case .factors(let source): (source, 4, 0, 0)
      case .pixelFactors(let source): (source, 5, 0, 0)
      case .difference(let source): (source, 6, 0, 0)
      case .share(let source): (source, 7, 0, 0)
      }
    }
    // What is brought into another order is the only operand.
    if case .reordered(_, let moves)? = kernel.operands.first {
      (parameters["moves"], parameters["moveFrom"]) = (.int(moves.count), .list(moves.map(\.from)))
      parameters["moveTo"] = .list(moves.map(\.to))
      parameters["moveEnd"] = .list(moves.map { $0.to + $0.count })
    }
    parameters["affine"] = .int(kernel.isAffine ? 1 : 0)
    // Whole numbers are to be the same everywhere.
    parameters["hasFMA"] = .int(plan.target.hasFMA && !kernel.out.number.isQuantized ? 1 : 0)
    parameters["slopeStart"] = .int(kernel.isAffine ? kernel.out.blocks * plan.target.lanes : 0)
    parameters["scaleStart"] = .int((kernel.activation == .prelu ? 2 : 1) * kernel.out.blocks * plan.target.lanes)
    parameters["mode"] = .list(operands.map(\.mode))
    parameters["blends"] = .int(operands.contains { $0.mode == 7 } ? 1 : 0)
    parameters["sourcePixel"] = .list(operands.map(\.0.pixelStride))
    parameters["sourceRow"] = .list(operands.map(\.0.rowStride))
    parameters["sourceBlock"] = .list(operands.map(\.0.blockPitch))
    parameters["sourceImage"] = .list(operands.map(\.0.imagePitch))
    parameters["sourceOrigin"] = .list(operands.map(\.0.origin))
    parameters["sourceChannels"] = .list(operands.map(\.channels))
    parameters["channelsBefore"] = .list(operands.map(\.before))
    parameters["isInteger"] = .int(kernel.isInteger ? 1 : 0)
    for (index, operand) in operands.enumerated() {
      parameters["loadOperand_\(index)"] = loadWord(operand.0.number)
      parameters["laneOperand_\(index)"] = laneWord(operand.0.number)
    }
    add(kernel.out, to: &parameters)
    add(kernel.activation, over: kernel.out, to: &parameters)
    return parameters
  }
}
