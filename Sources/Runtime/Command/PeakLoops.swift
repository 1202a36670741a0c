// SPDX-License-Identifier: Apache-2.0
// What a step multiplies, and the loops of `resnet_peak.h` that say how fast an instruction set does that at best.

import ResNetCPU

/// The numbers that a step multiplies, which those of its values need not be: transformed tiles of bytes have 16 bits, and
/// weights in half precision become floats before they meet anything.
package enum Multiplicand: String, CaseIterable, Sendable {
  case float32
  /// Two to a word, with sums of half precision.
  case float16
  /// Four to a word, with sums of 32 bits.
  case int8
  /// Two to a word, with sums of 32 bits.
  case int16

  /// What 10^9 of its operations a second are called.
  var unit: String {
    switch self {
    case .float32, .float16: "GFLOP/s"
    case .int8, .int16: "GOP/s"
    }
  }
}

/// A loop of multiply-adds on registers.
struct PeakLoop: Sendable {
  /// Multiply-adds of a round.
  let width: Int
  let run: @Sendable (Int, Float) -> Float
}

/// The loops for one instruction set.
struct PeakLoops: Sendable {
  let stream: @Sendable (UnsafePointer<Float>, Int) -> Float
  private let float32: PeakLoop
  private var float16: PeakLoop?
  private var int8: PeakLoop?
  private var int16: PeakLoop?

  /// `nil` of what its kernels do not multiply, or the processor cannot.
  subscript(_ multiplicand: Multiplicand) -> PeakLoop? {
    switch multiplicand {
    case .float32: float32
    case .float16: float16
    case .int8: int8
    case .int16: int16
    }
  }

  init(_ isa: ISA) {
    switch isa {
    #if arch(x86_64)
      case .avx512, .avx512fp16:
        stream = { resnet_stream_avx512($0, $1) }
        float32 = PeakLoop(width: resnet_peak_width_avx512()) { resnet_peak_avx512($0, $1) }
        if isa == .avx512, resnet_cpu_has_avx512_vnni() {
          int8 = PeakLoop(width: resnet_peak_width_avx512_int8()) { resnet_peak_avx512_int8($0, $1) }
          int16 = PeakLoop(width: resnet_peak_width_avx512_int16()) { resnet_peak_avx512_int16($0, $1) }
        }
        if isa == .avx512fp16 {
          float16 = PeakLoop(width: resnet_peak_width_avx512_float16()) { resnet_peak_avx512_float16($0, $1) }
        }
      case .avx2, .avxvnni:
        stream = { resnet_stream_avx2($0, $1) }
        float32 = PeakLoop(width: resnet_peak_width_avx2()) { resnet_peak_avx2($0, $1) }
        int16 = PeakLoop(width: resnet_peak_width_avx2_int16()) { resnet_peak_avx2_int16($0, $1) }
        if isa == .avxvnni {
          int8 = PeakLoop(width: resnet_peak_width_avxvnni_int8()) { resnet_peak_avxvnni_int8($0, $1) }
        }
    #elseif arch(arm64)
      case .neon, .neondot, .neonfp16:
        stream = { resnet_stream_neon($0, $1) }
        float32 = PeakLoop(width: resnet_peak_width_neon()) { resnet_peak_neon($0, $1) }
        int16 = PeakLoop(width: resnet_peak_width_portable_int16()) { resnet_peak_portable_int16($0, $1) }
        if isa == .neondot {
          int8 = PeakLoop(width: resnet_peak_width_neondot_int8()) { resnet_peak_neondot_int8($0, $1) }
        }
        if isa == .neonfp16 {
          float16 = PeakLoop(width: resnet_peak_width_neon_float16()) { resnet_peak_neon_float16($0, $1) }
        }
    #endif
    default:
      stream = { resnet_stream_portable($0, $1) }
      float32 = PeakLoop(width: resnet_peak_width_portable()) { resnet_peak_portable($0, $1) }
      #if arch(x86_64) || arch(arm64)
        int16 = PeakLoop(width: resnet_peak_width_portable_int16()) { resnet_peak_portable_int16($0, $1) }
      #endif
    }
  }
}

extension Engine {
  /// What the kernel of a layer multiplies; `nil` where it multiplies nothing.
  func multiplicand(_ index: Int) -> Multiplicand? {
    let kind = layers[index].kind
    guard kind is ConvolutionLayer || kind is FullyConnectedLayer || kind is ChannelConvolutionLayer else { return nil }
    let source = layers[index].inputs.first.map { places[$0].number } ?? .float32
    // Kernels of single channels hold whole numbers and halves in floats; no other groups have any.
    if let convolution = kind as? ConvolutionLayer, convolution.terms[0].groups > 1 { return .float32 }
    switch source {
    case .float32: return .float32
    case .float16: return .float16
    case .uint8, .int8:
      if case .winograd = steps[index].algorithm { return .int16 }
      return isa.integerWords == .pairs ? .int16 : .int8
    }
  }
}
