// Where things are.
import Foundation
import ResNetCompiler

/// The checkout that these tests were built from.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent()

let testFolder = repository.appending(path: "Tests/GeneratedTests")
let fixtures = repository.appending(path: "Tests/Fixtures")
let models = repository.appending(path: "models")

/// Packages are generated and built here; what has not changed since the last run is not built again.
let workFolder = repository.appending(path: ".build/generated-tests")

/// A folder of its own outside the checkout, deleted after `body`.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: "resnetc-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.resolvingSymlinksInPath())
}

/// Every file below a folder but build products, by its path from there.
func files(below folder: URL) throws -> [String: Data] {
  var result: [String: Data] = [:]
  for path in FileManager.default.enumerator(atPath: folder.path)?.compactMap({ $0 as? String }) ?? [] {
    var isFolder: ObjCBool = false
    let file = folder.appending(path: path)
    guard !path.hasPrefix(".build"), FileManager.default.fileExists(atPath: file.path, isDirectory: &isFolder),
      !isFolder.boolValue
    else { continue }
    result[path] = try Data(contentsOf: file)
  }
  return result
}

/// Writes what differs and deletes what is not among `wanted`, so that a build redoes no more than it must. Whether it
/// deleted anything: SwiftPM goes on looking for sources of a dependency by path that are gone.
@discardableResult func replaceFiles(below folder: URL, with wanted: [String: Data]) throws -> Bool {
  let present = FileManager.default.fileExists(atPath: folder.path) ? try files(below: folder) : [:]
  for (path, contents) in wanted where present[path] != contents {
    let file = folder.appending(path: path)
    try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try contents.write(to: file)
  }
  let gone = present.keys.filter { wanted[$0] == nil && $0 != "Package.resolved" }
  for path in gone { try FileManager.default.removeItem(at: folder.appending(path: path)) }
  return !gone.isEmpty
}
