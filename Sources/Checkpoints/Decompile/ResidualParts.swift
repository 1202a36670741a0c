// A residual network as names and shapes say it: which convolutions, how wide, in how many groups, with which norm; which
// blocks have a projection or an `se`. Names are torchvision's; other families bring theirs to these first.
import ResNetRuntime

struct ResidualParts {
  enum NormKind { case batch, group }

  struct Convolution: Equatable {
    var height: Int
    var width: Int
    /// What leaves and what enters.
    var out: Int
    var entering: Int
    var groups: Int
    var norm: NormKind?
    /// Of the norm, where there is one.
    var normChannels: Int?
    var hasBias: Bool
  }

  struct Projection: Equatable {
    /// Whether it is the second module of its sequence: the first pools.
    var isSecond: Bool
    var norm: NormKind?
    var hasBias: Bool
  }

  /// Factors for the channels that a block leaves.
  enum Attention: Equatable {
    /// An `se`, by the channels that it squeezes to.
    case squeeze(Int)
    /// An `eca`, by its number of weights.
    case channels(Int)
  }

  struct Block: Equatable {
    var convolutions: [Convolution]
    var projection: Projection?
    var attention: Attention?

    var entering: Int { convolutions.first?.entering ?? 0 }
    var out: Int { convolutions.last?.out ?? 0 }
    var isBottleneck: Bool {
      convolutions.count == 3 && convolutions[0].height == 1 && convolutions[2].height == 1
    }
  }

  struct Head {
    var classes: Int
    var hasBias: Bool
    /// Whether its weights are those of a 1x1 convolution.
    var isConvolution: Bool
  }

  var stem: [Convolution] = []
  /// Whether the stem's convolutions are modules of one sequence, as timm has them.
  var stemIsSequence = false
  var stages: [[Block]] = []
  /// The path of a norm behind the last block.
  var finalNorm: String?
  var head: Head?

  var blocks: [Block] { stages.flatMap { $0 } }
  var out: Int { blocks.last?.out ?? 0 }

  /// `conv1, 16 blocks in 4 rows, fc`.
  var summary: String {
    let rows =
      "\(blocks.count) block\(blocks.count == 1 ? "" : "s") in \(stages.count) row\(stages.count == 1 ? "" : "s")"
    let stem = stem.count == 1 ? "the first convolution" : "a stem of \(stem.count) convolutions"
    return [stem, rows, head.map { "a classifier of \($0.classes) classes" }].compactMap { $0 }
      .joined(separator: ", ")
  }
}

/// Reads parts off a table.
struct ResidualReader {
  var table: ShapeTable
  let family: String

  func contradiction(_ reason: String) -> RecognitionFault {
    .contradiction(family: family, reason: reason)
  }

  /// `nil` if there is neither a first convolution nor a block.
  mutating func parts() throws(RecognitionFault) -> ResidualParts? {
    guard table.has("conv1.weight") || table.has("conv1.0.weight"),
      table.has("layer1.0.conv1.weight")
    else {
      return nil
    }
    var parts = ResidualParts()
    try readStem(into: &parts)
    var channels = parts.stem.last?.out ?? 0
    while table.has("layer\(parts.stages.count + 1).0.conv1.weight") {
      var blocks: [ResidualParts.Block] = []
      let stage = "layer\(parts.stages.count + 1)"
      while table.has("\(stage).\(blocks.count).conv1.weight") {
        let block = try block("\(stage).\(blocks.count)", entering: channels)
        channels = block.out
        blocks.append(block)
      }
      parts.stages.append(blocks)
    }
    // What a norm by itself is called: here, and in other people's pre-activated networks.
    for path in ["norm1", "bn", "norm", "bn1"] where parts.finalNorm == nil {
      guard !(path == "bn1" && parts.stem.last?.norm != nil),
        table.shape("\(path).weight") == [channels]
      else {
        continue
      }
      if norm(path) != nil { parts.finalNorm = path }
    }
    if let shape = table.shape("fc.weight"),
      shape.count == 2 || shape.count == 4 && shape[2...].allSatisfy({ $0 == 1 })
    {
      guard shape[1] == channels else {
        throw contradiction(
          "'fc.weight' reads \(shape[1]) values where the last block leaves \(channels) channels")
      }
      _ = table.take("fc.weight")
      parts.head = ResidualParts.Head(
        classes: shape[0], hasBias: table.take("fc.bias") != nil, isConvolution: shape.count == 4)
    }
    return parts
  }

  private mutating func readStem(into parts: inout ResidualParts) throws(RecognitionFault) {
    guard let first = table.shape("conv1.0.weight") ?? table.shape("conv1.weight"), first.count == 4
    else {
      throw contradiction("its first convolution has no kernel of 4 dimensions")
    }
    var channels = first[1]
    if table.has("conv1.0.weight") {
      parts.stemIsSequence = true
      var module = 0
      while table.has("conv1.\(module).weight") {
        // The last norm stands outside.
        let inside = "conv1.\(module + 1)"
        let norm = table.shape("\(inside).weight")?.count == 1 ? inside : "bn1"
        let convolution = try convolution("conv1.\(module)", norm: norm, entering: channels)
        parts.stem.append(convolution)
        channels = convolution.out
        module += norm == inside ? 3 : 2
      }
    } else {
      while table.has("conv\(parts.stem.count + 1).weight") {
        let number = parts.stem.count + 1
        // A norm of another width stands elsewhere.
        let convolution = try convolution(
          "conv\(number)", norm: "bn\(number)", entering: channels, isStem: true)
        parts.stem.append(convolution)
        channels = convolution.out
      }
    }
  }

  private mutating func block(_ path: String, entering: Int) throws(RecognitionFault)
    -> ResidualParts.Block
  {
    var block = ResidualParts.Block(convolutions: [])
    var channels = entering
    while table.has("\(path).conv\(block.convolutions.count + 1).weight") {
      let number = block.convolutions.count + 1
      let convolution = try convolution(
        "\(path).conv\(number)", norm: "\(path).bn\(number)", entering: channels)
      block.convolutions.append(convolution)
      channels = convolution.out
    }
    for first in [0, 1] {
      let projection = "\(path).downsample.\(first)"
      guard let shape = table.shape("\(projection).weight"), shape.count == 4 else { continue }
      guard shape == [channels, entering, 1, 1] else {
        throw contradiction(
          "'\(projection).weight' is \(shapeText(shape)) where \(entering) channels enter its block and \(channels) leave"
        )
      }
      _ = table.take("\(projection).weight")
      block.projection = ResidualParts.Projection(
        isSecond: first == 1, norm: norm("\(path).downsample.\(first + 1)"),
        hasBias: table.take("\(projection).bias") != nil)
    }
    if let shape = table.shape("\(path).se.fc1.weight"), shape.count >= 2 {
      guard shape[1] == channels, table.shape("\(path).se.fc2.weight")?.first == channels,
        table.has("\(path).se.fc1.bias"), table.has("\(path).se.fc2.bias")
      else {
        throw contradiction(
          "'\(path).se' is none behind the last convolution of its block, with biases")
      }
      for name in ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"] {
        _ = table.take("\(path).se.\(name)")
      }
      block.attention = .squeeze(shape[0])
    } else if let shape = table.shape("\(path).se.conv.weight"), shape.count == 3, shape[...1] == [1, 1] {
      guard shape[2] % 2 == 1 else {
        throw contradiction("'\(path).se.conv.weight' has \(shape[2]) weights, none of which is in the middle")
      }
      _ = table.take("\(path).se.conv.weight")
      block.attention = .channels(shape[2])
    }
    return block
  }

  private mutating func convolution(
    _ path: String, norm: String, entering: Int, isStem: Bool = false
  ) throws(RecognitionFault) -> ResidualParts.Convolution {
    guard let shape = table.take("\(path).weight"), shape.count == 4, shape[0] > 0, shape[1] > 0
    else {
      throw contradiction("'\(path).weight' is no kernel of 4 dimensions")
    }
    guard entering % shape[1] == 0, shape[0] % (entering / shape[1]) == 0 else {
      throw contradiction("'\(path).weight' reads \(shape[1]) channels where \(entering) enter")
    }
    var convolution = ResidualParts.Convolution(
      height: shape[2], width: shape[3], out: shape[0], entering: entering,
      groups: entering / shape[1],
      hasBias: table.take("\(path).bias") != nil)
    let channels = table.shape("\(norm).weight")
    if !isStem || channels == [shape[0]] {
      convolution.norm = self.norm(norm)
      convolution.normChannels = convolution.norm == nil ? nil : channels?.first
    }
    return convolution
  }

  /// The norm at a path: with statistics it is of the batch.
  private mutating func norm(_ path: String) -> ResidualParts.NormKind? {
    guard table.shape("\(path).weight")?.count == 1, table.take("\(path).bias") != nil else {
      return nil
    }
    _ = table.take("\(path).weight")
    guard table.take("\(path).running_mean") != nil, table.take("\(path).running_var") != nil else {
      return .group
    }
    return .batch
  }
}
