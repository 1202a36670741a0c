// SPDX-License-Identifier: Apache-2.0
// How whole numbers lie in words of 32 bits, which the instruction set decides. `Plan/Target.swift` of the compiler says
// the same.

/// What a word holds.
enum IntegerWords: Sendable {
  /// Four bytes that are multiplied as 0 to 255: of numbers that may be negative 128 more is stored.
  case bytes
  /// Four bytes that are multiplied as -128 to 127: of numbers that are never negative 128 less is stored.
  case signedBytes
  /// Two numbers of 16 bits.
  case pairs

  var channels: Int {
    switch self {
    case .bytes, .signedBytes: 4
    case .pairs: 2
    }
  }

  /// What is added to numbers where they are stored.
  func offset(of number: NumberType) -> Int {
    switch (self, number) {
    case (.bytes, .int8): 128
    case (.signedBytes, .uint8): -128
    default: 0
    }
  }
}

extension ISA {
  var integerWords: IntegerWords {
    switch self {
    case .avx512fp16, .avx512, .avxvnni: .bytes
    case .neondot: .signedBytes
    case .avx2, .neonfp16, .neon, .portable: .pairs
    }
  }
}

extension ValuePlace {
  /// Channels in a word.
  var wordChannels: Int { words?.channels ?? (number == .float16 ? 2 : 1) }
  /// Bytes of a number.
  var numberBytes: Int { 4 / wordChannels }
  /// What is added to numbers where they are stored.
  var storedOffset: Int { words?.offset(of: number) ?? 0 }
  /// Zeros of all channels of a word.
  var zeroWord: Float { Float(bitPattern: storedOffset == 0 ? 0 : 0x8080_8080) }
}
