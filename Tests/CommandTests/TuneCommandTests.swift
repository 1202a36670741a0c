// `resnetc tune`, with a stand-in for the toolchain that builds at once and reports times of the test's choosing; and, in
// the slow tier, with the real one. `--tuning` with the file that comes out.

import Foundation
import TestTiers
import Testing

struct TuneCommandTests {
  private static let model = """
    model Tiny
    input 3 x 8 x 8
    conv1    8x8  3x3, 8
    conv2_x  8x8  [3x3, 8; 3x3, 8] x 2
    head     1x1  average pool, 4-d fc, softmax
    """

  /// `swift build` makes a command that takes `1 / round` ms for each layer of the package's table and 3 ms for a call
  /// in the first round, 2 ms afterwards. So the last round's choices win.
  private static let toolchain = """
    #!/bin/sh
    echo "$@" >> "$STAND_IN/calls"
    while [ "$1" != --package-path ]; do shift; done
    round=$(wc -l < "$STAND_IN/calls")
    mkdir -p "$2/.build/release"
    layers=$(sed -n 's/^\\([a-z0-9_.]*\\)  *conv .*/{"name": "\\1", "best_ms": ROUND}/p' "$2/Sources/Tiny/Layers.swift" |
      paste -sd, | sed "s/ROUND/0.$((10 - round))/g")
    cat > "$2/.build/release/tiny" <<END
    #!/bin/sh
    case "\\$*" in
      *--per-layer*) echo '{"sum": {"best_ms": 1}, "layers": [$layers]}' ;;
      *) echo '{"best_ms": '$([ "$round" = 1 ] && echo 3 || echo "${TUNED:-2}")'}' ;;
    esac
    END
    chmod +x "$2/.build/release/tiny"
    """

  private func sandbox(toolchain: String? = Self.toolchain) throws -> Sandbox {
    let sandbox = try Sandbox()
    try sandbox.write(Self.model, to: "tiny.rn")
    try sandbox.write("", to: "tmp/.keep")
    if let toolchain {
      try sandbox.write(toolchain, to: "bin/swift")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: sandbox("bin/swift").path)
    }
    return sandbox
  }

  private func environment(_ sandbox: Sandbox, more: [String: String] = [:]) -> [String: String] {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return [
      "PATH": sandbox("bin").path + ":" + path, "STAND_IN": sandbox.url.path, "TMPDIR": sandbox("tmp").path,
    ].merging(more) { $1 }
  }

  private func isEmpty(_ sandbox: Sandbox) throws -> Bool {
    try FileManager.default.contentsOfDirectory(atPath: sandbox("tmp").path) == [".keep"]
  }

  @Test func writesWhatWasFastest() throws {
    let sandbox = try sandbox()
    let words = ["tune", "tiny.rn", "--isa", "portable", "--batch", "2", "--threads", "3", "--seconds", "0.1"]
    let run = try sandbox.run(words, environment: environment(sandbox))
    #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
    let text = try sandbox.read("tiny.tuning")
    let lines = text.split(separator: "\n")
    #expect(lines[0] == "resnetc tuning 1, portable, batch 2, threads 3")
    #expect(lines[2...].count == 2 && lines[2].hasPrefix("3x3 s1 3x8x8 -> 8x8x8: direct"))
    #expect(lines[3].hasPrefix("3x3 s1 8x8x8 -> 8x8x8: "))
    for word in ["portable, batch 2, 3 threads", "round 1 of 8", "round 8 of 8", "faster by", "2.000 ms with these"] {
      #expect(run.out.contains(word), "\(word) in \(run.out)")
    }
    // Eight rounds, and once more for the comparison of the whole network.
    #expect(try sandbox.read("calls").split(separator: "\n").count == 9)
    #expect(try isEmpty(sandbox))

    // The compiler reads it back: the same bytes from two runs, other bytes than without it.
    for folder in ["a", "b"] {
      let compiled = try sandbox.run(
        "tiny.rn", "-o", folder, "-q", "--isa", "portable", "--batch", "2", "--tuning", "tiny.tuning")
      #expect(compiled.code == 0 && compiled.err.isEmpty, "\(compiled.err)")
    }
    #expect(try sandbox.contents(of: "a") == sandbox.contents(of: "b"))
    #expect(try sandbox.read("a/Package.swift").contains("--tuning (FNV-1a "))
    #expect(try sandbox.run("tiny.rn", "-o", "c", "-q", "--isa", "portable", "--batch", "2").code == 0)
    #expect(try sandbox.read("a/Sources/Tiny/PlanPortable.swift") != sandbox.read("c/Sources/Tiny/PlanPortable.swift"))
  }

  /// Kernels of another precision: what is built, measured and written has the type, and a package without it refuses the
  /// file.
  @Test func otherPrecisionsAreTuned() throws {
    let sandbox = try sandbox()
    let words = ["tune", "tiny.rn", "--isa", "portable", "--precision", "int8", "--seconds", "0.1"]
    let run = try sandbox.run(words, environment: environment(sandbox))
    #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
    #expect(try sandbox.read("tiny.tuning").hasPrefix("resnetc tuning 1, portable-int8, batch 1, threads 1\n"))
    #expect(run.out.contains("Tiny, portable-int8, 1 thread: "))
    #expect(run.out.contains("resnetc tiny.rn --precision int8 --tuning tiny.tuning -o FOLDER"))
    let used = try sandbox.run(
      "tiny.rn", "-o", "a", "-q", "--isa", "portable", "--precision", "float32,int8", "--tuning", "tiny.tuning")
    #expect(used.code == 0 && used.err.isEmpty, "\(used.err)")
    let refused = try sandbox.run("tiny.rn", "-o", "b", "--isa", "portable", "--tuning", "tiny.tuning")
    #expect(refused.code == 1 && refused.err.contains("this tuning is for int8, and the package computes in float32"))
    #expect(refused.err.contains("tuning-choice") || refused.err.contains("--precision"), "\(refused.err)")
    #expect(!sandbox.exists("b"))
    let two = try sandbox.run("tune", "tiny.rn", "--precision", "int8,float16")
    #expect(two.code == 64 && two.err.contains("takes one type at a time"), "\(two.err)")
  }

  /// What is not faster as a whole is not kept: the file then says what the cost model says.
  @Test func defaultsStayWhereNothingIsGained() throws {
    let sandbox = try sandbox()
    let words = ["tune", "tiny.rn", "-o", "t", "--isa", "portable", "--seconds", "0.1"]
    let run = try sandbox.run(words, environment: environment(sandbox, more: ["TUNED": "4"]))
    #expect(run.code == 0 && run.out.contains("the defaults stay"), "\(run.err)")
    for folder in ["a", "b"] {
      let words = ["tiny.rn", "-o", folder, "-q", "--isa", "portable"] + (folder == "a" ? ["--tuning", "t"] : [])
      #expect(try sandbox.run(words).code == 0)
    }
    let plan = "/Sources/Tiny/PlanPortable.swift"
    let body = try ["a", "b"].map { try sandbox.read($0 + plan).split(separator: "\n").dropFirst() }
    #expect(body[0] == body[1])
  }

  @Test(arguments: [
    ("echo 'error: no such module' >&2; exit 1", "'swift build' failed", "no such module"),
    ("exit 0", "'swift build' made no command", "'tiny'"),
    (
      "while [ \"$1\" != --package-path ]; do shift; done; d=$2/.build/release; mkdir -p $d; "
        + "printf '#!/bin/sh\\necho bad luck >&2; exit 3' > $d/tiny; chmod +x $d/tiny", "ended with code 3", "bad luck"
    ),
    ("exit 127", "There is no 'swift' to build with", "swift.org"),
  ])
  func failuresLeaveNothing(script: String, message: String, reason: String) throws {
    let sandbox = try sandbox(toolchain: "#!/bin/sh\n" + script)
    let run = try sandbox.run(["tune", "tiny.rn", "--isa", "portable"], environment: environment(sandbox))
    #expect(run.code == 70 && run.err.contains(message) && run.err.contains(reason), "\(run.err)")
    #expect(try !sandbox.exists("tiny.tuning") && isEmpty(sandbox))
  }

  @Test func anInterruptionEndsTheBuildAndLeavesNothing() throws {
    let sandbox = try sandbox(toolchain: "#!/bin/sh\nsleep 60 & echo $! > \"$STAND_IN/sleeper\"; wait")
    let process = Process()
    process.executableURL = try commandURL()
    process.arguments = ["tune", "tiny.rn", "--isa", "portable", "-q"]
    process.currentDirectoryURL = sandbox.url
    process.environment = ProcessInfo.processInfo.environment.merging(environment(sandbox)) { $1 }
    let errors = Pipe()
    process.standardError = errors
    try process.run()
    let deadline = Date() + 30
    // The file is there a moment before the number in it.
    while (try? sandbox.read("sleeper"))?.hasSuffix("\n") != true, Date() < deadline { usleep(20_000) }
    kill(process.processIdentifier, SIGTERM)
    while process.isRunning, Date() < deadline { usleep(20_000) }
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 128 + SIGTERM)
    let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(said == "Interrupted. Nothing was written.\n")
    #expect(try !sandbox.exists("tiny.tuning") && isEmpty(sandbox))
    let text = try sandbox.read("sleeper").trimmingCharacters(in: .whitespacesAndNewlines)
    let sleeper = try #require(pid_t(text))
    // Gone, or on its way: whoever adopts it may take a moment to notice.
    for _ in 0..<100 where kill(sleeper, 0) == 0 { usleep(20_000) }
    #expect(kill(sleeper, 0) != 0)
  }

  @Test(arguments: [
    (["--isa", "avx512,avx2"], 64, "names one instruction set"),
    (["--isa", "all"], 64, "names one instruction set"),
    (["--isa", "sse"], 64, "Unknown instruction set"),
    (["--threads", "0"], 64, "from 1 to 256"),
    (["--seconds", "nan"], 64, "from 0.1 to 600"),
    (["-o", ""], 64, "names no file"),
    (["-o", "tmp"], 74, "it is a folder"),
    (["-o", "nowhere/x"], 74, "Cannot write 'nowhere/x'"),
    (["-o", "/dev/null"], 74, "not a plain file"),
  ])
  func mistakesAreFoundBeforeAnythingIsMeasured(words: [String], code: Int32, message: String) throws {
    let sandbox = try sandbox()
    let run = try sandbox.run(["tune", "tiny.rn"] + words, environment: environment(sandbox))
    #expect(run.code == code && run.err.contains(message), "\(run.err)")
    #expect(!sandbox.exists("calls"))
  }

  @Test func filesOfOthersAreKept() throws {
    let sandbox = try sandbox()
    try sandbox.write("mine", to: "tiny.tuning")
    let refused = try sandbox.run(["tune", "tiny.rn", "--isa", "portable"], environment: environment(sandbox))
    #expect(refused.code == 74 && refused.err.contains("it exists, and is not a tuning file"))
    #expect(try sandbox.read("tiny.tuning") == "mine" && !sandbox.exists("calls"))
  }

  @Test func mistakesInTheFileAreShown() throws {
    let sandbox = try sandbox()
    let head = "resnetc tuning 1, portable, batch 1, threads 1\n"
    for (text, message) in [
      (head + "3x3 s1 8x8x8 -> 8x8x8: winograd 2x2, blocks 17", "t:2:24"), (head + "what", "t:2:1"),
      ("", "error[tuning-file]: the file is empty"),
    ] {
      try sandbox.write(text, to: "t")
      let run = try sandbox.run("tiny.rn", "-o", "o", "--tuning", "t")
      #expect(run.code == 1 && run.err.contains(message), "\(run.err)")
    }
    try sandbox.write(head + "3x3 s1 8x8x8 -> 8x8x8: winograd 2x2\n", to: "t")
    let json = try sandbox.run("tiny.rn", "-o", "o", "-q", "--tuning", "t", "--batch", "2", "--diagnostics", "json")
    let list = try #require(try JSONSerialization.jsonObject(with: Data(json.err.utf8)) as? [[String: Any]])
    #expect(json.code == 0 && list.map { $0["code"] as? String } == ["tuning-unused"])
    let missing = try sandbox.run("tiny.rn", "-o", "o", "--tuning", "nowhere")
    #expect(missing.code == 74 && missing.err.contains("resnetc tune MODEL"))
    let exact = try sandbox.run("tiny.rn", "-o", "o", "--tuning", "t", "--exact")
    #expect(exact.code == 64 && exact.err.contains("'--exact' leaves '--tuning' nothing to choose"))
  }

  @Test(.enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"))
  func theRealToolchain() throws {
    let sandbox = try sandbox(toolchain: nil)
    let run = try sandbox.run(
      ["tune", "tiny.rn", "--seconds", "0.1"], environment: ["TMPDIR": sandbox("tmp").path])
    #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
    #expect(try isEmpty(sandbox))
    let compiled = try sandbox.run("tiny.rn", "-o", "o", "-q", "--tuning", "tiny.tuning")
    #expect(compiled.code == 0 && compiled.err.isEmpty, "\(compiled.err)")
  }
}
