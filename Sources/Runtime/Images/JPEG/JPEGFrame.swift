// SPDX-License-Identifier: Apache-2.0
// What a frame header says (T.81, B.2.2): the size, and of each component how densely it is sampled.

/// A colour component and where its samples lie.
struct JPEGComponent {
  let identifier: UInt8
  /// The sampling factors H and V: blocks in an interleaved unit (MCU).
  let horizontal: Int
  let vertical: Int
  /// The number of its quantisation table.
  let table: Int
  /// Its size in samples, and in blocks that hold any of them.
  var width = 0
  var height = 0
  var blocksWide = 0
  var blocksHigh = 0
  /// The blocks that lie in memory: whole MCUs.
  var storedWide = 0
  var storedHigh = 0
  /// The quantisation table as it stood when the first scan of the component began, in rows.
  var multiplier: [Int16]?
  /// Of each coefficient in zigzag order the lowest bit that is known, or -1 (progressive frames alone).
  var knownBits = [Int8](repeating: -1, count: 64)
  /// The same before the last scan of the component.
  var previouslyKnownBits = [Int8](repeating: -1, count: 64)

  /// Samples from one row to the next.
  var stride: Int { 8 * storedWide }
}

struct JPEGFrame {
  let isProgressive: Bool
  let width: Int
  let height: Int
  var components: [JPEGComponent]
  /// The largest sampling factors.
  let horizontal: Int
  let vertical: Int
  let unitsWide: Int
  let unitsHigh: Int

  /// The blocks of all components that hold samples.
  var blocks: Int { components.reduce(0) { $0 + $1.blocksWide * $1.blocksHigh } }

  /// Reads the parameters of a frame header at `position` in the file.
  init(_ data: UnsafeRawBufferPointer, at position: Int, isProgressive: Bool) throws(ImageFault) {
    guard data.count >= 6, data.count == 6 + 3 * Int(data[5]) else {
      throw ImageFault("the frame header (SOF) at byte \(position) has a wrong length")
    }
    guard data[0] == 8 else {
      throw ImageFault("it has \(data[0]) bits a sample; only 8 are read: convert it with 'magick in out.png'")
    }
    let height = Int(data[1]) << 8 | Int(data[2])
    let width = Int(data[3]) << 8 | Int(data[4])
    guard height > 0 else {
      throw ImageFault(
        "its header leaves the height to a later marker (DNL), which is not read: convert it with 'magick in out.png'")
    }
    try Image.check(width: width, height: height)
    guard [1, 3, 4].contains(data[5]) else {
      throw ImageFault("it has \(data[5]) colour components, which should be 1, 3 or 4")
    }
    var components: [JPEGComponent] = []
    for start in stride(from: 6, to: data.count, by: 3) {
      let component = JPEGComponent(
        identifier: data[start], horizontal: Int(data[start + 1] >> 4), vertical: Int(data[start + 1] & 15),
        table: Int(data[start + 2]))
      guard 1...4 ~= component.horizontal, 1...4 ~= component.vertical, component.table < 4 else {
        throw ImageFault(
          "its component \(components.count + 1) has sampling factors \(component.horizontal)x\(component.vertical) and "
            + "quantisation table \(component.table): the file is damaged")
      }
      components.append(component)
    }
    let horizontal = components.map(\.horizontal).max() ?? 1
    let vertical = components.map(\.vertical).max() ?? 1
    let unitsWide = (width + 8 * horizontal - 1) / (8 * horizontal)
    let unitsHigh = (height + 8 * vertical - 1) / (8 * vertical)
    for index in components.indices {
      let (h, v) = (components[index].horizontal, components[index].vertical)
      guard horizontal % h == 0, vertical % v == 0 else {
        throw ImageFault(
          "its components are sampled \(h)x\(v) and \(horizontal)x\(vertical), and no whole number lies between: convert "
            + "it with 'magick in out.png'")
      }
      components[index].width = (width * h + horizontal - 1) / horizontal
      components[index].height = (height * v + vertical - 1) / vertical
      components[index].blocksWide = (components[index].width + 7) / 8
      components[index].blocksHigh = (components[index].height + 7) / 8
      components[index].storedWide = unitsWide * h
      components[index].storedHigh = unitsHigh * v
    }
    self.isProgressive = isProgressive
    (self.width, self.height, self.components) = (width, height, components)
    (self.horizontal, self.vertical, self.unitsWide, self.unitsHigh) = (horizontal, vertical, unitsWide, unitsHigh)
  }
}
