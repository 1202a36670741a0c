// `resnetc decompile`: from the names and shapes of torchvision's and timm's state dicts, as scripts wrote them down, to
// sources that say what models/ say.
import Foundation
import Testing

private let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

/// Lines of a name and a shape: of a network in models/, or of one of scripts/decompile_names.py.
private func names(_ name: String) throws -> [String] {
  let places = ["CompilerTests/Fixtures/names", "CommandTests/Fixtures/decompile"]
  let files = places.map { tests.appendingPathComponent("\($0)/\(name).txt") }
  let file = try #require(files.first { FileManager.default.fileExists(atPath: $0.path) })
  return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
}

/// A checkpoint of these tensors, all zero: a header, and a hole behind it.
private func write(_ lines: [String], to url: URL) throws {
  var entries: [String] = []
  var offset = 0
  for line in lines {
    let words = line.split(separator: " ").map(String.init)
    let shape = words.dropFirst().compactMap { Int($0) }
    let end = offset + 4 * shape.reduce(1, *)
    entries.append("\"\(words[0])\":{\"dtype\":\"F32\",\"shape\":\(shape),\"data_offsets\":[\(offset),\(end)]}")
    offset = end
  }
  let header = Data("{\(entries.joined(separator: ","))}".utf8)
  let length = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Data($0) }
  try (length + header).write(to: url)
  let handle = try FileHandle(forWritingTo: url)
  try handle.truncate(atOffset: UInt64(8 + header.count + offset))
  try handle.close()
}

/// The paper's networks for CIFAR-10 of depth 6n + 2.
private func cifar(_ n: Int) -> [String] {
  func norm(_ path: String, _ width: Int) -> [String] {
    ["weight", "bias", "running_mean", "running_var"].map { "\(path).\($0) \(width)" } + ["\(path).num_batches_tracked"]
  }
  var lines = ["conv1.weight 16 3 3 3"] + norm("bn1", 16)
  var channels = 16
  for (stage, width) in [16, 32, 64].enumerated() {
    for block in 0..<n {
      let path = "layer\(stage + 1).\(block)"
      lines += ["\(path).conv1.weight \(width) \(channels) 3 3"] + norm("\(path).bn1", width)
      lines += ["\(path).conv2.weight \(width) \(width) 3 3"] + norm("\(path).bn2", width)
      channels = width
    }
  }
  return lines + ["fc.weight 10 64", "fc.bias 10"]
}

private func fixture(_ name: String) -> String {
  tests.appendingPathComponent("CommandTests/Fixtures/convert/\(name)").path
}

@Suite struct DecompileCommandTests {
  @Test(arguments: [
    ("resnet18", "resnet18"), ("resnet34", "resnet34"), ("resnet50", "resnet50"), ("resnet101", "resnet101"),
    ("resnet152", "resnet152"), ("resnext50_32x4d", "resnext50_32x4d"), ("resnext101_32x8d", "resnext101_32x8d"),
    ("resnext101_64x4d", "resnext101_64x4d"), ("wide_resnet50_2", "wide_resnet50_2"),
    ("wide_resnet101_2", "wide_resnet101_2"), ("seresnet50", "seresnet50"), ("resnet50d", "resnet50d"),
    ("ecaresnet50d", "ecaresnet50d"),
    ("resnetv2_50", "resnetv2_50"), ("resnetv2_50x1_bit", "resnetv2_50x1_bit"), ("preresnet164", "preresnet164"),
    ("wrn_28_10", "wrn_28_10"), ("vgg16", "vgg16"), ("vgg19", "vgg19"), ("vgg19_bn", "vgg19_bn"),
  ])
  func saysWhatModelsSay(name: String, network: String) throws {
    let box = try Sandbox()
    try write(try names(name), to: box("w"))
    let run = try box.run("decompile", "w", "-o", "out.rn")
    #expect(run.code == 0, "\(run.err)")
    let diff = try box.run("diff", model(network), "out.rn")
    #expect(diff.code == 0 && diff.out.contains(": no difference\n"), "\(diff.out)\(diff.err)")
    #expect(try box.run("fmt", "--check", "out.rn").code == 0)
    #expect(try box.run("lint", "out.rn").code == 0)
  }

  @Test func cifarNetworksToo() throws {
    #expect(cifar(3) == (try names("cifar20")))
    for n in [3, 5, 7, 9, 18] {
      let box = try Sandbox()
      try write(cifar(n), to: box("w"))
      let run = try box.run("decompile", "w", "-o", "out.rn")
      #expect(run.code == 0, "\(run.err)")
      let diff = try box.run("diff", model("cifar") + ":n=\(n)", "out.rn")
      #expect(diff.out.contains(": no difference\n"), "\(diff.out)\(diff.err)")
    }
  }

  /// What timm has beside: the command itself holds that every tensor has a place in what is written.
  @Test(arguments: [
    ("resnet18d", ["model ResNet18D", "shortcut B, average pool", "names resnet_d", "[3x3, 64; 3x3, 64] x 2"]),
    ("resnet26t", ["3x3, 24, stride 2; 3x3, 32; 3x3, 64", "[1x1, 64; 3x3, 64; 1x1, 256] x 2"]),
    ("ecaresnet26t", ["model ECAResNet26", "[1x1, 64; 3x3, 64; 1x1, 256; eca] x 2", "1x1, 2048; eca] x 2"]),
    ("seresnext26d_32x4d", ["model SEResNeXt26d_32x4d", "3x3, 128, groups 32; 1x1, 256; se / 16"]),
    (
      "resnet50_gn",
      ["model ResNet50", "# chosen: PyTorch's eps, and the usual number of groups\nnorm group 32, eps 1e-5\n"]
    ),
    (
      "resnetv2_18d",
      [
        "model ResNetV2_18", "order pre",
        "# chosen: timm's 'd' networks; names do not show the pool\nshortcut B, average pool\n",
      ]
    ),
  ])
  func variantsOfTimm(name: String, said: [String]) throws {
    let box = try Sandbox()
    try write(try names(name), to: box("w"))
    let run = try box.run("decompile", "w")
    #expect(run.code == 0, "\(run.err)")
    let text = run.out.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
    for line in said { #expect(text.contains(line), "\(run.out)") }
  }

  // MARK: What names and shapes do not tell

  @Test func choicesAreMarkedAndCanBeStated() throws {
    let box = try Sandbox()
    try write(try names("resnet50"), to: box("w"))
    let plain = try box.run("decompile", "w").out
    let lines = plain.split(separator: "\n")
    for key in ["input", "norm", "stride", "preprocess"] {
      #expect(zip(lines, lines.dropFirst()).contains { $0.hasPrefix("# chosen: ") && $1.hasPrefix(key) }, "\(plain)")
    }
    let stated = try box.run(
      "decompile", "w", "-o", "out.rn", "--line", "stride on first", "--line", "model Mine", "--line",
      "input 3 x 160 x 192", "--line", "preprocess crop 160x192, mean 0.5 0.5 0.5", "--line", "activation silu")
    #expect(stated.code == 0, "\(stated.err)")
    let text = try box.read("out.rn")
    for line in ["model Mine\n", "on first\n", "activation silu\n", "conv5_x    5x6"] {
      #expect(text.contains(line), "\(text)")
    }
    try write(cifar(3), to: box("c"))
    let zeros = try box.run("decompile", "c").out
    #expect(zeros.contains("A, pad end") && zeros.contains("'pad both', and 'none' of a plain network"), "\(zeros)")
    let none = try box.run("decompile", "c", "--line", "shortcut none", "-o", "plain.rn")
    #expect(none.code == 0, "\(none.err)")
    #expect(try box.run("diff", model("cifar_plain"), "plain.rn").out.contains(": no difference\n"))
    for line in ["stride", "strides on first", "family F", "model A\nmodel B"] {
      #expect(try box.run("decompile", "c", "--line", line).code == 64)
    }
    #expect(try box.run("decompile", "c", "--line", "order pre", "--line", "order post").code == 64)
    #expect(try box.run("decompile", "c", "--line", "stride on second").code == 1)
  }

  /// Caffe's and Keras' networks have their strides on the first layer, and pixels of their own.
  @Test(arguments: [
    ("narrow.safetensors", "on 3x3", "bilinear"), ("huggingface.bin", "on 3x3", "bilinear"),
    ("openmmlab.pth", "on 3x3", "bilinear"), ("moco.pth.tar", "on 3x3", "bilinear"),
    ("wrapped.ckpt", "on 3x3", "bilinear"),
    ("caffe.caffemodel", "on first", "0.48502 0.45796 0.40760, std 0.00392157 0.00392157 0.00392157"),
    ("keras.npz", "on first", "0.48502 0.45796 0.40760, std 0.00392157 0.00392157 0.00392157"),
  ])
  func dialectsTellMore(name: String, stride: String, pixels: String) throws {
    let box = try Sandbox()
    let run = try box.run("decompile", fixture(name), "-o", "out.rn", "--line", "input 3 x 32 x 32", "-q")
    #expect(run.code == 0 && run.out == "", "\(run.err)")
    let text = try box.read("out.rn")
    #expect(text.contains(stride) && text.contains(pixels), "\(text)")
    let expected = try box.run("diff", fixture("narrow.rn"), "out.rn").out
    #expect(stride == "on first" || !expected.contains("~"), "\(expected)")
  }

  @Test func idelbayevsZerosAreOnBothSides() throws {
    let box = try Sandbox()
    try write(cifar(3).map { "module." + $0.replacing("fc.", by: "linear.") }, to: box("w"))
    let run = try box.run("decompile", "w")
    #expect(run.out.contains("A, pad both"), "\(run.out)\(run.err)")
    let liu = try box.run("decompile", fixture("linear.th"))
    #expect(liu.code == 0 && liu.out.contains("took 'state_dict'"), "\(liu.err)")
    #expect(try box.run("decompile", fixture("residual_function.pth")).code == 0)
  }

  // MARK: What is not recognized

  @Test func whatIsNotUnderstoodIsNamed() throws {
    let box = try Sandbox()
    func refused(_ lines: [String], _ said: String...) throws {
      try write(lines, to: box("w"))
      let run = try box.run("decompile", "w", "-o", "out.rn")
      #expect(run.code == 1 && !box.exists("out.rn"))
      for text in said { #expect(run.err.contains(text), "\(run.err)") }
    }
    try refused(
      try names("ecaresnet26t").map { $0.replacing(".se.conv.", with: ".spatial.") }, "only in part",
      "understood a stem of 3 convolutions, 8 blocks in 4 rows", "not understood 'layer1.0.spatial.weight'",
      "and 3 more")
    try refused(try names("densenet121"), "of no network that 'decompile' recognizes", "'classifier.bias'")
    try refused(try names("alexnet"), "of no network")
    var wrong = try names("resnet18")
    wrong = wrong.map { $0 == "layer3.1.conv1.weight 256 256 3 3" ? "layer3.1.conv1.weight 256 255 3 3" : $0 }
    try refused(
      wrong, "it looks like a ResNet by torchvision's or timm's names, but 'layer3.1.conv1.weight' reads 255 channels")
    try refused(try names("resnet18").filter { !$0.hasPrefix("fc.") } + ["fc.weight 10 4096"], "'fc.weight' reads 4096")
    try refused(
      try names("resnet18").map { $0 == "layer2.0.bn1.weight 128" ? "layer2.0.bn1.weight 64" : $0 }, "norms have other")
  }

  /// A backbone, and a network behind a prefix with something of its own beside it.
  @Test func headsMayBeMissing() throws {
    let box = try Sandbox()
    try write(try names("resnet18").filter { !$0.hasPrefix("fc.") }.map { "backbone." + $0 }, to: box("w"))
    let run = try box.run("decompile", "w")
    #expect(run.code == 0 && run.out.contains("# chosen: the checkpoint has no classifier"), "\(run.out)\(run.err)")
  }

  // MARK: The command

  @Test func goesThroughAPipe() throws {
    let box = try Sandbox()
    try write(cifar(3), to: box("w"))
    let source = try box.run("decompile", "w")
    let package = try box.run(["-", "-o", "Generated", "--isa", "portable"], input: source.out)
    #expect(package.code == 0, "\(package.err)")
    #expect(try box.run("decompile", "w", "-o", "-").out == source.out && !box.exists("-"))
    #expect(try box.run("decompile", "w", "-o", ".").err.hasPrefix("Error: Cannot write '.': it is a folder."))
    #expect(box.exists("Generated/Package.swift"))
  }

  @Test func nothingIsOverwritten() throws {
    let box = try Sandbox()
    try write(cifar(3), to: box("w"))
    try box.write("mine", to: "out.rn")
    let run = try box.run("decompile", "w", "-o", "out.rn")
    #expect(run.code == 74 && run.err.contains("never overwritten"), "\(run.err)")
    #expect(try box.read("out.rn") == "mine")
    #expect(try box.run("decompile", "w", "-o", "new.rn").code == 0)
    #expect(try box.run("decompile", "w", "-o", "new.rn").code == 0)
    #expect(try box.run("decompile", "gone").code == 74)
    #expect(
      try box.run("decompile", "w", "--dialect", "nobody").err.contains("'--dialect' takes resnet, resnetv2, vgg"))
  }
}
