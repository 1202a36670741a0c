// The loops around the tiles of a convolution: strips of pixels outside, then groups of output channels, then the units of
// a strip. A taller strip reads the weights less often, a shorter one stays in cache while all groups pass over it. The
// best one reads least, counted by how far away what it reads again lies.
internal import ResNetDSL

/// What the loops of a convolution read, in floats.
struct LoopTraffic {
  /// What the reduction touches of its inputs, of all images; see `Convolution.Term.touched(of:lanes:)`.
  let inputs: Int
  let weights: Int
  let groupCount: Int
  /// `batch * tiling.rowTileCount`.
  let units: Int

  /// Of all operands, by how far away they lie.
  func cost(strip: Int) -> Int {
    let strips = units / strip
    return inputs * groupCount * Self.distance(inputs / strips) + weights * strips * Self.distance(weights)
  }

  /// The cost of reading a float again from where an operand of this size stays: a second-level cache of a megabyte,
  /// of which a quarter belongs to the rest, or beyond. ResNet-50's conv5_1.3 shows the difference: with its 12.6 MB of
  /// weights read four times over it took 5.9 ms on an Ice Lake core, with its 0.3 MB of input read 64 times 3.4 ms.
  static func distance(_ floats: Int) -> Int { floats * 4 <= 768 << 10 ? 1 : 3 }
}

extension ConvolutionKernel {
  /// How many units make a strip: the best divisor of their number.
  static func chooseStrip(_ traffic: LoopTraffic, terms: [Term], tiling: Tiling, target: Target) -> Int {
    let sums =
      WeightStream.hasChunks(terms: terms, tiling: tiling, target: target)
      ? tiling.columnTileCount * tiling.tileFloats(lanes: target.lanes) : 0
    return best(traffic, strips: divisors(of: traffic.units).filter { $0 == 1 || $0 * sums <= WeightStream.sumsLimit })
  }

  /// The same of whole images, computed a few units at a time.
  static func chooseStripOfImages(_ traffic: LoopTraffic, tiling: Tiling) -> Int {
    let image = tiling.rowTileCount
    return best(traffic, strips: divisors(of: traffic.units).filter { $0 % image == 0 })
  }

  /// - Parameter strips: Divisors of the number of units, in order.
  private static func best(_ traffic: LoopTraffic, strips: [Int]) -> Int {
    var best = (strip: 1, cost: Int.max)
    for strip in strips {
      let cost = traffic.cost(strip: strip)
      if cost <= best.cost { best = (strip, cost) }
    }
    return best.strip
  }
}

extension Convolution.Term {
  /// How many of a value's floats the term's cache lines hold: a 1x1 with stride 2 skips every other row, and every other
  /// pixel where a pixel fills a line.
  func touched(of floats: Int, lanes: Int) -> Int {
    let columns = min(stride.columns, kernel.width - 1 + max(1, WeightStream.line / lanes))
    return floats * min(stride.rows, kernel.height) * columns / (stride.rows * stride.columns)
  }
}

/// In order.
private func divisors(of number: Int) -> [Int] {
  var small: [Int] = []
  var large: [Int] = []
  var divisor = 1
  while divisor * divisor <= number {
    if number % divisor == 0 {
      small.append(divisor)
      if divisor * divisor < number { large.append(number / divisor) }
    }
    divisor += 1
  }
  return small + large.reversed()
}
