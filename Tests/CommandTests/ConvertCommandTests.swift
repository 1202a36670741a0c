// `resnetc convert`: checkpoints with other people's names become what a package of the network reads, bit for bit.
import Foundation
import Testing

private func file(_ name: String) -> String {
  URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/convert/\(name)").path
}

/// A format fixture of the reader's own tests.
private func checkpoint(_ name: String) -> String {
  repository.appendingPathComponent("Tests/CheckpointsTests/Fixtures/\(name)").path
}

@Suite struct ConvertCommandTests {
  @Test(arguments: [
    ("narrow.safetensors", "narrow", "narrow", "narrow.safetensors: safetensors"),
    ("narrow.npz", "narrow", "narrow", "narrow.npz: NumPy's npz"),
    ("huggingface.bin", "narrow", "narrow", "the names are Hugging Face's ResNetForImageClassification"),
    ("openmmlab.pth", "narrow", "narrow", "the names are OpenMMLab's classifiers"),
    ("last_linear.pth", "narrow", "narrow", "the names are torchvision's but for the classifier"),
    ("moco.pth.tar", "narrow", "narrow", "took 'module.encoder_q.' off all names"),
    ("wrapped.ckpt", "narrow", "narrow", "took 'module.model._orig_mod.' off all names"),
    ("linear.th", "cifar", "cifar", "took 'module.' off all names"),
    ("residual_function.pth", "cifar", "cifar", "the names are those of pytorch-cifar100"),
    ("deep_timm.safetensors", "deep", "deep", "the names are those of 'names resnet_d'"),
    ("keras.npz", "narrow", "keras", "folded 12 biases of convolutions into the norms behind them"),
    ("keras_old.npz", "narrow", "keras", "turned 13 kernels and matrices from Keras' order"),
    ("caffe.caffemodel", "narrow", "caffe", "divided 24 means and variances by Caffe's factors"),
  ])
  func becomesWhatThePackageReads(name: String, network: String, expected: String, said: String) throws {
    let box = try Sandbox()
    let run = try box.run("convert", file(name), "-o", "out.safetensors", "--model", file("\(network).rn"))
    #expect(run.code == 0, "\(run.err)")
    #expect(run.err == "")
    #expect(run.out.contains(said), "\(run.out)")
    #expect(run.out.contains("Wrote out.safetensors: "))
    // The expected file by the same writer, so that the bytes can be compared.
    let other = try box.run("convert", file("\(expected).safetensors"), "-o", "expected.safetensors", "-q")
    #expect(other.code == 0 && other.out == "")
    #expect(try Data(contentsOf: box("out.safetensors")) == Data(contentsOf: box("expected.safetensors")))
  }

  /// What it wrote it replaces; a file of others, a link or a folder it does not.
  @Test func replacesNothingOfOthers() throws {
    let box = try Sandbox()
    try box.write("mine", to: "notes.txt")
    for _ in 0..<2 { #expect(try box.run("convert", file("narrow.npz"), "-o", "out").code == 0) }
    for (output, said) in [
      ("notes.txt", "Cannot overwrite 'notes.txt': resnetc did not write it."),
      (".", "Cannot write '.': it is a folder."),
    ] {
      let run = try box.run("convert", file("narrow.npz"), "-o", output)
      #expect(run.code == 74 && run.err.contains(said), "\(run.err)")
    }
    #expect(try box.read("notes.txt") == "mine")
    try FileManager.default.copyItem(at: URL(fileURLWithPath: file("narrow.safetensors")), to: box("theirs"))
    #expect(try box.run("convert", file("narrow.npz"), "-o", "theirs").code == 74)
  }

  @Test func whatIsLeftOutIsSaid() throws {
    let box = try Sandbox()
    let moco = try box.run("convert", file("moco.pth.tar"), "-o", "m", "--model", file("narrow.rn"))
    #expect(moco.out.contains("tensors of the momentum encoder"))
    #expect(moco.out.contains("the queue of a contrastive loss"))
    #expect(moco.out.contains("took 'state_dict'"))
    let wrapped = try box.run("convert", file("wrapped.ckpt"), "-o", "w", "--model", file("narrow.rn"))
    #expect(wrapped.out.contains("the count of averaged models"))
    #expect(wrapped.out.contains("1 tensor of the loss"))
    #expect(wrapped.out.contains("1 count of a profiler"))
    let caffe = try box.run("convert", file("caffe.caffemodel"), "-o", "c", "--model", file("narrow.rn"))
    #expect(caffe.out.contains("folded 1 bias of convolutions into the norms behind them"))
    #expect(caffe.out.contains("from blue, green, red to red, green, blue"))
  }

  // MARK: Quantised files

  private func quantized(_ name: String) -> String {
    repository.appendingPathComponent("Tests/Fixtures/quantized/\(name)").path
  }

  @Test func quantizedFilesBecomeWeightsAndRanges() throws {
    let box = try Sandbox()
    let model = repository.appendingPathComponent("models/digits20.rn").path
    let words = ["convert", quantized("digits20.onnx"), "-o", "w", "--model", model, "--ranges", "r"]
    for _ in 0..<2 {  // It replaces what it wrote.
      let run = try box.run(words)
      #expect(run.code == 0 && run.err == "", "\(run.err)")
      #expect(run.out.contains("made floats of the integers of a quantised network"))
      #expect(run.out.contains("made 19 norms of the biases that the model's had been folded into"))
      #expect(run.out.contains("9 layers are rounded there before something is added or rectified"))
      #expect(run.out.hasSuffix(" bytes\nWrote r: 21 ranges\n"), "\(run.out)")
    }
    let text = try box.read("r")
    #expect(text.hasPrefix("# Ranges of Digits20.\n# Of a quantised ONNX file.\n"))
    // An image of -1 to 1, in steps of 2 / 255; a stage's sum, where it was added up and rectified.
    #expect(text.contains("\ninput -0.99607") && text.contains("\nstage1_1.2 0.0 4.91197"), "\(text)")
    #expect(!text.contains(" steps "))
    try box.write("mine", to: "notes.txt")
    #expect(try box.run(words.dropLast() + ["notes.txt"]).code == 74)
    #expect(try box.read("notes.txt") == "mine")
  }

  @Test func whatIsOfOtherIntegersIsRefused() throws {
    let box = try Sandbox()
    let words = ["-o", "w", "--model", quantized("small.rn"), "--ranges", "r"]
    let zero = try box.run(["convert", quantized("small_image_zero.onnx")] + words)
    #expect(zero.code == 1 && zero.err.contains(": a value's zero is elsewhere than here\n"), "\(zero.err)")
    #expect(zero.err.contains("\n  the value of input, 'input', has its zero at 117 of uint8, and here at 0 of int8"))
    #expect(zero.err.contains("'TensorQuantOverrides': {'input': [{'symmetric': True}]}"), "\(zero.err)")
    let plain = try box.run("convert", checkpoint("net.onnx"), "-o", "w", "--ranges", "r")
    #expect(plain.code == 64 && plain.err.contains("'--ranges' goes with '--model'"), "\(plain.err)")
    let floats = try box.run(["convert", file("narrow.npz"), "-o", "w", "--model", file("narrow.rn"), "--ranges", "r"])
    #expect(floats.code == 1 && floats.err.contains("it holds no quantised network"), "\(floats.err)")
    #expect(!box.exists("w") && !box.exists("r"))
    // Without ranges it is a checkpoint like any other.
    #expect(try box.run(["convert", quantized("small_image_zero.onnx")] + words.dropLast(2)).code == 0)
  }

  // MARK: Without a model

  @Test func withoutAModelNamesAndTypesStay() throws {
    let box = try Sandbox()
    let run = try box.run("convert", checkpoint("zip.pth"), "-o", "out.safetensors")
    #expect(run.code == 0)
    #expect(run.out.contains("zip.pth: a PyTorch checkpoint\n  took 'state_dict', 8 tensors\nWrote out.safetensors: 8"))
    let again = try box.run("convert", checkpoint("net.safetensors"), "-o", "expected.safetensors")
    #expect(again.code == 0)
    #expect(try Data(contentsOf: box("out.safetensors")) == Data(contentsOf: box("expected.safetensors")))
    let renamed = try box.run(
      "convert", checkpoint("zip.pth"), "-o", "r", "--rename", "fc=head.fc", "--rename", "bn1.num_batches_tracked=")
    #expect(renamed.code == 0)
    #expect(renamed.out.contains("7 tensors"))
    let text = String(decoding: try Data(contentsOf: box("r")), as: UTF8.self)
    #expect(text.contains("\"head.fc.weight\""))
    #expect(!text.contains("num_batches_tracked"))
  }

  @Test func keysChooseDictionaries() throws {
    let box = try Sandbox()
    let said = try box.run("convert", checkpoint("average.ckpt"), "-o", "a")
    #expect(said.out.contains("took 'model', 8 tensors; there is also --key model_ema"))
    #expect(try box.run("convert", checkpoint("average.ckpt"), "-o", "b", "--key", "model_ema").code == 0)
    #expect(try Data(contentsOf: box("a")) != Data(contentsOf: box("b")))
    let wrong = try box.run("convert", checkpoint("average.ckpt"), "-o", "c", "--key", "ema")
    #expect(wrong.code == 1)
    #expect(wrong.err.contains("pass one of 'model', 'model_ema'"))
    #expect(!box.exists("c"))
  }

  // MARK: What does not fit

  @Test func renamesBringStrangeNamesTogether() throws {
    let box = try Sandbox()
    let model = file("narrow.rn")
    let wrong = try box.run("convert", file("strange.safetensors"), "-o", "out", "--model", model)
    #expect(wrong.code == 1)
    #expect(wrong.err.contains("the weights do not fit Narrow"))
    #expect(wrong.err.contains("missing   conv1.weight [4, 3, 7, 7]; of that shape the file has 'begin.weight'"))
    #expect(wrong.err.contains("missing   fc.weight [5, 16]; of that shape the file has 'end.weight'"))
    #expect(!box.exists("out"))
    let right = try box.run(
      "convert", file("strange.safetensors"), "-o", "out", "--model", model, "--rename", "begin=conv1", "--rename",
      "end=fc")
    #expect(right.code == 0, "\(right.err)")
    #expect(try box.run("convert", file("narrow.safetensors"), "-o", "expected").code == 0)
    #expect(try Data(contentsOf: box("out")) == Data(contentsOf: box("expected")))
    let unused = try box.run(
      "convert", file("strange.safetensors"), "-o", "out", "--model", model, "--rename", "beginn=conv1")
    #expect(unused.code == 1)
    #expect(unused.err.contains("nothing in the file is called 'beginn'"))
  }

  @Test func namesThatNobodyKnowsAreShown() throws {
    let box = try Sandbox()
    let run = try box.run("convert", file("unknown.safetensors"), "-o", "out", "--model", file("narrow.rn"))
    #expect(run.code == 1)
    #expect(run.err.contains("the names in the file are none that are known for Narrow"))
    #expect(run.err.contains("'t0', 't1'"))
    #expect(run.err.contains("--rename FROM=TO"))
  }

  @Test func weightsOfAnotherNetworkAreRefused() throws {
    let box = try Sandbox()
    var other = try String(contentsOfFile: file("narrow.rn"), encoding: .utf8)
    other = other.replacing("5-d fc", by: "7-d fc")
    try box.write(other, to: "seven.rn")
    let classes = try box.run("convert", file("narrow.safetensors"), "-o", "out", "--model", "seven.rn")
    #expect(classes.code == 1)
    #expect(classes.err.contains("shape     fc.weight is [5, 16] where the model needs [7, 16]"))
    #expect(classes.err.contains("write '5-d fc' in the model's source"))
    try box.write(other.replacing("7-d fc", by: "5-d fc").replacing("x 2", by: "x 1"), to: "shallow.rn")
    let shallow = try box.run("convert", file("narrow.safetensors"), "-o", "out", "--model", "shallow.rn")
    #expect(shallow.code == 1)
    #expect(shallow.err.contains("left over 'layer1.1."))
    // A network without its head takes what there is before it.
    try box.write(other.replacing("head       1x1  average pool, 7-d fc, softmax", by: ""), to: "headless.rn")
    let headless = try box.run("convert", file("narrow.safetensors"), "-o", "out", "--model", "headless.rn")
    #expect(headless.code == 0, "\(headless.err)")
    #expect(headless.out.contains("left out 2 of layers that this network is without"))
  }

  @Test func dialectsHaveNames() throws {
    let box = try Sandbox()
    let model = file("deep.rn")
    let wrong = try box.run("convert", file("deep.safetensors"), "-o", "out", "--model", model, "--dialect", "nobody")
    #expect(wrong.code == 1)
    #expect(wrong.err.contains("there is no dialect 'nobody'"))
    #expect(wrong.err.contains("resnet_d"))
    let chosen = try box.run(
      "convert", file("deep_timm.safetensors"), "-o", "out", "--model", model, "--dialect", "own")
    #expect(chosen.code == 1)
    #expect(chosen.err.contains("missing   conv2.weight [2, 2, 3, 3]; of that shape the file has 'conv1.3.weight'"))
  }

  // MARK: Without writing

  @Test func weightsAreLookedAt() throws {
    let box = try Sandbox()
    let sound = try box.run("weights", file("narrow.rn"), file("huggingface.bin"))
    #expect(sound.code == 0, "\(sound.err)")
    #expect(sound.out.contains("huggingface.bin: a PyTorch checkpoint, fits Narrow\n"))
    #expect(sound.out.contains("62 tensors, 1,505 numbers, F32\n  every number is finite, no variance is negative"))
    let odd = try box.run("weights", file("narrow.rn"), file("odd.safetensors"))
    #expect(odd.code == 1)
    #expect(odd.out.contains("error: layer1.0.conv2.weight holds NaN in 1 of 2 channels, the first 1\n"))
    #expect(odd.out.contains("error: layer1.0.bn1.running_var is negative in 1 of 2 channels, the first 0\n"))
    #expect(odd.out.contains("error: fc.bias holds an infinity in 1 of 5 channels, the first 3\n"))
    #expect(odd.out.contains("note: conv1.weight is zero everywhere in 2 of 4 channels, the first 2: "))
    #expect(odd.out.contains("note: layer2.0.bn3.weight is zero in 16 of 16 channels, the first 0: "))
    let other = try box.run("weights", file("cifar.rn"), file("narrow.safetensors"))
    #expect(other.code == 1)
    #expect(other.err.contains("left over") || other.err.contains("none that are known"))
    #expect(try box.run("weights", file("cifar.rn")).code == 64)
    #expect(try box.contents(of: ".").isEmpty)
  }

  // MARK: Files

  @Test func whatCannotBeReadLeavesNothing() throws {
    let box = try Sandbox()
    try box.write("kept", to: "out")
    let whole = try box.run("convert", checkpoint("whole.pth"), "-o", "out")
    #expect(whole.code == 1)
    #expect(whole.err.contains("holds a whole model of class") && whole.err.contains("torch.save(model.state_dict()"))
    #expect(try box.run("convert", "gone.pth", "-o", "out").code == 74)
    try box.write("", to: "empty.pth")
    let empty = try box.run("convert", "empty.pth", "-o", "out")
    #expect(empty.code == 1)
    #expect(empty.err == "Error: Cannot use 'empty.pth': it is empty; fetch it again.\n")
    #expect(try box.read("out") == "kept")
    #expect(try FileManager.default.contentsOfDirectory(atPath: box.url.path).sorted() == ["empty.pth", "out"])
  }

  @Test func neverOverwritesWhatItReads() throws {
    let box = try Sandbox()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: checkpoint("zip.pth")))
    try bytes.write(to: box("in.pth"))
    try FileManager.default.createSymbolicLink(atPath: box("link").path, withDestinationPath: "in.pth")
    for path in ["in.pth", "./in.pth", "link"] {
      let run = try box.run("convert", "in.pth", "-o", path)
      #expect(run.code == 74)
      #expect(run.err.contains("is what is converted; it is not overwritten"))
    }
    #expect(try Data(contentsOf: box("in.pth")) == bytes)
    #expect(try box.run("convert", "in.pth", "-o", "nowhere/out").code == 74)
  }

  @Test func theCommandLine() throws {
    let box = try Sandbox()
    #expect(try box.run("convert", checkpoint("zip.pth")).code == 64)
    #expect(try box.run("convert", checkpoint("zip.pth"), "-o", "x", "--rename", "a").code == 64)
    #expect(try box.run("convert", checkpoint("zip.pth"), "-o", "x", "--dialect", "keras").code == 64)
    #expect(try box.run("convert", checkpoint("zip.pth"), "-o", "x", "--variant", "50").code == 64)
  }
}
