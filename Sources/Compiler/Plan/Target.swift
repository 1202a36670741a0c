// What the plan must know of an instruction set: how wide a vector is and how many there are. Adding one is adding a row
// to `Target.all`, its flags in `Emit/EmitManifest.swift`, and its case in `Sources/Runtime/ISA.swift`.

/// An instruction set that kernels are specialised for.
package struct Target: Hashable, Sendable {
  /// As users write it and as the runtime's `ISA` spells it: `avx512`.
  package let name: String
  /// The suffix of its Swift target: `AVX512`.
  package let moduleSuffix: String
  /// Floats in a vector.
  package let lanes: Int
  /// Vectors that a tile may hold as accumulators. The registers left hold one vector of weights for each column of the
  /// tile and a broadcast pixel: of AVX-512's 32 registers, 28 + 2 + 1.
  package let accumulators: Int
  /// Vectors that registers hold in all.
  package let registers: Int
  /// Vectors, or numbers to broadcast, that a core loads in a cycle in which it multiplies two. An Ice Lake core was to
  /// load two of 64 bytes; measured, 28 multiplications with 29 loads take 28 cycles, with 12 loads 14.
  package let loads: Int
  /// Fused multiply-add. Without it `addProduct` would call `fmaf` for every lane, so kernels multiply, then add.
  package let hasFMA: Bool
  /// The architecture that `#if arch(...)` asks for; `nil` builds everywhere.
  package let architecture: String?
  /// How it multiplies whole numbers.
  package let products: IntegerProducts
  /// Whether they multiply in half precision, two numbers to a word, and values are stored so.
  package private(set) var multipliesHalves = false
  /// What its kernels multiply.
  package private(set) var precision = Precision.float32

  package static let avx512 = Target(
    name: "avx512", moduleSuffix: "AVX512", lanes: 16, accumulators: 28, registers: 32, loads: 1, hasFMA: true,
    architecture: "x86_64", products: .bytes)
  package static let avx2 = Target(
    name: "avx2", moduleSuffix: "AVX2", lanes: 8, accumulators: 12, registers: 16, loads: 2, hasFMA: true,
    architecture: "x86_64", products: .pairs)
  package static let neon = Target(
    name: "neon", moduleSuffix: "NEON", lanes: 4, accumulators: 24, registers: 32, loads: 2, hasFMA: true,
    architecture: "arm64", products: .pairs)
  package static let portable = Target(
    name: "portable", moduleSuffix: "Portable", lanes: 4, accumulators: 10, registers: 16, loads: 2, hasFMA: false,
    architecture: nil, products: .pairs)

  /// In order of preference.
  package static let all: [Target] = [avx512, avx2, neon, portable]

  /// AVX2 with the dot products of bytes of AVX-VNNI: int8 alone.
  static let avxvnni = Target(
    name: "avxvnni", moduleSuffix: "AVXVNNI", lanes: 8, accumulators: 12, registers: 16, loads: 2, hasFMA: true,
    architecture: "x86_64", products: .bytes)
  /// NEON with the dot products of bytes of Armv8.2: int8 alone.
  static let neondot = Target(
    name: "neondot", moduleSuffix: "NEONDot", lanes: 4, accumulators: 24, registers: 32, loads: 2, hasFMA: true,
    architecture: "arm64", products: .signedBytes)

  /// AVX-512 with arithmetic in half precision: float16 alone.
  static let avx512fp16 = avx512.multiplyingHalves("avx512fp16", "AVX512FP16")
  /// NEON with that of Armv8.2: float16 alone.
  static let neonfp16 = neon.multiplyingHalves("neonfp16", "NEONFP16")

  private func multiplyingHalves(_ name: String, _ moduleSuffix: String) -> Target {
    var target = Target(
      name: name, moduleSuffix: moduleSuffix, lanes: lanes, accumulators: accumulators, registers: registers,
      loads: loads,
      hasFMA: hasFMA, architecture: architecture, products: products)
    target.multipliesHalves = true
    return target
  }

  package static func named(_ name: String) -> Target? { all.first { $0.name == name } }

  /// All that kernels are made for, of every precision.
  package static let allKernels: [Target] = Precision.allCases.flatMap { precision in
    all.flatMap { $0.computing(in: precision) }
  }

  /// The same instruction set with kernels of a precision, and before it those that have more for it.
  package func computing(in precision: Precision) -> [Target] {
    var targets = [self]
    if precision == .int8, self == .avx2 { targets = [.avxvnni, self] }
    if precision == .int8, self == .neon { targets = [.neondot, self] }
    if precision == .float16, self == .avx512 { targets = [.avx512fp16, self] }
    if precision == .float16, self == .neon { targets = [.neonfp16, self] }
    for index in targets.indices { targets[index].precision = precision }
    return targets
  }

  /// What tells the targets of a package apart: `avx512`, `avx512Int8`.
  package var label: String { name + suffix }
  /// The same in packed files, which have 16 bytes for it, and to users of C packages: `avx512-int8`.
  package var title: String {
    multipliesHalves || precision == .float32 ? name : "\(name)-\(precision.rawValue)"
  }
  /// In C's names: `avx512_int8`.
  package var cName: String { title.split(separator: "-").joined(separator: "_") }
  /// Floats that the memory of a vector of weights would hold: half as many where weights are stored in half precision.
  package var weightLanes: Int { precision == .float16 ? lanes / 2 : lanes }
  /// Of its Swift target: `AVX512`, `AVX512Int8`.
  package var module: String { moduleSuffix + suffix }
  /// Of what its name says already nothing.
  private var suffix: String { multipliesHalves ? "" : precision.suffix }
}

extension Precision {
  /// Of names that every precision has; the usual one has none.
  fileprivate var suffix: String {
    switch self {
    case .float32: ""
    case .float16: "Float16"
    case .int8: "Int8"
    }
  }
}

/// How whole numbers lie in words of 32 bits, and how a word is multiplied by one of weights and added to a sum of 32 bits.
package enum IntegerProducts: Hashable, Sendable {
  /// Four bytes by four signed ones (AVX-512 VNNI, AVX-VNNI). Those of the value are 0 to 255: of numbers that may be
  /// negative 128 more is stored.
  case bytes
  /// The same of bytes from -128 to 127 (SDOT of Armv8.2): of numbers that are never negative 128 less is stored.
  case signedBytes
  /// Two numbers of 16 bits by two: what has no instruction for bytes, or only ones that saturate.
  case pairs

  /// Channels in a word.
  package var channels: Int {
    switch self {
    case .bytes, .signedBytes: 4
    case .pairs: 2
    }
  }

  /// What is added to numbers where they are stored.
  package func offset(of number: NumberType) -> Int {
    switch (self, number) {
    case (.bytes, .int8): 128
    case (.signedBytes, .uint8): -128
    default: 0
    }
  }
}
