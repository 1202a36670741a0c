// SPDX-License-Identifier: Apache-2.0
// Sparser components spread to the size of the picture, as libjpeg-turbo does: by a triangle filter of 3/4 and 1/4 where
// they are sampled half as densely, roundings in turns up and down, and else by repetition.
import ResNetCPU

/// Makes pixels of samples, from the top on, as far as these are there.
final class JPEGUpsampling {
  private enum Method { case none, smooth, smoothAcross, smoothDown, `repeat` }

  private struct Plane {
    var method: Method
    var samples: UnsafeMutablePointer<UInt8>
    var stride, width, height: Int
    /// Rows that lie in memory, each after so many in the place of an earlier one.
    var kept: Int
    /// How many pixels a sample stands for.
    var across, down: Int
  }

  private let width, height: Int
  private let planes: [Plane]
  private let colours: JPEGColours
  private let rgb: UnsafeMutablePointer<UInt8>
  /// Rows of pixels in a row of units, and those that are written.
  private let unitHeight: Int
  private var written = 0
  /// A row of each component and one of sums, with room for vectors; a row of pixels for the last, which has none.
  private let spread: UnsafeMutablePointer<UInt8>
  private let sums: UnsafeMutablePointer<Int16>
  private let lastRow: UnsafeMutablePointer<UInt8>
  private var capacity: Int { width + 64 }

  init(_ frame: JPEGFrame, _ store: JPEGStore, _ colours: JPEGColours, into rgb: UnsafeMutablePointer<UInt8>) {
    (width, height) = (frame.width, frame.height)
    (self.colours, self.rgb) = (colours, rgb)
    // A component alone in a scan comes in rows of blocks, whatever its factors.
    let isAlone = frame.components.count == 1 && store.coefficients.isEmpty
    unitHeight = 8 * (isAlone ? 1 : frame.vertical)
    planes = frame.components.indices.map { index in
      let component = frame.components[index]
      let across = frame.horizontal / component.horizontal
      let down = frame.vertical / component.vertical
      let method: Method
      // With one or two columns there is no filter across in libjpeg, for it treats the first and last apart.
      switch (across, down, component.width > 2) {
      case (1, 1, _): method = .none
      case (2, 1, true): method = .smoothAcross
      case (1, 2, _): method = .smoothDown
      case (2, 2, true): method = .smooth
      default: method = .repeat
      }
      return Plane(
        method: method, samples: store.samples[index], stride: component.stride, width: component.width,
        height: component.height, kept: 16 * (isAlone ? 1 : component.vertical), across: across, down: down)
    }
    let capacity = width + 64
    spread = .allocate(capacity: 4 * capacity)
    spread.initialize(repeating: 0, count: 4 * capacity)
    sums = .allocate(capacity: capacity)
    sums.initialize(repeating: 0, count: capacity)
    lastRow = .allocate(capacity: 3 * capacity)
  }

  deinit {
    spread.deallocate()
    sums.deallocate()
    lastRow.deallocate()
  }

  /// Writes the rows of pixels that need no samples beyond those of so many rows of units: of all but the last of these the
  /// lowest row waits for the samples below it.
  func write(unitRows: Int) {
    let end = unitRows * unitHeight < height ? unitRows * unitHeight - 1 : height
    for y in written..<max(written, end) {
      var rows: JPEGRows = (UnsafePointer(spread), UnsafePointer(spread), UnsafePointer(spread), UnsafePointer(spread))
      for index in planes.indices {
        let row = row(y, of: planes[index], spread + index * capacity, sums)
        switch index {
        case 0: rows.0 = row
        case 1: rows.1 = row
        case 2: rows.2 = row
        default: rows.3 = row
        }
      }
      let target = rgb + 3 * width * y
      if y < height - 1, width >= 16 {
        colours.convert(rows, width: width, into: target)
      } else {
        colours.convert(rows, width: width, into: lastRow)
        target.initialize(from: lastRow, count: 3 * width)
      }
    }
    written = max(written, end)
  }

  /// Row `y` of a component at full size, where it lies or in `target`.
  private func row(
    _ y: Int, of plane: Plane, _ target: UnsafeMutablePointer<UInt8>, _ sums: UnsafeMutablePointer<Int16>
  ) -> UnsafePointer<UInt8> {
    let near = plane.samples + (y / plane.down) % plane.kept * plane.stride
    // The row on the other side of this one, or at the edge itself.
    let other = y % 2 == 0 ? max(y / 2 - 1, 0) : min(y / 2 + 1, plane.height - 1)
    switch plane.method {
    case .none:
      return UnsafePointer(near)
    case .smoothDown:
      let far = plane.samples + other % plane.kept * plane.stride
      let bias = Int16(1 + y % 2)
      for x in stride(from: 0, to: plane.width, by: 8) {
        let sum = 3 &* resnet_load_bytes(near + x) &+ resnet_load_bytes(far + x)
        let samples = (sum &+ bias) &>> 2
        resnet_store_low_bytes(resnet_saturate_bytes(samples, samples), target + x)
      }
    case .smoothAcross:
      for x in stride(from: 0, to: plane.width, by: 8) { store(resnet_load_bytes(near + x), sums + 1 + x) }
      spread(sums, plane.width, target, shift: 2, biases: (1, 2))
    case .smooth:
      let far = plane.samples + other % plane.kept * plane.stride
      for x in stride(from: 0, to: plane.width, by: 8) {
        store(3 &* resnet_load_bytes(near + x) &+ resnet_load_bytes(far + x), sums + 1 + x)
      }
      spread(sums, plane.width, target, shift: 4, biases: (8, 7))
    case .repeat:
      var x = 0
      for column in 0..<plane.width {
        for _ in 0..<plane.across where x < width {
          target[x] = near[column]
          x += 1
        }
      }
    }
    return UnsafePointer(target)
  }

  /// From each of `count` sums, which begin at `sums[1]`, two samples: 3/4 of it and 1/4 of the one before or after.
  @inline(__always)
  private func spread(
    _ sums: UnsafeMutablePointer<Int16>, _ count: Int, _ target: UnsafeMutablePointer<UInt8>, shift: Int16,
    biases: (Int16, Int16)
  ) {
    sums[0] = sums[1]
    sums[count + 1] = sums[count]
    for x in stride(from: 0, to: count, by: 8) {
      let before = UnsafeRawPointer(sums + x).loadUnaligned(as: SIMD8<Int16>.self)
      let here = UnsafeRawPointer(sums + x + 1).loadUnaligned(as: SIMD8<Int16>.self) &* 3
      let after = UnsafeRawPointer(sums + x + 2).loadUnaligned(as: SIMD8<Int16>.self)
      let even = (here &+ before &+ biases.0) &>> shift
      let odd = (here &+ after &+ biases.1) &>> shift
      // Two samples of eight bits are one number of sixteen.
      UnsafeMutableRawPointer(target + 2 * x).storeBytes(of: even | odd &<< 8, as: SIMD8<Int16>.self)
    }
  }
}

@inline(__always)
private func store(_ values: SIMD8<Int16>, _ target: UnsafeMutablePointer<Int16>) {
  UnsafeMutableRawPointer(target).storeBytes(of: values, as: SIMD8<Int16>.self)
}
