// The programs of Examples, built with the network of the digits and run as their README says; the server is spoken to over
// sockets, politely and otherwise. The package as it stands, with its own manifest, is built in the slow tier.
import Foundation
import Synchronization
import TestTiers
import Testing

@Suite(.serialized) struct ExampleTests {
  private let weights = models.appending(path: "digits20.safetensors").path
  private let digits = models.appending(path: "digits").path

  private func program(_ name: String) throws -> String {
    try Umbrella.small.get().products.appending(path: name).path
  }

  /// What the package's own command says of each picture.
  private func expected() throws -> [(path: String, named: String)] {
    let command = try Umbrella.small.get().command(of: Net.digits).path
    return try run(command, ["classify", digits, "--weights", weights, "--top", "1", "--csv"]).output
      .split(separator: "\n").filter { $0.hasPrefix("/") }
      .map { line in
        let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return (cells[0], cells[2])
      }
  }

  @Test func commandLineTool() throws {
    let images = try expected()
    try #require(images.count == 8)
    let result = try execute(try program("Classify"), [weights] + images.map(\.path) + ["missing.png"])
    let lines = result.output.split(separator: "\n")
    #expect(result.status == 1 && lines.count == 9 && lines[8].hasPrefix("error: cannot open 'missing.png'"))
    for (line, image) in zip(lines, images) { #expect(line.hasPrefix("\(image.path): \(image.named) "), "\(line)") }
  }

  @Test func batchJob() throws {
    let images = try expected()
    try withTemporaryFolder { scratch in
      // More of them than there are tasks at a time, and one that is no picture.
      for copy in 0..<12 {
        for image in images {
          let name = URL(filePath: image.path).lastPathComponent
          try FileManager.default.copyItem(
            atPath: image.path, toPath: scratch.appending(path: "\(10 + copy)_\(name)").path)
        }
      }
      try Data("no picture".utf8).write(to: scratch.appending(path: "15_bad.png"))
      let result = try execute(try program("Batch"), [weights, scratch.path])
      let lines = result.output.split(separator: "\n").filter { $0.hasPrefix("/") && !$0.contains("bad.png") }
      #expect(result.status == 1 && result.output.contains("15_bad.png: cannot read the image"))
      #expect(lines.count == 96 && lines == lines.sorted())
      for (index, line) in lines.enumerated() {
        #expect(line.split(separator: ",")[1] == images[index % 8].named, "\(line)")
      }
    }
  }

  @Test func embeddingIndex() throws {
    for digit in ["digit0_0030.png", "digit7_0043.ppm"] {
      let lines = try run(try program("Search"), [weights, digits, "\(digits)/\(digit)"]).output.split(separator: "\n")
      #expect(lines.count == 5 && lines.first == "1.0000 \(digit)", "each picture is most like itself: \(lines)")
      let cosines = lines.compactMap { Double($0.prefix(6)) }
      #expect(cosines.count == 5 && cosines == cosines.sorted(by: >) && cosines[1] < 0.9999)
    }
  }

  @Test func server() throws {
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: try program("Server"))
    process.arguments = [weights, "--port", "0", "--seconds", "1"]
    process.standardOutput = pipe
    try process.run()
    // Threads of the tests block the signals that ask, and so do the programs that they start.
    defer { kill(process.processIdentifier, SIGKILL) }
    let line = String(decoding: pipe.fileHandleForReading.availableData, as: UTF8.self)
    let port = try #require(line.split(separator: ":").last.flatMap { UInt16($0.filter(\.isNumber)) }, "\(line)")
    let image = [UInt8](try Data(contentsOf: URL(filePath: digits + "/digit0_0030.png")))
    @Sendable func post(_ body: [UInt8], to path: String = "/classify") -> [UInt8] {
      Array("POST \(path) HTTP/1.1\r\nContent-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    let answer = try exchange(post(image, to: "/classify?top=2"), port: port)
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("\"class\": 0,") && answer.contains("\"class\": 6,"))
    #expect(try exchange(Array("GET /health HTTP/1.1\r\n\r\n".utf8), port: port).contains("\"waiting\": 0"))
    let wrong: [([UInt8], Int)] = [
      (Array("garbage\r\n\r\n".utf8), 400), (post(Array("no picture".utf8)), 400), (post(image, to: "/other"), 404),
      (post(image, to: "/classify?top=0"), 400), (Array("DELETE /classify HTTP/1.1\r\n\r\n".utf8), 405),
      (Array("POST /classify HTTP/1.1\r\n\r\n".utf8), 411),
      (Array("POST /classify HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n".utf8), 413),
      (Array("POST /classify HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".utf8), 400),
      (Array("POST /classify HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n".utf8), 501),
      (Array("GET /".utf8) + [UInt8](repeating: 0x61, count: 40_000), 431),
      // The rest of it never comes.
      (Array("POST /classify HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc".utf8), 408),
    ]
    for (request, status) in wrong {
      let answer = try exchange(request, port: port)
      #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(status): \(answer.prefix(200))")
    }
    // Many at once; some of them go away before they are answered.
    let right = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: 60) { index in
      let answer = try? exchange(post(image), port: port, leaves: index % 3 == 2)
      if answer?.contains("\"class\": 0,") == true { right.add(1, ordering: .relaxed) }
    }
    #expect(right.load(ordering: .relaxed) == 40)
    #expect(process.isRunning)
  }

  /// As the README of Examples has it.
  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it")) func packageBuildsAsItStands() throws {
    try withTemporaryFolder { scratch in
      let examples = scratch.appending(path: "Examples")
      for (path, contents) in try files(below: repository.appending(path: "Examples"))
      where path.hasPrefix("Sources/") || path == "Package.swift" {
        let file = examples.appending(path: path)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try contents.write(to: file)
      }
      for (path, contents) in try Net.digits.package() {
        let file = examples.appending(path: "Digits20/\(path)")
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try contents.write(to: file)
      }
      let build = try run("swift", ["build"], in: examples)
      #expect(!build.output.contains("warning:"), "\(build.output)")
      let result = try run(
        examples.appending(path: ".build/debug/Classify").path, [weights, "\(digits)/digit0_0030.png"])
      #expect(result.output.contains("png: 0 "))
    }
  }
}

/// Sends bytes to a port of this machine and returns what comes back until the other side ends.
///
/// - Parameter leaves: whether it goes away at once instead.
private func exchange(_ bytes: [UInt8], port: UInt16, leaves: Bool = false) throws -> String {
  #if canImport(Glibc)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  #else
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
  #endif
  defer { close(descriptor) }
  var limit = timeval(tv_sec: 20, tv_usec: 0)
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  let connected = withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
    }
  }
  guard connected else { throw CommandFailure(description: "no server on port \(port)") }
  var sent = 0
  while sent < bytes.count {
    let count = bytes[sent...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, noSignal) }
    guard count > 0 else { break }
    sent += count
  }
  guard !leaves else { return "" }
  var answer: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 4096)
  while case let count = recv(descriptor, &piece, piece.count, 0), count > 0 { answer += piece[..<count] }
  return String(decoding: answer, as: UTF8.self)
}

/// A server that has hung up is no reason to end the tests.
#if canImport(Darwin)
  private let noSignal: Int32 = 0
#else
  private let noSignal = Int32(MSG_NOSIGNAL)
#endif
