// Networks for tests, written by hand: the shapes of the paper's tables without the parser. Spans are running numbers,
// so that every part of a network has a place of its own.
import ResNetDSL

@testable import ResNetCompiler

/// Spells networks in a few words a row.
enum Spell {
  static let nowhere = Span(0, 0)

  static func at<Value>(_ value: Value, _ position: Int = 0) -> Located<Value> {
    Located(value, Span(position, position + 1))
  }

  static func conv(
    _ kernel: Int, _ width: Int, stride: Int? = nil, pad: Int? = nil, dilation: Int = 1, bias: Bool = false,
    norm: Bool = true, _ activation: Activation = .relu
  ) -> Layer {
    Layer(
      .convolution(
        ConvolutionLayer(
          kernel: Extent(square: kernel), width: at(width), stride: stride.map { at(Stride($0)) },
          padding: pad.map { .even($0, $0) }, dilation: dilation, bias: bias, norm: norm ? Normalization() : nil,
          activation: activation)), span: nowhere)
  }

  static func maxPool(_ kernel: Int, stride: Int? = nil, pad: Int? = nil, ceil: Bool = false) -> Layer {
    Layer(.maxPool(pool(kernel, stride, pad, ceil)), span: nowhere)
  }

  static func averagePool(_ kernel: Int, stride: Int? = nil, pad: Int? = nil, ceil: Bool = false) -> Layer {
    var pool = pool(kernel, stride, pad, ceil)
    pool.countsPadding = false
    return Layer(.averagePool(pool), span: nowhere)
  }

  private static func pool(_ kernel: Int, _ stride: Int?, _ pad: Int?, _ ceil: Bool) -> PoolLayer {
    PoolLayer(
      kernel: Extent(square: kernel), stride: stride.map { at(Stride($0)) }, padding: pad.map { .even($0, $0) },
      ceilMode: ceil)
  }

  static let globalPool = Layer(.adaptivePool(.wholeMap(.average)), span: nowhere)
  static let softmax = Layer(.softmax, span: nowhere)
  static let dropout = Layer(.dropout(0.5), span: nowhere)

  static func fc(_ width: Int, _ activation: Activation = .linear, bias: Bool = true) -> Layer {
    Layer(
      .fullyConnected(FullyConnectedLayer(width: at(width), bias: bias, activation: activation)), span: nowhere)
  }

  /// A residual block; its last convolution is linear before the sum, as the resolver leaves it.
  static func residual(_ layers: [Layer], times repeats: Int = 1, _ activation: Activation = .relu) -> Item {
    var layers = layers
    if case .convolution(var last)? = layers.last?.kind {
      last.activation = .linear
      layers[layers.count - 1].kind = .convolution(last)
    }
    return .block(
      Block(kind: .residual, layers: layers, repeats: repeats, activation: activation, span: nowhere))
  }

  static func group(_ layers: [Layer], times repeats: Int = 1) -> Item {
    .block(Block(kind: .plain, layers: layers, repeats: repeats, span: nowhere))
  }

  static func row(_ name: String, _ size: Int?, _ items: Item...) -> Stage {
    Stage(name: at(name), size: size.map { at(Extent(square: $0)) }, items: items, span: nowhere)
  }

  static func row(_ name: String, _ size: Int?, _ layers: Layer...) -> Stage {
    Stage(name: at(name), size: size.map { at(Extent(square: $0)) }, items: layers.map(Item.layer), span: nowhere)
  }

  /// A network, each row's name and size at places of their own: row i from 100 * (i + 1).
  static func network(
    _ name: String = "Test", input: (Int, Int, Int) = (3, 224, 224), _ shortcut: ShortcutOption,
    strideOn: StridePlacement = .on3x3, depth: Int? = nil, _ stages: [Stage]
  ) -> Network {
    var stages = stages
    for index in stages.indices {
      stages[index].name.span = Span(100 * (index + 1), 100 * (index + 1) + 5)
      stages[index].size?.span = Span(100 * (index + 1) + 10, 100 * (index + 1) + 15)
    }
    return Network(
      name: at(name), input: at(InputShape(channels: input.0, height: input.1, width: input.2), 10),
      shortcut: at(shortcut, 20), strideOn: strideOn, depth: depth.map { at($0, 30) },
      preprocess: Preprocess(
        size: .shortSide(256), interpolation: .bilinear, crop: Extent(224, 224), mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225]), stages: stages)
  }
}

/// The networks of the paper.
enum Paper {
  static func resnet(
    _ depth: Int, _ shortcut: ShortcutOption = .projectWhereShapeChanges, strideOn: StridePlacement = .on3x3
  ) -> Network {
    let repeats: [Int: [Int]] = [
      18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3],
    ]
    var rows = [
      Spell.row("conv1", 112, Spell.conv(7, 64, stride: 2)), Spell.row("pool1", 56, Spell.maxPool(3, stride: 2)),
    ]
    for (index, count) in (repeats[depth] ?? []).enumerated() {
      let width = 64 << index
      let layers =
        depth < 50
        ? [Spell.conv(3, width), Spell.conv(3, width)]
        : [Spell.conv(1, width), Spell.conv(3, width), Spell.conv(1, 4 * width)]
      rows.append(Spell.row("conv\(index + 2)_x", 56 >> index, Spell.residual(layers, times: count)))
    }
    rows.append(Spell.row("head", 1, Spell.globalPool, Spell.fc(1000), Spell.softmax))
    return Spell.network("ResNet\(depth)", shortcut, strideOn: strideOn, depth: depth, rows)
  }

  static func cifar(n: Int, _ shortcut: ShortcutOption = .identityZeroPadded(.end)) -> Network {
    func stage(_ name: String, _ size: Int, _ width: Int) -> Stage {
      Spell.row(name, size, Spell.residual([Spell.conv(3, width), Spell.conv(3, width)], times: n))
    }
    return Spell.network(
      "CifarResNet\(6 * n + 2)", input: (3, 32, 32), shortcut, depth: 6 * n + 2,
      [
        Spell.row("conv1", 32, Spell.conv(3, 16)), stage("stage1", 32, 16), stage("stage2", 16, 32),
        stage("stage3", 8, 64), Spell.row("head", 1, Spell.globalPool, Spell.fc(10), Spell.softmax),
      ])
  }

  /// - Parameter repeats: Convolutions a row: 2 2 3 3 3 for VGG-16, 2 2 4 4 4 for VGG-19.
  static func vgg(_ depth: Int, norm: Bool) -> Network {
    let repeats = depth == 16 ? [2, 2, 3, 3, 3] : [2, 2, 4, 4, 4]
    let widths = [64, 128, 256, 512, 512]
    var rows: [Stage] = []
    for index in repeats.indices {
      let convolution = Spell.conv(3, widths[index], bias: true, norm: norm)
      rows.append(
        Spell.row(
          "conv\(index + 1)", 112 >> index, Spell.group([convolution], times: repeats[index]),
          .layer(Spell.maxPool(2, stride: 2))))
    }
    rows.append(
      Spell.row(
        "head", 1, Spell.fc(4096, .relu), Spell.dropout, Spell.fc(4096, .relu), Spell.dropout, Spell.fc(1000),
        Spell.softmax))
    return Spell.network("VGG\(depth)", .none, depth: depth, rows)
  }
}

/// Lowers, expecting no diagnostics.
func lowered(_ network: Network) throws -> Graph {
  var sink = Diagnostics()
  guard let graph = lower(network, &sink), sink.all.isEmpty else { throw Unexpected(diagnostics: sink.all) }
  return graph
}

/// Lowers, expecting nothing but diagnostics.
func diagnostics(_ network: Network) throws -> [Diagnostic] {
  var sink = Diagnostics()
  guard lower(network, &sink) == nil else { throw Unexpected(diagnostics: sink.all) }
  return sink.inSourceOrder
}

struct Unexpected: Error {
  var diagnostics: [Diagnostic]
}
