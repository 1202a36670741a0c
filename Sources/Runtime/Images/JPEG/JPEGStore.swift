// SPDX-License-Identifier: Apache-2.0
// Where the blocks of a frame go: samples, and before them coefficients where several scans bring them. Samples
// become pixels row of units by row of units, and then make room for others: two such rows stay in the nearest caches.

final class JPEGStore {
  /// The samples of each component, of two rows of units in turns, and for frames of several scans all its coefficients.
  private(set) var samples: [UnsafeMutablePointer<UInt8>] = []
  private(set) var coefficients: [UnsafeMutablePointer<Int16>] = []
  /// Of each block of a progressive frame, which coefficients but the first differ from zero, in zigzag order.
  private(set) var presence: [UnsafeMutablePointer<UInt64>] = []
  /// One block, aligned for vectors, and the multipliers of all components.
  let scratch: UnsafeMutablePointer<Int16>
  let multipliers: UnsafeMutablePointer<Int16>
  private let vectors: UnsafeMutableRawPointer
  /// `jpegZigzag`, without the checks of an array.
  let zigzag: UnsafeMutablePointer<UInt8>

  init(_ frame: JPEGFrame, keepsCoefficients: Bool) {
    vectors = .allocate(byteCount: 5 * 128, alignment: 16)
    scratch = vectors.bindMemory(to: Int16.self, capacity: 5 * 64)
    scratch.initialize(repeating: 0, count: 5 * 64)
    multipliers = scratch + 64
    zigzag = .allocate(capacity: jpegZigzag.count)
    zigzag.initialize(from: jpegZigzag, count: jpegZigzag.count)
    for component in frame.components {
      let blocks = component.storedWide * component.storedHigh
      let count = 64 * blocks
      let rows = min(component.storedHigh, 2 * component.vertical)
      presence.append(.allocate(capacity: frame.isProgressive ? blocks : 1))
      presence[presence.count - 1].initialize(repeating: 0, count: frame.isProgressive ? blocks : 1)
      // Slack for vectors that read beyond the last row.
      samples.append(.allocate(capacity: 64 * rows * component.storedWide + 32))
      if keepsCoefficients {
        let raw = UnsafeMutableRawPointer.allocate(byteCount: 2 * count, alignment: 16)
        let block = raw.bindMemory(to: Int16.self, capacity: count)
        block.initialize(repeating: 0, count: count)
        coefficients.append(block)
      }
    }
  }

  deinit {
    for pointer in samples { pointer.deallocate() }
    for pointer in presence { pointer.deallocate() }
    for pointer in coefficients { pointer.deallocate() }
    vectors.deallocate()
    zigzag.deallocate()
  }

  /// Transforms the coefficients of a component in a row of units, when the last scan was read.
  func transform(_ index: Int, unitRow: Int, of frame: JPEGFrame) {
    let component = frame.components[index]
    let multiplier = multipliers + 64 * index
    for row in component.blockRows(ofUnitRow: unitRow) {
      let first = row * component.storedWide
      let output = rowOfSamples(row, component, index)
      for column in 0..<component.blocksWide {
        let block = coefficients[index] + (first + column) * 64
        if frame.isProgressive, presence[index][first + column] == 0 {
          JPEGTransform.applyConstant(block[0], multiplier[0], into: output + 8 * column, stride: component.stride)
        } else {
          JPEGTransform.apply(block, multiplier, into: output + 8 * column, stride: component.stride)
        }
      }
    }
  }

  /// Where the samples of a row of blocks go.
  func rowOfSamples(_ row: Int, _ component: JPEGComponent, _ index: Int) -> UnsafeMutablePointer<UInt8> {
    samples[index] + row % (2 * component.vertical) * 8 * component.stride
  }
}

extension JPEGComponent {
  /// The rows of blocks in a row of units that hold any of its samples.
  func blockRows(ofUnitRow row: Int) -> Range<Int> { row * vertical..<min((row + 1) * vertical, blocksHigh) }
}
