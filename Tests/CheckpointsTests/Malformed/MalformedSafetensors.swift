// Safetensors: every check of the header, and what stands behind it.
@testable import ResNetCheckpoints

extension MalformedFile {
  static func safetensors() -> [MalformedFile] {
    func raw(_ name: String, _ bytes: [UInt8], _ says: String) -> MalformedFile {
      .init(.safetensors, name, bytes, says)
    }
    func file(_ name: String, _ header: String, data: Int = 0, _ says: String) -> MalformedFile {
      let text = op(header)
      return raw(name, word(text.count) + word(0) + text + [UInt8](repeating: 0, count: data), says)
    }
    func tensor(_ name: String, _ fields: String, data: Int = 0, _ says: String) -> MalformedFile {
      file(name, "{\"a\":{\(fields)}}", data: data, says)
    }
    func sized(_ name: String, _ type: String, _ shape: String, _ offsets: String, _ data: Int, _ says: String)
      -> MalformedFile
    {
      tensor(name, "\"dtype\":\"\(type)\",\"shape\":\(shape),\"data_offsets\":\(offsets)", data: data, says)
    }
    let ones = [String](repeating: "1", count: 33).joined(separator: ",")
    return [
      raw("a header that is longer than the file", word(100) + word(0) + op("{"), "InvalidHeaderLength"),
      raw("a header that is much longer", word(99_000_000) + word(0) + op("{}"), "99000000 bytes in a file of 10"),
      raw("a text that is none", word(3) + word(0) + [0x7B, 0x22, 0xFF], "not UTF-8 at byte 10"),
      file("a header that is cut", "{", "should have a string at byte 9"),
      file("a header that is cut in a name", "{\"a", "at byte"),
      file("a header that is cut in an escape", "{\"a\\u00", "at byte"),
      file("an escape that does not exist", "{\"a\\q\":1}", "at byte"),
      file("half a pair of escapes", "{\"\\ud800\":1}", "at byte"),
      file("a control character", "{\"a\n\":1}", "at byte"),
      file("something behind it", "{}x", "nothing more"),
      file("a comma too much", "{\"__metadata__\":{},}", "a string at byte"),
      file("a colon that lacks", "{\"a\" {}}", "':' at byte"),
      file("a tensor that is a list", "{\"a\":[]}", "'{' at byte 13"),
      file("a tensor that is a number", "{\"number\":12345}", "'{' at byte 18"),
      file("metadata that are numbers", "{\"__metadata__\":{\"a\":1}}", "a string at byte 29"),
      file("metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", "'__metadata__' twice"),
      file("no tensors", "{}", "there are no tensors in it"),
      file(
        "a tensor twice",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],"
          + "\"data_offsets\":[0,0]}}", "the key 'a' twice"),
      tensor("a type twice", "\"dtype\":\"U8\",\"dtype\":\"U8\"", "the key 'dtype' twice"),
      tensor("no type", "\"shape\":[0],\"data_offsets\":[0,0]", "no 'dtype'"),
      tensor("no shape", "\"dtype\":\"U8\",\"data_offsets\":[0,0]", "no 'shape'"),
      tensor("no place", "\"dtype\":\"U8\",\"shape\":[0]", "no 'data_offsets'"),
      tensor("a field that does not exist", "\"dtype\":\"U8\",\"strides\":[0]", "the unknown field 'strides'"),
      tensor("a type that does not exist", "\"dtype\":\"F33\"", "the unknown type 'F33'"),
      tensor("a type in small letters", "\"dtype\":\"f32\"", "the unknown type 'f32'"),
      tensor("a type that is a number", "\"dtype\":32", "a string at byte"),
      tensor("too many dimensions", "\"dtype\":\"U8\",\"shape\":[\(ones)]", "more than 32 dimensions"),
      sized("a side below zero", "U8", "[-1]", "[0,0]", 0, "a whole number from 0"),
      sized("a side with a point", "U8", "[1.5]", "[0,0]", 0, "at byte 37"),
      sized("a side beyond integers", "U8", "[ 99999999999999999999]", "[0,0]", 0, "a whole number from 0"),
      sized("a shape that is a number", "U8", "3", "[0,3]", 3, "'[' at byte"),
      sized("a size beyond integers", "F32", "[4611686018427387904,4]", "[0,0]", 0, "ValidationOverflow"),
      sized("half a byte", "F4", "[3]", "[0,2]", 2, "MisalignedSlice"),
      sized("an end before its begin", "U8", "[2]", "[2,0]", 2, "occupies bytes 2 to 0"),
      sized("a hole", "U8", "[1]", "[1,2]", 2, "occupies bytes 1 to 2"),
      sized("a place beyond integers", "U8", "[0]", "[9223372036854775807,9223372036854775807]", 0, "a hole"),
      sized("too small a place", "F32", "[1]", "[0,2]", 2, "occupies 2 bytes where its shape and type need 4"),
      sized("too large a place", "F32", "[1]", "[0,8]", 8, "occupies 8 bytes where its shape and type need 4"),
      sized("numbers that are cut", "U8", "[3]", "[0,3]", 2, "its tensors end at byte 64 and the file at 63"),
      sized("numbers too many", "U8", "[3]", "[0,3]", 4, "its tensors end at byte 64 and the file at 65"),
      file(
        "an overlap",
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],"
          + "\"data_offsets\":[1,3]}}", data: 3, "'b' occupies bytes 1 to 3 of the data where it should begin at 2"),
      file("lists without end", "{\"a\":{\"shape\":" + String(repeating: "[", count: 100_000), "at byte"),
      file(
        "a long name",
        "{\"\(String(repeating: "n", count: CheckpointLimits.nameBytes + 1))\":"
          + "{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", "a tensor's name has"),
    ]
  }
}
