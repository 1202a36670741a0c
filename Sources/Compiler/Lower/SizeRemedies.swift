// What would give a row the size that it says, where no stride does: a convolution without padding, a pool that rounds up,
// a stride at another layer. Each is tried, so that what is offered is true.
import ResNetDSL

/// Changes of one layer that give `stage` its size, as its author would write them, the likeliest first.
///
/// - Parameter reaches: Whether a row so changed has the size, and nothing is wrong with it.
func sizeRemedies(_ stage: Stage, reaches: (Stage) -> Bool) -> [String] {
  let places = windows(of: stage)
  var remedies: [String] = []
  var offersPadding = false
  for change in WindowChange.allCases {
    for place in places {
      guard let (changed, text) = place.layer.changed(change) else { continue }
      let remedy = "write \(text)" + (places.count > 1 ? " in \(place.layer.title)" : "")
      // Of several paddings the smallest; two layers that read alike are one remedy.
      guard !remedies.contains(remedy), change.padding == nil || !offersPadding else { continue }
      var row = stage
      row.replace(place, by: changed)
      if reaches(row) {
        remedies.append(remedy)
        offersPadding = offersPadding || change.changesPadding
      }
      if remedies.count == 3 { return remedies }
    }
  }
  return remedies
}

/// What can be changed in a layer, the likeliest to be meant first.
private enum WindowChange: CaseIterable {
  case noPadding, ceil, noPaddingCeil, floor, noPaddingFloor, keepingPadding, pad1, pad2, pad3
  case stride2, stride1, stride4

  var changesPadding: Bool {
    switch self {
    case .ceil, .floor, .stride1, .stride2, .stride4: false
    case .noPadding, .noPaddingCeil, .noPaddingFloor, .keepingPadding, .pad1, .pad2, .pad3: true
    }
  }

  /// AlexNet's 11x11 of stride 4 has a padding of 2.
  var padding: Int? {
    switch self {
    case .pad1: 1
    case .pad2: 2
    case .pad3: 3
    default: nil
    }
  }
}

/// A layer that slides a window, and where it stands.
private struct WindowPlace {
  var item: Int
  var position: Int
  var layer: Layer
}

/// The first 16; more are not written in one row by hand.
private func windows(of stage: Stage) -> [WindowPlace] {
  var places: [WindowPlace] = []
  for (item, content) in stage.items.enumerated() {
    for (position, layer) in content.layers.enumerated() where layer.isPool || layer.isConvolution {
      if places.count < 16 { places.append(WindowPlace(item: item, position: position, layer: layer)) }
    }
  }
  return places
}

extension Stage {
  fileprivate mutating func replace(_ place: WindowPlace, by layer: Layer) {
    switch items[place.item] {
    case .layer: items[place.item] = .layer(layer)
    case .block(var block):
      block.layers[place.position] = layer
      items[place.item] = .block(block)
    }
  }
}

extension Layer {
  /// `the 3x3 max pool`, to tell it from the row's other layers.
  fileprivate var title: String {
    switch kind {
    case .convolution(let layer): "the convolution '\(layer.kernel.text), \(layer.width.value)'"
    case .maxPool(let pool): "the \(pool.kernel.text) max pool"
    case .averagePool(let pool): "the \(pool.kernel.text) average pool"
    default: "the layer"
    }
  }

  /// The layer with one thing changed, and the change as written; `nil` where it is so already, or has no such thing.
  fileprivate func changed(_ change: WindowChange) -> (Layer, String)? {
    switch kind {
    case .convolution(let layer):
      guard let (layer, text) = layer.changed(change) else { return nil }
      return (Layer(.convolution(layer), span: span), text)
    case .maxPool(let pool):
      guard let (pool, text) = pool.changed(change, at: span) else { return nil }
      return (Layer(.maxPool(pool), span: span), text)
    case .averagePool(let pool):
      guard let (pool, text) = pool.changed(change, at: span) else { return nil }
      return (Layer(.averagePool(pool), span: span), text)
    default: return nil
    }
  }

  fileprivate static func stride(_ change: WindowChange) -> Int? {
    switch change {
    case .stride1: 1
    case .stride2: 2
    case .stride4: 4
    default: nil
    }
  }
}

extension ConvolutionLayer {
  fileprivate func changed(_ change: WindowChange) -> (Self, String)? {
    var layer = self
    switch change {
    case .noPadding where padding != .even(0, 0) && kernel != Extent(square: 1):
      layer.padding = .even(0, 0)
      return (layer, "'pad 0'")
    case .keepingPadding where padding != nil && padding != .sides(usualPadding):
      layer.padding = .sides(usualPadding)
      return (layer, padText(usualPadding))
    case .pad1, .pad2, .pad3:
      guard let padding = change.padding, padding < max(kernel.height, kernel.width) else { return nil }
      layer.padding = .even(padding, padding)
      return (layer, "'pad \(padding)'")
    case .stride1, .stride2, .stride4:
      guard let value = Layer.stride(change), Stride(value) != stride?.value else { return nil }
      layer.stride = Located(Stride(value), stride?.span ?? width.span)
      return (layer, "'stride \(value)'")
    default: return nil
    }
  }
}

extension PoolLayer {
  fileprivate func changed(_ change: WindowChange, at span: Span) -> (Self, String)? {
    var pool = self
    let isPadded = padding.map { $0 != .even(0, 0) } ?? (kernel.height % 2 == 1 || kernel.width % 2 == 1)
    switch change {
    case .noPadding where isPadded:
      pool.padding = .even(0, 0)
      return (pool, "'pad 0'")
    case .ceil where !ceilMode:
      pool.ceilMode = true
      return (pool, "'ceil'")
    case .noPaddingCeil where isPadded && !ceilMode:
      (pool.padding, pool.ceilMode) = (.even(0, 0), true)
      return (pool, "'pad 0, ceil'")
    case .floor where ceilMode:
      pool.ceilMode = false
      return (pool, "no 'ceil'")
    case .noPaddingFloor where ceilMode && isPadded:
      (pool.padding, pool.ceilMode) = (.even(0, 0), false)
      return (pool, "'pad 0' and no 'ceil'")
    case .keepingPadding:
      let usual = Padding(kernel.height / 2, kernel.width / 2)
      guard padding != .sides(usual), usual != .zero else { return nil }
      pool.padding = .sides(usual)
      return (pool, padText(usual))
    case .stride1, .stride2, .stride4:
      guard let value = Layer.stride(change), Stride(value) != stride?.value else { return nil }
      pool.stride = Located(Stride(value), stride?.span ?? span)
      return (pool, "'stride \(value)'")
    default: return nil
    }
  }
}

private func padText(_ padding: Padding) -> String { "'pad \(padding.written)'" }
