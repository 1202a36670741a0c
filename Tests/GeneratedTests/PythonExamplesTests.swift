// The programs of Examples/Serve and Examples/BatchScoring, run as their READMEs say on the engines from the package index.
import Foundation
import TestTiers
import Testing

@Suite(.serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it")) struct PythonExamplesTests {
  private func tools(in folder: URL, for example: String) throws -> PythonTools {
    let python = try PythonTools(in: folder)
    let weights = models.appending(path: "digits20.safetensors").path
    _ = try python.generate("models/digits20.rn", ["--weights", weights], as: "Digits20Py")
    let requirements = repository.appending(path: "Examples/\(example)/requirements.txt").path
    try python.pip(["install", "./Digits20Py", "-r", requirements])
    return python
  }

  /// KServe over both protocols: four times what it carries, killed, started again. The client ends with an error where one
  /// answer is not the wheel's own to the bit.
  @Test(.enabled(if: PythonTools.isWhole, "for whole runs of the slow tier, or no Python and package index"))
  func servedAnswersAreRightUnderAnyLoad() throws {
    try withTemporaryFolder { folder in
      let python = try tools(in: folder, for: "Serve")
      let script = repository.appending(path: "Examples/Serve/load.py").path
      let lines = try python.call([script, "--seconds", "2"]).split(separator: "\n").filter { $0.hasPrefix("{") }
      #expect(lines.count == 8)
      for line in lines {
        let report = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(report["wrong"] as? Int == 0 && (report["right"] as? Int ?? 0) > 0, "\(line)")
        print(line)
      }
    }
  }

  /// Ray and Spark hand out files in orders of their own, and come to the same rows as a loop.
  @Test(
    .enabled(
      if: PythonTools.isWhole && isInstalled("java"),
      "for whole runs of the slow tier, or no Python, package index and Java"
    ))
  func foldersAreScoredAlikeOnRayAndOnSpark() throws {
    try withTemporaryFolder { folder in
      let python = try tools(in: folder, for: "BatchScoring")
      let example = repository.appending(path: "Examples/BatchScoring")
      try python.call([example.appending(path: "make_photos.py").path, "photos", "120", "--damaged"])
      var tables: [String] = []
      for (engine, workers) in [("plain", 1), ("on_ray", 2), ("on_spark", 2)] {
        let output = try python.call([
          example.appending(path: "\(engine).py").path, "photos", "\(engine).csv", "--workers", "\(workers)",
        ])
        #expect(output.contains("\"pictures\": 122, \"unreadable\": 2, \"workers\": \(workers),"), "\(output)")
        tables.append(try String(contentsOf: folder.appending(path: "\(engine).csv"), encoding: .utf8))
      }
      #expect(tables[0] == tables[1] && tables[0] == tables[2])
      let rows = tables[0].split(whereSeparator: \.isNewline)
      #expect(rows.count == 123 && rows[0] == "path,class,probability,error")
      #expect(rows.dropFirst().dropLast(2).allSatisfy { $0.hasSuffix(",") && !$0.contains(",-1,") })
      #expect(rows.suffix(2).map { $0.split(separator: "/").last ?? "" }.allSatisfy { $0.contains(",-1,0.0,") })
    }
  }
}
