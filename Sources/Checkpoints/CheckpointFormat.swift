// What kind of file it is, told by what stands in it: files are renamed, and half of what is called `.pth.tar` is no tar.
import ResNetRuntime

/// A format that is read here.
package enum CheckpointFormat: Sendable, Equatable {
  case safetensors, safetensorsIndex, torchZip, torchLegacy, torchScript, pickle, npz, onnx, caffe

  package var name: String {
    switch self {
    case .safetensors: "safetensors"
    case .safetensorsIndex: "an index of several files"
    case .torchZip: "a PyTorch checkpoint"
    case .torchLegacy: "a PyTorch checkpoint of the old format"
    case .torchScript: "a TorchScript archive"
    case .pickle: "a pickle"
    case .npz: "NumPy's npz"
    case .onnx: "ONNX"
    case .caffe: "a Caffe model"
    }
  }
}

/// A file's kind as far as its first bytes tell.
enum FileKind: Equatable {
  case safetensors, json, zip, pickle, protobuf

  /// Told by the first bytes; what is known and not read here is a fault.
  static func of(_ file: UnsafeRawBufferPointer) throws(CheckpointFault) -> FileKind {
    if file.isEmpty { throw .empty }
    func begins(_ prefix: [UInt8], at offset: Int = 0) -> Bool {
      file.count >= offset + prefix.count && file[offset..<offset + prefix.count].elementsEqual(prefix)
    }
    func begins(_ prefix: String) -> Bool { begins(Array(prefix.utf8)) }
    if begins("version https://git-lfs") { throw .gitLFSPointer }
    if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") { return .zip }
    if begins([0x1F, 0x8B]) { throw .compressed(.gzip) }
    if begins("BZh") { throw .compressed(.bzip2) }
    if begins([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]) { throw .compressed(.xz) }
    if begins([0x28, 0xB5, 0x2F, 0xFD]) { throw .compressed(.zstd) }
    if begins([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) { throw .compressed(.sevenZip) }
    if begins([0x89] + Array("HDF\r\n".utf8)) { throw .hdf5 }
    if begins([0x93] + Array("NUMPY".utf8)) { throw .loneArray }
    if begins(Array("ustar".utf8), at: 257) { throw .tar }
    if PackedHeader.begins(file) { throw .packed }
    // A header's length, and its first character: asked before the pickle, whose 80 02 begins a length of 640 too.
    if file.count > 8, file[8] == UInt8(ascii: "{"), file[7] == 0, file[6] == 0 { return .safetensors }
    if file.count > 2, file[0] == 0x80, 2...5 ~= file[1] { return .pickle }
    let text = file.prefix(512).drop { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains($0) }
    if text.first == UInt8(ascii: "<") { throw .htmlPage }
    if text.first == UInt8(ascii: "{") { return .json }
    if protobufKind(file) != nil { return .protobuf }
    throw .unknown(start: Array(file.prefix(8)))
  }
}
