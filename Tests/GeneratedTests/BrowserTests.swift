// The page of a network in a real browser: it names what is in a picture, says what is wrong, and asks nobody else.
import Foundation
import ResNetRuntime
import TestTiers
import Testing

@Suite(
  .serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it"),
  .enabled(if: isInstalled("chromium"), "needs chromium"),
  .enabled(if: isInstalled("node") && isInstalled("wasm-ld") && isInstalled("make"), "needs node, wasm-ld and make")
) struct BrowserTests {
  @Test func aPageClassifiesPictures() throws {
    try withTemporaryFolder { folder in
      let digits = models.appending(path: "digits")
      let labels = try String(contentsOf: digits.appending(path: "labels.txt"), encoding: .utf8)
        .split(separator: "\n").map(String.init)
      let package = try CPackage(
        Net.digits.portable, in: folder, isSingleFile: false, compiler: "", hasWeb: true, labels: labels)
      _ = try package.pack(models.appending(path: "digits20.safetensors"), for: .portable)
      try package.makeWeb()

      let photographs = try Photograph.known.filter { ["orientation_", "pillow_"].contains(where: $0.name.hasPrefix) }
      #expect(photographs.count > 8)
      let copies = package.web.appending(path: "pictures")
      try FileManager.default.createDirectory(at: copies, withIntermediateDirectories: true)
      for photograph in photographs {
        try FileManager.default.copyItem(at: photograph.file, to: copies.appending(path: photograph.name))
      }

      // The last is a digit that the network takes for another, as PyTorch does, by 51.48 to 47.71 per cent.
      let pictures = ["digit0_0030.png", "digit5_0033.png", "labels.txt", "digit3_0449.png"]
      let visit = try Visit(to: package.web, pictures.map { digits.appending(path: $0) })
      #expect(visit.started.status == "Ready.")
      #expect(visit.started.error == "")
      let best = visit.results.map { $0.classes.first?.first }
      #expect(best == ["zero", "five", nil, "nine"])
      #expect(visit.results.map(\.classes.count) == [5, 5, 0, 5])
      #expect(visit.results[0].classes[0][1] == "100.0 %")
      #expect(visit.results[3].classes.prefix(2) == [["nine", "51.5 %"], ["three", "47.7 %"]])
      #expect(visit.results[3].time.contains("ms"))
      #expect(visit.results.map(\.error) == ["", "", "'labels.txt' is no picture that this browser can read.", ""])

      let own = [
        "", "digits20.mjs", "digits20.portable.packed", "digits20.wasm", "page.css", "page.mjs", "picture.mjs",
        "preprocess.mjs", "resize.mjs",
      ]
      #expect(visit.requested.sorted() == own.map { "\(visit.origin)/\($0)" })
      #expect(visit.served.sorted() == own.map { "GET /\($0)" })
      #expect(visit.blocked == ["blocked", "blocked", "blocked"])

      #expect(visit.readsStrips)
      for photograph in photographs {
        let sums = visit.checksums[photograph.name]?.compactMap(\.last)
        #expect(sums == [photograph.crc, photograph.upright], "\(photograph.name) is not what Pillow reads")
      }

      try FileManager.default.removeItem(at: copies)
      try expectSentences(package)
    }
  }

  /// Weights that are missing or damaged, and a module of something else.
  private func expectSentences(_ package: CPackage) throws {
    let packed = package.web.appending(path: "digits20.portable.packed")
    let wasm = package.web.appending(path: "digits20.wasm")
    var bytes = try Data(contentsOf: packed)
    let elsewhere = package.folder.appending(path: "chosen.packed")
    try FileManager.default.moveItem(at: packed, to: elsewhere)
    let missing = try Visit(to: package.web, [])
    #expect(missing.started.status == "There are no weights beside this page: choose a file of packed weights.")
    #expect(missing.started.error == "")
    let digit = models.appending(path: "digits/digit0_0030.png")
    let chosen = try Visit(to: package.web, [digit], weights: elsewhere)
    #expect(chosen.started.status == "Ready.")
    #expect(chosen.results[0].classes[0] == ["zero", "100.0 %"])
    let foreign = try Visit(to: package.web, [], weights: digit)
    #expect(foreign.started.error.hasPrefix("These are no packed weights: make them with "))

    bytes[bytes.count - 1] ^= 1
    try bytes.write(to: packed)
    let damaged = try Visit(to: package.web, [])
    #expect(damaged.started.status == "The network is not loaded.")
    #expect(damaged.started.error == "The weights are damaged: fetch them again, or pack again.")

    try Data("no module".utf8).write(to: wasm)
    let wrong = try Visit(to: package.web, [])
    #expect(wrong.started.error.hasPrefix("This is no WebAssembly module that runs here (it needs SIMD): "))
  }
}

/// What `browser.mjs` prints.
private struct Visit: Decodable {
  struct Page: Decodable {
    let status: String
    let error: String
    /// Name and score.
    let classes: [[String]]
    let time: String
  }

  let origin: String
  let started: Page
  let results: [Page]
  let requested: [String]
  let served: [String]
  /// What became of a request to elsewhere, of an image, and of a script within the page.
  let blocked: [String]
  /// Of each photograph, as it is stored and upright: width, height, checksum.
  let checksums: [String: [[UInt32]]]
  /// A picture of five million pixels is as it was.
  let readsStrips: Bool

  /// - Parameter weights: a file that the user chooses.
  init(to folder: URL, _ pictures: [URL], weights: URL? = nil) throws {
    let variables = weights.map { ["BROWSER_WEIGHTS=\($0.path)"] } ?? []
    let result = try run("env", variables + ["node", script("browser"), folder.path] + pictures.map(\.path))
    self = try JSONDecoder().decode(Visit.self, from: Data(result.output.utf8))
  }
}

/// A JPEG file with what Pillow makes of it, from scripts/jpeg_fixtures.py.
private struct Photograph: Decodable {
  let name: String
  /// CRC-32 of red, green and blue.
  let crc: UInt32
  /// Of the same picture turned as its camera noted.
  let upright: UInt32

  static var folder: URL { repository.appending(path: "Tests/RuntimeTests/Fixtures") }
  var file: URL { Self.folder.appending(path: "jpeg/\(name)") }

  static var known: [Photograph] {
    get throws {
      try JSONDecoder().decode([Photograph].self, from: Data(contentsOf: folder.appending(path: "jpeg.json")))
    }
  }
}
