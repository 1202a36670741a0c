// JPEG files taken apart, for whoever tests what becomes of their segments changed, exchanged or left out.

/// A JPEG file cut into its segments: each a marker and what follows up to the next.
public struct JPEGSegments {
  /// In their order in the file.
  public var parts: [(marker: UInt8, data: [UInt8])] = []

  /// - Parameter file: A sound one.
  public init(_ file: [UInt8]) {
    var start = 0
    while start + 1 < file.count {
      var end = start + 2
      let marker = file[start + 1]
      if marker != 0xD8, marker != 0xD9 { end += Int(file[end]) << 8 | Int(file[end + 1]) }
      while marker == 0xDA, file[end] != 0xFF || file[end + 1] == 0 || 0xD0...0xD7 ~= file[end + 1] { end += 1 }
      parts.append((marker, Array(file[start + 2..<end])))
      start = end
    }
  }

  /// Put together again.
  public var file: [UInt8] { parts.flatMap { [0xFF, $0.marker] + $0.data } }

  /// The first segment of a kind among `parts`.
  public func index(_ marker: UInt8) -> Int { parts.firstIndex { $0.marker == marker } ?? 0 }

  /// Where the marker of a segment stands.
  public func place(_ marker: UInt8) -> Int {
    parts.prefix { $0.marker != marker }.reduce(0) { $0 + 2 + $1.data.count }
  }

  /// Changes the data of the first segment of a kind.
  public mutating func edit(_ marker: UInt8, _ change: (inout [UInt8]) -> Void) {
    if let index = parts.firstIndex(where: { $0.marker == marker }) { change(&parts[index].data) }
  }

  /// The file with the data of the first segment of a kind changed.
  public func with(_ marker: UInt8, _ change: (inout [UInt8]) -> Void) -> [UInt8] {
    after { $0.edit(marker, change) }
  }

  /// The file with the segments themselves changed.
  public func after(_ change: (inout JPEGSegments) -> Void) -> [UInt8] {
    var copy = self
    change(&copy)
    return copy.file
  }
}
