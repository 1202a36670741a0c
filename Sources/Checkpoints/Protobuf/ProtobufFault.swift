// What is wrong with ONNX files and Caffe models, which are protocol buffers both.

package enum ProtobufFault: Error, Sendable, Equatable, CustomStringConvertible {
  case cutShort(offset: Int)
  case badField(offset: Int)
  /// A field of a kind that went out of use, or that never was.
  case wireType(Int, offset: Int)
  /// A number of more than 64 bits.
  case longNumber(offset: Int)
  case tooManyDimensions(limit: Int)
  case tooManyNodes(limit: Int)
  /// A tensor without a name, or with one that is no text.
  case noName
  /// A layer of Caffe's, likewise.
  case noLayerName
  case type(name: String, Int)
  case externalData(name: String)
  case size(name: String, expected: Int, found: Int)
  case sparse(name: String)
  case onlyText

  package var description: String {
    let damaged = "the file is damaged or was not downloaded completely, fetch it again"
    switch self {
    case .cutShort(let offset):
      return "it ends at byte \(offset) in the middle of something; \(damaged)"
    case .badField(let offset):
      return "its protocol buffer makes no sense at byte \(offset); \(damaged)"
    case .wireType(let type, let offset):
      return "its protocol buffer has a field of the unknown kind \(type) at byte \(offset); \(damaged)"
    case .longNumber(let offset):
      return "its protocol buffer has a number of more than 64 bits before byte \(offset); \(damaged)"
    case .tooManyDimensions(let limit):
      return "a tensor in it has more than \(limit) dimensions; it is not a network of this kind, pass another file"
    case .tooManyNodes(let limit):
      return "its graph has more than \(limit) operations; it is not a network of this kind, pass another file"
    case .noName:
      return "a tensor in it has no name; export it again"
    case .noLayerName:
      return "a layer with weights in it has no name; give it one in the network's description, and save it again"
    case .type(let name, let type):
      return "its tensor \(quotedName(name)) is of type \(type), which no weights have; export it as float32"
    case .externalData(let name):
      return "the numbers of its tensor \(quotedName(name)) lie in another file; put them into this one in Python: "
        + "onnx.save(onnx.load(path), 'whole.onnx')"
    case .size(let name, let expected, let found):
      return "its tensor \(quotedName(name)) has \(found) bytes where its shape and type need \(expected); \(damaged)"
    case .sparse(let name):
      return "its tensor \(quotedName(name)) is sparse, and weights here are dense; export it as dense"
    case .onlyText:
      return "it has a network and no weights; pass the file that training wrote, which ends in .caffemodel"
    }
  }
}
