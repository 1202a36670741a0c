// Many images through a network, and what is counted of them. The network is a stand-in whose scores are the colours of
// the only pixel that it sees: red, green, blue and nothing are its four classes.

import Foundation
import Testing

@testable import ResNetRuntime

/// Scores red, green, blue and 0.1 of images of one pixel.
private func colours(batch: Int, answer: Answer = .values) -> ModelDescription {
  let kernel: KernelFunction = { _, source, _, _, output, _, _, _, _ in
    // Every call computes a whole batch, whose images lie 3 and 4 floats apart.
    for image in 0..<4 {
      for class_ in 0..<3 { output[4 * image + class_] = source[3 * image + class_] }
      output[4 * image + 3] = 0.1
    }
  }
  let single: KernelFunction = { _, source, _, _, output, _, _, _, _ in
    for class_ in 0..<3 { output[class_] = source[class_] }
    output[3] = 0.1
  }
  let plan = PlanDescription(
    isa: .portable, lanes: 4, arenaFloats: 64, scratchFloats: 0, weightFloats: 16,
    steps: """
      input, lanes 1
      head.fc, kernel 0 of 1 units, at 16, weights 0, vectors 1
      """, kernels: batch == 1 ? single : kernel)
  return ModelDescription(
    name: "Colours", batch: batch, answer: answer,
    layers: """
      input input, 3, 1x1
      head.fc linear, 3 to 4, 1x1, reads input, weight fc.weight, bias fc.bias
      """, plans: [plan],
    preprocess: Preprocess(
      resize: .shortSide(1), filter: .bilinear, cropHeight: 1, cropWidth: 1, mean: [0, 0, 0], std: [1, 1, 1]))
}

/// A PPM file of one pixel.
private func pixel(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Data {
  Data("P6 1 1 255\n".utf8 + [red, green, blue])
}

@discardableResult
private func withFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
  let folder = URL(filePath: temporaryPath())
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder)
}

@Suite struct EvaluationTests {
  /// Threads, batches and damaged files change neither the order nor a bit.
  @Test func anyNumberOfThreadsSaysTheSame() throws {
    try withFolder { folder in
      var paths: [String] = []
      for index in 0..<57 {
        let url = folder.appending(path: "\(index).ppm")
        let colours = noise(seed: index, count: 3)
        try (index % 9 == 4 ? Data("damaged".utf8) : pixel(colours[0], colours[1], colours[2])).write(to: url)
        paths.append(url.path)
      }
      for batch in [1, 4] {
        for (threads, engineThreads) in [(1, 1), (2, 1), (3, 1), (2, 2)] {
          let engine = try Engine(
            colours(batch: batch), weights: "random:1", threads: .exactly(engineThreads), isa: nil)
          var found: [[Float]?] = []
          try ImageRun(Ensemble(engine), threads: threads).run(paths, transform: { $1 }) { index, result in
            #expect(index == found.count)
            found.append(try? result.value.get())
          }
          #expect(found.count == 57)
          for (index, scores) in found.enumerated() {
            let expected = noise(seed: index, count: 3).map { Float($0) / 255 } + [0.1]
            #expect(scores == (index % 9 == 4 ? nil : expected), "\(index) of \(threads) threads, batch \(batch)")
          }
        }
      }
    }
  }

  @Test func stopsBetweenImages() throws {
    try withFolder { folder in
      let url = folder.appending(path: "a.ppm")
      try pixel(1, 2, 3).write(to: url)
      let engine = try Engine(colours(batch: 1), weights: "random:1", threads: 1, isa: nil)
      var count = 0
      try ImageRun(Ensemble(engine), threads: 1).run(
        Array(repeating: url.path, count: 100), transform: { $1 }, isStopped: { count == 5 },
        deliver: { _, _ in count += 1 })
      #expect(count == 5)
    }
  }

  private let images = [0, 0, 0, 1, 1, 2].enumerated().map { LabelledImage(path: "\($0).png", label: $1) }

  @Test func countsErrorsAndConfusions() {
    var evaluation = Evaluation(images)
    for (index, scores) in [
      [0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.5, 0.5, 0], [0, 1, 0], [0.2, 0.5, 0.3],
    ].enumerated() {
      evaluation.results[index] = EvaluatedImage(scores.map { Float($0) }, label: images[index].label)
    }
    #expect(evaluation.results.map { $0?.rank } == [1, 2, 2, 2, 1, 2], "of equal scores the first")
    #expect(evaluation.accuracy(top: 1) == 2 / 6.0 && evaluation.accuracy(top: 2) == 1)
    let confusions = evaluation.confusions.map { [$0.own, $0.named, $0.count, $0.of] }
    #expect(confusions == [[0, 1, 2, 3], [1, 0, 1, 2], [2, 1, 1, 1]])
    #expect(evaluation.worst(3) == [1, 2, 3])
    #expect(evaluation.classes.map { [$0.label, $0.count, $0.right] } == [[0, 3, 1], [1, 2, 1], [2, 1, 0]])
    let report = EvaluateReport(
      model: "Net", evaluation: evaluation, labels: nil, classes: 3, crops: 1, isProbability: true, answered: 6,
      seconds: 2)
    let text = report.text()
    #expect(text.hasPrefix("Net, 6 of 6 images, 1 crop, 3.0 images/s\n"))
    #expect(text.contains("top-1   33.33 %  66.67 %") && !text.contains("top-5"), "\(text)")
    #expect(text.contains("class 0  class 1         2   3"), "\(text)")
  }

  @Test func foldersAreClasses() throws {
    try withFolder { folder in
      for name in ["b/2.png", "b/1.JPG", "a/x.bmp", "a/in/deep.ppm", "a/notes.txt", "c/.png"] {
        let url = folder.appending(path: name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: url)
      }
      func read(_ classes: Int, _ labels: [String]? = nil) throws -> [String] {
        let (images, _) = try labelledImages(folder.path, classes: classes, labels: labels.map { Labels($0) })
        return images.map { "\($0.path.dropFirst(folder.path.count + 1)) \($0.label)" }
      }
      let expected = ["a/x.bmp 0", "a/in/deep.ppm 0", "b/1.JPG 1", "b/2.png 1", "c/.png 2"]
      #expect(try read(3) == expected)
      let named = ["a/x.bmp 3", "a/in/deep.ppm 3", "b/1.JPG 0", "b/2.png 0", "c/.png 1"]
      #expect(try read(4, ["b", "c", "none", "a"]) == named, "by their names, and one may be missing")
      guard case .evaluationImages(_, nil, let reason)? = thrown({ _ = try read(4) }) else {
        Issue.record("four classes")
        return
      }
      #expect(reason.contains("3 folders where the model has 4 classes") && reason.contains("--labels"))
      #expect(try imageFiles(folder.path + "/b/*.[Jp]*").map { $0.suffix(5) } == ["1.JPG", "2.png"])
      #expect(try imageFiles(folder.path + "/b").count == 2)
      #expect(try imageFiles("/nowhere.png") == ["/nowhere.png"])
      #expect(thrown { _ = try imageFiles(folder.path + "/*.gif") } == .noImages(path: folder.path + "/*.gif"))
    }
  }

  @Test func numberedFoldersAreCountedAsText() throws {
    try withFolder { folder in
      for name in 0..<11 {
        let url = folder.appending(path: "\(name)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        try Data().write(to: url.appending(path: "i.png"))
      }
      let (images, notes) = try labelledImages(folder.path, classes: 11, labels: nil)
      #expect(
        images.map { $0.path.split(separator: "/").dropLast().last } == [
          "0", "1", "10", "2", "3", "4", "5", "6", "7", "8", "9",
        ])
      #expect(notes.count == 1)
    }
  }

  @Test func listsNameClasses() throws {
    let labels = Labels(["tabby cat", "cat", "dog"])
    func read(_ text: String, _ labels: Labels?) throws -> [String] {
      try withFile(Array(text.utf8)) { path in
        try labelledImages(path, classes: 3, labels: labels).images.map {
          let name = $0.path.hasPrefix(folder(of: path)) ? String($0.path.dropFirst(folder(of: path).count)) : $0.path
          return "\(name):\($0.label)"
        }
      }
    }
    #expect(try read("a.png 2\n\n/b c.png\t0 \r\n", nil) == ["a.png:2", "/b c.png:0"])
    #expect(try read("a.png tabby cat\nb.png cat\nc.png 2", labels) == ["a.png:0", "b.png:1", "c.png:2"])
    for (text, labels, line) in [("a.png 1\nb.png 3", nil, 2), ("a.png", labels, 1), ("a.png cow", labels, 1)]
      as [(String, Labels?, Int)]
    {
      guard case .evaluationImages(_, line, _)? = thrown({ _ = try read(text, labels) }) else {
        Issue.record("\(text)")
        continue
      }
    }
    #expect(throws: ModelError.self) { try read("\n\n", nil) }
    #expect(throws: ModelError.self) { try withFile([0x61, 0xFF]) { try labelledImages($0, classes: 3, labels: nil) } }
  }

  @Test func resumesWhatItWrote() throws {
    let path = temporaryPath()
    defer { try? FileManager.default.removeItem(atPath: path) }
    func setting(_ crops: Int) -> EvaluationSetting {
      EvaluationSetting(model: "Net", weights: ["random:1"], images: images, crops: crops, orients: false)
    }
    #expect(try readResumeFile(path, setting(1), count: 6) == Array(repeating: nil, count: 6))
    var results = [EvaluatedImage?](repeating: nil, count: 6)
    results[4] = EvaluatedImage(predicted: 2, score: 0.1 + 0.2, rank: 3, ownScore: 1e-30)
    results[0] = EvaluatedImage(predicted: 0, score: -.greatestFiniteMagnitude, rank: 1, ownScore: 5)
    try writeResumeFile(path, setting(1), results)
    #expect(try readResumeFile(path, setting(1), count: 6) == results)
    guard case .resumeFile(_, let reason)? = thrown({ _ = try readResumeFile(path, setting(10), count: 6) }) else {
      Issue.record("ten crops are not one")
      return
    }
    #expect(reason.contains("its crops is '1' where this evaluation's is '10'"))
    let text = try String(contentsOfFile: path, encoding: .utf8)
    for (old, new) in [("4 2", "6 2"), ("4 2", "4 x"), (" 3 ", " 0 "), ("evaluation by", "by")] {
      try text.replacingOccurrences(of: old, with: new).write(toFile: path, atomically: true, encoding: .utf8)
      #expect(throws: ModelError.self, "\(new)") { try readResumeFile(path, setting(1), count: 6) }
    }
  }

  @Test func writesArraysOfNumPy() throws {
    let path = temporaryPath() + ".npy"
    defer { try? FileManager.default.removeItem(atPath: path) }
    do {
      let dropped = try NPYWriter(path, columns: 2)
      dropped.add([1, 2])
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    let writer = try NPYWriter(path, columns: 3)
    writer.add([1, -2, 3.5])
    writer.add([0, 0, .infinity])
    try writer.finish()
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    // What numpy.save writes of the same but for the spaces: magic, version 1.0, length, a dictionary, a line's end.
    #expect(bytes[..<10] == [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, 1, 0, 118, 0] && bytes.count == 128 + 24)
    let header = String(decoding: bytes[10..<128], as: UTF8.self)
    #expect(header.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } ") && header.hasSuffix(" \n"))
    #expect(Array(bytes[128...]) == littleEndian([1, -2, 3.5, 0, 0, .infinity]))
    try expectReplaceable(path, beginning: NPYWriter.signature, "array")
    #expect(throws: ModelError.self) { try expectReplaceable(path, beginning: [1], "other") }
  }

  @Test func lengthOne() {
    #expect(normalised([3, 4]) == [0.6, 0.8] && normalised([0, 0]) == [0, 0])
    #expect(normalised([1e30, 0]) == [1, 0] && normalised([1e-30, 0]) == [1, 0], "squares are in double precision")
  }

  @Test func saysHowFarItIs() {
    let progress = Progress(total: 50_000, before: 1000, isTerminal: false)
    #expect(progress.text(2000, seconds: 4) == "2,000 of 50,000 images, 250.0 images/s, 3 min 12 s left")
    #expect(progress.text(1000, seconds: 4) == "1,000 of 50,000 images")
    #expect(duration(0.2) == "1 s" && duration(7500) == "2 h 5 min" && grouped(-1234567) == "-1,234,567")
  }

  /// The value before the classes, where it is there.
  @Test func featuresAreWhatTheClassesAreMadeOf() throws {
    let model = colours(batch: 4)
    let engine = try Engine(model, weights: "random:1", threads: 1, isa: nil)
    let layer = try featureLayer(engine.layers, engine.outputs)
    #expect(engine.layers[layer].name == "input")
    try withFolder { folder in
      let paths = try (0..<5).map { index in
        let url = folder.appending(path: "\(index).ppm")
        try pixel(UInt8(index), 51, 255).write(to: url)
        return url.path
      }
      var rows: [[Float]] = []
      try ImageRun(Ensemble(engine), threads: 1, values: .embedding).run(paths, transform: { $1 }) { _, result in
        if let row = try? result.value.get() { rows.append(row) }
      }
      #expect(rows == (0..<5).map { [Float($0) / 255, 0.2, 1] })
    }
    #expect(throws: ModelError.self) { try featureLayer(Array(engine.layers[..<1]), engine.outputs) }
  }
}
