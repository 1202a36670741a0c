// The work of a kernel's units, from what its template makes of the number of a unit.
@testable import ResNetCompiler

/// What a plan says wrongly of the work of a kernel's units; nothing if it says it right.
func unitWorkFault(_ kernel: Kernel) -> String? {
  let runs = kernel.unitRuns
  let turn = runs.flatMap { [Int](repeating: $0.work, count: $0.count) }
  if !runs.isEmpty, kernel.units % turn.count != 0 { return "\(kernel.units) units in turns of \(turn.count)" }
  // Rows that differ may be left out where there would be many runs.
  func differ(_ work: (_ unit: Int) -> Int) -> Bool {
    let works = (0..<kernel.units).map(work)
    let said = runs.isEmpty ? [works.max() ?? 0] : turn
    return works.indices.contains { works[$0] != said[$0 % said.count] }
  }
  func sizes(_ runs: [TileRun]) -> [Int] { runs.flatMap { [Int](repeating: $0.size, count: $0.count) } }
  let isWrong: Bool
  switch kernel {
  case .convolution(let kernel):
    let (groups, rows) = (sizes(kernel.tiling.groups), sizes(kernel.tiling.rows))
    func group(_ unit: Int) -> Int { groups[unit / kernel.strip % groups.count] }
    isWrong =
      differ { unit in
        let position = unit / (kernel.strip * groups.count) * kernel.strip + unit % kernel.strip
        return group(unit) * rows[position % rows.count]
      } && (rows.count == 1 || differ(group))
  case .winograd(let kernel):
    let split = kernel.split
    let groups = sizes(split.groups)
    // Of a smaller block the last tile is none, which is left out.
    isWrong = differ { groups[$0 / split.blockTiles % groups.count] }
  case .pooledConvolution(let kernel): isWrong = differ { ringWork(kernel, $0) }
  case .separable(let kernel): isWrong = differ { ringWork(kernel, $0) }
  default: isWrong = !runs.isEmpty
  }
  return isWrong ? "the work of \(kernel.units) units is not \(runs)" : nil
}

private func ringWork(_ kernel: some RingKernel, _ unit: Int) -> Int {
  let groups = kernel.convolution.tiling.groups
  let group = unit / kernel.map.height / kernel.images % kernel.convolution.tiling.groupCount
  return group < groups[0].count ? groups[0].size : groups[1].size
}
