// The arithmetic of sliding windows, as PyTorch defines it.
import ResNetDSL

/// A window that slides over a map: of a convolution or a pool, everything but its stride.
struct Window {
  var kernel: Extent
  var padding: Extent
  var dilation = 1
  var ceilMode = false
  /// Of an average with padding.
  var countsPadding = false

  init(_ layer: ConvolutionLayer) {
    kernel = layer.kernel
    dilation = layer.dilation
    padding = layer.padding ?? layer.usualPadding
  }

  init(_ layer: PoolLayer, entering map: Extent) {
    kernel = layer.kernel
    ceilMode = layer.ceilMode
    padding = layer.padding ?? layer.usualPadding(of: map)
    countsPadding = padding != Extent(0, 0) && layer.countsPadding == true
  }

  /// The window of a layer that slides one, where `map` enters it.
  static func of(_ layer: Layer, entering map: Extent) -> Window? {
    layer.convolution.map { Window($0) } ?? layer.pool.map { Window($0, entering: map) }
  }

  /// The size of what the window produces; `nil` where it does not fit into the padded map.
  func output(of map: Extent, stride: Int) -> Extent? {
    guard let height = positions(map.height, kernel.height, stride, padding.height),
      let width = positions(map.width, kernel.width, stride, padding.width)
    else { return nil }
    return Extent(height, width)
  }

  private func positions(_ length: Int, _ kernel: Int, _ stride: Int, _ padding: Int) -> Int? {
    let room = length + 2 * padding - (dilation * (kernel - 1) + 1)
    guard ceilMode else { return room >= 0 ? room / stride + 1 : nil }
    let rounded = room + stride - 1
    guard rounded >= 0 else { return nil }
    let count = rounded / stride + 1
    // A window that begins in the padding after the map sees nothing of it, and is left out.
    return (count - 1) * stride >= length + padding ? count - 1 : count
  }
}

extension ConvolutionLayer {
  /// What it has where it says nothing: stride 1 keeps the size. An even kernel has no middle, so none of its paddings
  /// would be more right than another: it has 0, as the patches of ConvNeXt and ViT are cut.
  var usualPadding: Extent {
    func same(_ k: Int) -> Int { k % 2 == 1 ? dilation * (k - 1) / 2 : 0 }
    return Extent(same(kernel.height), same(kernel.width))
  }
}

extension PoolLayer {
  /// What it has where it says nothing: an even window without padding tiles the map, which is what 2x2 pools are for,
  /// and one that covers the map is Inception's last pool, the average over all of it.
  func usualPadding(of map: Extent) -> Extent {
    if kernel == map { return Extent(0, 0) }
    func same(_ k: Int) -> Int { k % 2 == 1 ? (k - 1) / 2 : 0 }
    return Extent(same(kernel.height), same(kernel.width))
  }
}
