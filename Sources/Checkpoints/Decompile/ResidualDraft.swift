// A residual network's parts as lines of a source. What they do not tell is chosen as torchvision or timm have it, or, where a
// dialect knows better, as its networks do, and says so beside the line.

struct ResidualDraft {
  let parts: ResidualParts
  let naming: ResidualRecognizer.Naming
  let facts: DialectFacts
  let family: String
  /// Whether norms stand before convolutions.
  private var isPreActivated = false

  init(parts: ResidualParts, naming: ResidualRecognizer.Naming, facts: DialectFacts, family: String) {
    (self.parts, self.naming, self.facts, self.family) = (parts, naming, facts, family)
  }

  /// Networks for small pictures begin with one 3x3 convolution that keeps the size, and no pool.
  var isSmall: Bool { parts.stem.count == 1 && parts.stem[0].height < 5 }
  /// Several convolutions before the pool, as in ResNet-D.
  private var hasDeepStem: Bool { parts.stem.count > 1 }
  private var usesGroupNorm: Bool {
    parts.blocks.contains { $0.convolutions.contains { $0.norm == .group } }
  }
  /// BiT's: shapes do not show that weights are standardised, but nothing else with these names has group norms.
  private var isBiT: Bool { naming == .resnetv2 && usesGroupNorm }

  private func contradiction(_ reason: String) -> RecognitionFault {
    .contradiction(family: family, reason: reason)
  }

  mutating func draft() throws(RecognitionFault) -> NetworkDraft {
    isPreActivated = try normsStandBefore()
    let identity = ResidualIdentity(
      parts, isPreActivated: isPreActivated, isSmall: isSmall, naming: naming)
    var draft = NetworkDraft(
      name: identity.name, title: identity.title,
      input: NetworkDraft.Input(
        channels: parts.stem.first?.entering ?? 3, size: isSmall ? 32 : 224,
        choice: isSmall
          ? "CIFAR's; any size fits these weights" : "ImageNet's; any size fits these weights"),
      lines: try header(), pipeline: pipeline, rows: rows)
    draft.lines.append(NetworkDraft.Line(key: "depth", value: "\(depth)"))
    draft.remarks = [
      "What names and shapes do not tell is chosen, and marked so below; beside it all rows of blocks but the first are "
        + "taken to halve the map, and all activations to be relu."
    ]
    if stride?.value == "on first", parts.blocks.contains(where: \.isBottleneck) {
      draft.remarks.append("lint: allow-file strided-1x1, as these networks have it")
    }
    return draft
  }

  private var depth: Int {
    parts.stem.count + parts.blocks.reduce(0) { $0 + $1.convolutions.count }
      + (parts.head == nil ? 0 : 1)
  }

  /// Norms have the channels of what they norm: what leaves a convolution, or what enters it.
  private func normsStandBefore() throws(RecognitionFault) -> Bool {
    let all = parts.blocks.flatMap(\.convolutions).filter { $0.norm != nil }
    let after = all.allSatisfy { $0.normChannels == $0.out }
    let before = all.allSatisfy { $0.normChannels == $0.entering }
    if after && before { return parts.finalNorm != nil || naming == .resnetv2 }
    guard after || before else {
      throw contradiction("norms have other channels than the convolutions beside them")
    }
    return before
  }

  // MARK: The header

  private func header() throws(RecognitionFault) -> [NetworkDraft.Line] {
    var lines = [try shortcut()]
    if isPreActivated { lines.append(NetworkDraft.Line(key: "order", value: "pre")) }
    if let norm = try norm() { lines.append(norm) }
    if isBiT {
      lines.append(
        NetworkDraft.Line(
          key: "weights", value: "standardized, eps 1e-8",
          choice: "BiT's; 'plain' has the same tensors"))
    }
    if let stride { lines.append(stride) }
    if naming == .resnetv2 {
      lines.append(NetworkDraft.Line(key: "names", value: "resnetv2"))
    } else if parts.stemIsSequence {
      lines.append(NetworkDraft.Line(key: "names", value: "resnet_d"))
    }
    if naming == .resnet, let path = parts.finalNorm, path != "norm1" {
      lines.append(NetworkDraft.Line(key: "rename", value: "\"norm1\" to \"\(path)\""))
    }
    return lines
  }

  private func norm() throws(RecognitionFault) -> NetworkDraft.Line? {
    let kinds = Set((parts.stem + parts.blocks.flatMap(\.convolutions)).compactMap(\.norm))
    guard let kind = kinds.first else { return NetworkDraft.Line(key: "norm", value: "none") }
    guard kinds.count == 1 else {
      throw contradiction("some norms have statistics of batches, and others none")
    }
    switch kind {
    case .batch:
      return NetworkDraft.Line(
        key: "norm", value: "batch, eps 1e-5", choice: "PyTorch's eps; TensorFlow's is 1e-3")
    case .group:
      let channels = (parts.stem + parts.blocks.flatMap(\.convolutions)).compactMap(\.normChannels)
      let groups =
        [32, 16, 8, 4, 2].first { number in channels.allSatisfy { $0 % number == 0 } } ?? 1
      return NetworkDraft.Line(
        key: "norm", value: "group \(groups), eps 1e-5",
        choice: "PyTorch's eps, and the usual number of groups")
    }
  }

  /// Which layer of a block has its stride; a block of two equal kernels has it on the first either way.
  private var stride: NetworkDraft.Line? {
    let isChosen = parts.blocks.contains { $0.convolutions.first?.height == 1 }
    if facts.stridesOnFirst {
      return NetworkDraft.Line(
        key: "stride", value: "on first", choice: isChosen ? facts.title : nil)
    }
    if isSmall, isPreActivated {
      return NetworkDraft.Line(
        key: "stride", value: "on first",
        choice: isChosen
          ? "the paper's own networks; 'on 3x3' has the same tensors and other answers" : nil)
    }
    if isSmall, !isChosen { return nil }
    return NetworkDraft.Line(
      key: "stride", value: "on 3x3",
      choice: isChosen
        ? "torchvision's and timm's; 'on first' has the same tensors and other answers (the paper's own, Caffe's)"
        : nil
    )
  }

  private func shortcut() throws(RecognitionFault) -> NetworkDraft.Line {
    let projections = parts.blocks.compactMap(\.projection)
    guard let first = projections.first else {
      guard changing.contains(true) else {
        return NetworkDraft.Line(key: "shortcut", value: "B", choice: "'none' has the same tensors")
      }
      return NetworkDraft.Line(
        key: "shortcut", value: "A, pad \(facts.zerosOnBothSides ? "both" : "end")",
        choice: (facts.zerosOnBothSides ? facts.title + "; " : "")
          + "'pad \(facts.zerosOnBothSides ? "end" : "both")', and 'none' of a plain network, have the same tensors and "
          + "other answers")
    }
    guard
      projections.allSatisfy({
        ($0.norm == nil) == (first.norm == nil) && $0.isSecond == first.isSecond
      })
    else {
      throw contradiction("its projections are of several kinds")
    }
    guard
      isPreActivated
        || parts.blocks.allSatisfy({ block in
          block.projection == nil
            || (block.projection?.norm == nil) == (block.convolutions.last?.norm == nil)
        })
    else {
      throw contradiction(
        "a projection has a norm where the last convolution of its block has none")
    }
    guard zip(changing, parts.blocks).allSatisfy({ !$0 || $1.projection != nil }) else {
      throw contradiction("some blocks that change their shape have a projection and others none")
    }
    let isEvery = parts.blocks.allSatisfy { $0.projection != nil } && !changing.allSatisfy { $0 }
    var value = isEvery ? "C" : "B"
    // A bias before a norm goes into it.
    if first.norm == nil,
      first.hasBias != (parts.blocks[0].convolutions.last?.hasBias ?? false) || isPreActivated,
      first.hasBias
    {
      value += ", bias"
    }
    if first.isSecond || naming == .resnetv2 && hasDeepStem { value += ", average pool" }
    return NetworkDraft.Line(
      key: "shortcut", value: value,
      choice: first.isSecond || !value.hasSuffix("pool")
        ? nil : "timm's 'd' networks; names do not show the pool")
  }

  /// For each block whether its shape changes: its channels, or at a row's begin its size.
  private var changing: [Bool] {
    parts.stages.enumerated().flatMap { number, blocks in
      blocks.enumerated().map { index, block in
        block.entering != block.out || index == 0 && number > 0 && halves(number)
      }
    }
  }

  /// Whether a row halves the map. Where others have projections, one that begins without, and keeps its channels, does not.
  private func halves(_ number: Int) -> Bool {
    guard number > 0, let first = parts.stages[number].first else { return false }
    let hasProjections = parts.blocks.contains { $0.projection != nil }
    return !(hasProjections && first.projection == nil && first.entering == first.out)
  }

  private var pipeline: NetworkDraft.Pipeline? {
    guard parts.stem.first?.entering == 3 else { return nil }
    let (imageNetMean, imageNetStd) = ("0.485 0.456 0.406", "0.229 0.224 0.225")
    if facts.isBGR {
      return NetworkDraft.Pipeline(
        resize: 256, size: 224, interpolation: "bilinear", mean: "0.48502 0.45796 0.40760",
        std: "0.00392157 0.00392157 0.00392157",
        choice: "\(facts.title) pixels, 0 to 255 less a mean")
    }
    if isSmall {
      return NetworkDraft.Pipeline(
        resize: 32, size: 32, interpolation: "bilinear", mean: "0.4914 0.4822 0.4465",
        std: "0.2470 0.2435 0.2616",
        choice: "CIFAR-10's mean and deviation")
    }
    if naming == .resnetv2 {
      return NetworkDraft.Pipeline(
        resize: isBiT ? 256 : 235, size: 224, interpolation: "bicubic", mean: "0.5 0.5 0.5",
        std: "0.5 0.5 0.5",
        choice: "timm's for its ResNetV2; each checkpoint has its own")
    }
    let isTimm = hasDeepStem || parts.blocks.contains { $0.attention != nil }
    return NetworkDraft.Pipeline(
      resize: 256, size: 224, interpolation: isTimm ? "bicubic" : "bilinear", mean: imageNetMean,
      std: imageNetStd,
      choice: isTimm ? "timm's; each checkpoint has its own" : "torchvision's; timm's are bicubic")
  }

  // MARK: The rows

  private var rows: [NetworkDraft.Row] {
    var rows: [NetworkDraft.Row] = []
    var halvings = isSmall ? 0 : 1
    let stem = parts.stem.enumerated().map { number, convolution in
      text(convolution, isOutside: true, stride: number == 0 && !isSmall ? 2 : nil)
    }
    rows.append(
      NetworkDraft.Row(name: "conv1", size: .halved(halvings), layers: stem.joined(separator: "; "))
    )
    if !isSmall {
      halvings += 1
      rows.append(
        NetworkDraft.Row(
          name: "pool1", size: .halved(halvings), layers: "3x3 max pool, stride 2" + poolEnding,
          choice: isBiT
            ? "BiT's zeros around its map take part" : facts.poolsWithoutPadding ? facts.title : nil
        ))
    }
    let names = rowNames
    for (number, blocks) in parts.stages.enumerated() {
      if halves(number) { halvings += 1 }
      rows.append(
        NetworkDraft.Row(name: names(number), size: .halved(halvings), layers: text(blocks)))
    }
    rows.append(head)
    return rows
  }

  private var poolEnding: String {
    isBiT ? ", counted" : facts.poolsWithoutPadding ? ", pad 0, ceil" : ""
  }

  /// As Table 1 has them, its networks for CIFAR-10, and Wide ResNet's Table 1.
  private var rowNames: (Int) -> String {
    if !isSmall { return { "conv\($0 + 2)_x" } }
    if isPreActivated, parts.blocks.allSatisfy({ !$0.isBottleneck }) { return { "conv\($0 + 2)" } }
    return { "stage\($0 + 1)" }
  }

  private var head: NetworkDraft.Row {
    let norm = parts.finalNorm == nil ? "" : "norm, relu; "
    guard let head = parts.head else {
      return NetworkDraft.Row(
        name: "head", size: .single, layers: norm + "average pool",
        choice: "the checkpoint has no classifier")
    }
    let bias = head.hasBias ? "" : ", no bias"
    let ending = head.classes > 1 ? "softmax" : "sigmoid"
    if head.isConvolution, naming == .resnetv2, !isBiT {
      return NetworkDraft.Row(
        name: "head", size: .single,
        layers: norm + "average pool; 1x1, \(head.classes), no norm, linear\(bias); \(ending)")
    }
    let separator = ending == "softmax" ? ", softmax" : ", sigmoid"
    return NetworkDraft.Row(
      name: "head", size: .single,
      layers: norm + "average pool, \(head.classes)-d fc\(bias)\(separator)")
  }

  /// Equal blocks in a row are one that is repeated.
  private func text(_ blocks: [ResidualParts.Block]) -> String {
    var runs: [(text: String, count: Int)] = []
    for block in blocks {
      let text = text(block)
      if let last = runs.last, last.text == text {
        runs[runs.count - 1].count += 1
      } else {
        runs.append((text, 1))
      }
    }
    return runs.map { $0.count == 1 ? $0.text : "\($0.text) x \($0.count)" }.joined(separator: "; ")
  }

  private func text(_ block: ResidualParts.Block) -> String {
    var layers = block.convolutions.map { text($0, isOutside: false, stride: nil) }
    switch block.attention {
    case .squeeze(let width): layers.append(block.out % width == 0 ? "se / \(block.out / width)" : "se \(width)-d")
    case .channels(let size): layers.append(size == usualAttention(of: block.out) ? "eca" : "eca \(size)")
    case nil: break
    }
    return "[\(layers.joined(separator: "; "))]" + (isProjectedAnyway(block) ? " shortcut C" : "")
  }

  /// ECA-Net's number of weights, gamma 2 and b 1: the odd number at or above (log2(C) + 1) / 2, and at least 3.
  private func usualAttention(of channels: Int) -> Int {
    let half = (Int.bitWidth - max(1, channels).leadingZeroBitCount) / 2
    return max(3, half | 1)
  }

  /// Whether a block that keeps its shape has a projection where others that do have none.
  private func isProjectedAnyway(_ block: ResidualParts.Block) -> Bool {
    guard block.projection != nil, let place = parts.blocks.firstIndex(of: block), !changing[place]
    else {
      return false
    }
    return parts.blocks.contains { $0.projection == nil }
  }

  private func text(_ convolution: ResidualParts.Convolution, isOutside: Bool, stride: Int?)
    -> String
  {
    var words = ["\(convolution.height)x\(convolution.width)", "\(convolution.out)"]
    if let stride { words.append("stride \(stride)") }
    if convolution.groups > 1 { words.append("groups \(convolution.groups)") }
    let networkHasNorms = parts.blocks.contains { $0.convolutions.contains { $0.norm != nil } }
    guard convolution.norm == nil, networkHasNorms else {
      // Before a norm a bias goes into it, but for one of groups, and behind it it stays.
      if convolution.hasBias, convolution.norm == .group || isPreActivated && !isOutside {
        words.append("bias")
      }
      if !convolution.hasBias, convolution.norm == nil { words.append("no bias") }
      return words.joined(separator: ", ")
    }
    // Of a pre-activated network what has no norm has no activation either.
    words += ["no norm", isPreActivated ? "linear" : nil, convolution.hasBias ? nil : "no bias"]
      .compactMap { $0 }
    return words.joined(separator: ", ")
  }
}
