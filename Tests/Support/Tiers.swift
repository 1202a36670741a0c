// Which tests run, and how much of each. What is quick runs by commit. RESNETC_SLOW_TESTS=1 asks for what takes minutes,
// RESNETC_MATRIX_TESTS=1 for every way to compile by every way to run, and RESNETC_SAMPLE=COMMIT for a share of both,
// another with the next commit, so that some commits together are the whole. CI takes the share: all of it is two hours of
// two cores.
internal import Foundation

private let environment = ProcessInfo.processInfo.environment

/// Minutes rather than seconds.
public let isSlowRun = environment["RESNETC_SLOW_TESTS"] == "1"

/// Batches, threads, Winograd on and off, guards, sanitizers.
public let isMatrixRun = environment["RESNETC_MATRIX_TESTS"] == "1"

/// What the shares of the two are drawn by; they are whole without it.
public let sample = environment["RESNETC_SAMPLE"]

/// A number made of `sample` or else of the commit's name, by which the shares by commit are drawn; 0 where there is no
/// repository.
public let draw = number(of: sample ?? commit())

/// How many changed files there are of a format: those of a random search, or as many as RESNETC_MUTATIONS says, which
/// `files` of the format share. `scripts/mutations.sh` asks for 100,000 under the address sanitizer.
public func mutations(_ quick: Int, slow: Int, files: Int) -> Range<Int> {
  guard let wanted = environment["RESNETC_MUTATIONS"].flatMap({ Int($0) }), wanted > 0 else {
    return seeds(quick, slow: slow)
  }
  return 0..<(wanted + files - 1) / files
}

/// The seeds of a random search: `quick` of them by commit, all the `slow` in the slow tier, or the quarter that is drawn.
public func seeds(_ quick: Int, slow: Int) -> Range<Int> {
  guard isSlowRun else { return 0..<quick }
  guard sample != nil else { return 0..<slow }
  let quarter = Int(draw % 4)
  return slow * quarter / 4..<slow * (quarter + 1) / 4
}

extension Array {
  /// One in `count`, and another one with the next draw; `turn` shifts whose turn it is.
  public func share(oneIn count: Int, turn: Int = 0) -> [Element] {
    indices.filter { ($0 + turn) % count == Int(draw / 4 % UInt64(count)) }.map { self[$0] }
  }
}

private func number(of name: String) -> UInt64 {
  // A commit's name is a random number already.
  UInt64(name.prefix(15), radix: 16) ?? name.utf8.reduce(0) { ($0 &* 31 &+ UInt64($1)) % 1_000_003 }
}

private func commit() -> String {
  let git = Process()
  let pipe = Pipe()
  git.executableURL = URL(filePath: "/usr/bin/env")
  git.arguments = ["git", "-C", URL(filePath: #filePath).deletingLastPathComponent().path, "rev-parse", "HEAD"]
  (git.standardOutput, git.standardError) = (pipe, FileHandle.nullDevice)
  guard (try? git.run()) != nil, let name = try? pipe.fileHandleForReading.readToEnd() else { return "" }
  return String(decoding: name, as: UTF8.self)
}
