// SPDX-License-Identifier: Apache-2.0
// How whole numbers lie in words of 32 bits, which the instruction set decides: four bytes where it multiplies bytes
// exactly, else two numbers of 16 bits. `Plan/Target.swift` of the compiler says the same.

extension ISA {
  /// Channels in a word.
  var wordChannels: Int {
    switch self {
    case .avx512: 4
    case .avx2, .neon, .portable: 2
    }
  }
}

extension ValuePlace {
  /// Whether 128 is added to numbers where they are stored: bytes are multiplied as numbers from 0 to 255.
  var hasOffset: Bool { number == .int8 && wordChannels == 4 }
  /// Zeros of all channels of a word.
  var zeroWord: Float { Float(bitPattern: hasOffset ? 0x8080_8080 : 0) }
}
