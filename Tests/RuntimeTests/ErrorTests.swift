// Every error's sentence: it names the thing, says what was expected, and ends with the way out.

import ResNetRuntime
import Testing

@Suite struct ErrorTests {
  static let sentences: [(ModelError, String)] = [
    (.cannotOpen(path: "w.st", reason: "No such file or directory"), "cannot open 'w.st': No such file or directory"),
    (.cannotRead(path: "w.st", reason: "Input/output error"), "cannot read 'w.st': Input/output error"),
    (.cannotWrite(path: "w.st", reason: "Permission denied"), "cannot write 'w.st': Permission denied"),
    (
      .notSafetensors(path: "w.st", .gitLFSPointer),
      "'w.st' is not a usable safetensors file: it is a Git LFS pointer, not the weights themselves; run 'git lfs pull' "
        + "where it came from"
    ),
    (
      .packedWeights(path: "w.packed", .otherISA(found: "avx512", expected: "avx2", model: "ResNet50")),
      "cannot use 'w.packed': it was packed for avx512, and this run uses avx2; run 'resnet50 pack --weights WEIGHTS "
        + "-o FILE --isa avx2'"
    ),
    (
      .ranges(path: "a.ranges", line: 3, reason: "'x' is not a number"),
      "line 3 of 'a.ranges' is not usable: 'x' is not a number"
    ),
    (
      .rangesMissing(layers: ["conv1"]),
      "the ranges say nothing of 'conv1': they belong to another network, or to one compiled otherwise; make them again "
        + "with 'quantize'"
    ),
    (
      .rangesChannels(layer: "conv1", expected: 64, found: 32),
      "the ranges of 'conv1' hold numbers for 32 channels where it has 64: they belong to another network; make them "
        + "again with 'quantize'"
    ),
    (
      .rangesFactors(layer: "conv1"),
      "the ranges scale the channels of 'conv1', which something here reads that cannot divide by that: they were made "
        + "for the network compiled otherwise; make them again with 'quantize'"
    ),
    (
      .rangesSteps(tensor: "conv1.weight"),
      "the ranges have steps of 'conv1.weight', which is no tensor of a convolution or a fully connected layer here: they "
        + "belong to another network; convert its checkpoint again with '--ranges'"
    ),
    (
      .rangeNotFinite(layer: "conv1"),
      "the range of 'conv1' is not one of numbers from a smallest to a largest: make the ranges again with 'quantize', "
        + "with weights and images that give numbers"
    ),
    (
      .badSeed(text: "random:x"),
      "'random:x' does not name random weights: write 'random:' and a whole number from 0 to 18446744073709551615, such "
        + "as random:1 (for a file of that name, write ./random:x)"
    ),
    (
      .tensorMissing(name: "fc.weight", expected: [10, 64], nearest: "linear.weight"),
      "the weights have no tensor 'fc.weight' of shape [10, 64]; the nearest unused name in the file is 'linear.weight': "
        + "use weights of this architecture, or bring theirs to its names with 'resnetc convert FILE --model MODEL.rn -o "
        + "OUT.safetensors'"
    ),
    (
      .tensorMissing(name: "fc.weight", expected: [10, 64], nearest: nil),
      "the weights have no tensor 'fc.weight' of shape [10, 64]: use weights of this architecture, or bring theirs to its "
        + "names with 'resnetc convert FILE --model MODEL.rn -o OUT.safetensors'"
    ),
    (
      .tensorsUnexpected(names: ["a"]),
      "the weights hold a tensor that this model does not have: 'a' is left over, so these weights belong to another "
        + "architecture; use the ones for this model"
    ),
    (
      .tensorsUnexpected(names: ["a", "b", "c", "d", "e", "f"]),
      "the weights hold 6 tensors that this model does not have: 'a', 'b', 'c', 'd' and 2 more are left over, so these "
        + "weights belong to another architecture; use the ones for this model"
    ),
    (
      .tensorMisshapen(name: "fc.weight", expected: [10, 64], found: [64, 10]),
      "tensor 'fc.weight' has shape [64, 10] where the model needs [10, 64]: use weights that were saved from this "
        + "architecture"
    ),
    (
      .tensorMisshapen(name: "fc.weight", expected: [1000, 512], found: [10, 512]),
      "tensor 'fc.weight' has shape [10, 512] where the model needs [1000, 512]: write '10-d fc' in the model's source "
        + "instead of '1000-d fc' and compile it again, or use weights that were saved from this architecture"
    ),
    (
      .dtypeNotSupported(name: "fc.weight", dtype: "I8"),
      "tensor 'fc.weight' is stored as I8, which cannot be read: save it as F32, F16, BF16 or F64"
    ),
    (
      .weightValue(tensor: "layer1.0.bn1.running_var", channel: 3, .negativeVariance(-1)),
      "layer1.0.bn1.running_var[3] = -1, and no variance is negative: the file is damaged or was changed by hand, use a "
        + "sound checkpoint"
    ),
    (
      .weightValue(tensor: "conv1.weight", channel: 0, .notANumber),
      "conv1.weight[0] holds NaN, which is not a number: training diverged or the file is damaged, use a sound "
        + "checkpoint"
    ),
    (
      .inputSize(expected: 12, found: 3),
      "the input holds 3 values where the model reads 12: pass channels x height x width float32 values for each image"
    ),
    (
      .outputSize(expected: 10, found: 3),
      "the output holds 3 values where the model writes 10: pass one float32 for each class of each image"
    ),
    (.foreignWorkspace, "the workspace was made by another model: use one from this model's makeWorkspace()"),
    (
      .noClasses(channels: 512, height: 7, width: 7),
      "this network ends in a map of 512 x 7 x 7 values and has no classes to name: take the values from `logits`, or "
        + "give the source a head such as 'head average pool, 10-d fc, softmax'"
    ),
    (
      .outputsNotFinite(layer: "conv3_1.2"),
      "the outputs are not numbers, and 'conv3_1.2' is the first layer that made NaN or an infinity of numbers: use "
        + "weights that were trained for this network, and images on the scale that it was trained with"
    ),
    (
      .inputNotFinite(index: 7),
      "the outputs are not numbers because value 7 of the image is none: pass finite float32 values"
    ),
    (
      .noImagePipeline(channels: 5),
      "this model reads 5 channels, which no image file has: pass its input to `logits`"
    ),
    (
      .badImage(path: "a.png", reason: "it is cut short at byte 8"),
      "cannot read the image 'a.png': it is cut short at byte 8"
    ),
    (
      .imageSize(width: 2, height: 3, bytes: 5),
      "an image of 2 x 3 pixels does not fit its 5 bytes: pass width x height x 3 bytes, each side from 1 to 65536 and at "
        + "most 134217728 pixels"
    ),
    (
      .labelsCount(path: "l.txt", expected: 10, found: 9),
      "'l.txt' holds 9 labels where the model has 10 classes: write one class name per line, in the order of the model's "
        + "outputs"
    ),
    (
      .labelsCount(path: "l.txt", expected: 10, found: 1),
      "'l.txt' holds 1 label where the model has 10 classes: write one class name per line, in the order of the model's "
        + "outputs"
    ),
    (
      .inputSize(expected: 3_072, found: 1),
      "the input holds 1 value where the model reads 3072: pass channels x height x width float32 values for each image"
    ),
    (
      .labelsText(path: "l.txt", line: 3),
      "line 3 of 'l.txt' is not UTF-8 text: save the labels as UTF-8, one class name per line"
    ),
    (
      .unsupportedISA(name: "neon", available: ["avx2", "portable"]),
      "'neon' kernels cannot run here: choose one of avx2, portable"
    ),
    (.unsupportedISA(name: "avx2", available: ["avx512"]), "'avx2' kernels cannot run here: choose avx512"),
    (.unsupportedISA(name: "avx2", available: []), "'avx2' kernels cannot run here: choose another machine"),
    (.threadsOutOfRange(requested: 0, limit: 256), "0 threads are out of range: choose from 1 to 256"),
    (
      .cannotStartThread(reason: "Resource temporarily unavailable"),
      "cannot start a thread: Resource temporarily unavailable; ask for fewer threads"
    ),
    (
      .outOfMemory(bytes: 4096),
      "the system refused 4096 bytes of memory: free some, or use a smaller model or batch"
    ),
    (
      .invalidPlan(reason: "step 3 reads beyond the arena"),
      "the generated plan contradicts itself (step 3 reads beyond the arena): generate the package again, and report "
        + "this if it stays"
    ),
  ]

  @Test(arguments: sentences.indices) func says(index: Int) {
    let (error, sentence) = Self.sentences[index]
    #expect(error.description == sentence)
  }

  /// What each fault names, and its way out.
  static let faults: [(SafetensorsFault, [String])] = [
    (.headerTooSmall(fileBytes: 3), ["3 bytes", "HeaderTooSmall", "fetch it again"]),
    (.headerTooLarge(bytes: 100_000_001), ["100000001", "HeaderTooLarge", "pass a .safetensors file"]),
    (.invalidHeaderLength(header: 9, file: 8), ["9 bytes", "file of 8", "InvalidHeaderLength", "fetch it again"]),
    (.invalidHeaderStart, ["'{'", "InvalidHeaderStart", "pass a .safetensors file"]),
    (.invalidUTF8(offset: 10), ["byte 10", "UTF-8", "fetch it again"]),
    (.invalidJSON(offset: 9, expected: "a string"), ["a string at byte 9", "save_file"]),
    (.duplicateKey(name: "a"), ["'a' twice", "save_file"]),
    (.missingField(tensor: "a", field: "dtype"), ["'a'", "no 'dtype'", "save_file"]),
    (.unknownField(tensor: "a", field: "strides"), ["'a'", "'strides'", "save_file"]),
    (.tooManyTensors(limit: 5), ["more than 5", "another file"]),
    (.tooManyDimensions(tensor: "a", limit: 32), ["'a'", "more than 32 dimensions", "another file"]),
    (.unknownDtype(tensor: "a", dtype: "F33"), ["'a'", "'F33'", "save it as F32"]),
    (.sizeOverflow(tensor: "a"), ["'a' overflows", "save_file"]),
    (.misalignedSlice(tensor: "a"), ["'a'", "MisalignedSlice", "save it as F32"]),
    (
      .invalidOffset(tensor: "a", begin: 4, end: 8, expectedBegin: 5),
      ["'a'", "bytes 4 to 8", "begin at 5", "InvalidOffset", "save_file"]
    ),
    (.sizeMismatch(tensor: "a", expected: 4, found: 2), ["'a'", "2 bytes", "need 4", "save_file"]),
    (
      .metadataIncompleteBuffer(expected: 64, file: 63),
      ["end at byte 64", "file at 63", "MetadataIncompleteBuffer", "fetch it again"]
    ),
    (.gitLFSPointer, ["Git LFS", "git lfs pull"]),
    (.pytorchArchive, ["PyTorch", "resnetc convert"]),
    (.pickle, ["pickle", "resnetc convert"]),
    (.hdf5, ["HDF5", "numpy.savez", "resnetc convert"]),
  ]

  @Test(arguments: faults.indices) func faultNames(index: Int) {
    let (fault, parts) = Self.faults[index]
    for part in parts { #expect(fault.description.contains(part), "\(fault.description)") }
    #expect(!fault.description.hasSuffix("."))
  }

  /// What each fault of a weight's value names, and its way out.
  static let weightFaults: [(WeightFault, [String])] = [
    (.infinite, ["infinity", "float32", "sound checkpoint"]),
    (.zeroVariance, ["= 0", "divides by zero", "eps"]),
    (.overflow, ["too large for float32", "folded", "sound checkpoint"]),
    (.halfOverflow, ["65504", "folded", "--precision float32"]),
  ]

  @Test(arguments: weightFaults.indices) func weightFaultNames(index: Int) {
    let (fault, parts) = Self.weightFaults[index]
    for part in parts { #expect(fault.description.contains(part), "\(fault.description)") }
    #expect(!fault.description.hasSuffix("."))
  }

  /// What each fault of a packed file names, and its way out.
  static let packedFaults: [(PackedFault, [String])] = [
    (.notPacked, ["not a packed file", "'pack'"]),
    (.fileSize(expected: 9, found: 8), ["cut short", "8 bytes of 9", "pack again"]),
    (.fileSize(expected: 8, found: 9), ["9 bytes", "header says 8", "pack again"]),
    (.byteOrder, ["byte order", "pack again"]),
    (.formatVersion(found: 3, expected: 1), ["version 3", "reads 1", "pack again"]),
    (.headerDamaged, ["header is damaged", "pack again"]),
    (.weightsDamaged, ["weights are damaged", "pack again"]),
    (.otherModel(found: "A", expected: "B"), ["packed for A", "this model is B", "'b pack --weights"]),
    (.otherLayout(model: "A"), ["another version of A", "'a pack --weights"]),
    (
      .isaNotHere(found: "neon", available: ["avx2", "portable"], model: "A"),
      ["packed for neon", "avx2, portable", "'a pack --weights", "--isa avx2"]
    ),
    (
      .isaNotHere(found: "neondot-int8", available: ["avx2-int8"], model: "A"),
      ["'a pack --weights WEIGHTS -o FILE --isa avx2 --precision int8 --ranges RANGES'"]
    ),
    (
      .otherPrecision(found: "avx2", asked: .float16, model: "A"),
      ["float16 was asked for", "the file decides", "'a pack --weights WEIGHTS -o FILE --precision float16'"]
    ),
    (.noTensors, ["tensors", "--packed FILE"]),
    (.foreignTarget, ["not replaced", "another file"]),
  ]

  @Test(arguments: packedFaults.indices) func packedFaultNames(index: Int) {
    let (fault, parts) = Self.packedFaults[index]
    for part in parts { #expect(fault.description.contains(part), "\(fault.description)") }
    #expect(!fault.description.hasSuffix("."))
  }
}
