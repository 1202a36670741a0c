// What makes answers wrong without changing a shape, and which line of the source states it: where strides stand, how the stem
// pools, what norms add to variances, dilation, where zeros go, how pixels are brought in. Where the dialect of a checkpoint
// tells what its networks were trained with, a source that says otherwise is told so.
import ResNetCheckpoints
import ResNetCompiler
import ResNetDSL

/// Something that no tensor shows.
struct WeightsAdvice: Equatable {
  var subject: String
  /// The line of the source, or what holds without one.
  var stated: String
  /// What is known of such checkpoints.
  var known: String
  /// Whether the source says otherwise than the checkpoint's kind has it.
  var differs: Bool

  /// `differs: stride  line 5 'stride on 3x3'; Caffe's have 'on first'`
  var text: String { "\(differs ? "differs" : "note"): \(subject): \(stated); \(known)" }
}

struct WeightsAdviser {
  let source: SourceFile
  let compilation: Compilation
  /// What is known of the checkpoint's kind.
  let facts: DialectFacts

  var all: [WeightsAdvice] {
    [stride, zeros, pool, epsilon, dilation, preprocess, order].compactMap { $0 }
  }

  private var network: Network { compilation.network }
  private var layers: [Layer] {
    network.stages.flatMap(\.items).flatMap(\.layers)
  }

  /// `line 5 'stride on 3x3'`, of the first line that begins with a word, or something else without one.
  private func line(_ word: String, otherwise: String) -> String {
    for line in source.lineStarts.indices {
      let text = source.text(source.contents(ofLine: line))
      let bare = text.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "\r" }
      guard bare.first.map(String.init) == word else { continue }
      return "line \(line + 1) '\(bare.joined(separator: " "))'"
    }
    return otherwise
  }

  private func row(_ stage: Stage) -> String {
    let place = source.position(at: stage.span.start).line
    return
      "line \(place) '\(source.text(stage.span).split { $0 == " " || $0 == "\t" }.joined(separator: " "))'"
  }

  private var stride: WeightsAdvice? {
    guard let placement = network.strideOn else { return nil }
    let isFirst = placement == .first
    let matters = network.stages.flatMap(\.items).contains { item in
      guard case .block(let block) = item, block.kind == .residual else { return false }
      return block.layers.first?.convolution?.kernel == Extent(square: 1)
    }
    guard matters else { return nil }
    return WeightsAdvice(
      subject: "stride", stated: line("stride", otherwise: ""),
      known: facts.stridesOnFirst
        ? "\(facts.title) have 'stride on first'"
        : "torchvision's, timm's and Hugging Face's have 'stride on 3x3', the paper's own and Caffe's 'stride on first'",
      differs: facts.stridesOnFirst && !isFirst)
  }

  private var zeros: WeightsAdvice? {
    guard case .identityZeroPadded(let placement) = network.shortcut.value else { return nil }
    return WeightsAdvice(
      subject: "zeros", stated: line("shortcut", otherwise: "no line"),
      known: facts.zerosOnBothSides
        ? "\(facts.title) have 'shortcut A, pad both'"
        : "Lua Torch's have 'pad end', most CIFAR code in PyTorch 'pad both'",
      differs: facts.zerosOnBothSides && placement == .end)
  }

  private var pool: WeightsAdvice? {
    let found = network.stages.lazy.compactMap { stage -> (Stage, PoolLayer)? in
      for case .layer(let layer) in stage.items {
        if case .maxPool(let pool) = layer.kind { return (stage, pool) }
      }
      return nil
    }.first
    guard let (stage, pool) = found else { return nil }
    return WeightsAdvice(
      subject: "pool", stated: row(stage),
      known: facts.poolsWithoutPadding
        ? "\(facts.title) have '3x3 max pool, stride 2, pad 0, ceil'"
        : "PyTorch's pad by 1 and round down, Caffe's have 'pad 0, ceil', BiT's 'counted'",
      differs: facts.poolsWithoutPadding && !pool.ceilMode)
  }

  private var epsilon: WeightsAdvice? {
    let norms = compilation.normsBehindConvolutions
    guard let first = norms.first?.norm.epsilon else { return nil }
    return WeightsAdvice(
      subject: "eps",
      stated: line("norm", otherwise: "no line 'norm batch, eps \(written(first))'; it is the default"),
      known: facts.epsilon.map {
        "\(facts.title) have \(written($0)), and the difference was put into the variances"
      }
        ?? "PyTorch's default is 1e-5, TensorFlow's networks mostly have 1e-3",
      differs: false)
  }

  /// `1e-5`, as sources have it, where Swift prints `1e-05`.
  private func written(_ number: Double) -> String {
    "\(number)".split(separator: "e-0").map(String.init).joined(separator: "e-")
  }

  private var dilation: WeightsAdvice? {
    let dilated = layers.contains { ($0.convolution?.dilation ?? 1) > 1 }
    let hasBlocks = network.stages.flatMap(\.items).contains {
      if case .block = $0 { true } else { false }
    }
    guard hasBlocks, !dilated else { return nil }
    return WeightsAdvice(
      subject: "dilation", stated: "no 'dilation' in any row",
      known:
        "a backbone for segmentation may have had strides of the last rows replaced by 'dilation 2' and '4'",
      differs: false)
  }

  private var preprocess: WeightsAdvice? {
    guard [1, 3].contains(network.input.value.channels) else { return nil }
    // As of pixels from 0 to 1, whatever range the source gives them.
    let (low, high) = network.preprocess.range.bounds
    let mean = network.preprocess.mean.map { ($0 - low) / (high - low) }
    let std = network.preprocess.std.map { $0 / (high - low) }
    let isCaffe =
      mean.first.map { abs($0 - 0.485) < 1e-3 } ?? false && std.allSatisfy { abs($0 - 1 / 255) < 1e-5 }
    return WeightsAdvice(
      subject: "preprocess",
      stated: line("preprocess", otherwise: "no line; the defaults of docs/language.md"),
      known: facts.isBGR
        ? "\(facts.title) have 'mean 0.48502 0.45796 0.40760, std 0.00392157 0.00392157 0.00392157'"
        : "torchvision's are bilinear to 256, timm's mostly bicubic; the mean and deviation are the checkpoint's own",
      differs: facts.isBGR && !isCaffe)
  }

  private var order: WeightsAdvice? {
    guard network.input.value.channels == 3 else { return nil }
    let isBGR = network.preprocess.isBGR
    return WeightsAdvice(
      subject: "channels",
      stated: isBGR ? "blue, green, red, by 'bgr' in 'preprocess'" : "red, green, blue, no 'bgr' in 'preprocess'",
      known: facts.isBGR
        ? "\(facts.title) have blue, green, red, and converting turns the first convolution: with 'bgr' twice"
        : "where a network was trained on pictures that OpenCV read, its channels are blue, green, red",
      differs: isBGR && facts.isBGR)
  }
}
