// Everything that can be wrong with a checkpoint, as data: a case for each check, each with its sentence and the way out.
// Faults of one format are an enumeration of their own beside its reader.
package import ResNetRuntime

/// Why a file could not be read as a checkpoint.
package struct CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  package let path: String
  package let fault: CheckpointFault

  /// What is wrong, and the way out, in one sentence without a full stop.
  package var description: String {
    if case .system(let error) = fault { return error.description }
    return "cannot use '\(path)': \(fault.description)"
  }
}

package enum CheckpointFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file cannot be opened or mapped.
  case system(ModelError)
  case empty
  case gitLFSPointer
  case htmlPage
  case compressed(Compression)
  case tar
  case hdf5
  /// A `.npy` file.
  case loneArray
  /// Packed by a generated package.
  case packed
  /// A zip archive of something else; some of its names.
  case foreignArchive(names: [String])
  /// Nothing that is known here; its first bytes.
  case unknown(start: [UInt8])
  case safetensors(SafetensorsFault)
  case zip(ZipFault)
  case pickle(PickleFault)
  case torch(TorchFault)
  case numpy(NumpyFault)
  case protobuf(ProtobufFault)
  case quantized(QuantizedFault)
  case index(IndexFault)
  /// A part of a checkpoint in several files.
  indirect case shard(name: String, CheckpointFault)
  /// There is nothing in it.
  case noTensors(within: [String])
  /// A sound file of a format that holds nothing but tensors, and none in it.
  case withoutTensors(CheckpointFormat)
  case tooManyTensors(limit: Int)
  case duplicateName(String)
  case nameTooLong(bytes: Int)
  /// Its views are many times as large as the file.
  case growth(bytes: Int, file: Int)
  /// `--key` names no dictionary of the file.
  case keyMissing(key: String, available: [String])
  /// `--key`, and a format without dictionaries.
  case keyUnused(key: String, format: CheckpointFormat)

  package enum Compression: String, Sendable {
    case gzip, bzip2, xz, zstd
    case sevenZip = "7z"

    var unpack: String {
      switch self {
      case .gzip: "gunzip"
      case .bzip2: "bunzip2"
      case .xz: "unxz"
      case .zstd: "unzstd"
      case .sevenZip: "7z x"
      }
    }
  }

  package var description: String {
    switch self {
    case .system(let error):
      return error.description
    case .empty:
      return "it is empty; fetch it again"
    case .gitLFSPointer:
      return "it is a Git LFS pointer, not the weights themselves; run 'git lfs pull' where it came from"
    case .htmlPage:
      return
        "it is a web page, not weights: the download gave an error or asked for a login; open it in a browser to see"
    case .compressed(let kind):
      return "it is compressed with \(kind.rawValue); unpack it first ('\(kind.unpack)')"
    case .tar:
      return
        "it is a tar archive, as PyTorch wrote before version 0.2 or as others pack files; unpack it with 'tar xf' "
        + "if it holds a checkpoint, or save it anew in Python: torch.save(torch.load(path), 'new.pth')"
    case .hdf5:
      return "it is an HDF5 file, most likely Keras weights; save them in Python: "
        + "numpy.savez('weights.npz', **{w.path: w.numpy() for w in model.weights})"
    case .loneArray:
      return "it is a single NumPy array, which has no name; put all of a network into one file with numpy.savez"
    case .packed:
      return "it holds weights packed for one model and processor, in which tensors are no longer apart; pass the file "
        + "that it was packed from"
    case .foreignArchive(let names):
      let shown = names.isEmpty ? "nothing" : names.map(quotedName).joined(separator: ", ")
      return "it is a zip archive, but neither a PyTorch checkpoint nor NumPy arrays: it holds \(shown); pass what "
        + "torch.save or numpy.savez wrote"
    case .unknown(let start):
      let bytes = start.map(hexadecimal).joined(separator: " ")
      return "it is of no known format (it begins \(bytes)); pass safetensors, a PyTorch checkpoint, .npz, ONNX or a "
        + ".caffemodel"
    case .safetensors(let fault): return fault.description
    case .zip(let fault): return fault.description
    case .pickle(let fault): return fault.description
    case .torch(let fault): return fault.description
    case .numpy(let fault): return fault.description
    case .protobuf(let fault): return fault.description
    case .quantized(let fault): return fault.message.head + "; " + fault.message.help
    case .index(let fault): return fault.description
    case .shard(let name, let fault):
      return "its part \(quotedName(name)) cannot be used: \(fault.description)"
    case .noTensors(let keys):
      let what = keys.isEmpty ? "" : ": it holds \(keys.map(quotedName).joined(separator: ", "))"
      return "it holds no tensors by name\(what); save model.state_dict()"
    case .withoutTensors(let format):
      return "it is \(format.name), and there are no tensors in it; pass the file that holds the weights"
    case .tooManyTensors(let limit):
      return "it has more than \(limit) tensors; it is not a network of this kind, pass another file"
    case .duplicateName(let name):
      return "it has two tensors called \(quotedName(name)); save it again with one of each name"
    case .nameTooLong(let bytes):
      return "a tensor's name has \(bytes) bytes, more than \(CheckpointLimits.nameBytes); it is not a network of this "
        + "kind, pass another file"
    case .growth(let bytes, let file):
      return "its tensors are views that would take \(bytes) bytes where the file has \(file); save copies of them "
        + "with .contiguous().clone()"
    case .keyMissing(let key, let available):
      let list = available.map(quotedName).joined(separator: ", ")
      return "it has no dictionary of tensors \(quotedName(key)); "
        + (available.isEmpty ? "leave out --key" : "pass one of \(list)")
    case .keyUnused(_, let format):
      return "\(format.name) has no dictionaries to choose from; leave out --key"
    }
  }
}

/// A name from a file in quotation marks, cut where it is long.
package func quotedName(_ name: String) -> String {
  name.utf8.count <= 120 ? "'\(name)'" : "'\(String(name.prefix(100)))...'"
}

/// A byte as two digits.
func hexadecimal(_ byte: UInt8) -> String {
  (byte < 16 ? "0" : "") + String(byte, radix: 16)
}
