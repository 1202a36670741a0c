// Generated packages under the sanitizers, in a debug build, as a project of somebody's would have them: every access
// within its buffer, and no two threads at one place at a time, also where two callers share a model.
import Foundation
import ResNetRuntime
import TestTiers
import Testing

/// As `swift build --sanitize` calls them.
enum Sanitizer: String, Sendable, CaseIterable, CustomStringConvertible {
  case address, thread
  var description: String { rawValue }

  /// Settings of the environment. What leaks is not looked for: that needs the right to trace a process.
  ///
  /// Of a continuation that is resumed before its task waits, the thread sanitizer does not see the atomic variable by which
  /// the two meet, because Swift's library is built without it: a program of a lock, a thread that resumes and a task that
  /// waits again and again is reported as well. So what `UnsafeContinuation.resume` itself reads is left out; nothing else.
  func environment(_ scratch: URL) throws -> String {
    switch self {
    case .address: return "ASAN_OPTIONS=detect_leaks=0:halt_on_error=1:exitcode=86"
    case .thread:
      let known = scratch.appending(path: "known.txt")
      try Data("race_top:sScc6resume\n".utf8).write(to: known)
      return "TSAN_OPTIONS=halt_on_error=1:exitcode=86:suppressions=\(known.path)"
    }
  }

  /// Whether this machine has its runtime and lets it run; found out with a program that does nothing wrong, and one
  /// that does.
  var runs: Bool {
    let programs = [
      "print(1)",
      self == .address
        ? "let p = UnsafeMutablePointer<Int>.allocate(capacity: 1); p[Int(CommandLine.argc)] = 1; print(p[1])"
        : """
        import Foundation
        nonisolated(unsafe) let p = UnsafeMutablePointer<Int>.allocate(capacity: 1)
        // Slow enough that the two overlap: of threads that are done at once a tenth went unnoticed.
        let threads = (0..<2).map { _ in Thread { for _ in 0..<100 { p[0] += 1; usleep(1000) } } }
        for thread in threads { thread.start() }
        for thread in threads { while !thread.isFinished { usleep(100) } }
        """,
    ]
    let statuses = try? withTemporaryFolder { scratch in
      try programs.map { program in
        try Data(program.utf8).write(to: scratch.appending(path: "main.swift"))
        try run("swiftc", ["-sanitize=\(rawValue)", "main.swift", "-o", "program"], in: scratch)
        return try execute(try environment(scratch), ["./program"], in: scratch).status
      }
    }
    return statuses == [0, 86]
  }
}

extension Umbrella {
  static let sanitizedNets = [Net.tiles.winograd.batched(3), Net.paddings.winograd]
  static let address = Result { try Umbrella("sanitized", sanitizedNets, configuration: "debug", sanitizer: .address) }
  static let thread = Result { try Umbrella("sanitized", sanitizedNets, configuration: "debug", sanitizer: .thread) }
}

@Suite(.serialized, .enabled(if: isMatrixRun, "RESNETC_MATRIX_TESTS=1 runs it"))
struct SanitizerTests {
  @Test(
    .enabled(if: !isMatrixRun || Sanitizer.address.runs, "no runtime of the address sanitizer here"),
    arguments: Umbrella.sanitizedNets)
  func addressSanitizerIsSilent(net: Net) throws {
    try Umbrella.address.get().expectSilence(of: net)
  }

  @Test(
    .enabled(if: !isMatrixRun || Sanitizer.thread.runs, "no runtime of the thread sanitizer here"),
    arguments: Umbrella.sanitizedNets)
  func threadSanitizerIsSilent(net: Net) throws {
    try Umbrella.thread.get().expectSilence(of: net)
  }
}

extension Umbrella {
  /// Two callers at once, and a service of two workers, with 1, 2 and 3 threads and with more than most machines have
  /// processors, on every instruction set.
  fileprivate func expectSilence(of net: Net) throws {
    let sanitizer = try #require(sanitizer)
    let answers = try net.fixture.map { try Answers($0) }
    let compilation = try net.compiled()
    try withTemporaryFolder { scratch in
      let (file, pixels) = (scratch.appending(path: "w.safetensors"), scratch.appending(path: "in.f32"))
      try answers?.writeWeights(of: compilation, to: file)
      try write(images(of: compilation, answers, filling: net.batch), to: pixels)
      let weights = answers == nil ? "random:1" : file.path
      for isa in ISA.available {
        for threads in ["1", "2", "3", "7"] {
          let output = scratch.appending(path: "out.f32")
          let result = try execute(
            sanitizer.environment(scratch),
            [
              products.appending(path: "driver").path, net.name, weights, "\(isa)", threads, "callers", "2",
              pixels.path, output.path,
            ])
          try #require(
            result.status == 0 && result.output == "callers 2\n",
            "\(net.name), \(isa), \(threads) threads: \(result.output.prefix(4000))")
          let service = try execute(
            sanitizer.environment(scratch),
            [
              products.appending(path: "driver").path, net.name, weights, "\(isa)", threads, "service", "10",
              pixels.path, output.path,
            ])
          try #require(service.status == 0, "\(net.name), \(isa), \(threads) threads: \(service.output.prefix(4000))")
          guard let answers else { continue }
          let values = try Data(contentsOf: output).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
          #expect(answers.error(of: values, filling: net.batch) < 1e-4)
        }
      }
    }
  }
}
