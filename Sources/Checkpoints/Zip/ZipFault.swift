// What is wrong with a zip archive, one case for each check.

package enum ZipFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The table of contents at the end is not there.
  case noDirectory
  case damagedDirectory(offset: Int)
  case tooManyEntries(limit: Int)
  case duplicateEntry(name: String)
  case severalDisks
  case encrypted(name: String)
  case method(name: String, Int)
  /// The file ends before the entry does, or it lies elsewhere than the table of contents says.
  case misplaced(name: String)
  case inflate(name: String, reason: String)
  case checksum(name: String)
  /// What entries unpack to, beyond any trained weights.
  case unpacksTooLarge(bytes: Int, packed: Int)

  package var description: String {
    let damaged = "the file is damaged or was not downloaded completely, fetch it again"
    switch self {
    case .noDirectory:
      return "it begins as a zip archive and lacks the table of contents at its end; \(damaged)"
    case .damagedDirectory(let offset):
      return "the table of contents of its zip archive makes no sense at byte \(offset); \(damaged)"
    case .tooManyEntries(let limit):
      return "its zip archive has more than \(limit) entries; it is not a network of this kind, pass another file"
    case .duplicateEntry(let name):
      return "its zip archive has two entries \(quotedName(name)), and readers differ in which they take; save it again"
    case .severalDisks:
      return "its zip archive is one of several parts; put them together first"
    case .encrypted(let name):
      return "\(quotedName(name)) in its zip archive is encrypted; decrypt it first"
    case .method(let name, let method):
      return "\(quotedName(name)) in its zip archive is compressed by method \(method), and only stored and deflated "
        + "entries are read; pack it again with 'zip'"
    case .misplaced(let name):
      return "\(quotedName(name)) does not lie where the table of contents of its zip archive says; \(damaged)"
    case .inflate(let name, let reason):
      return "\(quotedName(name)) in its zip archive cannot be unpacked, \(reason); \(damaged)"
    case .checksum(let name):
      return "the checksum of \(quotedName(name)) in its zip archive is wrong; \(damaged)"
    case .unpacksTooLarge(let bytes, let packed):
      return "its zip archive would unpack \(packed) bytes to \(bytes), which no trained weights do; pass another file"
    }
  }
}
