// SPDX-License-Identifier: Apache-2.0
// JPEG files (ITU-T T.81): sequential and progressive frames of 8 bits with Huffman codes, which is what there is.
//
// Pixels are to the bit those of libjpeg-turbo with its usual settings (accurate transform, smooth upsampling), and of
// what Pillow's convert("RGB") makes of them; in damaged files too, as far as these open there. The files here, in the
// order of the data: JPEGDecoder (markers and tables), JPEGFrame, JPEGScan, JPEGBits and JPEGHuffman, JPEGBlocks and
// JPEGProgressive, JPEGStore, JPEGTransform, JPEGUpsampling, JPEGColour.

enum JPEG {
  static let signature: [UInt8] = [0xFF, 0xD8, 0xFF]

  static func decode(_ file: UnsafeRawBufferPointer) throws(ImageFault) -> DecodedImage {
    var decoder = JPEGDecoder(file)
    return try decoder.decode()
  }
}
