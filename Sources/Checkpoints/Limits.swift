// How much a file can make a reader do. Each bound is far beyond what networks need, and says so where it is met.

/// Bounds on what is read of a checkpoint.
enum CheckpointLimits {
  /// ResNet-1202 has 7,000 tensors.
  static let tensors = 100_000
  /// Operations of an ONNX graph: a quantised ResNet-1202 has 20,000.
  static let nodes = 200_000
  /// Convolutions have 4 dimensions.
  static let rank = 32
  static let nameBytes = 4_096
  /// Steps of a pickle, of which each takes a few dozen bytes at most. A checkpoint of ResNet-152 with its optimizer takes
  /// 60,000.
  static let pickleSteps = 4_000_000
  /// A pickle without its tensors.
  static let pickleBytes = 256 << 20
  /// Dictionaries in dictionaries.
  static let depth = 16
  /// Values looked at on the way to tensors.
  static let visits = 2_000_000
  /// How much larger than the file its tensors may be: views can be read many times over, and expanded ones lie nowhere.
  static let growth = 16
  /// How much larger than the file what it unpacks to may be. Trained floats shrink by a tenth; three in four zeros, to a
  /// quarter.
  static let unpacking = 20
  /// For small files.
  static let allowance = 16 << 20
  /// Files that an index lists.
  static let shards = 1_000
}
