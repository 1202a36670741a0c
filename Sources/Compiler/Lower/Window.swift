// The arithmetic of sliding windows, as PyTorch defines it.
import ResNetDSL

/// A window that slides over a map: of a convolution or a pool, everything but its stride.
struct Window {
  var kernel: Extent
  /// Of TensorFlow's padding none, until it is placed.
  var padding = Padding.zero
  /// TensorFlow's padding, which depends on the map and the stride.
  private(set) var isSame = false
  var dilation = 1
  var ceilMode = false
  /// Of an average with padding.
  private(set) var countsPadding = false

  init(_ layer: ConvolutionLayer) {
    kernel = layer.kernel
    dilation = layer.dilation
    pad(layer.padding, otherwise: layer.usualPadding)
  }

  init(_ layer: PoolLayer, entering map: Extent) {
    kernel = layer.kernel
    ceilMode = layer.ceilMode
    pad(layer.padding, otherwise: layer.usualPadding(of: map))
    countsPadding = layer.countsPadding == true && (isSame || padding != .zero)
  }

  private mutating func pad(_ written: WrittenPadding?, otherwise usual: Padding) {
    switch written {
    case nil: padding = usual
    case .sides(let sides): padding = sides
    case .same: isSame = true
    }
  }

  /// The window of a layer that slides one, placed on the map that enters it.
  static func of(_ sized: SizedLayer) -> Window? {
    let map = sized.input.extent
    let window = sized.layer.convolution.map { Window($0) } ?? sized.layer.pool.map { Window($0, entering: map) }
    return window?.placed(on: map, by: sized.stride)
  }

  /// The window with the padding that it has on a map.
  func placed(on map: Extent, by stride: Stride) -> Window {
    guard isSame else { return self }
    var placed = self
    func split(_ length: Int, _ kernel: Int, _ stride: Int) -> (before: Int, after: Int) {
      let total = max(0, ((length + stride - 1) / stride - 1) * stride + (kernel - 1) * dilation + 1 - length)
      return (total / 2, total - total / 2)
    }
    let (rows, columns) = (
      split(map.height, kernel.height, stride.rows), split(map.width, kernel.width, stride.columns)
    )
    placed.padding = Padding(top: rows.before, left: columns.before, bottom: rows.after, right: columns.after)
    placed.countsPadding = countsPadding && placed.padding != .zero
    placed.isSame = false
    return placed
  }

  /// The size of what the window produces; `nil` where it does not fit into the padded map.
  func output(of map: Extent, stride: Stride) -> Extent? {
    let padding = placed(on: map, by: stride).padding
    guard
      let height = positions(map.height, kernel.height, stride.rows, padding.top, padding.bottom),
      let width = positions(map.width, kernel.width, stride.columns, padding.left, padding.right)
    else { return nil }
    return Extent(height, width)
  }

  private func positions(_ length: Int, _ kernel: Int, _ stride: Int, _ before: Int, _ after: Int) -> Int? {
    let room = length + before + after - (dilation * (kernel - 1) + 1)
    guard ceilMode else { return room >= 0 ? room / stride + 1 : nil }
    let rounded = room + stride - 1
    guard rounded >= 0 else { return nil }
    let count = rounded / stride + 1
    // A window that begins in the padding after the map sees nothing of it, and is left out.
    return (count - 1) * stride >= length + before ? count - 1 : count
  }
}

extension ConvolutionLayer {
  /// What it has where it says nothing: stride 1 keeps the size. An even kernel has no middle, so none of its paddings
  /// would be more right than another: it has 0, as the patches of ConvNeXt and ViT are cut.
  var usualPadding: Padding {
    func same(_ k: Int) -> Int { k % 2 == 1 ? dilation * (k - 1) / 2 : 0 }
    return Padding(same(kernel.height), same(kernel.width))
  }
}

extension PoolLayer {
  /// What it has where it says nothing: an even window without padding tiles the map, which is what 2x2 pools are for,
  /// and one that covers the map is Inception's last pool, the average over all of it.
  func usualPadding(of map: Extent) -> Padding {
    if kernel == map { return .zero }
    func same(_ k: Int) -> Int { k % 2 == 1 ? (k - 1) / 2 : 0 }
    return Padding(same(kernel.height), same(kernel.width))
  }
}
