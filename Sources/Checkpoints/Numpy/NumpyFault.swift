// What is wrong with NumPy's arrays.

package enum NumpyFault: Error, Sendable, Equatable, CustomStringConvertible {
  case notAnArray(name: String)
  /// Of another version of the format.
  case version(name: String, Int)
  /// Its header ends beyond it.
  case headerCut(name: String)
  case badHeader(name: String)
  case objects(name: String)
  case type(name: String, String)
  case bigEndian(name: String)
  case size(name: String, expected: Int, found: Int)

  package var description: String {
    switch self {
    case .notAnArray(let name):
      return "its entry \(quotedName(name)) is no array of NumPy's; write the file with numpy.savez"
    case .version(let name, let version):
      return "the array \(quotedName(name)) is of version \(version) of NumPy's format, and 1 to 3 are read; write the "
        + "file with numpy.savez"
    case .headerCut(let name):
      return "the array \(quotedName(name)) ends within its header; the file is damaged or was not downloaded "
        + "completely, fetch it again"
    case .badHeader(let name):
      return "the array \(quotedName(name)) does not say its type and shape as NumPy does; write the file with "
        + "numpy.savez"
    case .objects(let name):
      return
        "the array \(quotedName(name)) holds Python's objects, not numbers; save the arrays in it by names of their "
        + "own"
    case .type(let name, let type):
      return "the array \(quotedName(name)) has numbers of type \(quotedName(type)), which no weights have; save it "
        + "with .astype('float32')"
    case .bigEndian(let name):
      return "the array \(quotedName(name)) has numbers whose highest byte is first; save it with .astype('<f4')"
    case .size(let name, let expected, let found):
      return "the array \(quotedName(name)) has \(found) bytes where its shape and type need \(expected); the file is "
        + "damaged or was not downloaded completely, fetch it again"
    }
  }
}
