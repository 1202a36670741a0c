// How large the caches are, as the system says: Linux in /sys, macOS by sysctl. What it does not say is assumed, and the
// file that `calibrate` writes says so.
import Foundation
import ResNetCompiler

struct CacheSizes {
  var l1: Int
  var l2: Int
  var l3: Int
  /// What was assumed, for the description.
  var comments: [String] = []

  /// Of the first core, in any order of nonsense that a virtual machine may report.
  static func found() -> CacheSizes { CacheSizes(reported: reported()) }

  /// - Parameter reported: the bytes of each level that the system knows.
  init(reported: [Int: Int]) {
    var comments: [String] = []
    func size(_ level: Int, atLeast least: Int, else assumed: Int) -> Int {
      if let bytes = reported[level], least...(1 << 40) ~= bytes { return bytes }
      let bytes = max(least, assumed)
      comments.append("the system names no L\(level) of use: \(binarySize(bytes)) is assumed")
      return bytes
    }
    l1 = size(1, atLeast: 1 << 10, else: 32 << 10)
    l2 = size(2, atLeast: l1, else: 1 << 20)
    l3 = size(3, atLeast: l2, else: 32 << 20)
    self.comments = comments
  }

  private static func reported() -> [Int: Int] {
    var sizes: [Int: Int] = [:]
    #if canImport(Darwin)
      // The fast cores' come first where there are two kinds.
      for (level, names) in [
        1: ["hw.perflevel0.l1dcachesize", "hw.l1dcachesize"], 2: ["hw.perflevel0.l2cachesize", "hw.l2cachesize"],
        3: ["hw.perflevel0.l3cachesize", "hw.l3cachesize"],
      ] {
        for name in names where sizes[level] == nil {
          var value: Int64 = 0
          var length = MemoryLayout<Int64>.size
          if sysctlbyname(name, &value, &length, nil, 0) == 0, value > 0 { sizes[level] = Int(value) }
        }
      }
    #else
      for index in 0..<8 {
        func word(_ name: String) -> String? {
          let bytes = try? readFile("/sys/devices/system/cpu/cpu0/cache/index\(index)/\(name)", limit: 64)
          return bytes.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
        }
        guard let level = word("level").flatMap({ Int($0) }), word("type") != "Instruction",
          let bytes = word("size").flatMap(Self.bytes)
        else { continue }
        sizes[level] = bytes
      }
    #endif
    return sizes
  }

  /// `48K`.
  static func bytes(_ text: String) -> Int? {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let last = text.last else { return nil }
    let scale = units[last] ?? 1
    guard let count = Int(units[last] == nil ? text[...] : text.dropLast()), 1...(1 << 40) / scale ~= count else {
      return nil
    }
    return count * scale
  }
}
