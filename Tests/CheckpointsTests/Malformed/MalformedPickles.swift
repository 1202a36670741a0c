// Pickles that make no sense: cut, with operands that their opcodes do not take, or tensors that are none.
@testable import ResNetCheckpoints

extension MalformedFile {
  static func brokenPickles() -> [MalformedFile] {
    func file(_ name: String, _ pickle: [UInt8], _ says: String) -> MalformedFile {
      .init(.pickle, name, torchFile(pickle, storages: [[UInt8](repeating: 0, count: 16)]), says)
    }
    func tensor(_ name: String, _ pickle: [UInt8], _ says: String) -> MalformedFile {
      file(name, pickledState(pickle), says)
    }
    let rebuild = global("torch._utils", "_rebuild_tensor_v2")
    func arguments(_ parts: [UInt8]...) -> [UInt8] { rebuild + op("(") + parts.joined() + op("tR") }
    func storage(_ parts: [UInt8]...) -> [UInt8] { op("(") + parts.joined() + op("tQ") }
    let float = global("torch", "FloatStorage")
    let sound = storage(pickled("storage"), float, pickled("0"), pickled("cpu"), op("K\u{4}"))
    return [
      file("nothing", [], "ends at byte 0"),
      file("a version that is cut", [0x80], "ends at byte 1"),
      file("a version to come", [0x80, 9], "protocol 9, and 0 to 5"),
      file("an opcode that does not exist", [0xFE], "unknown opcode fe at byte 0"),
      file("an opcode of none, later", op("NN") + [0xA0], "unknown opcode a0 at byte 2"),
      file("an end without a value", op("."), "takes a value at byte 0"),
      file("a value from under a mark", op("N(."), "takes a value at byte 2"),
      file("a pair of one", op("N") + [0x86], "takes a value at byte 1"),
      file("a copy of nothing", [0x80, 2, 0x80, 2] + op("2"), "takes a value at byte 4"),
      file("a list without a mark", op("t"), "closes a list at byte 0"),
      file("a list that is closed twice", op("(tt"), "closes a list at byte 2"),
      file("a memo that is empty", op("h\u{3}"), "to its value 3"),
      file("a memo of a line", op("g7\n"), "to its value 7"),
      file("a memo of four bytes", op("j") + word(70_000), "to its value 70000"),
      file("a memo of a name", op("gx\n"), "no number at byte 0"),
      file("a memo below zero", op("Np-1\n"), "no number at byte 1"),
      file("a number that is a name", op("NNIx\n"), "no number at byte 2"),
      file("a real number that is a name", op("NNNFx\n"), "no number at byte 3"),
      file("a long number that is a name", op("NNNNLx\n"), "no number at byte 4"),
      file(
        "a length beyond integers", op("NNNNN") + [0x8D] + [UInt8](repeating: 0xFF, count: 8), "no number at byte 5"),
      file("text that is none", op("X") + word(1) + [0xFF], "text at byte 0 that is not UTF-8"),
      file("short text that is none", op("N") + [0x8C, 1, 0xC0], "text at byte 1 that is not UTF-8"),
      file("text longer than the file", op("X") + word(1 << 30), "ends at byte 5"),
      file("bytes longer than the file", op("NNB") + word(1 << 30), "ends at byte 7"),
      file("a long number that is cut", op("NNN") + [0x8B] + word(1 << 30), "ends at byte 8"),
      file("a line without an end", op("Vabc"), "ends at byte 4"),
      file("a name without an end", op("cos\nsystem"), "ends at byte 10"),
      file("a frame that is cut", [0x80, 4, 0x95, 1, 0, 0], "ends at byte 6"),
      file("a dictionary of an odd number", op("(Nd"), "'DICT' at byte 2"),
      file("values into a dictionary", op("}Na"), "'APPENDS' at byte 2"),
      file("pairs into a list", op("]NNs"), "'SETITEMS' at byte 3"),
      file("an odd number of pairs", op("N}(Nu"), "'SETITEMS' at byte 4"),
      file("a name of numbers", op("NN") + [0x93], "'STACK_GLOBAL' at byte 2"),
      file("a call of nothing", op("N)R"), "'REDUCE' at byte 2"),
      file("a call without a tuple", global("torch", "Size") + op("NR"), "'REDUCE' at byte 13"),
      file("a state of nothing", op("N}b"), "'BUILD' at byte 2"),
      file("a dictionary of pairs of three", global("collections", "OrderedDict") + op("](NNNtaaR"), "at byte"),
      file("a dictionary of a pair of three", global("collections", "OrderedDict") + op("(](NNNtatR"), "'OrderedDict'"),
      file("text encoded without text", global("_codecs", "encode") + op(")R"), "'_codecs.encode'"),
      file("a parameter of nothing", global("torch._utils", "_rebuild_parameter") + op(")R"), "'_rebuild_parameter'"),
      file("a subclass of nothing", global("torch._tensor", "_rebuild_from_type_v2") + op(")R"), "_from_type_v2'"),
      file("a typed tensor of nothing", global("torch._utils", "_rebuild_tensor_v3") + op(")R"), "_tensor_v3'"),
      file("an array of three parts", numpyArray(op("NNNt")), "'BUILD'"),
      file("a storage of nothing", op("NQ"), "at byte 1 to something outside"),
      file("a storage of three parts", storage(pickled("storage"), float, pickled("0")), "to something outside"),
      file(
        "a storage that is a module",
        storage(pickled("module"), float, pickled("0"), pickled("cpu"), op("K\u{4}")), "to something outside"),
      file(
        "a storage of no class",
        storage(pickled("storage"), pickled("FloatStorage"), pickled("0"), pickled("cpu"), op("K\u{4}")),
        "to something outside"),
      file(
        "a storage below zero", storage(pickled("storage"), float, pickled("0"), pickled("cpu"), op("J") + word(-1)),
        "to something outside"),
      file(
        "a storage whose key is a list",
        storage(pickled("storage"), float, op("]"), pickled("cpu"), op("K\u{4}")), "to something outside"),
      file("a tensor of nothing", rebuild + op(")R"), "'_rebuild_tensor_v2' at byte"),
      tensor("a tensor of three parts", arguments(sound, op("K\u{0}"), op("(K\u{4}t")), "'_rebuild_tensor_v2'"),
      tensor("a tensor without a storage", arguments(op("N"), op("K\u{0}"), op(")"), op(")")), "'_rebuild_tensor_v2'"),
      tensor(
        "a place that is text", arguments(sound, pickled("a"), op("(K\u{4}t"), op("(K\u{1}t")), "'_rebuild_tensor_v2'"),
      tensor("a shape without strides", pickledTensor(shape: [1], strides: []), "'_rebuild_tensor_v2'"),
      tensor("a side below zero", pickledTensor(shape: [-1, 2], strides: [1, 1]), "'_rebuild_tensor_v2'"),
      tensor("a stride below zero", pickledTensor(shape: [2, 1, 1], strides: [-1, 1, 1]), "'_rebuild_tensor_v2'"),
      tensor("a place below zero", pickledTensor(offset: -4, shape: [1, 1, 1, 1], strides: [1, 1, 1, 1]), "_v2'"),
      tensor(
        "too many dimensions",
        pickledTensor(shape: [Int](repeating: 1, count: 40), strides: [Int](repeating: 1, count: 40)), "_v2'"),
      tensor("a view to be negated", lazy("neg", sound), "marked 'neg'"),
      tensor("a view to be conjugated", lazy("conj", sound), "marked 'conj'"),
      file("steps without end", steps(), "more than \(CheckpointLimits.pickleSteps) steps"),
    ]
  }

  private static func numpyArray(_ state: [UInt8]) -> [UInt8] {
    global("numpy.core.multiarray", "_reconstruct") + op(")R(") + state + op("b")
  }

  /// A tensor that is to be changed when it is read.
  private static func lazy(_ mark: String, _ storage: [UInt8]) -> [UInt8] {
    global("torch._utils", "_rebuild_tensor_v2") + op("(") + storage + op("K\u{0}(K\u{4}t(K\u{1}t") + [0x89]
      + op("}}") + pickled(mark) + [0x88] + op("stR")
  }

  /// Dictionaries made of one another copy what they hold, which counts as steps.
  private static func steps() -> [UInt8] {
    let start = op("(") + (0..<2_000).flatMap { op("J") + word($0) + op("N") } + op("dq\u{0}0")
    let copy = global("collections", "OrderedDict") + op("(h\u{0}tR") + op("NNs0")
    return start + (0..<1_100).flatMap { _ in copy } + op("N.")
  }
}
