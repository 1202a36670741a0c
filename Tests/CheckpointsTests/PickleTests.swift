// Pickles that would run something are refused by the name of what they ask for, and nothing runs; pickles that make no sense
// are refused where they stop making it.
import Foundation
import ResNetRuntime
import Testing

@testable import ResNetCheckpoints

@Suite struct PickleTests {
  private func fault(pickle: [UInt8]) throws -> CheckpointFault? {
    try CheckpointsTests.fault(torchFile(pickle, storages: [[UInt8](repeating: 0, count: 16)]))
  }

  // MARK: Attacks

  /// What such a pickle would do in Python is to write this file.
  private let trace = FileManager.default.temporaryDirectory.appendingPathComponent("pickle-ran-\(UUID().uuidString)")

  @Test func nothingRuns() throws {
    let argument = pickled("touch \(trace.path)")
    let call = op("(") + argument + op("tR.")
    let attacks: [([UInt8], String)] = [
      (global("os", "system") + call, "os.system"),
      (global("posix", "system") + call, "posix.system"),
      (global("builtins", "eval") + call, "builtins.eval"),
      (global("builtins", "exec") + call, "builtins.exec"),
      (global("__builtin__", "getattr") + call, "__builtin__.getattr"),
      (global("subprocess", "Popen") + call, "subprocess.Popen"),
      (global("torch.storage", "_load_from_bytes") + call, "torch.storage._load_from_bytes"),
      (global("numpy", "load") + call, "numpy.load"),
      (global("functools", "partial") + call, "functools.partial"),
      (global("runpy", "_run_code") + call, "runpy._run_code"),
      (global("copyreg", "_reconstructor") + call, "copyreg._reconstructor"),
      (global("__torch__", "Thing") + call, "__torch__.Thing"),
      (pickled("os") + pickled("system") + [0x93] + call, "os.system"),
      (global("os", "system") + [0x85] + op("q\u{0}0h\u{0}") + [0x81] + op("."), "os.system"),
      (global("torch", "hub.load") + call, "torch.hub.load"),
      (global("torch", "evilStorage") + call, "torch.evilStorage"),
    ]
    for (pickle, name) in attacks {
      #expect(try fault(pickle: [0x80, 2] + pickle) == .pickle(.refusedGlobal(name: name)), "\(name)")
      // A pickle by itself is no checkpoint of PyTorch's, and is read by the same rules.
      #expect(try CheckpointsTests.fault([0x80, 2] + pickle) == .pickle(.refusedGlobal(name: name)), "\(name)")
    }
    #expect(!FileManager.default.fileExists(atPath: trace.path))
  }

  @Test func wholeModelsAreRefusedByTheirClass() throws {
    for name in ["torchvision.models.resnet.ResNet", "torch.nn.modules.container.Sequential", "__main__.MyNet"] {
      let parts = name.split(separator: ".")
      let pickle = [0x80, 2] + global(parts.dropLast().joined(separator: "."), String(parts[parts.count - 1]))
      #expect(
        try fault(pickle: pickle + op(")" + "\u{81}").prefix(1) + [0x81] + op("."))
          == .pickle(.wholeModel(className: name)))
    }
    guard case .pickle(.wholeModel(let name)) = try CheckpointsTests.fault(fixture: "whole.pth") else {
      Issue.record("torch.save(model)")
      return
    }
    #expect(!name.isEmpty)
  }

  @Test func opcodesThatReachOutsideAreRefused() throws {
    let cases: [([UInt8], String)] = [
      (op("Pname\n."), "PERSID"), (op("(ios\nsystem\n."), "INST"),
      (op("(") + global("collections", "OrderedDict") + op("o."), "OBJ"),
      ([0x82, 1], "EXT1"), ([0x83, 1, 0], "EXT2"), ([0x84, 1, 0, 0, 0], "EXT4"), (op("))}") + [0x92], "NEWOBJ_EX"),
      ([0x97], "NEXT_BUFFER"), ([0x98], "READONLY_BUFFER"),
    ]
    for (pickle, name) in cases {
      guard case .pickle(.refusedOpcode(name, _)) = try fault(pickle: [0x80, 2] + pickle) else {
        Issue.record("\(name)")
        continue
      }
    }
  }

  /// Files from before `_rebuild_parameter` have objects, made with their tensor or told it afterwards.
  @Test func parametersAreTheirTensors() throws {
    let parameter = global("torch.nn.parameter", "Parameter")
    let made = pickledState(parameter + op("(") + pickledTensor() + op("t") + [0x81])
    #expect(try fault(pickle: made) == nil)
    let told = pickledState(parameter + op(")") + [0x81] + op("(") + pickledTensor() + [0x88] + op("}tb"))
    #expect(try fault(pickle: told) == nil)
    let empty = pickledState(parameter + op(")") + [0x81])
    #expect(try fault(pickle: empty) == .noTensors(within: ["weight"]))
    // One that is said to be itself.
    let knot = pickledState(parameter + op(")") + [0x81] + op("q\u{0}(h\u{0}tb"))
    #expect(try fault(pickle: knot) == .noTensors(within: ["weight"]))
  }

  // MARK: Nonsense

  @Test func pickles() throws {
    func at(_ pickle: [UInt8]) throws -> PickleFault? {
      guard case .pickle(let fault) = try fault(pickle: pickle) else { return nil }
      return fault
    }
    #expect(try at([]) == .cutShort(offset: 0))
    #expect(try at([0x80]) == .cutShort(offset: 1))
    #expect(try at([0x80, 9]) == .protocolVersion(9))
    #expect(try at([0xFE]) == .unknownOpcode(0xFE, offset: 0))
    #expect(try at(op(".")) == .emptyStack(offset: 0))
    #expect(try at(op("(0.")) == .emptyStack(offset: 2))
    #expect(try at(op("N(a")) == .emptyStack(offset: 2))
    #expect(try at(op("t")) == .noMark(offset: 0))
    #expect(try at(op("h\u{3}")) == .memoMissing(3, offset: 0))
    #expect(try at(op("gx\n")) == .badNumber(offset: 0))
    #expect(try at(op("Ix\n")) == .badNumber(offset: 0))
    #expect(try at(op("Fx\n")) == .badNumber(offset: 0))
    #expect(try at(op("X") + word(1) + [0xFF]) == .badText(offset: 0))
    #expect(try at(op("X") + word(1 << 30)) == .cutShort(offset: 5))
    #expect(try at([0x8D] + [UInt8](repeating: 0xFF, count: 8)) == .badNumber(offset: 0))
    #expect(try at(op("Vabc")) == .cutShort(offset: 4))
    #expect(try at(op("(Nd")) == .badOperand(of: "DICT", offset: 2))
    #expect(try at(op("}Na")) == .badOperand(of: "APPENDS", offset: 2))
    #expect(try at(op("]NNs")) == .badOperand(of: "SETITEMS", offset: 3))
    #expect(try at(op("NN") + [0x93]) == .badOperand(of: "STACK_GLOBAL", offset: 2))
    #expect(try at(op("N)R")) == .badOperand(of: "REDUCE", offset: 2))
    #expect(try at(op("N}b")) == .badOperand(of: "BUILD", offset: 2))
    #expect(try at(op("NQ")) == .badPersistentID(offset: 1))
    let rebuild = global("torch._utils", "_rebuild_tensor_v2")
    #expect(try at(rebuild + op(")R")) == .badOperand(of: "_rebuild_tensor_v2", offset: rebuild.count + 1))
    let many = global("torch", "FloatStorage") + op(")R")
    #expect(try at(many) == .refusedOpcode(name: "a call of a storage or a type", offset: many.count - 1))
    guard case .badOperand(of: "_rebuild_tensor_v2", _)? = try at(pickledState(pickledTensor(shape: [1], strides: [])))
    else {
      Issue.record("a shape without strides")
      return
    }
  }

  /// A list that holds itself, tuples 200,000 deep, doublings of doublings: none takes long, or more than it is long.
  @Test func structuresWithoutEnd() throws {
    let knot = [0x80, 2] + op("}q\u{0}") + pickled("self") + op("h\u{0}s.")
    #expect(try fault(pickle: knot) == .noTensors(within: ["self"]))
    let deep = op("N") + [UInt8](repeating: 0x85, count: 200_000) + op(".")
    #expect(try fault(pickle: deep) == .noTensors(within: []))
    let laughs = op("]q\u{0}") + (0..<40).flatMap { _ in op("(") + op("h\u{0}h\u{0}") + op("lq\u{0}") } + op(".")
    #expect(try fault(pickle: laughs) == .noTensors(within: []))
    // Dictionaries made of one another copy what they hold, which counts as steps.
    let start = op("(") + (0..<2_000).flatMap { op("J") + word($0) + op("N") } + op("dq\u{0}0")
    let copy = global("collections", "OrderedDict") + op("(h\u{0}tR") + op("NNs0")
    let copies = start + (0..<3_000).flatMap { _ in copy } + op("N.")
    #expect(
      try fault(pickle: copies) == .pickle(.tooManySteps(limit: CheckpointLimits.pickleSteps)))
  }

  @Test func everySentenceNamesAWayOut() {
    let faults: [PickleFault] = [
      .cutShort(offset: 1), .unknownOpcode(0xFE, offset: 0), .refusedOpcode(name: "INST", offset: 2),
      .refusedGlobal(name: "os.system"), .wholeModel(className: "a.B"), .protocolVersion(9), .tooLarge(bytes: 7),
    ]
    for fault in faults {
      #expect(fault.description.contains("fetch it again") || fault.description.contains("torch.save("))
    }
    #expect(PickleFault.refusedGlobal(name: "os.system").description.contains("'os.system'"))
  }
}
