// Random networks of branches in branches in blocks, of convolutions in groups, of sums of both, and of rows that are read
// again by name or returned, all from a seed.
import ResNetDSL

@testable import ResNetCompiler

/// A network that the language allows, every layer of which keeps the size.
func randomBranches(seed: UInt64) -> Network {
  var random = RandomBranches(generator: SeededRandom(seed: seed))
  var rows = [Spell.row("conv1", nil, Spell.conv(3, 2 * random.pick(1...6)))]
  if random.pick(0...3) == 0 { rows = [Spell.row("first", nil, random.branches(depth: 1, grouped: false))] + rows }
  random.above = rows.map(\.name)
  for index in 0..<random.pick(1...4) {
    let items = (0..<random.pick(1...2)).map { _ in random.item() }
    let source = random.pick(0...5) == 0 ? random.above[random.pick(0...random.above.count - 1)] : nil
    rows.append(Stage(name: Spell.at("row\(index)_x"), source: source, items: items, span: Spell.nowhere))
    random.above = rows.map(\.name)
  }
  rows.append(Spell.row("head", nil, Spell.globalPool, Spell.fc(3)))
  var network = Spell.network(input: (3, 5, 4), .projectWhereShapeChanges, strideOn: .first, rows)
  if random.pick(0...1) == 0 {
    network.outputs = random.above.filter { _ in random.pick(0...1) == 0 } + [Spell.at("head")]
  }
  return network
}

private struct RandomBranches {
  var generator: SeededRandom
  /// Rows that may be read again.
  var above: [Located<String>] = []

  mutating func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

  mutating func item() -> Item {
    switch pick(0...7) {
    case 0: return .layer(branches(depth: 2))
    case 1: return .layer(branches(depth: 1))
    case 5: return .layer(combined())
    case 6: return Spell.group([branches(depth: 1, parts: 2), shuffle()], times: pick(1...4))
    // Halves that may fill vectors.
    case 7: return Spell.group([convolution(width: 8 * pick(1...6)), branches(depth: 2, parts: 2)])
    case 2: return Spell.residual([convolution(), branches(depth: 1), convolution()], times: pick(1...2))
    case 3: return Spell.residual([convolution(), branches(depth: 1)], times: pick(1...3))
    default: return Spell.residual([convolution(), convolution()], times: pick(1...2), .sigmoid)
    }
  }

  /// - Parameter parts: Of how many of these each branch reads one; widths may not be even there, and lowering refuses
  ///   those that do not divide.
  mutating func branches(depth: Int, grouped: Bool = true, parts: Int? = nil) -> Layer {
    let lists = (0..<(parts ?? pick(1...3))).map { index -> [Layer] in
      let isSource = parts == nil && !above.isEmpty && pick(0...4) == 0
      let first: [Layer] =
        if let parts {
          [Layer(.share(index, of: parts), span: Spell.nowhere)]
        } else {
          isSource ? [Layer(.source(above[pick(0...above.count - 1)]), span: Spell.nowhere)] : []
        }
      return first
        + (0..<pick(0...2)).map { _ in
          switch pick(0...8) {
          case 0: shuffle()
          case 1, 2: Spell.averagePool(3, stride: 1, pad: 1)
          case 3...5 where depth > 1: branches(depth: depth - 1, parts: pick(0...3) == 0 ? 2 : nil)
          default: convolution(grouped: grouped && parts == nil)
          }
        }
    }
    return Layer(.branches(lists, .concatenation), span: Spell.nowhere)
  }

  mutating func shuffle() -> Layer { Layer(.shuffle(Spell.at(2)), span: Spell.nowhere) }

  /// Two that are added or multiplied; the first may itself be put together.
  mutating func combined() -> Layer {
    let width = 2 * pick(2...8)
    let part = 2 * pick(1...width / 2 - 1)
    let first =
      pick(0...1) == 0
      ? convolution(width: width)
      : Layer(
        .branches([[convolution(width: part)], [convolution(width: width - part)]], .concatenation),
        span: Spell.nowhere)
    let combiner: Combiner = pick(0...1) == 0 ? .sum(.sigmoid) : .product(.linear)
    return Layer(.branches([[first], [convolution(width: width)]], combiner), span: Spell.nowhere)
  }

  /// All widths are even, so that two groups divide them.
  mutating func convolution(width: Int? = nil, grouped: Bool = true) -> Layer {
    var layer = Spell.conv(
      [1, 3][pick(0...1)], width ?? 2 * pick(1...12), norm: pick(0...1) == 0, [.relu, .sigmoid, .linear][pick(0...2)])
    if grouped, pick(0...2) == 0, case .convolution(var convolution) = layer.kind {
      convolution.grouping = .groups(Spell.at(2))
      layer.kind = .convolution(convolution)
    }
    return layer
  }
}
