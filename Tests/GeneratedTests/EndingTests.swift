// What a package says of its outputs, and of weights and values that spoil them: three small networks that differ in how
// they end, through the commands that they bring.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

extension Net {
  /// What a command says does not depend on its kernels: only the one that also meets denormal numbers has more, all in
  /// the slow tier.
  static let endings = ["Tagger", "Scorer", "Trunk"].map {
    var net = Net(name: $0, source: "Tests/Fixtures/answers/\($0.lowercased()).rn", targets: [.portable])
    // With room for two, three images are a full batch and half of one.
    if $0 == "Scorer" { net.batch = 2 }
    if $0 == "Tagger" {
      net.targets = Target.all
      if !isSlowRun { net = net.forOneInstructionSet(2) }
    }
    return net
  }
}

@Suite(.serialized) struct EndingTests {
  private let image = models.appending(path: "digits/digit0_0030.png").path
  private var tagger: Net { Net.endings[0] }
  private var trunk: Net { Net.endings[2] }

  private func execute(_ net: Net, _ arguments: String..., in folder: URL) throws -> CommandResult {
    try execute(net, arguments, in: folder)
  }

  private func execute(_ net: Net, _ arguments: [String], in folder: URL) throws -> CommandResult {
    try GeneratedTests.execute(try Umbrella.small.get().command(of: net).path, arguments, in: folder)
  }

  /// Writes seeded weights of `net` in which `change` has changed what it likes, and `more` tensors of one value.
  private func write(
    _ net: Net, to url: URL, more: [String] = [], _ change: (String, inout [Float]) -> Void = { _, _ in }
  ) throws {
    let tensors = try net.compiled().lowered.tensors.map { (name: $0.name, shape: $0.shape) }
    try writeSafetensors(tensors + more.map { (name: $0, shape: [1]) }, to: url) { name, shape in
      var values = RandomTensors(seed: 1).tensor(name, shape)
      change(name, &values)
      return values
    }
  }

  /// The scores of a `classify` of one image, in the order of the classes.
  private func scores(_ output: String) throws -> [Double] {
    var scores = [Double](repeating: .nan, count: 5)
    for line in output.split(separator: "\n") where line.contains("class ") {
      let words = line.split(separator: " ")
      scores[try #require(words.last.flatMap { Int($0) })] = try #require(Double(words[0]))
    }
    return scores
  }

  @Test func classifyPrintsWhatTheNetworkEndsIn() throws {
    try withTemporaryFolder { scratch in
      let tags = try execute(tagger, "classify", image, "--weights", "random:1", in: scratch)
      let values = try execute(Net.endings[1], "classify", image, "--weights", "random:1", in: scratch)
      #expect(tags.status == 0 && values.status == 0)
      #expect(!tags.output.contains("Note:") && tags.output.contains(" %  class "))
      #expect(values.output.contains("Note: outputs as they are") && values.output.contains("'softmax' or 'sigmoid'"))
      #expect(!values.output.contains("%"))
      // The same network but for its sigmoid.
      for (tag, value) in zip(try scores(tags.output), try scores(values.output)) {
        #expect(abs(tag / 100 - 1 / (1 + exp(-value))) < 0.00006)
      }
    }
  }

  @Test func classifyNotesWhatAPictureSays() throws {
    let jpeg = models.deletingLastPathComponent().appending(path: "Tests/RuntimeTests/Fixtures/jpeg")
    try withTemporaryFolder { scratch in
      func classify(_ name: String, _ options: String...) throws -> CommandResult {
        let path = jpeg.appending(path: name).path
        return try execute(tagger, ["classify", path, "--weights", "random:1"] + options, in: scratch)
      }
      let stored = try classify("orientation_6.jpg")
      #expect(stored.status == 0)
      #expect(
        stored.output.contains(
          "is stored turned left, and taken so, as torchvision does; --orient turns it upright"))
      let upright = try classify("orientation_6.jpg", "--orient")
      #expect(upright.status == 0 && !upright.output.contains("Note:"))
      #expect(try scores(upright.output) != scores(stored.output))
      #expect(try !classify("orientation_1.jpg").output.contains("Note:"))
      let damaged = try classify("stray_bytes.jpg")
      #expect(damaged.status == 0 && damaged.output.contains("stray_bytes.jpg' is read, but 5 bytes at byte 20 mean"))
      let cut = scratch.appending(path: "cut.jpg")
      try Data(contentsOf: jpeg.appending(path: "pillow_grey.jpg")).prefix(400).write(to: cut)
      let refused = try execute(tagger, "classify", cut.path, "--weights", "random:1", in: scratch)
      #expect(refused.status == 1 && refused.output.contains("cut.jpg': it is cut short at byte 400"))
    }
  }

  private struct Classified: Decodable, Equatable {
    struct Class: Decodable, Equatable {
      let `class`: Int
      let label: String?
      let score: Float
    }
    let image: String
    let classes: [Class]?
    let error: String?
  }

  /// What is damaged or missing is named, and the others go on, as many in a call as the batch holds.
  @Test func oneBadPictureStopsNoOthers() throws {
    let digits = models.appending(path: "digits").path
    let good = ["digit0_0030.png", "digit1_0011.png", "digit2_0012.png"].map { "\(digits)/\($0)" }
    try withTemporaryFolder { scratch in
      try Data("no picture".utf8).write(to: scratch.appending(path: "bad, \"one\".png"))
      let paths = [good[0], "bad, \"one\".png", good[0], "missing.png"] + good
      let words = ["--weights", "random:1", "--top", "2"]
      let alone = try good.map { path in
        let output = try execute(Net.endings[1], ["classify", path, "--json"] + words, in: scratch).output
        return try #require(try json(output).first)
      }
      let text = try execute(Net.endings[1], ["classify"] + paths + words, in: scratch)
      #expect(text.status == 1, "\(text.output)")
      #expect(text.output.contains("Error: cannot open 'missing.png'"))
      #expect(good.allSatisfy { text.output.contains("\($0)\n") })

      let list = try execute(Net.endings[1], ["classify"] + paths + words + ["--json"], in: scratch)
      let images = try json(list.output)
      #expect(list.status == 1 && images.map(\.image) == paths)
      #expect(images.map { $0.classes != nil } == paths.map { good.contains($0) })
      for image in images where image.error == nil {
        #expect(image.classes?.count == 2 && alone.contains(image), "a batch changes no answer")
      }

      let table = try execute(Net.endings[1], ["classify"] + paths + words + ["--csv"], in: scratch)
      let lines = table.output.split(separator: "\n").filter { $0.hasPrefix(digits) }
      #expect(table.status == 1 && table.output.contains("image,rank,class,label,score\n"))
      #expect(lines.count == 2 * (good.count + 2) && lines.allSatisfy { $0.split(separator: ",").count == 4 })
      let both = try execute(Net.endings[1], ["classify", good[0], "--json", "--csv"] + words, in: scratch)
      #expect(both.status == 64)
    }
  }

  /// The list in what a command printed, errors and notes aside.
  private func json(_ output: String) throws -> [Classified] {
    let start = try #require(output.range(of: "[\n")), end = try #require(output.range(of: "\n]"))
    let lines = output[start.lowerBound..<end.upperBound].split(separator: "\n")
      .filter { !$0.hasPrefix("Error: ") && !$0.hasPrefix("Note: ") }
    return try JSONDecoder().decode([Classified].self, from: Data(lines.joined(separator: "\n").utf8))
  }

  @Test func subcommandsHaveTheirHelp() throws {
    try withTemporaryFolder { scratch in
      for command in ["classify", "evaluate", "embed", "logits", "bench", "pack", "verify"] {
        let help = try execute(tagger, command, "--help", in: scratch)
        #expect(help.status == 0 && help.output.hasPrefix("USAGE: tagger \(command) "))
        let parts = help.output.components(separatedBy: "OPTIONS:\n")
        try #require(parts.count == 2, "\(help.output)")
        for match in parts[0].matches(of: /-(-[a-z-]+|o)\b/) {
          #expect(parts[1].contains("\n  \(match.output.0)") || parts[1].hasPrefix("  \(match.output.0)"), "\(command)")
        }
        // Also behind other words, and as `help` has it.
        #expect(try execute(tagger, command, "x", "-h", in: scratch).output == help.output)
        #expect(try execute(tagger, "help", command, in: scratch).output == help.output)
      }
      let overview = try execute(tagger, "--help", in: scratch)
      #expect(
        overview.output.contains("  classify IMAGE... --weights W [--labels L] [--top K] [--orient] [--json|--csv]\n"))
      let unknown = try execute(tagger, "help", "clasify", in: scratch)
      #expect(unknown.status == 64 && unknown.output.contains("did you mean 'classify'?"))
    }
  }

  @Test func aNetworkWithoutAHeadNamesNoClasses() throws {
    try withTemporaryFolder { scratch in
      let result = try execute(trunk, "classify", image, "--weights", "random:1", in: scratch)
      #expect(result.status == 1)
      #expect(result.output.contains("a map of 32 x 6 x 6 values and has no classes to name"), "\(result.output)")
    }
  }

  @Test func aHeadsWeightsAreLeftOutWithANote() throws {
    try withTemporaryFolder { scratch in
      try write(trunk, to: scratch.appending(path: "w"), more: ["fc.bias", "fc.weight"])
      try write(trunk, to: scratch.appending(path: "strange"), more: ["fc.bias", "layer3.0.conv1.weight"])
      let note =
        "Note: the weights hold 2 tensors of layers after this network's end, which are not used: 'fc.bias', "
        + "'fc.weight'\n"
      for arguments in [["verify", "--quiet"], ["pack", "-o", "p"]] {
        let result = try execute(trunk, arguments + ["--weights", "w"], in: scratch)
        #expect(result.status == 0 && result.output.hasSuffix(note), "\(result.output)")
      }
      #expect(try !execute(trunk, "verify", "--weights", "w", "--packed", "p", in: scratch).output.contains("Note:"))
      let result = try execute(trunk, "verify", "--weights", "strange", in: scratch)
      #expect(result.status == 1 && result.output.contains("have: 'layer3.0.conv1.weight' is left over"))
    }
  }

  @Test func uselessWeightsAreNamed() throws {
    try withTemporaryFolder { scratch in
      try write(tagger, to: scratch.appending(path: "w")) { name, values in
        if name == "layer1.0.bn1.running_var" { values[3] = -1 }
      }
      for command in ["classify \(image)", "verify", "bench", "pack -o p"] {
        let arguments = command.split(separator: " ").map(String.init) + ["--weights", "w"]
        let result = try execute(tagger, arguments, in: scratch)
        #expect(result.status == 1 && result.output.hasPrefix("Error: layer1.0.bn1.running_var[3] = -1, "))
      }
    }
  }

  /// Sound weights that overflow in the second convolution; and an image that is no number.
  @Test func outputsThatAreNoNumbersAreNamed() throws {
    try withTemporaryFolder { scratch in
      try write(Net.endings[1], to: scratch.appending(path: "w")) { name, values in
        if name == "bn1.weight" || name == "layer1.0.bn1.weight" { values = values.map { $0 * 1e25 } }
      }
      let size = 3 * 12 * 12
      var pixels = [Float](repeating: 1, count: 2 * size)
      try GeneratedTests.write(pixels, to: scratch.appending(path: "in"))
      pixels[size + 7] = .nan
      try GeneratedTests.write(pixels, to: scratch.appending(path: "nan"))
      let classified = try execute(Net.endings[1], "classify", image, "--weights", "w", in: scratch)
      #expect(classified.status == 1 && classified.output.contains("'conv2_1.1' is the first"), "\(classified.output)")
      let logits = try execute(
        Net.endings[1], "logits", "--weights", "w", "--input", "in", "--output", "out", in: scratch)
      #expect(logits.status == 0, "\(logits.output)")
      #expect(logits.output.contains("Warning: image 1 of 2 in 'in': "), "\(logits.output)")
      #expect(logits.output.contains("'conv2_1.1' is the first"))
      let second = try execute(
        Net.endings[1], "logits", "--weights", "random:1", "--input", "nan", "--output", "out", in: scratch)
      #expect(second.status == 0 && second.output.contains("Warning: image 2 of 2 in 'nan': "), "\(second.output)")
      #expect(second.output.contains("value 7 of the image"))
      #expect(try Data(contentsOf: scratch.appending(path: "out")).count == 2 * 5 * 4)
    }
  }

  /// Half of the channels hold denormal weights, or denormal values: as close to double precision as ever.
  @Test(arguments: Net.endings[0].isas) func denormalsDoNotSpoilTheAnswer(isa: ISA) throws {
    try withTemporaryFolder { scratch in
      try write(tagger, to: scratch.appending(path: "weights")) { name, values in
        guard name.hasSuffix("conv2.weight") else { return }
        for index in values.indices.prefix(values.count / 2) { values[index] *= 0x1p-130 }
      }
      try write(tagger, to: scratch.appending(path: "values")) { name, values in
        guard name.hasSuffix("bn1.weight") || name.hasSuffix("bn1.bias") else { return }
        for index in values.indices.prefix(values.count / 2) { values[index] *= 0x1p-130 }
      }
      for weights in ["weights", "values"] {
        let result = try execute(tagger, "verify", "--quiet", "--weights", weights, "--isa", "\(isa)", in: scratch)
        #expect(result.status == 0 && result.output.contains("within 1.0e-04"), "\(result.output)")
        print("denormal \(weights), \(result.output)", terminator: "")
      }
    }
  }
}
