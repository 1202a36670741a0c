// What is wrong with a pickle, one case for each check. Offsets count bytes from the start of the pickle's file or archive
// entry.

package enum PickleFault: Error, Sendable, Equatable, CustomStringConvertible {
  case cutShort(offset: Int)
  case unknownOpcode(UInt8, offset: Int)
  /// An opcode that is known, and means code or data from elsewhere.
  case refusedOpcode(name: String, offset: Int)
  /// A function or class that weights do not need.
  case refusedGlobal(name: String)
  /// A whole model was pickled, and its class is code.
  case wholeModel(className: String)
  case protocolVersion(Int)
  /// An opcode takes what the stack does not hold.
  case emptyStack(offset: Int)
  case noMark(offset: Int)
  case memoMissing(Int, offset: Int)
  case badNumber(offset: Int)
  case badText(offset: Int)
  /// A function or an opcode was given something else than it takes.
  case badOperand(of: String, offset: Int)
  case badPersistentID(offset: Int)
  /// A tensor whose numbers are to be negated or conjugated when they are read.
  case lazyView(String, offset: Int)
  case tooLarge(bytes: Int)
  case tooManySteps(limit: Int)
  case tooDeep(limit: Int)

  package var description: String {
    let damaged = "the file is damaged or was not downloaded completely, fetch it again"
    let anew = "save the weights alone in Python: torch.save(model.state_dict(), 'weights.pth')"
    switch self {
    case .cutShort(let offset):
      return "its pickle ends at byte \(offset) in the middle of something; \(damaged)"
    case .unknownOpcode(let byte, let offset):
      return "its pickle has the unknown opcode \(hexadecimal(byte)) at byte \(offset); \(damaged)"
    case .refusedOpcode(let name, let offset):
      return "its pickle uses \(name) at byte \(offset), which no weights need and which is not carried out; \(anew)"
    case .refusedGlobal(let name):
      return
        "its pickle asks for \(quotedName(name)), which is not among the few things that weights are made of and is "
        + "not carried out; if you trust the file, \(anew)"
    case .wholeModel(let name):
      return "it holds a whole model of class \(quotedName(name)), which is code, not weights; where that class can be "
        + "imported, save its weights in Python: model = torch.load('FILE', weights_only=False); "
        + "torch.save(model.state_dict(), 'weights.pth')"
    case .protocolVersion(let version):
      return "its pickle is of protocol \(version), and 0 to 5 are read; \(anew)"
    case .emptyStack(let offset):
      return "its pickle takes a value at byte \(offset) where there is none; \(damaged)"
    case .noMark(let offset):
      return "its pickle closes a list at byte \(offset) that was not begun; \(damaged)"
    case .memoMissing(let number, let offset):
      return "its pickle refers at byte \(offset) to its value \(number), which it has not given; \(damaged)"
    case .badNumber(let offset):
      return "its pickle has no number at byte \(offset) where one should be; \(damaged)"
    case .badText(let offset):
      return "its pickle has text at byte \(offset) that is not UTF-8; \(damaged)"
    case .badOperand(let name, let offset):
      return "its pickle gives \(quotedName(name)) at byte \(offset) something that it does not take; \(damaged)"
    case .badPersistentID(let offset):
      return "its pickle refers at byte \(offset) to something outside that is no storage of PyTorch's; \(anew)"
    case .lazyView(let mark, let offset):
      return "its pickle has a tensor at byte \(offset) that is stored as a view marked \(quotedName(mark)); save it "
        + "resolved: tensor.resolve_neg().resolve_conj().clone()"
    case .tooLarge(let bytes):
      return "its pickle has \(bytes) bytes without its tensors, more than \(CheckpointLimits.pickleBytes); \(anew)"
    case .tooManySteps(let limit):
      return "its pickle has more than \(limit) steps; \(anew)"
    case .tooDeep(let limit):
      return "its values lie more than \(limit) deep in one another; \(anew)"
    }
  }
}
