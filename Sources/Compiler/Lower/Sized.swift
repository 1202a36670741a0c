// A network whose strides, paddings, shapes and shortcuts are decided: what sizing hands to lowering.
import ResNetDSL

/// A row with all its shapes.
struct SizedStage {
  var stage: Stage
  var items: [SizedItem]
  /// What leaves it; `nil` where it has no layers.
  var output: Shape? {
    switch items.last {
    case .layer(let layer): layer.output
    case .block(_, let repetitions): repetitions.last?.output
    case nil: nil
    }
  }
}

/// A layer, or a block with its repetitions.
enum SizedItem {
  case layer(SizedLayer)
  case block(Block, [Repetition])
}

/// One layer in its place.
struct SizedLayer {
  var layer: Layer
  /// 1 where the layer slides no window.
  var stride: Stride
  var input: Shape
  var output: Shape
  /// Of branches, their layers.
  var branches: [[SizedLayer]] = []

  /// The layer, or those of all its branches.
  var single: [SizedLayer] { branches.isEmpty ? [self] : branches.joined().flatMap(\.single) }
}

/// One repetition of a block.
struct Repetition {
  var layers: [SizedLayer]
  var shortcut: Shortcut
  var input: Shape
  var output: Shape
}

/// What a block adds to its last layer's value.
enum Shortcut {
  /// Nothing: the block is plain.
  case none
  case identity
  case projection(stride: Stride)
  case zeroPad(ZeroPad)
}

extension Shape {
  /// Height and width.
  var extent: Extent { Extent(height, width) }

  init(_ channels: Int, _ extent: Extent) {
    self.init(channels, extent.height, extent.width)
  }
}

extension Extent {
  /// As sizes are written in a table: `56x56`.
  var text: String { "\(height)x\(width)" }
}

extension Stride {
  /// Of two windows one after another.
  func times(_ other: Stride) -> Stride { Stride(product(rows, other.rows), product(columns, other.columns)) }
}
