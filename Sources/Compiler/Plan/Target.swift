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

  package static let avx512 = Target(
    name: "avx512", moduleSuffix: "AVX512", lanes: 16, accumulators: 28, registers: 32, loads: 1, hasFMA: true,
    architecture: "x86_64")
  package static let avx2 = Target(
    name: "avx2", moduleSuffix: "AVX2", lanes: 8, accumulators: 12, registers: 16, loads: 2, hasFMA: true,
    architecture: "x86_64")
  package static let neon = Target(
    name: "neon", moduleSuffix: "NEON", lanes: 4, accumulators: 24, registers: 32, loads: 2, hasFMA: true,
    architecture: "arm64")
  package static let portable = Target(
    name: "portable", moduleSuffix: "Portable", lanes: 4, accumulators: 10, registers: 16, loads: 2, hasFMA: false,
    architecture: nil)

  /// In order of preference.
  package static let all: [Target] = [avx512, avx2, neon, portable]

  package static func named(_ name: String) -> Target? { all.first { $0.name == name } }
}
