// `--measured FILE`: what `bench --per-layer --json` of a generated package printed, held against the prediction.
import Foundation
import ResNetCompiler
import ResNetDSL

/// The times of each layer, as measured.
struct MeasuredFile {
  /// ResNet-1202's is 400 KB.
  private static let limit = 16 << 20

  private let path: String
  private let report: Report

  /// Of docs/per-layer.md, what matters here.
  private struct Report: Decodable {
    struct Layer: Decodable {
      let name: String
      let algorithm: String
      let best_ms: Double
    }
    let model: String
    let isa: String
    let threads: Int
    let batch: Int
    /// Of float32 it was not said at first.
    let precision: String?
    let layers: [Layer]
  }

  /// `nil` without the option.
  init?(_ arguments: Arguments) throws(CommandError) {
    guard let path = arguments.value(.measured) else { return nil }
    if path == "-" { throw .usage("'--measured' takes a file; standard input is for the model.") }
    let bytes: [UInt8]
    do throws(FileFault) {
      if path.isEmpty { throw FileFault(action: "read", path: path, reason: "the name is empty") }
      bytes = try readFile(path, limit: Self.limit)
    } catch {
      throw .files(error.message, help: Self.remake)
    }
    self.path = path
    guard bytes.count <= Self.limit else { throw Self.fault(path, "it has more than \(binarySize(Self.limit))") }
    do {
      report = try JSONDecoder().decode(Report.self, from: Data(bytes))
    } catch {
      throw Self.fault(path, Self.reason(error))
    }
    for layer in report.layers where !(0...1e9 ~= layer.best_ms) {
      throw Self.fault(path, "\(quoted(layer.name)) took \(layer.best_ms) ms")
    }
  }

  /// The prediction with what was measured.
  func added(to prediction: Prediction) throws(CommandError) -> Prediction {
    func check<Value: Equatable>(_ what: String, _ found: Value, _ wanted: Value) throws(CommandError) {
      guard found != wanted else { return }
      throw fault("its \(what) is \(quoted("\(found)")), the prediction's \(quoted("\(wanted)"))")
    }
    try check("network", report.model, prediction.model)
    try check("precision", report.precision ?? "float32", prediction.target.precision.rawValue)
    try check("instruction set", report.isa, prediction.target.name)
    try check("number of threads", report.threads, prediction.machine.threads)
    try check("batch", report.batch, prediction.batch)
    for (index, layer) in prediction.layers.enumerated() {
      guard index < report.layers.count else { throw fault("it ends before \(quoted(layer.name))") }
      let found = report.layers[index]
      try check("layer \(index + 1)", found.name, layer.name)
      guard found.algorithm == layer.algorithm else {
        throw fault(
          "it has \(quoted(found.algorithm)) for \(quoted(layer.name)), the plan \(quoted(layer.algorithm))",
          help: "Give the '--exact' or '--tuning' that the package was compiled with, or measure one of this resnetc.")
      }
    }
    guard report.layers.count == prediction.layers.count else {
      throw fault("it has \(report.layers.count) layers, the prediction \(prediction.layers.count)")
    }
    return prediction.measured(report.layers.map { $0.best_ms * 1e-3 })
  }

  private func fault(_ reason: String, help: String = Self.remake) -> CommandError {
    Self.fault(path, reason, help: help)
  }

  private static func fault(_ path: String, _ reason: String, help: String = remake) -> CommandError {
    .files("Cannot use '\(terminalSafe(path))': \(reason).", help: help)
  }

  private static let remake =
    "Make one with the generated package's command: bench --weights random:1 --per-layer --json > FILE"

  /// Without Foundation's words, which differ from system to system.
  private static func reason(_ error: any Error) -> String {
    func place(_ path: [any CodingKey]) -> String {
      path.reduce("") { $0 + ($1.intValue.map { "[\($0)]" } ?? ($0.isEmpty ? "" : ".") + $1.stringValue) }
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context):
      return "there is no \(quoted(place(context.codingPath + [key]))) in it"
    case .typeMismatch(_, let context) where !context.codingPath.isEmpty,
      .valueNotFound(_, let context) where !context.codingPath.isEmpty,
      .dataCorrupted(let context) where !context.codingPath.isEmpty:
      return "\(quoted(place(context.codingPath))) is not what stands there in such a file"
    case .typeMismatch, .valueNotFound: return "it is no JSON object"
    default: return "it is not JSON, or cut"
    }
  }
}
