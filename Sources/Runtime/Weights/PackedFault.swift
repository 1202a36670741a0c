// SPDX-License-Identifier: Apache-2.0
// The ways in which a packed file fails to serve a model, one case for each check.

/// What is wrong with a file of packed weights, or with the use that is made of it.
public enum PackedFault: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file does not begin as packed files do.
  case notPacked
  /// Its length is not what its header says; sizes are in bytes. Shorter than a header, it is `expected` to have one.
  case fileSize(expected: Int, found: Int)
  /// It was written on a machine that stores numbers in the other order.
  case byteOrder
  /// Its format is another one than this runtime reads.
  case formatVersion(found: UInt64, expected: UInt64)
  /// The header's own checksum is wrong.
  case headerDamaged
  /// The weights' checksum is wrong; only looked at on request.
  case weightsDamaged
  /// It was packed for another model.
  case otherModel(found: String, expected: String)
  /// It was packed for the model of this name, but compiled otherwise: from another source, or by another version.
  case otherLayout(model: String)
  /// It was packed for kernels that cannot run here; `available` lists those that can.
  case isaNotHere(found: String, available: [String], model: String)
  /// It was packed for other kernels than were asked for.
  case otherISA(found: String, expected: String, model: String)
  /// It was packed for kernels that multiply other numbers than were asked for.
  case otherPrecision(found: String, asked: Precision, model: String)
  /// The tensors as trained are needed, which a packed file does not hold any more.
  case noTensors
  /// A file that is to be replaced exists and is none of ours.
  case foreignTarget

  /// What is wrong, and the way out, in one sentence without a full stop.
  public var description: String {
    switch self {
    case .notPacked:
      return "it is not a packed file: make one with the subcommand 'pack'"
    case .fileSize(let expected, let found) where found < expected:
      return "it is cut short: it has \(found) bytes of \(expected); fetch it again, or pack again"
    case .fileSize(let expected, let found):
      return "it has \(found) bytes where its header says \(expected); fetch it again, or pack again"
    case .byteOrder:
      return "it was packed on a machine of the other byte order; pack again on one like this"
    case .formatVersion(let found, let expected):
      return "it has version \(found) of the format where this package reads \(expected); pack again"
    case .headerDamaged:
      return "its header is damaged; fetch it again, or pack again"
    case .weightsDamaged:
      return "its weights are damaged, their checksum is wrong; fetch it again, or pack again"
    case .otherModel(let found, let expected):
      return "it was packed for \(found), and this model is \(expected); \(again(expected, isa: nil))"
    case .otherLayout(let model):
      return "it was packed by another version of \(model); \(again(model, isa: nil))"
    case .isaNotHere(let found, let available, let model):
      return "it was packed for \(found), and what runs here is \(available.joined(separator: ", ")); "
        + again(model, isa: available.first)
    case .otherISA(let found, let expected, let model):
      return "it was packed for \(found), and this run uses \(expected); \(again(model, isa: expected))"
    case .otherPrecision(let found, let asked, let model):
      let kernels = PackedHeader.kernels(.portable, asked)
      return "it was packed for \(found), and \(asked.rawValue) was asked for: leave that open, and the file decides, "
        + "or " + again(model, isa: kernels, anyISA: true)
    case .noTensors:
      return "it holds weights packed for kernels, where the tensors that they were made from are needed: pass the "
        + "safetensors file (to verify a packed file, pass both: --weights SAFETENSORS --packed FILE)"
    case .foreignTarget:
      return "it exists and is not a packed file, so it is not replaced: remove it, or write to another file"
    }
  }

  /// - Parameter isa: as the header has kernels: `avx512`, `avx512-int8`.
  private func again(_ model: String, isa: String?, anyISA: Bool = false) -> String {
    var words = ""
    if let isa {
      let precision = PackedHeader.precision(of: isa)
      if !anyISA { words += " --isa \(isa.prefix { $0 != "-" })" }
      if precision != .float32 { words += " --precision \(precision.rawValue)" }
      // Which 'quantize' wrote; it packs, too.
      if precision == .int8 { words += " --ranges RANGES" }
    }
    return "run '\(model.lowercased()) pack --weights WEIGHTS -o FILE\(words)'"
  }
}
