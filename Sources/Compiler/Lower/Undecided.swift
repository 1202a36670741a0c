// What shapes do not show and frameworks differ in, so that the source says it: by which stride a pool steps, whether a
// large window was a size, whether an average divides by the zeros of its padding, which layer has a row's stride.
import ResNetDSL

/// What is missing in a pool of `stage` that turns a map into `extent`.
///
/// - Parameter isAverage: It divides by the number of places that its window sees.
func undecided(
  _ pool: PoolLayer, isAverage: Bool, _ layer: Layer, in place: LayerPlace, _ input: Shape, leaving extent: Extent
) -> [Diagnostic] {
  let stage = place.stage
  let window = Window(pool, entering: input.extent).placed(on: input.extent, by: place.stride)
  var found: [Diagnostic] = []
  // Where the window has one place, any stride does.
  if pool.stride == nil, stage.size == nil || place.isInBranch, extent != Extent(square: 1) {
    let kernel = window.kernel
    var readings = ["write 'stride 1' for a window at every place"]
    if !place.isInBranch { readings.append("or state the row's output size, which decides") }
    if kernel.height == kernel.width, kernel.height > 1 {
      readings.insert("write 'stride \(kernel.height)' for windows side by side, PyTorch's default", at: 0)
    }
    if isAverage { readings.append("write 'average pool', without a window, for the mean of the whole map") }
    if !place.isInBranch, isSize(layer, window, input.extent, in: stage) {
      readings.append(windowMissing(window.kernel))
    }
    found.append(
      Diagnostic(
        .error, .undecidedStride, "nothing decides the stride of the pool of \(stage.name.value)",
        at: Label(layer.span, "a \(kernel.text) window on \(input.extent.text)"),
        helps: readings))
    // If the whole map was meant, there is no padding to speak of.
    if pool.padding == nil { return found }
  }
  if let stride = pool.stride, pool.padding == nil, !place.isInBranch,
    isSize(layer, window, input.extent, stride.value, in: stage)
  {
    found.append(
      Diagnostic(
        .error, .ambiguousWindow,
        "'\(window.kernel.text)' may be the output size of \(stage.name.value) or the window of its pool",
        at: Label(layer.span, "a \(window.kernel.text) window on \(input.extent.text)"),
        helps: [
          windowMissing(window.kernel),
          "write the row's size in front if it is the window: '\(extent.text) \(window.kernel.text)'",
        ]))
    return found
  }
  if isAverage, window.padding != .zero, pool.countsPadding == nil {
    let places = window.kernel.height * window.kernel.width
    found.append(
      Diagnostic(
        .error, .paddedAverage,
        "the average pool of \(stage.name.value) does not say whether the zeros of its padding count",
        at: Label(
          layer.span, "padding \(window.padding.text)" + (pool.padding == nil ? " by default" : "")),
        helps: [
          "write 'counted' to divide by all \(places) places, as PyTorch (by default) and Caffe do",
          "write 'uncounted' to divide by the places inside the map, as TensorFlow does",
        ] + (pool.padding == nil ? ["write 'pad 0' for windows that stay inside the map"] : [])))
  }
  return found
}

/// Whether the pool that begins a row without a size has a window that looks like one: larger than any in use, and
/// stepping by less than half of it.
private func isSize(
  _ layer: Layer, _ window: Window, _ map: Extent, _ stride: Stride = 1, in stage: Stage
) -> Bool {
  guard stage.size == nil, case .layer(layer)? = stage.items.first, window.kernel != map else { return false }
  let side = min(window.kernel.height, window.kernel.width)
  return side > 7 && 2 * max(stride.rows, stride.columns) < side
}

private func windowMissing(_ size: Extent) -> String {
  "write the pool's window behind it if '\(size.text)' is the row's size: '\(size.text) 2x2' or '\(size.text) 3x3'"
}

/// Asks which layer of a block has the stride that a row's size decides, where no line says it and it makes a difference.
func undecidedPlacement(_ network: Network, _ stages: [SizedStage]) -> Diagnostic? {
  guard network.strideOn == nil else { return nil }
  for sized in stages {
    guard let first = Carrier.of(sized.stage, .first), let spatial = Carrier.of(sized.stage, .on3x3),
      first.layer != spatial.layer, sized.items.indices.contains(first.item),
      case .block(let block, let repetitions) = sized.items[first.item], let layers = repetitions.first?.layers,
      layers.indices.contains(first.layer), layers[first.layer].stride != 1
    else { continue }
    return Diagnostic(
      .error, .ambiguousStride, "no line says which layer of a block has its stride",
      at: Label(layers[first.layer].layer.span, "here, as in the paper's own networks?"),
      secondary: [Label(block.layers[spatial.layer].span, "or here, as in torchvision's?")],
      helps: [
        "write 'stride on 3x3' in the header for torchvision's weights, and most others",
        "write 'stride on first' for the paper's own; shapes and tensors are the same, answers are not",
      ])
  }
  return nil
}

/// Asks where option A puts its zeros, where there are any and no line says it.
func undecidedZeros(_ network: Network, _ stages: [SizedStage]) -> Diagnostic? {
  for case .block(let block, let repetitions) in stages.flatMap(\.items)
  where (block.shortcut ?? network.shortcut.value) == .identityZeroPadded(nil) {
    let pads = repetitions.contains { repetition in
      if case .zeroPad(let pad) = repetition.shortcut { pad.channelsBefore + pad.channelsAfter > 0 } else { false }
    }
    guard pads else { continue }
    return Diagnostic(
      .error, .ambiguousShortcut, "option A does not say where the new channels of its shortcuts go",
      at: Label(
        block.shortcut == nil ? network.shortcut.span : block.span, "behind the input's, or around them?"),
      secondary: block.shortcut == nil ? [Label(block.span, "has new channels")] : [],
      helps: [
        "write 'shortcut A\(block.shortcut == nil ? "," : "") pad end' for zeros after the input's channels, as in "
          + "fb.resnet.torch",
        "write 'shortcut A\(block.shortcut == nil ? "," : "") pad both' for half before and half after, as in most "
          + "PyTorch code for CIFAR-10",
      ])
  }
  return nil
}

/// Why the stride that `size` asks for is not decided by it: several layers could carry it, or several strides lead there.
///
/// - Parameters:
///   - stride: the smallest that leads to the size, at the first layer that could carry it.
///   - others: larger ones that lead there too.
func ambiguous(
  _ stage: Stage, _ size: Located<Extent>, stride: Int, others: [Int], carrier: SizedLayer?, among layers: [Layer]
) -> Diagnostic? {
  guard stride > 1 else { return nil }
  if layers.count > 1, layers.contains(where: \.isPool) {
    return Diagnostic(
      .error, .ambiguousStride, "\(counted(layers.count)) of \(stage.name.value) could have the stride of \(stride)",
      at: Label(size.span, "a stride of \(stride) leads here"), secondary: layers.map { Label($0.span, "here?") },
      helps: ["write 'stride \(stride)' after the layer that has it"])
  }
  // 5x5 to 2x2: 3 or 4. That half of a map is meant needs no word.
  guard stride > 2, let other = others.first, let carrier else { return nil }
  let (from, to) = (carrier.input.extent, carrier.output.extent)
  guard to != Extent(square: 1), from != Extent(to.height * stride, to.width * stride) else { return nil }
  return Diagnostic(
    .error, .ambiguousStride,
    "strides of \(stride) and \(other) both turn \(from.text) into \(to.text) in \(stage.name.value)",
    at: Label(size.span, "does not tell which"), secondary: [Label(carrier.layer.span, "reads other places by each")],
    helps: ["write the stride after this layer: 'stride \(stride)'"])
}

private func counted(_ layers: Int) -> String { layers == 2 ? "two layers" : "\(layers) layers" }
