// The few things that the command does to files, without following a link where it should not, and with the system's
// reason where one fails.
import Foundation

/// What stands at a path.
enum FileKind {
  case missing, file, folder, link, other
}

/// A path and the system's reason why something could not be done to it.
struct FileFault: Error {
  let action: String
  let path: String
  let reason: String
  /// The way out, where there is one.
  var help: String?

  var message: String { "Cannot \(action) '\(path)': \(reason)." }
}

/// What stands at `path`; a link is itself, not what it points to.
func fileKind(_ path: String) throws(FileFault) -> FileKind {
  var status = stat()
  guard lstat(path, &status) == 0 else {
    // A file where a folder should be is for the caller to find: nothing stands beyond it.
    if errno == ENOENT || errno == ENOTDIR { return .missing }
    throw FileFault(action: "look at", path: path, reason: systemMessage(errno))
  }
  switch status.st_mode & S_IFMT {
  case S_IFREG: return .file
  case S_IFDIR: return .folder
  case S_IFLNK: return .link
  default: return .other
  }
}

/// At most `limit + 1` bytes, so that the caller sees when there are more. Reads pipes and devices as well.
func readFile(_ path: String, limit: Int) throws(FileFault) -> [UInt8] {
  let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw FileFault(action: "read", path: path, reason: systemMessage(errno)) }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while bytes.count <= limit {
    let count = chunk.withUnsafeMutableBytes {
      read(descriptor, $0.baseAddress, min($0.count, limit + 1 - bytes.count))
    }
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw FileFault(action: "read", path: path, reason: systemMessage(errno)) }
    if count == 0 { break }
    bytes += chunk.prefix(count)
  }
  return bytes
}

/// `--output`, a file; `nil` where it is not given, or is `-` and the command `printsToo`.
func outputFile(_ arguments: Arguments, printsToo: Bool = false) throws(CommandError) -> String? {
  guard let path = arguments.value(.output) else { return nil }
  guard !path.isEmpty else { throw .usage("'--output' names no file.") }
  guard path == "-" else { return path }
  guard printsToo else {
    throw .usage("'--output' takes a file, and '-' is standard output; a file of that name is './-'.")
  }
  return nil
}

/// Throws where something stands at `path` that must not be replaced: anything but a file that `isOurs`, by its first 128
/// bytes, says resnetc wrote.
func checkReplaceable(_ path: String, _ isOurs: ([UInt8]) -> Bool) throws(CommandError) {
  do throws(FileFault) {
    switch try fileKind(path) {
    case .missing: return
    case .file where isOurs(try readFile(path, limit: 128)): return
    case .folder:
      throw FileFault(action: "write", path: path, reason: "it is a folder", help: "Name a file as --output.")
    case .file, .link, .other:
      throw FileFault(
        action: "overwrite", path: path, reason: "resnetc did not write it", help: "Choose another --output.")
    }
  } catch {
    throw .files(error.message, help: error.help)
  }
}

/// Writes a file beside its place and moves it in, so that nobody ever sees half of it.
func writeFile(_ bytes: [UInt8], to path: String) throws(FileFault) {
  try writeFile(to: path) { (file: OpenFile) throws(FileFault) in try file.write(bytes) }
}

/// The same, piece by piece; where `body` throws, what stood at `path` stands there still.
func writeFile(to path: String, _ body: (OpenFile) throws(FileFault) -> Void) throws(FileFault) {
  let temporary = temporaryPath(path)
  // What an interrupted run left, or a link: in either case not what stood at `path`.
  unlink(temporary)
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else { throw FileFault(action: "write", path: path, reason: systemMessage(errno)) }
  do throws(FileFault) {
    try body(OpenFile(descriptor: descriptor, path: path))
  } catch {
    close(descriptor)
    unlink(temporary)
    throw error
  }
  var code = close(descriptor) == 0 ? nil : errno
  if code == nil, rename(temporary, path) != 0 { code = errno }
  guard let code else { return }
  unlink(temporary)
  throw FileFault(action: "write", path: path, reason: systemMessage(code))
}

/// A file that is being written.
struct OpenFile {
  fileprivate let descriptor: Int32
  /// Where it will stand.
  let path: String

  func write(_ bytes: [UInt8]) throws(FileFault) {
    guard let code = writeAll(bytes, to: descriptor) else { return }
    throw FileFault(action: "write", path: path, reason: systemMessage(code))
  }
}

/// Where a file is written before it is moved to `path`: a name that SwiftPM does not see.
func temporaryPath(_ path: String) -> String {
  let slash = path.lastIndex(of: "/")
  let folder = slash.map { String(path[...$0]) } ?? ""
  let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
  return "\(folder).\(name).resnetc-tmp"
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(FileFault) {
  if try fileKind(path) == .folder { return }
  if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolder(String(path[..<slash])) }
  guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
    throw FileFault(action: "make the folder", path: path, reason: systemMessage(errno))
  }
}

/// Writes every byte; the error number if that fails.
func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Int32? {
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written) }
    if count < 0, errno == EINTR { continue }
    if count < 0 { return errno }
    written += count
  }
  return nil
}
