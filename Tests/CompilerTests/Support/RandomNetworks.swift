// Small random networks, each a function of its seed.
import ResNetDSL

@testable import ResNetCompiler

/// A network whose rows make sense more often than not; lowering may refuse it.
func randomNetwork(seed: UInt64) -> Network {
  var random = RandomChoices(seed: seed)
  let input = (random.pick(1...4), random.pick(4...10), random.pick(4...10))
  let option: ShortcutOption = random.pick([
    .identityZeroPadded(.end), .identityZeroPadded(.both), .projectWhereShapeChanges, .projectAlways, .none,
  ])
  var rows: [Stage] = []
  for index in 0..<random.pick(1...4) {
    var items: [Item] = []
    for _ in 0..<random.pick(1...2) { items.append(random.item()) }
    rows.append(
      Stage(name: Spell.at("row\(index)\(random.chance(0.5) ? "_x" : "")"), items: items, span: Spell.nowhere))
  }
  var head: [Layer] = random.chance(0.7) ? [Spell.globalPool] : []
  if random.chance(0.4) { head.append(Spell.dropout) }
  if random.chance(0.3) { head.append(Spell.fc(random.pick(1...6), random.activation(), bias: random.chance(0.5))) }
  head.append(Spell.fc(random.pick(1...6), bias: random.chance(0.8)))
  if random.chance(0.5) { head.append(Spell.softmax) }
  rows.append(Stage(name: Spell.at("head"), items: head.map(Item.layer), span: Spell.nowhere))
  return Spell.network(input: input, option, strideOn: random.chance(0.5) ? .first : .on3x3, rows)
}

private struct RandomChoices {
  private var generator: SeededRandom
  init(seed: UInt64) { generator = SeededRandom(seed: seed) }

  mutating func pick(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
  mutating func chance(_ p: Double) -> Bool { .random(in: 0..<1, using: &generator) < p }
  mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[pick(0...choices.count - 1)] }
  mutating func activation() -> Activation { chance(0.6) ? .relu : pick(Activation.allCases) }

  mutating func item() -> Item {
    switch pick(0...5) {
    case 0: .layer(layer())
    case 1: Spell.group((0..<pick(1...2)).map { _ in layer() }, times: pick(1...2))
    default: block()
    }
  }

  /// Mostly blocks that keep their size apart from a stride.
  mutating func block() -> Item {
    var layers = (0..<pick(1...3)).map { _ in
      Spell.conv(
        pick([1, 3, 3, 5]), pick(4...7), dilation: pick([1, 1, 1, 2]), bias: chance(0.2), norm: chance(0.8),
        activation())
    }
    if chance(0.4), case .convolution(var first) = layers[0].kind {
      first.stride = Spell.at(Stride(pick(2...3)))
      layers[0].kind = .convolution(first)
    }
    if chance(0.1) { layers.insert(Spell.dropout, at: pick(0...layers.count)) }
    if chance(0.1) { layers.insert(Spell.averagePool(3, stride: 1), at: pick(0...layers.count)) }
    return Spell.residual(layers, times: pick(1...3), activation())
  }

  mutating func layer() -> Layer {
    switch pick(0...7) {
    case 0: Spell.maxPool(pick(1...3), stride: pick(1...3), ceil: chance(0.5))
    case 1: Spell.averagePool(pick(1...3), stride: pick(1...3), pad: chance(0.3) ? 0 : nil, ceil: chance(0.5))
    case 2: Layer(.activation(activation()), span: Spell.nowhere)
    case 3: Spell.dropout
    default:
      Spell.conv(
        pick(1...5), pick(1...6), stride: pick([1, 1, 1, 2, 3]), pad: chance(0.3) ? pick(0...2) : nil,
        dilation: pick([1, 1, 1, 2]), bias: chance(0.4), norm: chance(0.6), activation())
    }
  }
}
