// SPDX-License-Identifier: Apache-2.0
// Files that belong to a program: beside it, or, since builds put it some folders deep (`.build/release`), beside one of the
// folders around it. So a package can be moved with its weights, and a program can be copied with them.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The path of the file `name` that is nearest to a program: in its folder, in up to five around that (SwiftPM builds into
/// `.build/TRIPLE/CONFIGURATION`), at last in the current one.
///
/// - Parameters:
///   - program: The program's path; the one that runs by default.
///   - exists: Whether something stands at a path.
package func fileBesideProgram(
  _ name: String, program: String? = runningProgram(), exists: (String) -> Bool = canRead
) -> String? {
  var folder = program.flatMap { path in path.lastIndex(of: "/").map { path[..<$0] } }
  for _ in 0...5 {
    guard let place = folder else { break }
    let path = "\(place)/\(name)"
    if exists(path) { return path }
    folder = place.lastIndex(of: "/").map { place[..<$0] }
  }
  return exists(name) ? name : nil
}

/// The path of the program that runs, where the system tells it.
package func runningProgram() -> String? {
  var bytes = [CChar](repeating: 0, count: 4096)
  #if canImport(Darwin)
    var size = UInt32(bytes.count)
    guard _NSGetExecutablePath(&bytes, &size) == 0 else { return nil }
    guard let resolved = realpath(bytes, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  #else
    let count = readlink("/proc/self/exe", &bytes, bytes.count - 1)
    guard count > 0 else { return nil }
    return String(decoding: bytes[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  #endif
}

/// Whether this process may read a file.
package func canRead(_ path: String) -> Bool { access(path, R_OK) == 0 }
