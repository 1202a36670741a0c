import ResNetCPU

//% strip
// What the kernels of whole numbers share, emitted where there are such. As it stands, two numbers of 16 bits to a word.
//% end
/// Within the range of numbers that are never negative, which is what ReLU and ReLU6 come to.
@inline(__always) func saturateUnsigned(_ x: V) -> V { resnet_clamp_4(x, 0, 255) }

/// Within the range of the others.
@inline(__always) func saturateSigned(_ x: V) -> V { resnet_clamp_4(x, -128, 127) }

/// The same after ReLU: values that lie beside others that may be negative.
@inline(__always) func saturateRectified(_ x: V) -> V { resnet_clamp_4(x, 0, 127) }

/// Stores a mean, brought to the scale of the value that it belongs to.
@inline(__always) func storeUnsignedMean(_ factor: V, _ mean: V, _ p: UnsafeMutablePointer<Float>) {
  resnet_store_halves_4(saturateUnsigned(resnet_multiply_4(mean, factor)), p)
}

/// The same of numbers that may be negative.
@inline(__always) func storeSignedMean(_ factor: V, _ mean: V, _ p: UnsafeMutablePointer<Float>) {
  resnet_store_signed_4(saturateSigned(resnet_multiply_4(mean, factor)), p)
}

/// The same as floats.
@inline(__always) func storeFloatMean(_ factor: V, _ mean: V, _ p: UnsafeMutablePointer<Float>) {
  resnet_store_4(resnet_multiply_4(mean, factor), p)
}
//% strip
@inline(__always) private func resnet_store_signed_4(_ x: V, _ p: UnsafeMutablePointer<Float>) {
  resnet_store_halves_4(x, p)
}
//% end

/// As `zeroHalo`, of bytes to which 128 was added.
@inline(__always) func offsetHalo(
  _ row: UnsafeMutablePointer<Float>, _ rowPitch: Int, _ beside: Int, _ above: Int, _ below: Int
) {
  resnet_offset_zeros(row - (beside + above), beside + above)
  resnet_offset_zeros(row + (rowPitch - beside - beside), beside + below)
}
