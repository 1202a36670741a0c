// SPDX-License-Identifier: Apache-2.0
// Folders and patterns: which files a command is given by the name of what holds them.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a path leads to, links followed.
enum PathKind {
  case file
  case folder
  case other
  case missing

  init(_ path: String) {
    var status = stat()
    guard !path.utf8.contains(0), stat(path, &status) == 0 else {
      self = .missing
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .other
    }
  }
}

/// The names in a folder, in the order of their bytes, `.` and `..` left out.
func namesInFolder(_ path: String) throws(ModelError) -> [String] {
  guard !path.utf8.contains(0) else { throw .cannotOpen(path: path, reason: "the path holds a NUL character") }
  guard let folder = opendir(path) else { throw .cannotOpen(path: path, reason: systemReason()) }
  defer { closedir(folder) }
  var names: [String] = []
  errno = 0
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
    }
    if name != "." && name != ".." { names.append(name) }
    errno = 0
  }
  guard errno == 0 else { throw .cannotRead(path: path, reason: systemReason()) }
  return names.sorted(by: precedes)
}

/// Two parts of a path.
func joined(_ folder: String, _ name: String) -> String { folder.hasSuffix("/") ? folder + name : folder + "/" + name }

/// The folder that a path stands in; empty for a name alone.
func folder(of path: String) -> String {
  guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
  return String(path[...slash])
}

/// Folders within folders that are followed, so that a link to its own folder ends.
private let folderDepth = 32

/// The image files in a folder and in those within it: by their names, as torchvision's ImageFolder finds them. A folder's
/// own files come before those of the folders in it.
func imagesInFolder(_ path: String, depth: Int = 0) throws(ModelError) -> [String] {
  guard depth <= folderDepth else {
    throw .cannotOpen(path: path, reason: "folders lie more than \(folderDepth) deep in one another")
  }
  var files: [String] = []
  var folders: [String] = []
  for name in try namesInFolder(path) {
    let whole = joined(path, name)
    if hasImageName(name) {
      if PathKind(whole) == .file { files.append(whole) } else if PathKind(whole) == .folder { folders.append(whole) }
    } else if PathKind(whole) == .folder {
      folders.append(whole)
    }
  }
  for folder in folders { files += try imagesInFolder(folder, depth: depth + 1) }
  return files
}

/// Whether a file is called as images are, in torchvision's list of endings. What then is not read here is said by file.
func hasImageName(_ name: String) -> Bool {
  let endings = [".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"]
  let small = name.lowercased()
  return endings.contains { small.hasSuffix($0) }
}

/// Paths that a shell's pattern (`*`, `?`, `[...]`) matches, in the order of their bytes.
private func matches(_ pattern: String) -> [String] {
  var found = glob_t()
  defer { globfree(&found) }
  guard !pattern.utf8.contains(0), glob(pattern, GLOB_NOSORT, nil, &found) == 0, let paths = found.gl_pathv else {
    return []
  }
  return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }.sorted(by: precedes)
}

/// The files that an argument stands for: itself, the images of a folder, what a pattern matches. What leads nowhere
/// stays as it is, so that whoever opens it says so.
///
/// Throws where a folder cannot be read or holds no image.
func imageFiles(_ argument: String) throws(ModelError) -> [String] {
  switch PathKind(argument) {
  case .folder:
    let images = try imagesInFolder(argument)
    guard !images.isEmpty else { throw .noImages(path: argument) }
    return images
  case .missing where argument.contains { "*?[".contains($0) }:
    var files: [String] = []
    for path in matches(argument) { files += PathKind(path) == .folder ? try imagesInFolder(path) : [path] }
    guard !files.isEmpty else { throw .noImages(path: argument) }
    return files
  default: return [argument]
  }
}

/// A file's size and the second of its last change, which tell it from what it was before; empty where there is none.
func fileStamp(_ path: String) -> String {
  var status = stat()
  guard !path.utf8.contains(0), stat(path, &status) == 0 else { return "" }
  #if canImport(Darwin)
    let changed = status.st_mtimespec.tv_sec
  #else
    let changed = status.st_mtim.tv_sec
  #endif
  return "\(status.st_size) bytes of \(changed)"
}
