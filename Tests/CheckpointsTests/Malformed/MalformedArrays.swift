// NumPy's arrays, and the protocol buffers of ONNX and Caffe.
@testable import ResNetCheckpoints

extension MalformedFile {
  static func numpy() throws -> [MalformedFile] {
    func entry(_ name: String, _ content: [UInt8], _ says: String) -> MalformedFile {
      .init(.numpy, name, zip([("\(name).npy", content)]), says)
    }
    func array(_ name: String, _ header: String, version: UInt8 = 1, _ says: String) -> MalformedFile {
      let text = op(header)
      let length = version == 1 ? half(text.count) : word(text.count)
      return entry(name, [0x93] + op("NUMPY") + [version, 0] + length + text + zeros(8), says)
    }
    func typed(_ name: String, _ type: String, _ says: String) -> MalformedFile {
      array(name, "{'descr': \(type), 'fortran_order': False, 'shape': (2,), }\n", says)
    }
    func shaped(_ name: String, _ shape: String, _ says: String) -> MalformedFile {
      array(name, "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }\n", says)
    }
    let words = "does not say its type and shape"
    return [
      entry("no array", op("hello hello"), "its entry 'no array' is no array"),
      entry("empty", [], "its entry 'empty' is no array"),
      entry("a text that is cut", [0x93] + op("NUMPY") + [1, 0, 200, 0] + op("{'descr'"), "ends within its header"),
      entry("a length that is cut", [0x93] + op("NUMPY") + [2, 0, 9, 0], "'a length that is cut' ends within"),
      array("version 9", "{}", version: 9, "'version 9' is of version 9"),
      array("no keys", "{}", "'no keys' \(words)"), array("no header", "", "'no header' \(words)"),
      array("a list", "['<f4', False, (2,)]", "'a list' \(words)"),
      array("a key too much", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}", words),
      array("an order that is a number", "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", words),
      shaped("an open shape", "(2", "'an open shape' \(words)"), shaped("below zero", "(-2,)", "'below zero' \(words)"),
      shaped("two commas", "(2,,)", "'two commas' \(words)"), shaped("a number", "2", "'a number' \(words)"),
      shaped("beyond integers", "(\(Int.max)0,)", "'beyond integers' \(words)"),
      shaped("a name", "(a,)", "'a name' \(words)"),
      shaped("a product beyond integers", "(\(Int.max), 3)", "8 bytes where its shape and type need \(Int.max)"),
      shaped("too many numbers", "(3,)", "8 bytes where its shape and type need 12"),
      shaped("too few numbers", "(1,)", "8 bytes where its shape and type need 4"),
      typed("objects", "'|O'", "'objects' holds Python's objects"), typed("the other order", "'>f4'", "highest byte"),
      typed("letters", "'<U4'", "type '<U4'"), typed("dates", "'<M8[s]'", "type '<M8[s]'"),
      typed("long doubles", "'<f16'", "type '<f16'"), typed("fields", "[('a', '<f4')]", "of several fields"),
      typed("no type", "''", "type ''"),
    ]
  }

  private static func varint(_ value: Int) -> [UInt8] {
    value < 128 ? [UInt8(value)] : [UInt8(value & 127 | 128)] + varint(value >> 7)
  }
  private static func field(_ number: Int, _ content: [UInt8]) -> [UInt8] {
    varint(number << 3 | 2) + varint(content.count) + content
  }
  private static func number(_ field: Int, _ value: Int) -> [UInt8] { varint(field << 3) + varint(value) }
  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  static func onnx() throws -> [MalformedFile] {
    func file(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile { .init(.onnx, name, bytes, says) }
    func model(_ name: String, _ tensor: [UInt8], _ says: String) -> MalformedFile {
      file(name, number(1, 9) + field(7, field(5, tensor)), says)
    }
    let named = number(1, 2) + number(2, 1) + field(8, op("w"))
    let many = field(1, [UInt8](repeating: 1, count: 33))
    let nodes = [[UInt8]](repeating: [10, 0], count: 200_001).flatMap { $0 }
    return [
      file("operations without end", number(1, 9) + field(7, nodes), "its graph has more than 200000 operations"),
      model("numbers that are cut", named + field(9, [1, 2, 3]), "'w' has 3 bytes where its shape and type need 8"),
      model("numbers too many", named + field(9, zeros(12)), "'w' has 12 bytes where its shape and type need 8"),
      model("no numbers", named, "'w' has 0 bytes where its shape and type need 8"),
      model("no name", number(2, 1) + field(9, zeros(4)), "a tensor in it has no name"),
      model("text for numbers", number(2, 8) + field(8, op("w")), "'w' is of type 8"),
      model("complex numbers", number(2, 15) + field(8, op("c")), "'c' is of type 15"),
      model("no type", field(8, op("w")), "'w' is of type 0"),
      model("numbers in another file", named + number(14, 1), "lie in another file"),
      model(
        "a place in another file", number(2, 1) + field(8, op("v")) + field(13, op("x")), "'v' lie in another file"),
      model("a number for floats", named + number(4, 1), "makes no sense at byte"),
      model("too many dimensions", many + number(2, 1) + field(8, op("w")), "more than 32 dimensions"),
      model(
        "a side below zero",
        varint(1 << 3) + zeros(0) + [UInt8](repeating: 0xFF, count: 9) + [1] + number(2, 1)
          + field(8, op("w")), "'w' has 0 bytes where"),
      file("sparse numbers", number(1, 9) + field(7, field(15, [])), "'sparse_initializer' is sparse"),
      file("a graph of nothing", number(1, 9) + field(7, []), "there are no tensors in it"),
      file("a graph that is cut", number(1, 9) + varint(7 << 3 | 2) + varint(900), "it ends at byte 5"),
      file("a field of no number", number(1, 9) + field(7, field(9, []) + [0, 0]), "makes no sense at byte 6"),
      file("a group", number(1, 9) + field(7, [0x0B]), "unknown kind 3 at byte 4"),
      file("a kind that never was", number(1, 9) + field(7, [0x0F]), "unknown kind 7 at byte 4"),
      file(
        "a number of eleven bytes", number(1, 9) + field(7, [0x08] + [UInt8](repeating: 0xFF, count: 11)),
        "more than 64 bits"),
      file(
        "a length beyond integers", number(1, 9) + field(7, [0x2A] + [UInt8](repeating: 0xFF, count: 9) + [1]),
        "no sense at byte"),
    ]
  }

  static func caffe() -> [MalformedFile] {
    func net(_ name: String, _ layer: [UInt8], _ says: String) -> MalformedFile {
      .init(.caffe, name, field(1, op("net")) + field(100, layer), says)
    }
    func blob(_ shape: [UInt8], _ numbers: [UInt8]) -> [UInt8] { field(7, shape) + numbers }
    let sound = blob(field(1, varint(2)), field(5, zeros(8)))
    return [
      net("no name", field(7, sound), "a layer with weights in it has no name"),
      net("no weights", field(1, op("fc")), "has a network and no weights"),
      net(
        "numbers that are cut", field(1, op("fc")) + field(7, blob(field(1, varint(3)), field(5, zeros(8)))),
        "'fc.0' has 8 bytes where its shape and type need 12"),
      net(
        "a second blob that is cut",
        field(1, op("fc")) + field(7, sound) + field(7, blob(field(1, varint(3)), field(5, zeros(8)))), "'fc.1' has 8"),
      net("a number for floats", field(1, op("fc")) + field(7, number(5, 1)), "makes no sense at byte"),
      net("a number for doubles", field(1, op("fc1")) + field(7, number(8, 1)), "makes no sense at byte"),
      net("a group", op("\u{B}"), "unknown kind 3 at byte 8"),
      net("a field of no number", [0, 0], "makes no sense at byte 8"),
      net("a layer that is cut", varint(7 << 3 | 2) + varint(900), "it ends at byte"),
    ]
  }
}
