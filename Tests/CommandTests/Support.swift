// Runs the built command as a user does, in a folder that is gone afterwards.

import Foundation
import TestTiers
import Testing

/// What a run of the command left behind.
struct Run {
  let code: Int32
  let out: String
  let err: String
}

/// The repository, found from this file.
let repository = URL(fileURLWithPath: #filePath)
  .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func model(_ name: String) -> String { repository.appendingPathComponent("models/\(name).rn").path }

/// A folder for one test.
final class Sandbox {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appendingPathComponent("resnetc-tests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func callAsFunction(_ path: String) -> URL { url.appendingPathComponent(path) }

  /// Runs the command here and waits for it.
  func run(_ words: String..., input: String? = nil, environment: [String: String] = [:]) throws -> Run {
    try run(words, input: input, environment: environment)
  }

  func run(_ words: [String], input: String? = nil, environment: [String: String] = [:]) throws -> Run {
    let process = Process()
    process.executableURL = try commandURL()
    process.arguments = words
    process.currentDirectoryURL = url
    var variables = ProcessInfo.processInfo.environment
    // Hashes must differ from process to process here as they do for users.
    for name in ["NO_COLOR", "FORCE_COLOR", "SWIFT_DETERMINISTIC_HASHING"] { variables[name] = nil }
    process.environment = variables.merging(environment) { $1 }
    // Files, not pipes: nothing can block on a full one.
    let files = ["in", "out", "err"].map { url.appendingPathComponent(".run-\($0)-\(UUID().uuidString)") }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    for file in files { try Data().write(to: file) }
    try Data((input ?? "").utf8).write(to: files[0])
    process.standardInput = try FileHandle(forReadingFrom: files[0])
    process.standardOutput = try FileHandle(forWritingTo: files[1])
    process.standardError = try FileHandle(forWritingTo: files[2])
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit, "\(words) was killed by signal \(process.terminationStatus)")
    return Run(
      code: process.terminationStatus, out: String(decoding: try Data(contentsOf: files[1]), as: UTF8.self),
      err: String(decoding: try Data(contentsOf: files[2]), as: UTF8.self))
  }

  // MARK: Files

  func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
      at: self(path).deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: self(path))
  }

  func read(_ path: String) throws -> String { String(decoding: try Data(contentsOf: self(path)), as: UTF8.self) }

  func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: self(path).path) }

  /// Every plain file below a folder with its contents.
  func contents(of folder: String) throws -> [String: Data] {
    var result: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: self(folder).path) {
      let file = self(folder).appendingPathComponent(path)
      let values = try file.resourceValues(forKeys: [.isRegularFileKey])
      if values.isRegularFile == true { result[path] = try Data(contentsOf: file) }
    }
    return result
  }
}

/// A network that compiles in no time.
let tinyModel = """
  model Tiny
  input 3 x 8 x 8
  preprocess resize 8 bilinear, crop 8
  conv1  8x8  3x3, 8
  head   1x1  average pool, 4-d fc, softmax
  """

extension String {
  func replacing(_ old: String, by new: String) -> String { replacingOccurrences(of: old, with: new) }
}
