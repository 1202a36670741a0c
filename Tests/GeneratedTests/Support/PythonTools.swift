// A virtual environment of Python's, in a folder of its own.
import Foundation
import TestTiers
import Testing

struct PythonTools {
  let folder: URL

  static let reason: Comment = "not this commit's share, or no python3 of 3.11 or later and package index that answers"

  /// Whether what Python's tests stand on is there; looked at once.
  static let areThere: Bool = isSlowRun && ((try? isUsable()) ?? false)

  /// Each of these tests takes minutes and fetches much: a commit's share is one of the two of wheels, now and then. Those
  /// of engines, hundreds of megabytes and under load, run where all is asked for.
  static func isDrawn(_ turn: UInt64) -> Bool { areThere && (sample == nil || draw / 32 % 4 == turn) }
  static var isWhole: Bool { areThere && sample == nil }

  private static func isUsable() throws -> Bool {
    try withTemporaryFolder { folder in
      let old = ["-c", "import sys, venv; sys.exit(sys.version_info < (3, 11))"]
      let fetch = ["-m", "pip", "download", "-q", "--no-deps", "--dest", folder.path, "numpy"]
      return try execute("python3", old).status == 0 && execute("python3", fetch).status == 0
    }
  }

  init(in folder: URL) throws {
    self.folder = folder
    try run("python3", ["-m", "venv", "venv"], in: folder)
  }

  /// What a Python program prints.
  @discardableResult func call(_ arguments: [String]) throws -> String {
    try run(folder.appending(path: "venv/bin/python").path, arguments, in: folder).output
  }

  func pip(_ arguments: [String]) throws {
    try call(["-m", "pip", "--disable-pip-version-check", "--quiet"] + arguments)
  }

  /// The sources of a wheel, by the command.
  func generate(_ source: String, _ options: [String], as name: String) throws -> URL {
    let sources = folder.appending(path: name)
    let model = repository.appending(path: source).path
    try run(
      try commandURL().path, [model, "--language", "c", "--python", "-o", sources.path, "--quiet"] + options)
    return sources
  }

  /// The path of the wheel that was built of a package.
  func wheel(_ name: String) throws -> String {
    let wheels = folder.appending(path: "wheels")
    let files = try FileManager.default.contentsOfDirectory(atPath: wheels.path)
    let found = files.filter { $0.hasPrefix("\(name)-1.0.0-py3-none-") && $0.hasSuffix(".whl") }
    try #require(found.count == 1, "\(files)")
    return wheels.appending(path: found[0]).path
  }
}
