// Descriptions of machines: what is written is read back, and what is wrong is said at its line.
import TestTiers
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL

@Suite struct MachineTests {
  private static let head = "resnetc machine 1, avx512, threads 1\n"
  private static let reference = Machine.reference.text(comments: ["a comment: # twice"])

  private func read(_ text: String) -> (machine: Machine?, found: Diagnostics) {
    var sink = Diagnostics()
    let machine = readMachine(SourceFile(name: "x.machine", text: text), &sink)
    return (machine, sink)
  }

  /// The reference with one line replaced.
  private static func changed(_ key: String, _ line: String) -> String {
    reference.split(separator: "\n").map { $0.hasPrefix(key + ":") ? line : String($0) }.joined(separator: "\n")
  }

  @Test func whatIsWrittenIsReadBack() throws {
    var random = SeededRandom(seed: 1)
    func rate() -> Double {
      let scale = [0.01, 1, 1e3, 999_999][Int.random(in: 0..<4, using: &random)]
      return Double.random(in: 0...1, using: &random) * scale + 0.001
    }
    for _ in 0..<500 {
      let sizes = (0..<3).map { _ in Int.random(in: 1024...1 << 40, using: &random) }.sorted()
      let machine = Machine(
        target: try #require(Target.all.randomElement(using: &random)),
        threads: Int.random(in: 1...256, using: &random),
        gflops: rate(), l1: Machine.Cache(bytes: sizes[0], gbps: rate()),
        l2: Machine.Cache(bytes: sizes[1], gbps: rate()), l3: Machine.Cache(bytes: sizes[2], gbps: rate()),
        memoryGbps: rate(),
        otherPeaks: Dictionary(
          uniqueKeysWithValues: Multiplicand.allCases.dropFirst().filter { _ in Bool.random(using: &random) }
            .map { ($0, rate()) }))
      let text = machine.text(comments: ["by hand"])
      let (back, found) = read(text)
      #expect(back == machine, "\(text)\(found.all)")
    }
    #expect(read(Self.reference).machine == .reference)
    // What was written before other numbers had peaks is read.
    var old = Machine.reference
    old.otherPeaks = [:]
    #expect(read(Self.reference.split(separator: "\n").dropLast(2).joined(separator: "\n")).machine == old)
    // In any order, with blanks, carriage returns and a byte order mark.
    let lines = Self.reference.split(separator: "\n")
    let rough = "\u{FEFF}\r\n" + ([lines[0]] + lines[1...].reversed()).map { "  \($0) \t# \r\n\r\n" }.joined()
    #expect(read(rough).machine == .reference)
  }

  @Test(arguments: [
    ("", "machine-file", 1, "the file is empty"),
    ("\n# only this\n", "machine-file", 1, "the file is empty"),
    ("resnetc tuning 1, avx512, batch 1, threads 1", "machine-file", 1, "begins with 'resnetc machine 1'"),
    ("\nresnetc machine 2, avx512, threads 1", "machine-file", 2, "version '2' of the format is unknown"),
    ("resnetc machine 1", "machine-file", 1, "names an instruction set and threads"),
    ("resnetc machine 1, avx51, threads 1", "machine-file", 1, "unknown instruction set 'avx51'"),
    ("resnetc machine 1, avx512, threads 0", "machine-file", 1, "from 1 to 256, not 'threads 0'"),
    ("resnetc machine 1, avx512, threads 257", "machine-file", 1, "from 1 to 256"),
    ("resnetc machine 1, avx512, cores 2", "machine-file", 1, "here stands 'threads'"),
    (head, "machine-file", 1, "there is no line for 'peak gflops', 'l1 bytes'"),
    (changed("l3 gbps", ""), "machine-file", 1, "there is no line for 'l3 gbps'"),
    (changed("l3 gbps", "l3 gpbs: 1"), "machine-value", 9, "nothing about a machine is called 'l3 gpbs'"),
    (changed("l3 gbps", "warmth: 1"), "machine-value", 9, "nothing about a machine is called 'warmth'"),
    (changed("l3 gbps", ": 1"), "machine-value", 9, "nothing about a machine is called ''"),
    (changed("l3 gbps", "l3 gbps 12"), "machine-value", 9, "a line is a name, a colon and a number"),
    (changed("l3 gbps", "l2 gbps: 12"), "machine-value", 9, "'l2 gbps' stands here a second time"),
    (changed("l3 gbps", "l3 gbps:"), "machine-value", 9, "'l3 gbps' takes a number from 0.001 to 1,000,000, not ''"),
    (changed("l3 gbps", "l3 gbps: -1"), "machine-value", 9, "not '-1'"),
    (changed("l3 gbps", "l3 gbps: 0"), "machine-value", 9, "not '0'"),
    (changed("l3 gbps", "l3 gbps: nan"), "machine-value", 9, "not 'nan'"),
    (changed("l3 gbps", "l3 gbps: inf"), "machine-value", 9, "not 'inf'"),
    (changed("l3 gbps", "l3 gbps: 1e3"), "machine-value", 9, "not '1e3'"),
    (changed("l3 gbps", "l3 gbps: 0x10"), "machine-value", 9, "not '0x10'"),
    (changed("l3 gbps", "l3 gbps: 1."), "machine-value", 9, "not '1.'"),
    (changed("l3 gbps", "l3 gbps: 1.2.3"), "machine-value", 9, "not '1.2.3'"),
    (changed("l3 gbps", "l3 gbps: 1000001"), "machine-value", 9, "not '1000001'"),
    (changed("l3 gbps", "l3 gbps: 1 2"), "machine-value", 9, "not '1 2'"),
    (changed("l3 gbps", "l3 gbps: " + String(repeating: "9", count: 400)), "machine-value", 9, "'l3 gbps' takes"),
    (changed("l3 bytes", "l3 bytes: 33554432.0"), "machine-value", 8, "a whole number of bytes from 1,024 to 2^40"),
    (changed("l3 bytes", "l3 bytes: 1099511627777"), "machine-value", 8, "not '1099511627777'"),
    (changed("l3 bytes", "l3 bytes: 99999999999999999999"), "machine-value", 8, "a whole number of bytes"),
    (changed("peak int8 gops", "peak int8 gflops: 1"), "machine-value", 11, "is called 'peak int8 gflops'"),
    (changed("peak int8 gops", "peak int8 gops: 0"), "machine-value", 11, "'peak int8 gops' takes a number"),
    (changed("l3 bytes", "l3 bytes: 1048576"), "machine-value", 8, "this cache is smaller than the one before it"),
  ])
  func mistakesAreSaidAtTheirLine(text: String, code: String, line: Int, message: String) throws {
    let (machine, found) = read(text)
    #expect(machine == nil && found.hasErrors)
    let first = try #require(found.inSourceOrder.first { $0.message.contains(message) }, "\(found.all)")
    #expect(first.code.name == code && !first.helps.isEmpty)
    #expect(SourceFile(name: "x", text: text).position(at: first.primary.span.start).line == line)
  }

  @Test func misspeltNamesAreSuggested() {
    #expect(read(Self.changed("l3 gbps", "l3 gpbs: 1")).found.all.contains { $0.helps == ["write 'l3 gbps'"] })
    #expect(read("resnetc machine 1, avx51, threads 1").found.all.contains { $0.helps == ["write 'avx512'"] })
  }

  @Test func bytesThatAreNoText() {
    for bytes in [[0xFF], Array(Self.head.utf8) + [0xC3], [UInt8](repeating: 0x20, count: Machine.fileLimit + 1)] {
      var sink = Diagnostics()
      #expect(readMachine(SourceFile(name: "x", bytes: bytes), &sink) == nil)
      #expect(sink.all.map(\.code) == [.machineFile])
    }
    let (machine, found) = read(Self.head + String(repeating: "x\n", count: 20_000))
    #expect(machine == nil && found.isFull)
  }

  @Test func manglingEndsInAnErrorOrAMachine() throws {
    let plan = try plan("digits20.rn", .avx512)
    let bytes = Array(Self.reference.utf8)
    var machines = 0
    for seed in seeds(2_000, slow: 20_000).map(UInt64.init) {
      var mutator = Mutator(seed: seed)
      let source = SourceFile(name: "mangled", bytes: mutator.mutate(bytes))
      var sink = Diagnostics()
      guard let machine = readMachine(source, &sink) else {
        #expect(sink.hasErrors, "seed \(seed)")
        #expect(TextRenderer(source).render(sink).hasPrefix("error["), "seed \(seed)")
        continue
      }
      machines += 1
      #expect(!sink.hasErrors)
      guard machine.target == .avx512, machines % 20 == 0 else { continue }
      let prediction = Prediction(plan, on: machine)
      #expect(prediction.seconds.isFinite && prediction.seconds > 0)
      #expect(!prediction.text.isEmpty && rooflineChart(prediction).hasPrefix("<svg"))
    }
    #expect(machines > 50)
  }

  @Test func levelsHoldWhatFits() {
    var machine = Machine.reference
    for threads in [1, 4] {
      machine.threads = threads
      #expect(machine.level(of: 0) == .l1 && machine.level(of: threads * 48 << 10) == .l1)
      #expect(machine.level(of: threads * 48 << 10 + 1) == .l2 && machine.level(of: threads * 1280 << 10) == .l2)
      #expect(machine.level(of: 32 << 20) == .l3 && machine.level(of: 32 << 20 + 1) == .memory)
    }
  }
}
