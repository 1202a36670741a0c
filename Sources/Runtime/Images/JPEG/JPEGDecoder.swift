// SPDX-License-Identifier: Apache-2.0
// A JPEG file from marker to marker (T.81, annex B): its tables, its frame, its scans.

struct JPEGDecoder {
  let file: UnsafeRawBufferPointer
  /// The byte behind the last marker, or segment, that was read.
  var position = 2
  /// What is damaged and did not stop the decoding.
  private(set) var warnings: [String] = []

  private var quantisation = [[Int16]?](repeating: nil, count: 4)
  /// By class (DC, AC) and number; nil inside where there is no such code.
  private var codes: [[JPEGHuffmanCode??]] = [[nil, nil, nil, nil], [nil, nil, nil, nil]]
  private var restartInterval = 0
  private var frame: JPEGFrame?
  private var store: JPEGStore?
  /// As told before the first scan, which is when libjpeg asks.
  private var model: (colours: JPEGColours, isGuess: Bool)?
  /// The picture, if one scan brought all of it.
  private var pixels: [UInt8]?
  private var scans = 0
  private var colours = JPEGColourHints()
  private var orientation: Orientation?
  /// The last row of units that the last scan had data for.
  var lastWholeRow = 0

  /// Scans beyond these are refused: each of them costs a visit of all blocks, however few bytes it has. A progressive
  /// file has some ten; libjpeg-turbo's own tests draw the line here.
  static let maximumScans = 500

  init(_ file: UnsafeRawBufferPointer) { self.file = file }

  mutating func decode() throws(ImageFault) -> DecodedImage {
    while true {
      // A frame of one scan is whole without the marker of the end, and without segments behind it.
      if scans > 0, store?.coefficients.isEmpty == true, !hasSegment { return try image() }
      let marker = try nextMarker()
      switch marker {
      case 0xC0, 0xC1, 0xC2: try readFrame(marker)
      case 0xC4: try readHuffmanCodes()
      case 0xDA: try readScan()
      case 0xDB: try readQuantisation()
      case 0xDD: try readRestartInterval()
      case 0xE0...0xEF: try readApplicationData(marker)
      case 0xD9: return try image()
      case 0xDC, 0xFE: _ = try segment()
      case 0x01, 0xD0...0xD7: break
      default: throw refusal(marker)
      }
    }
  }

  /// Remembers what is wrong; all of it may be a consequence of the first few.
  mutating func warn(_ text: String) {
    if warnings.count < 3 { warnings.append(text) }
  }

  static func cutShort(_ position: Int) -> ImageFault { ImageFault("it is cut short at byte \(position)") }

  private func refusal(_ marker: UInt8) -> ImageFault {
    let kind: String
    switch marker {
    case 0xC3: kind = "lossless"
    case 0xC5, 0xC6, 0xC7, 0xDE, 0xDF: kind = "hierarchical"
    case 0xC9, 0xCA, 0xCC: kind = "arithmetic-coded"
    case 0xCB: kind = "arithmetic-coded lossless"
    case 0xCD, 0xCE, 0xCF: kind = "arithmetic-coded hierarchical"
    case 0xD8: return ImageFault("a second picture (SOI) begins at byte \(position - 2), before the first has ended")
    default: return ImageFault("byte \(position - 1) is no marker that JPEG has (\(marker)): the file is damaged")
    }
    return ImageFault("\(kind) JPEG is not read here; convert it with 'magick in.jpg out.png'")
  }
}

// Markers and segments

extension JPEGDecoder {
  /// Whether a marker follows, with all of its parameters.
  private var hasSegment: Bool {
    var next = position
    while next + 1 < file.count, file[next] != 0xFF || file[next + 1] == 0 || file[next + 1] == 0xFF { next += 1 }
    guard next + 1 < file.count else { return false }
    switch file[next + 1] {
    case 0xC0...0xC2, 0xC4, 0xDA...0xDD, 0xE0...0xEF, 0xFE: break
    default: return true
    }
    return next + 3 < file.count && next + 2 + Int(file[next + 2]) << 8 + Int(file[next + 3]) <= file.count
  }

  /// The second byte of the next marker. Other bytes before it are passed over with a warning.
  mutating func nextMarker() throws(ImageFault) -> UInt8 {
    let start = position
    var extraneous = 0
    while position + 1 < file.count {
      if file[position] != 0xFF {
        extraneous += 1
        position += 1
      } else if file[position + 1] == 0xFF {
        position += 1
      } else if file[position + 1] == 0 {
        extraneous += 2
        position += 2
      } else {
        position += 2
        if extraneous > 0 { warn("\(extraneous) bytes at byte \(start) mean nothing") }
        return file[position - 1]
      }
    }
    throw Self.cutShort(file.count)
  }

  /// The parameters behind a marker, without their length.
  private mutating func segment() throws(ImageFault) -> UnsafeRawBufferPointer {
    guard file.count - position >= 2 else { throw Self.cutShort(file.count) }
    let length = Int(file[position]) << 8 | Int(file[position + 1])
    guard length >= 2 else {
      throw ImageFault("the segment at byte \(position - 2) has the length \(length): the file is damaged")
    }
    guard length <= file.count - position else {
      throw ImageFault("it is cut short: the segment at byte \(position - 2) has \(length) bytes")
    }
    defer { position += length }
    return UnsafeRawBufferPointer(rebasing: file[position + 2..<position + length])
  }

  private mutating func readFrame(_ marker: UInt8) throws(ImageFault) {
    let place = position - 2
    let data = try segment()
    guard frame == nil else { throw ImageFault("a second frame header (SOF) stands at byte \(place)") }
    frame = try JPEGFrame(data, at: place, isProgressive: marker == 0xC2)
  }

  private mutating func readQuantisation() throws(ImageFault) {
    let place = position - 2
    let data = try segment()
    var next = 0
    while next < data.count {
      let (precision, number) = (Int(data[next] >> 4), Int(data[next] & 15))
      let size = precision == 0 ? 64 : 128
      guard precision < 2, number < 4 else {
        throw ImageFault("the quantisation table (DQT) at byte \(place) is of a kind that JPEG does not have")
      }
      guard data.count - next > size else {
        throw ImageFault("the quantisation table (DQT) at byte \(place) is shorter than its \(size) bytes")
      }
      var table = [Int16](repeating: 0, count: 64)
      for index in 0..<64 {
        let value =
          precision == 0
          ? UInt16(data[next + 1 + index])
          : UInt16(data[next + 1 + 2 * index]) << 8 | UInt16(data[next + 2 + 2 * index])
        table[Int(jpegZigzag[index])] = Int16(bitPattern: value)
      }
      quantisation[number] = table
      next += 1 + size
    }
  }

  private mutating func readHuffmanCodes() throws(ImageFault) {
    let place = position - 2
    let data = try segment()
    var next = 0
    while next < data.count {
      guard data.count - next >= 17 else {
        throw ImageFault("the Huffman table (DHT) at byte \(place) ends before its codes")
      }
      let (kind, number) = (Int(data[next] >> 4), Int(data[next] & 15))
      let counts = Array(data[next + 1..<next + 17])
      let total = counts.reduce(0) { $0 + Int($1) }
      guard kind < 2, number < 4 else {
        throw ImageFault("the Huffman table (DHT) at byte \(place) is of a kind that JPEG does not have")
      }
      guard total <= 256, total <= data.count - next - 17 else {
        throw ImageFault("the Huffman table (DHT) at byte \(place) claims \(total) codes, more than it holds")
      }
      let symbols = Array(data[next + 17..<next + 17 + total])
      // A code that does not exist is an error of the scan that uses it.
      codes[kind][number] = .some(JPEGHuffmanCode(counts: counts[...], symbols: symbols[...], isDC: kind == 0))
      next += 17 + total
    }
  }

  private mutating func readRestartInterval() throws(ImageFault) {
    let place = position - 2
    let data = try segment()
    guard data.count == 2 else { throw ImageFault("the restart interval (DRI) at byte \(place) has a wrong length") }
    restartInterval = Int(data[0]) << 8 | Int(data[1])
  }

  private mutating func readApplicationData(_ marker: UInt8) throws(ImageFault) {
    let data = try segment()
    colours.read(marker, data)
    if marker == 0xE1, orientation == nil { orientation = Orientation(exif: data) }
  }
}

// Scans

extension JPEGDecoder {
  private mutating func readScan() throws(ImageFault) {
    let place = position - 2
    let data = try segment()
    guard var frame else { throw ImageFault("a scan (SOS) stands at byte \(place), before the frame header (SOF)") }
    scans += 1
    guard scans == 1 || store?.coefficients.isEmpty == false else {
      throw ImageFault("a second scan (SOS) stands at byte \(place), though the first was the whole picture")
    }
    guard scans <= Self.maximumScans else {
      throw ImageFault("it has more than \(Self.maximumScans) scans; convert it with 'magick in.jpg out.png'")
    }
    let scan = try scan(data, at: place, of: &frame)
    let store: JPEGStore
    let model = self.model ?? colours.model(of: frame)
    if let begun = self.store {
      store = begun
    } else {
      store = try allocate(frame, keepsCoefficients: scan.members.count < frame.components.count)
      (self.store, self.model) = (store, model)
    }
    for member in scan.members where frame.components[member.component].multiplier == nil {
      let table = frame.components[member.component].table
      guard let multiplier = quantisation[table] else {
        throw ImageFault("the scan (SOS) at byte \(place) needs quantisation table \(table), which is missing")
      }
      frame.components[member.component].multiplier = multiplier
      (store.multipliers + 64 * member.component).update(from: multiplier, count: 64)
    }
    self.frame = frame
    guard store.coefficients.isEmpty else { return try decode(scan, of: frame, into: store, nil) }
    pixels = try Self.picture(of: frame, store, model.colours) { (pixels) throws(ImageFault) in
      try decode(scan, of: frame, into: store, pixels)
    }
  }

  /// The pixels that `body` has written.
  private static func picture(
    of frame: JPEGFrame, _ store: JPEGStore, _ colours: JPEGColours, _ body: (JPEGUpsampling) throws(ImageFault) -> Void
  ) throws(ImageFault) -> [UInt8] {
    var fault: ImageFault?
    let rgb = [UInt8](unsafeUninitializedCapacity: frame.width * frame.height * 3) { rgb, count in
      guard let start = rgb.baseAddress else { return }
      do throws(ImageFault) {
        try body(JPEGUpsampling(frame, store, colours, into: start))
        count = rgb.count
      } catch {
        fault = error
      }
    }
    if let fault { throw fault }
    return rgb
  }

  /// Memory for the frame. A block takes at least a bit, so a header alone cannot make us allocate.
  private func allocate(_ frame: JPEGFrame, keepsCoefficients: Bool) throws(ImageFault) -> JPEGStore {
    let left = file.count - position
    guard frame.blocks / 8 <= left else {
      throw ImageFault("its \(left) bytes of data are too few for \(frame.width) x \(frame.height) pixels")
    }
    return JPEGStore(frame, keepsCoefficients: keepsCoefficients || frame.isProgressive)
  }

  private mutating func scan(
    _ data: UnsafeRawBufferPointer, at place: Int, of frame: inout JPEGFrame
  ) throws(ImageFault) -> JPEGScan {
    guard let count = data.first.map(Int.init), 1...4 ~= count else {
      throw ImageFault("the scan header (SOS) at byte \(place) is not of 1 to 4 components")
    }
    guard data.count == 4 + 2 * count else {
      throw ImageFault("the scan header (SOS) at byte \(place) has a wrong length")
    }
    var scan = JPEGScan(
      members: [], first: Int(data[2 * count + 1]), last: Int(data[2 * count + 2]),
      previousBit: Int(data[2 * count + 3] >> 4), bit: Int(data[2 * count + 3] & 15),
      unitsWide: frame.unitsWide, unitsHigh: frame.unitsHigh, restartInterval: restartInterval)
    let (usesDC, usesAC): (Bool, Bool)
    if frame.isProgressive {
      guard scan.first == 0 ? scan.last == 0 : scan.first <= scan.last && scan.last < 64 && count == 1,
        scan.previousBit == 0 || scan.bit == scan.previousBit - 1, scan.bit <= 13
      else {
        throw ImageFault(
          "the scan (SOS) at byte \(place) holds no possible part of a progressive picture: coefficients \(scan.first) to "
            + "\(scan.last), bits \(scan.previousBit) and \(scan.bit)")
      }
      (usesDC, usesAC) = (scan.first == 0 && scan.previousBit == 0, scan.first > 0)
    } else {
      if (scan.first, scan.last, scan.previousBit, scan.bit) != (0, 63, 0, 0) {
        warn("the scan header (SOS) at byte \(place) is that of a progressive picture, which this is not")
      }
      (usesDC, usesAC) = (true, true)
    }
    for index in 0..<count {
      let (identifier, tables) = (data[1 + 2 * index], data[2 + 2 * index])
      let candidates = frame.components.indices.filter { candidate in
        frame.components[candidate].identifier == identifier && !scan.members.contains { $0.component == candidate }
      }
      guard let component = candidates.first else {
        let isTwice = scan.members.contains { frame.components[$0.component].identifier == identifier }
        throw ImageFault(
          "the scan (SOS) at byte \(place) names component \(identifier)"
            + (isTwice ? " twice" : ", which the frame header does not have"))
      }
      let (h, v) = (frame.components[component].horizontal, frame.components[component].vertical)
      var member = JPEGScan.Member(component: component, wide: count == 1 ? 1 : h, high: count == 1 ? 1 : v)
      if usesDC { member.dc = try code(0, Int(tables >> 4), at: place) }
      if usesAC { member.ac = try code(1, Int(tables & 15), at: place) }
      scan.members.append(member)
      if frame.isProgressive { note(scan, &frame.components[component], at: place) }
      if count == 1 {
        scan.unitsWide = frame.components[component].blocksWide
        scan.unitsHigh = frame.components[component].blocksHigh
      }
    }
    guard count == 1 || scan.members.reduce(0, { $0 + $1.wide * $1.high }) <= 10 else {
      throw ImageFault("the scan (SOS) at byte \(place) has more than 10 blocks in a unit")
    }
    return scan
  }

  /// The Huffman code of a class and number; those of T.81 where a sequential file brings none, as Motion JPEG does.
  private func code(_ kind: Int, _ number: Int, at place: Int) throws(ImageFault) -> JPEGHuffmanCode {
    let name = "\(kind == 0 ? "DC" : "AC") table \(number)"
    guard number < 4 else { throw ImageFault("the scan (SOS) at byte \(place) asks for \(name), of 0 to 3") }
    if let code = codes[kind][number] {
      guard let code else {
        throw ImageFault("the scan (SOS) at byte \(place) needs \(name), whose codes do not exist")
      }
      return code
    }
    guard frame?.isProgressive == false, number < 2,
      let code = JPEGHuffmanCode.standard(isDC: kind == 0, isLuminance: number == 0)
    else { throw ImageFault("the scan (SOS) at byte \(place) needs \(name), which is missing") }
    return code
  }

  /// Notes which bits of the coefficients a progressive scan brings, and warns if others were due.
  private mutating func note(_ scan: JPEGScan, _ component: inout JPEGComponent, at place: Int) {
    component.previouslyKnownBits = scans > 1 ? component.knownBits : [Int8](repeating: 0, count: 64)
    var isDue = scan.first == 0 || component.knownBits[0] >= 0
    for index in scan.first...scan.last {
      isDue = isDue && max(Int(component.knownBits[index]), 0) == scan.previousBit
      component.knownBits[index] = Int8(scan.bit)
    }
    if !isDue { warn("the scan (SOS) at byte \(place) brings other bits of the picture than are due") }
  }
}

// The picture

extension JPEGDecoder {
  private mutating func image() throws(ImageFault) -> DecodedImage {
    guard let frame, let store else { throw ImageFault("it ends at byte \(position) without a picture") }
    let smoothing = JPEGSmoothing(frame, scans: scans, lastWholeRow: lastWholeRow)
    if smoothing != nil { warn("its last scans are missing, so that it is coarse") }
    if model?.isGuess == true { warn("its Adobe marker names an unknown colour transformation") }
    let rgb: [UInt8]
    if let pixels {
      rgb = pixels
    } else {
      rgb = try Self.picture(of: frame, store, model?.colours ?? .grey) { pixels in
        for row in 0..<frame.unitsHigh {
          for index in frame.components.indices {
            if let smoothing {
              smoothing.transform(index, unitRow: row, store)
            } else {
              store.transform(index, unitRow: row, of: frame)
            }
          }
          pixels.write(unitRows: row + 1)
        }
      }
    }
    return DecodedImage(
      image: try Image(decodedWidth: frame.width, height: frame.height, rgb: rgb), orientation: orientation,
      warnings: warnings)
  }
}
