// What is wrong with ONNX files and Caffe models, which are protocol buffers both.

package enum ProtobufFault: Error, Sendable, Equatable, CustomStringConvertible {
  case cutShort(offset: Int)
  case badField(offset: Int)
  /// A tensor without a name, or with one that is no text.
  case noName
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
    case .noName:
      return "a tensor in it has no name; export it again"
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
      return "it has a network and no weights"
    }
  }
}
