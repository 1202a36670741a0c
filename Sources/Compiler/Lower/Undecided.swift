// What a pool leaves open and its shape does not show: by which stride it steps where nothing says so, and whether an
// average divides by the zeros of its padding. Frameworks differ in both, so the source says it.
import ResNetDSL

/// What is missing in a pool of `stage` that turns a map into `extent`.
func undecided(
  _ pool: PoolLayer, _ window: Window, _ layer: Layer, in stage: Stage, _ input: Shape, leaving extent: Extent
) -> [Diagnostic] {
  var found: [Diagnostic] = []
  let isAverage = if case .averagePool = layer.kind { true } else { false }
  // Where the window has one place, any stride does.
  if pool.stride == nil, stage.size == nil, extent != Extent(square: 1) {
    let kernel = window.kernel
    var readings = ["write 'stride 1' for a window at every place", "or state the row's output size, which decides"]
    if kernel.height == kernel.width, kernel.height > 1 {
      readings.insert("write 'stride \(kernel.height)' for windows side by side, PyTorch's default", at: 0)
    }
    if isAverage { readings.append("write 'average pool', without a window, for the mean of the whole map") }
    found.append(
      Diagnostic(
        .error, .undecidedStride, "nothing decides the stride of the pool of \(stage.name.value)",
        at: Label(layer.span, "a \(kernel.text) window on \(input.extent.text)"),
        helps: readings))
    // If the whole map was meant, there is no padding to speak of.
    if pool.padding == nil { return found }
  }
  if isAverage, window.padding != Extent(0, 0), pool.countsPadding == nil {
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
