// Writes tensors as safetensors: a header, and each tensor's bytes behind another, read and let go one by one, so that no
// more than one is in memory. The file appears whole or not at all.
package import ResNetRuntime

/// Writes a safetensors file, in the order of the names' bytes and with every tensor at a multiple of its element's size,
/// through a temporary file beside `path`.
package func writeSafetensors(_ tensors: [CheckpointTensor], to path: String) throws(ModelError) {
  // The largest elements first, as others write them: then each begins at a multiple of its size.
  let order = tensors.sorted {
    $0.dtype.bits == $1.dtype.bits ? precedes($0.name, $1.name) : $0.dtype.bits > $1.dtype.bits
  }
  try writeFileAtomically(path, toDisk: false) { write in
    safetensorsHeader(order).withUnsafeBytes(write)
    for tensor in order {
      tensor.withContiguousBytes(write)
      tensor.release()
    }
  }
}

/// How each header begins: with the word by which other tools know PyTorch's tensors, and with whose file it is.
private let writtenHere = "{\"__metadata__\":{\"format\":\"pt\",\"written_by\":\"resnetc\"}"

/// Whether a file, of which these are the first 128 bytes or more, was written by `writeSafetensors`.
package func isWrittenHere(_ beginning: [UInt8]) -> Bool { beginning.dropFirst(8).starts(with: writtenHere.utf8) }

/// The length and the header, of tensors in this order.
func safetensorsHeader(_ tensors: [CheckpointTensor]) -> [UInt8] {
  var text = writtenHere
  var offset = 0
  for tensor in tensors {
    let end = offset + tensor.byteCount
    let shape = tensor.shape.map { String($0) }.joined(separator: ",")
    text += "," + jsonText(tensor.name)
    text += ":{\"dtype\":\"\(tensor.dtype.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}"
    offset = end
  }
  text += "}"
  var bytes = Array(text.utf8)
  bytes += [UInt8](repeating: 0x20, count: (8 - bytes.count % 8) % 8)
  return (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) } + bytes
}
