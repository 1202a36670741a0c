// How many processors there are to use: quotas of control groups, as their files say them, and affinity masks.
import Testing

@testable import ResNetRuntime

@Suite struct ProcessorTests {
  private func processors(_ membership: String, _ files: [String: String]) -> Double? {
    ControlGroups(membership: membership) { path in
      files[path.split(separator: "/").joined(separator: "/")]
    }.processors
  }

  @Test func theSecondVersionSaysMicrosecondsAndPeriod() {
    #expect(ControlGroups.quota("150000 100000\n") == 1.5)
    #expect(ControlGroups.quota("max 100000\n") == nil)
    for damaged in ["", "\n", "100000", "a b", "0 100000", "100000 0", "-1 100000", "1 2 3"] {
      #expect(ControlGroups.quota(damaged) == nil, "\(damaged)")
    }
  }

  @Test func theFirstVersionSaysThemInTwoFiles() {
    #expect(ControlGroups.quota("400000\n", period: "100000\n") == 4)
    #expect(ControlGroups.quota("-1\n", period: "100000\n") == nil)
    #expect(ControlGroups.quota("50000\n", period: nil) == nil)
  }

  /// The least of the group's own and of those around it.
  @Test func groupsAroundCount() {
    let files = [
      "a/b/c/cpu.max": "max 100000", "a/b/cpu.max": "300000 100000", "a/cpu.max": "200000 100000",
      "cpu.max": "max 100000", "x/cpu.max": "100 100000",
    ]
    #expect(processors("0::/a/b/c\n", files) == 2)
    #expect(processors("0::/a/b\n", ["a/b/cpu.max": "50000 100000"]) == 0.5)
    #expect(processors("0::/\n", ["cpu.max": "250000 100000"]) == 2.5)
    #expect(processors("0::/../sibling\n", ["cpu.max": "250000 100000"]) == 2.5)
    #expect(processors("0::/a\n", [:]) == nil)
  }

  /// Both versions at once; of the first the controller `cpu` alone, under either name of where it is mounted.
  @Test func hierarchiesOfTheFirstVersion() {
    let membership = "9:name=systemd:/s\n4:memory:/m\n3:cpu,cpuacct:/docker/id\n2:cpuset:/q\n0::/u\n"
    let quota = ["cpu.cfs_quota_us": "250000\n", "cpu.cfs_period_us": "100000\n"]
    func files(_ folder: String) -> [String: String] {
      Dictionary(uniqueKeysWithValues: quota.map { ("\(folder)/\($0.key)", $0.value) })
    }
    #expect(processors(membership, files("cpu,cpuacct/docker/id")) == 2.5)
    #expect(processors(membership, files("cpu/docker")) == 2.5)
    #expect(processors(membership, files("memory/m")) == nil)
    #expect(processors(membership, files("cpuset/q")) == nil)
    #expect(processors(membership, ["unified/u/cpu.max": "100000 100000"]) == 1)
    #expect(processors("no colons\n\n::\n", files("cpu")) == nil)
  }

  @Test(arguments: [
    (8, nil, 8), (8, 16.0, 8), (8, 4.0, 4), (8, 1.5, 2), (8, 1.4, 1), (8, 0.1, 1), (8, 2.5, 3), (1, 0.5, 1),
    (0, nil, 1),
  ]) func quotasAreRoundedToWholeProcessors(usable: Int, quota: Double?, count: Int) {
    #expect(processorCount(usable: usable, quota: quota) == count)
  }

  @Test func automaticIsWhatThereIs() {
    #expect(Threads.automatic.count == min(processorCount(), ThreadPool.limit))
    #expect(1...ThreadPool.limit ~= Threads.automatic.count)
    #expect((3 as Threads).count == 3 && Threads.exactly(3).pinned.count == 3)
    #if os(Linux)
      #expect(!usableProcessors().isEmpty)
    #endif
  }

  @Test func automaticIsWordOfTheCommand() throws {
    func threads(_ words: [String]) throws(CommandError) -> Threads {
      try Arguments(ArraySlice(words), of: .bench).threads()
    }
    #expect(try threads([]) == 1)
    #expect(try threads(["--threads", "5"]) == 5)
    #expect(try threads(["--threads", "auto", "--pin"]) == .automatic.pinned)
    for wrong in ["0", "257", "all", ""] {
      #expect(throws: CommandError.self) { try threads(["--threads", wrong]) }
    }
  }

  /// Threads that stay on their processors compute as others do; a mask that names none of them is refused, not believed.
  @Test func pinnedThreadsWork() throws {
    let pool = try ThreadPool(threads: 5, pinned: true)
    let counts = try AlignedBuffer(count: 5)
    for _ in 0..<50 { pool.run { part in counts.floats[part] += 1 } }
    #expect(counts.floats.allSatisfy { $0 == 50 })
    #expect(!pinThread(to: -1) && !pinThread(to: 16_383))
  }
}
