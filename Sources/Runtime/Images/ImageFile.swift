// SPDX-License-Identifier: Apache-2.0
// Image files: JPEG, PNG, BMP and PPM, told apart by their first bytes, whatever the file is called.

/// Why an image file cannot be decoded, as a clause without a full stop.
package struct ImageFault: Error, Equatable {
  package let reason: String
  init(_ reason: String) { self.reason = reason }
}

/// What a file holds besides its pixels.
package struct DecodedImage: Sendable {
  package var image: Image
  /// How the camera was held, if the file says so; the pixels are as they are stored.
  package var orientation: Orientation?
  /// What is damaged without having stopped the decoding, each a clause without a full stop.
  package var warnings: [String] = []

  /// Decodes an image file of any kind that is read here.
  ///
  /// Throws `ModelError.cannotOpen` and `.cannotRead` for the file, `.badImage` for what is in it.
  package init(contentsOf path: String) throws(ModelError) {
    let file = try MappedFile(path)
    do throws(ImageFault) {
      self = try DecodedImage(decoding: file.bytes)
    } catch {
      throw .badImage(path: path, reason: error.reason)
    }
  }

  /// Decodes the bytes of an image file.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(ImageFault) {
    if bytes.starts(with: JPEG.signature) {
      self = try JPEG.decode(bytes)
    } else if bytes.starts(with: PNG.signature) {
      self = try PNG.decode(bytes)
    } else if bytes.starts(with: Array("BM".utf8)) {
      self.init(image: try BMP.decode(bytes))
    } else if bytes.count >= 2, bytes[0] == UInt8(ascii: "P"), 0x31...0x37 ~= bytes[1] {
      self.init(image: try PPM.decode(bytes))
    } else {
      throw Image.foreignFormat(bytes)
    }
  }

  init(image: Image, orientation: Orientation? = nil, warnings: [String] = []) {
    (self.image, self.orientation, self.warnings) = (image, orientation, warnings)
  }
}

extension Image {
  /// Decodes a JPEG, PNG, BMP, PPM or PGM file. An alpha channel is dropped, not blended, 16-bit samples are reduced to 8 bits,
  /// and an orientation that a camera noted is left alone, as torchvision does.
  ///
  /// Throws `ModelError.cannotOpen` and `.cannotRead` for the file, `.badImage` for what is in it.
  public init(contentsOf path: String) throws(ModelError) {
    self = try DecodedImage(contentsOf: path).image
  }

  /// Decodes the bytes of an image file.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(ImageFault) {
    self = try DecodedImage(decoding: bytes).image
  }

  /// What else there is, by its first bytes, with the way out.
  fileprivate static func foreignFormat(_ bytes: UnsafeRawBufferPointer) -> ImageFault {
    func begins(_ prefix: [UInt8], at offset: Int = 0) -> Bool { bytes.dropFirst(offset).starts(with: prefix) }
    func names(_ word: String, at offset: Int = 0) -> Bool { begins(Array(word.utf8), at: offset) }
    let name: String
    if bytes.isEmpty {
      return ImageFault("it is empty; pass a JPEG, PNG, BMP or PPM file")
    } else if names("GIF8") {
      name = "GIF"
    } else if names("RIFF"), names("WEBP", at: 8) {
      name = "WebP"
    } else if begins([0x49, 0x49, 0x2A, 0]) || begins([0x4D, 0x4D, 0, 0x2A]) {
      name = "TIFF"
    } else if names("ftypavif", at: 4) || names("ftypavis", at: 4) {
      name = "AVIF"
    } else if ["heic", "heix", "hevc", "hevx", "mif1", "msf1"].contains(where: { names("ftyp" + $0, at: 4) }) {
      name = "HEIC"
    } else if begins([0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20]) || begins([0xFF, 0x4F, 0xFF, 0x51]) {
      name = "JPEG 2000"
    } else if begins([0, 0, 0, 12, 0x4A, 0x58, 0x4C, 0x20]) || begins([0xFF, 0x0A]) {
      name = "JPEG XL"
    } else {
      return ImageFault("it is neither JPEG nor PNG, BMP or PPM; convert it with 'magick in out.png'")
    }
    return ImageFault("\(name) is not read here; convert it with 'magick in out.png'")
  }

  /// Checks the size that a header claims, before anything is allocated for it.
  static func check(width: Int, height: Int) throws(ImageFault) {
    guard accepts(width: width, height: height) else {
      throw ImageFault(
        "its size of \(width) x \(height) pixels is out of range: each side may have 1 to \(maximumSide) pixels, "
          + "the whole at most \(maximumPixels); make it smaller")
    }
  }

  /// The image of pixels that a decoder made, three bytes for each.
  init(decodedWidth width: Int, height: Int, rgb: [UInt8]) throws(ImageFault) {
    do throws(ModelError) {
      try self.init(width: width, height: height, rgb: rgb)
    } catch {
      throw ImageFault(error.description)
    }
  }
}
