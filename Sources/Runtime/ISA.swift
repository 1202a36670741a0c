// SPDX-License-Identifier: Apache-2.0
// The instruction sets that kernels are generated for, and which of them this machine runs.

import ResNetCPU

/// A set of kernels, named for the instructions that it uses.
public enum ISA: String, CaseIterable, Sendable, CustomStringConvertible {
  /// The same as AVX-512, with arithmetic in half precision (AVX512-FP16): kernels of `float16` alone.
  case avx512fp16
  /// x86-64 with AVX-512 F, BW, CD, DQ and VL (x86-64-v4): 16 floats at a time.
  case avx512
  /// The same width as AVX2, with the dot products of bytes of AVX-VNNI: kernels of `int8` alone.
  case avxvnni
  /// x86-64 with AVX2 and FMA (x86-64-v3): 8 floats at a time.
  case avx2
  /// 64-bit Arm with the dot products of bytes of Armv8.2: kernels of `int8` alone.
  case neondot
  /// 64-bit Arm with the arithmetic in half precision of Armv8.2: kernels of `float16` alone.
  case neonfp16
  /// 64-bit Arm, whose Advanced SIMD is always there: 4 floats at a time.
  case neon
  /// Plain Swift without assumptions about the processor.
  case portable

  /// The name that commands and error messages use: `avx512`.
  public var description: String { rawValue }

  /// Whether this machine can run these kernels.
  public var isAvailable: Bool {
    switch self {
    case .avx512fp16: return resnet_cpu_has_avx512fp16()
    case .avx512: return resnet_cpu_has_avx512()
    case .avxvnni: return resnet_cpu_has_avxvnni()
    case .avx2: return resnet_cpu_has_avx2()
    case .neondot: return resnet_cpu_has_neondot()
    case .neonfp16: return resnet_cpu_has_neonfp16()
    case .neon:
      #if arch(arm64)
        return true
      #else
        return false
      #endif
    case .portable: return true
    }
  }

  /// What this machine can run of `float32`, the preferred first; never empty.
  public static var available: [ISA] { available(computing: .float32) }

  /// What it can run of a precision.
  public static func available(computing precision: Precision) -> [ISA] {
    allCases.filter { isa in
      switch (isa, precision) {
      case (.avxvnni, _), (.neondot, _): precision == .int8 && isa.isAvailable
      case (.avx512fp16, _), (.neonfp16, _): precision == .float16 && isa.isAvailable
      case (.avx512, .int8): resnet_cpu_has_avx512_vnni()
      default: isa.isAvailable
      }
    }
  }

  /// The kernels to use out of those that a package was built with: the requested ones, or else the best that run here.
  package static func choose(
    _ requested: ISA?, from built: [ISA], computing precision: Precision = .float32
  ) throws(ModelError) -> ISA {
    let usable = available(computing: precision).filter { built.contains($0) }
    guard let chosen = requested ?? usable.first, usable.contains(chosen) else {
      let name = requested?.rawValue ?? built.map { $0.rawValue }.joined(separator: ", ")
      throw .unsupportedISA(name: name, available: usable.map { $0.rawValue })
    }
    return chosen
  }

  /// The kernels of a name that was typed, such as `avx2`.
  package static func named(_ name: String) throws(ModelError) -> ISA {
    guard let isa = ISA(rawValue: name) else {
      throw .unsupportedISA(name: name, available: available.map { $0.rawValue })
    }
    return isa
  }
}
