// The stack machine that a pickle is a program for, without the parts that run code: what is asked for by name comes from a
// closed list (PickleGlobal.swift), and what a call of it means for weights is written down (PickleCalls.swift). Each step
// reads at least a byte and adds at most one value, or counts as many steps as it copies, so work and memory are bounded by the pickle's length; values that hold
// others are numbers into a list, so nothing recurses.
import ResNetRuntime

struct PickleMachine {
  let bytes: UnsafeRawBufferPointer
  /// Whether classes of TorchScript's are modules.
  let script: Bool
  var position: Int
  var stack: [PickleValue] = []
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]
  private var steps = 0
  var result = PickleResult()
  /// Where the opcode stands that is carried out.
  var at = 0

  /// A machine for the pickle that begins at `position` of `bytes`, which outlive it.
  init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0, script: Bool = false) {
    self.bytes = bytes
    self.position = position
    self.script = script
  }

  /// Runs to the end of the pickle; `position` is then behind it. What was made before is kept: a file can hold several.
  mutating func run() throws(PickleFault) -> PickleValue {
    (stack, marks, memo) = ([], [], [:])
    while true {
      try charge(1)
      at = position
      let opcode = try byte()
      if opcode == UInt8(ascii: ".") { return try pop() }
      try step(opcode)
    }
  }

  /// Counts work: a step, or each value that is copied in one.
  mutating func charge(_ work: Int) throws(PickleFault) {
    steps += work
    guard steps <= CheckpointLimits.pickleSteps else { throw .tooManySteps(limit: CheckpointLimits.pickleSteps) }
  }

  // MARK: Opcodes

  private mutating func step(_ opcode: UInt8) throws(PickleFault) {
    switch opcode {
    case 0x80:  // PROTO
      let version = Int(try byte())
      guard version <= 5 else { throw .protocolVersion(version) }
    case 0x95: _ = try take(8)  // FRAME
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): try drop()
    case UInt8(ascii: "1"): _ = try popMark()
    case UInt8(ascii: "2"): stack.append(try top())

    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.boolean(true))
    case 0x89: stack.append(.boolean(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int(Int32(truncatingIfNeeded: try number(4)))))
    case UInt8(ascii: "K"): stack.append(.integer(try number(1)))
    case UInt8(ascii: "M"): stack.append(.integer(try number(2)))
    case UInt8(ascii: "I"): try integerLine()
    case UInt8(ascii: "L"): try integerLine()
    case 0x8A: try large(try number(1))  // LONG1
    case 0x8B: try large(try number(4))  // LONG4
    case UInt8(ascii: "G"):
      let range = try take(8)
      let bits = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self))
      stack.append(.real(Double(bitPattern: bits)))
    case UInt8(ascii: "F"):
      guard let value = Double(try line()) else { throw .badNumber(offset: at) }
      stack.append(.real(value))

    case UInt8(ascii: "X"): stack.append(.text(try text(try number(4))))
    case 0x8C: stack.append(.text(try text(try number(1))))
    case 0x8D: stack.append(.text(try text(try number(8))))
    case UInt8(ascii: "V"): stack.append(.text(try line()))
    case UInt8(ascii: "S"): stack.append(.text(unquoted(try line())))
    // Strings of Python 2: text, or bytes where they are none.
    case UInt8(ascii: "U"): stack.append(textOrBytes(try take(try number(1))))
    case UInt8(ascii: "T"): stack.append(textOrBytes(try take(try number(4))))
    case UInt8(ascii: "C"): stack.append(.bytes(try take(try number(1))))
    case UInt8(ascii: "B"): stack.append(.bytes(try take(try number(4))))
    case 0x8E, 0x96: stack.append(.bytes(try take(try number(8))))  // BINBYTES8, BYTEARRAY8

    case UInt8(ascii: ")"): push(.tuple, [])
    case 0x85: try pushTuple(1)
    case 0x86: try pushTuple(2)
    case 0x87: try pushTuple(3)
    case UInt8(ascii: "t"): push(.tuple, try popMark())
    case UInt8(ascii: "]"): push(.list, [])
    case UInt8(ascii: "l"): push(.list, try popMark())
    case UInt8(ascii: "}"): push(.dictionary, [])
    case UInt8(ascii: "d"):
      let items = try popMark()
      guard items.count % 2 == 0 else { throw .badOperand(of: "DICT", offset: at) }
      push(.dictionary, items)
    case 0x8F: push(.list, [])  // EMPTY_SET: no weights lie in sets.
    case 0x91: push(.list, try popMark())  // FROZENSET
    case UInt8(ascii: "a"):
      let item = try pop()
      try append([item], to: try top())
    case UInt8(ascii: "e"), 0x90:  // APPENDS, ADDITEMS
      let items = try popMark()
      try append(items, to: try top())
    case UInt8(ascii: "s"):
      let value = try pop()
      let key = try pop()
      try set([key, value], of: try top())
    case UInt8(ascii: "u"):
      let items = try popMark()
      try set(items, of: try top())

    case UInt8(ascii: "p"): try memoize(try decimalLine())
    case UInt8(ascii: "q"): try memoize(try number(1))
    case UInt8(ascii: "r"): try memoize(try number(4))
    case 0x94: try memoize(memo.count)
    case UInt8(ascii: "g"): try recall(try decimalLine())
    case UInt8(ascii: "h"): try recall(try number(1))
    case UInt8(ascii: "j"): try recall(try number(4))

    case UInt8(ascii: "c"):
      let module = try line()
      try pushGlobal(module, try line())
    case 0x93:  // STACK_GLOBAL
      guard case .text(let name) = try pop(), case .text(let module) = try pop() else {
        throw .badOperand(of: "STACK_GLOBAL", offset: at)
      }
      try pushGlobal(module, name)
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let arguments = try pop()
      stack.append(try call(try pop(), arguments))
    case UInt8(ascii: "b"):
      let state = try pop()
      try build(try top(), state)
    case UInt8(ascii: "Q"): stack.append(try persistent(try pop()))

    case UInt8(ascii: "P"): throw .refusedOpcode(name: "PERSID", offset: at)
    case UInt8(ascii: "i"): throw .refusedOpcode(name: "INST", offset: at)
    case UInt8(ascii: "o"): throw .refusedOpcode(name: "OBJ", offset: at)
    case 0x82, 0x83, 0x84: throw .refusedOpcode(name: "EXT\(1 << (opcode - 0x82))", offset: at)
    case 0x92: throw .refusedOpcode(name: "NEWOBJ_EX", offset: at)
    case 0x97: throw .refusedOpcode(name: "NEXT_BUFFER", offset: at)
    case 0x98: throw .refusedOpcode(name: "READONLY_BUFFER", offset: at)
    default: throw .unknownOpcode(opcode, offset: at)
    }
  }

  private mutating func pushGlobal(_ module: String, _ name: String) throws(PickleFault) {
    guard let global = PickleGlobal.named(module, name, script: script) else {
      if isModelClass(module, name) { throw .wholeModel(className: "\(module).\(name)") }
      throw .refusedGlobal(name: "\(module).\(name)")
    }
    stack.append(.global(global))
  }

  // MARK: The stack

  /// No deeper than the last mark.
  private var floor: Int { marks.last ?? 0 }

  private mutating func pop() throws(PickleFault) -> PickleValue {
    guard stack.count > floor, let value = stack.popLast() else { throw .emptyStack(offset: at) }
    return value
  }

  private func top() throws(PickleFault) -> PickleValue {
    guard stack.count > floor, let value = stack.last else { throw .emptyStack(offset: at) }
    return value
  }

  /// A value, or a mark if that is what is on top.
  private mutating func drop() throws(PickleFault) {
    if stack.count == floor, marks.popLast() != nil { return }
    _ = try pop()
  }

  private mutating func popMark() throws(PickleFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw .noMark(offset: at) }
    let items = Array(stack[mark...])
    stack.removeLast(items.count)
    return items
  }

  mutating func push(_ kind: PickleNode.Kind, _ items: [PickleValue]) {
    stack.append(node(kind, items))
  }

  mutating func node(_ kind: PickleNode.Kind, _ items: [PickleValue]) -> PickleValue {
    result.nodes.append(PickleNode(kind: kind, items: items))
    return .node(result.nodes.count - 1)
  }

  private mutating func pushTuple(_ count: Int) throws(PickleFault) {
    guard stack.count - floor >= count else { throw .emptyStack(offset: at) }
    let items = Array(stack.suffix(count))
    stack.removeLast(count)
    push(.tuple, items)
  }

  private mutating func memoize(_ number: Int) throws(PickleFault) { memo[number] = try top() }

  private mutating func recall(_ number: Int) throws(PickleFault) {
    guard let value = memo[number] else { throw .memoMissing(number, offset: at) }
    stack.append(value)
  }
}

// MARK: - Reading

extension PickleMachine {
  private mutating func byte() throws(PickleFault) -> UInt8 { bytes[try take(1).lowerBound] }

  private mutating func take(_ count: Int) throws(PickleFault) -> Range<Int> {
    guard count >= 0, count <= bytes.count - position else { throw .cutShort(offset: bytes.count) }
    position += count
    return position - count..<position
  }

  /// A little-endian number of so many bytes, without a sign.
  private mutating func number(_ width: Int) throws(PickleFault) -> Int {
    let value = bytes[try take(width)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let number = Int(exactly: value) else { throw .badNumber(offset: at) }
    return number
  }

  private mutating func text(_ count: Int) throws(PickleFault) -> String {
    guard case .text(let text) = textOrBytes(try take(count)) else { throw .badText(offset: at) }
    return text
  }

  private func textOrBytes(_ range: Range<Int>) -> PickleValue {
    let part = UnsafeRawBufferPointer(rebasing: bytes[range])
    return firstInvalidUTF8(part) == nil ? .text(String(decoding: part, as: UTF8.self)) : .bytes(range)
  }

  private mutating func line() throws(PickleFault) -> String {
    guard let end = bytes[position...].firstIndex(of: 0x0A) else { throw .cutShort(offset: bytes.count) }
    let text = try text(end - position)
    position += 1
    return text
  }

  private mutating func decimalLine() throws(PickleFault) -> Int {
    guard let value = Int(try line()), value >= 0 else { throw .badNumber(offset: at) }
    return value
  }

  /// `12`, `12L`, or `00` and `01` for false and true.
  private mutating func integerLine() throws(PickleFault) {
    let line = try line()
    if line == "00" || line == "01" { return stack.append(.boolean(line == "01")) }
    guard let value = Int(line.last == "L" ? String(line.dropLast()) : line) else { throw .badNumber(offset: at) }
    stack.append(.integer(value))
  }

  /// A little-endian number in two's complement.
  private mutating func large(_ count: Int) throws(PickleFault) {
    let digits = Array(bytes[try take(count)])
    guard digits.count <= 8 else { return stack.append(.large(digits)) }
    let negative = (digits.last ?? 0) >= 0x80
    let value = digits.reversed().reduce(negative ? UInt64.max : 0) { $0 << 8 | UInt64($1) }
    stack.append(.integer(Int(Int64(bitPattern: value))))
  }

  private func unquoted(_ line: String) -> String {
    guard line.utf8.count >= 2, let first = line.first, first == line.last, first == "'" || first == "\"" else {
      return line
    }
    return String(line.dropFirst().dropLast())
  }
}
