// SPDX-License-Identifier: Apache-2.0
// The ways in which a file fails to be safetensors, one case for each check of the format. Where the reference reader
// has a name for a fault, the case carries it (HeaderTooSmall, InvalidOffset, MetadataIncompleteBuffer, ...).

/// What is wrong with a file that was given as safetensors. Offsets count bytes from the start of the file.
public enum SafetensorsFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file is shorter than the 8 bytes that hold the header's length.
  case headerTooSmall(fileBytes: Int)
  /// The header claims more than the format's limit of 100,000,000 bytes.
  case headerTooLarge(bytes: UInt64)
  /// The header claims to be longer than the file.
  case invalidHeaderLength(header: UInt64, file: Int)
  /// The header does not begin with `{`.
  case invalidHeaderStart
  /// The header is not UTF-8 at a byte offset.
  case invalidUTF8(offset: Int)
  /// The header is not the JSON that the format prescribes; `expected` says what would have been right.
  case invalidJSON(offset: Int, expected: String)
  /// An object of the header has the same key twice.
  case duplicateKey(name: String)
  /// A tensor's description lacks a field of the format.
  case missingField(tensor: String, field: String)
  /// A tensor's description has a field that the format does not know.
  case unknownField(tensor: String, field: String)
  /// The header has more entries than this reader accepts.
  case tooManyTensors(limit: Int)
  /// A tensor has more dimensions than this reader accepts.
  case tooManyDimensions(tensor: String, limit: Int)
  /// A tensor has a type that the format does not know.
  case unknownDtype(tensor: String, dtype: String)
  /// A tensor's size in bytes is beyond the range of integers.
  case sizeOverflow(tensor: String)
  /// A tensor of a type smaller than a byte does not end on a whole byte.
  case misalignedSlice(tensor: String)
  /// A tensor's data ends before it begins, or does not begin where the previous tensor's ended (hole or overlap).
  case invalidOffset(tensor: String, begin: Int, end: Int, expectedBegin: Int)
  /// A tensor's byte range does not have the size that its shape and type need.
  case sizeMismatch(tensor: String, expected: Int, found: Int)
  /// The tensors end elsewhere than the file: it is cut short, or has something after its end.
  case metadataIncompleteBuffer(expected: Int, file: Int)
  /// The file is the pointer that Git LFS leaves in place of a large file.
  case gitLFSPointer
  /// The file is a zip archive, as `torch.save` writes.
  case pytorchArchive
  /// The file is a Python pickle, as old versions of PyTorch wrote.
  case pickle
  /// The file is an HDF5 file, as Keras writes.
  case hdf5

  /// What is wrong, and the way out, in one sentence without a full stop.
  public var description: String {
    let damaged = "the file is damaged or was not downloaded completely, fetch it again"
    let rewrite = "write the file again with safetensors.torch.save_file"
    let convert = "convert it once with 'resnetc convert FILE --model MODEL.rn -o weights.safetensors'"
    switch self {
    case .headerTooSmall(let fileBytes):
      return "it has \(fileBytes) bytes, fewer than the 8 that a header needs (HeaderTooSmall); \(damaged)"
    case .headerTooLarge(let bytes):
      return "its header claims \(bytes) bytes, more than the format's 100000000 (HeaderTooLarge); it is probably "
        + "another kind of file, pass a .safetensors file"
    case .invalidHeaderLength(let header, let file):
      return "its header claims \(header) bytes in a file of \(file) (InvalidHeaderLength); \(damaged)"
    case .invalidHeaderStart:
      return "its header does not begin with '{' (InvalidHeaderStart); pass a .safetensors file"
    case .invalidUTF8(let offset):
      return "its header is not UTF-8 at byte \(offset) (InvalidHeader); \(damaged)"
    case .invalidJSON(let offset, let expected):
      return "its header should have \(expected) at byte \(offset) (InvalidHeaderDeserialization); \(rewrite)"
    case .duplicateKey(let name):
      return "its header has the key '\(name)' twice; \(rewrite)"
    case .missingField(let tensor, let field):
      return "its header gives tensor '\(tensor)' no '\(field)'; \(rewrite)"
    case .unknownField(let tensor, let field):
      return "its header gives tensor '\(tensor)' the unknown field '\(field)'; \(rewrite)"
    case .tooManyTensors(let limit):
      return "its header has more than \(limit) entries; it is not a network of this kind, pass another file"
    case .tooManyDimensions(let tensor, let limit):
      return "tensor '\(tensor)' has more than \(limit) dimensions; it is not a network of this kind, pass another file"
    case .unknownDtype(let tensor, let dtype):
      return "tensor '\(tensor)' has the unknown type '\(dtype)'; save it as F32"
    case .sizeOverflow(let tensor):
      return "the size of tensor '\(tensor)' overflows (ValidationOverflow); \(rewrite)"
    case .misalignedSlice(let tensor):
      return "tensor '\(tensor)' does not end on a whole byte (MisalignedSlice); save it as F32"
    case .invalidOffset(let tensor, let begin, let end, let expectedBegin):
      return "tensor '\(tensor)' occupies bytes \(begin) to \(end) of the data where it should begin at "
        + "\(expectedBegin) (InvalidOffset: a hole or an overlap); \(rewrite)"
    case .sizeMismatch(let tensor, let expected, let found):
      return "tensor '\(tensor)' occupies \(found) bytes where its shape and type need \(expected) "
        + "(TensorInvalidInfo); \(rewrite)"
    case .metadataIncompleteBuffer(let expected, let file):
      return "its tensors end at byte \(expected) and the file at \(file) (MetadataIncompleteBuffer); \(damaged)"
    case .gitLFSPointer:
      return "it is a Git LFS pointer, not the weights themselves; run 'git lfs pull' where it came from"
    case .pytorchArchive:
      return "it is a zip archive, most likely a PyTorch checkpoint (.pth, .pt, .bin) or NumPy's .npz; \(convert)"
    case .pickle:
      return "it is a Python pickle, most likely an old PyTorch checkpoint; \(convert)"
    case .hdf5:
      return "it is an HDF5 file, most likely Keras weights; save them in Python with numpy.savez('weights.npz', "
        + "**{w.path: w.numpy() for w in model.weights}) and \(convert)"
    }
  }
}
