// A window about as large as its map reads zeros where it should read the map.
import ResNetDSL

extension LintRule {
  static let mostlyPadding = LintRule(
    "RN205", "mostly-padding", .warning,
    """
    A padded window about as large as its map: two fifths or more of all that it reads are zeros of the
    padding. A 7x7 window with padding 3 on a 7x7 map does (43 %), the 5x5 of a GoogLeNet on such a map does
    not (31 %). Such a layer learns where the edge is more than what the map shows, and an average over it is
    none of the whole map, which is what was meant more often than not.

    Write `pad 0` or `average pool` for a window over the whole map, or take a smaller window. Windows of 3x3
    are left alone, since no smaller one sees a neighbour and late rows of CIFAR networks have them on 2x2
    maps; maps of 1x1 are RN204's.
    """,
    example: """
      model Net
      input   3 x 4 x 4
      conv1    4x4   7x7, 16, stride 1, pad 3
      head     1x1   average pool, 10-d fc
      """,
    remedy: """
      model Net
      input   3 x 4 x 4
      conv1    4x4   3x3, 16, stride 1, pad 1
      head     1x1   average pool, 10-d fc
      """,
    look: .network { network in
      network.layers.compactMap { stage, sized in
        guard let window = Window.of(sized), sized.input.extent != Extent(square: 1)
        else { return nil }
        let (map, output) = (sized.input.extent, sized.output.extent)
        let rows = Axis(map.height, output.height, window.kernel.height, window.padding.top, window.dilation)
        let columns = Axis(map.width, output.width, window.kernel.width, window.padding.left, window.dilation)
        guard [rows, columns].contains(where: \.isLarge), window.padding != .zero else { return nil }
        let share =
          1 - rows.shareInside(stride: sized.stride.rows) * columns.shareInside(stride: sized.stride.columns)
        guard share >= 0.4 else { return nil }
        return Finding(
          "\(Int((share * 100).rounded())) % of what the \(window.kernel.text) window of \(stage.name.value) reads is "
            + "padding",
          at: Label(sized.layer.span, "on a map of \(map.text)"),
          helps: ["write `pad 0` if the window is meant to cover the map, or take a smaller one"])
      }
    })
}

/// One direction of a window that slides over a map.
private struct Axis {
  let length, outputs, kernel, padding, dilation: Int

  init(_ length: Int, _ outputs: Int, _ kernel: Int, _ padding: Int, _ dilation: Int) {
    (self.length, self.outputs, self.kernel, self.padding, self.dilation) = (length, outputs, kernel, padding, dilation)
  }

  private var reach: Int { dilation * (kernel - 1) + 1 }

  /// Larger than half the map, and than the smallest that sees a neighbour.
  var isLarge: Bool { reach > 3 && 2 * reach > length }

  /// How many of all places that it reads lie on the map.
  func shareInside(stride: Int) -> Double {
    // Tap by tap: its first and its last place on the map.
    let inside = (0..<kernel).reduce(0) { count, tap in
      let before = padding - tap * dilation
      guard length - 1 + before >= 0 else { return count }
      let first = (max(0, before) + stride - 1) / stride
      let last = min(outputs - 1, (length - 1 + before) / stride)
      return count + max(0, last - first + 1)
    }
    return Double(inside) / Double(max(1, outputs * kernel))
  }
}
