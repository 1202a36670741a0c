// What happens to an image before the network, as resolved.

/// The image pipeline before the network, in torchvision's evaluation terms.
package struct Preprocess: Equatable, Sendable {
  package enum Interpolation: String, Hashable, Sendable { case bilinear, bicubic }
  /// The length that the short side is resized to.
  package var resize: Int
  package var interpolation: Interpolation
  /// The centre crop.
  package var crop: Extent
  /// Per channel, of pixel values scaled to 0...1.
  package var mean: [Double]
  package var std: [Double]

  package init(resize: Int, interpolation: Interpolation, crop: Extent, mean: [Double], std: [Double]) {
    self.resize = resize
    self.interpolation = interpolation
    self.crop = crop
    self.mean = mean
    self.std = std
  }
}
