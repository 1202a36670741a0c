// The packages that `resnetc tune` builds and runs, one after the other in one folder, so that what does not change is
// built once.
import Foundation
import ResNetCompiler
import ResNetDSL

/// Times of one round.
struct RoundTimes {
  /// Of each layer, by name: the best of all passes.
  let layers: [String: Double]
  /// The same with the default's choices, in the same minute.
  let standard: [String: Double]
  let sum: Double
  let standardSum: Double
  let buildSeconds: Int
}

struct TuneBench {
  private let scratch: ScratchFolder
  private let product: String
  private let setting: MeasurementSetting

  private var package: String { scratch.path + "/package" }
  private var executable: String { "\(package)/.build/release/\(product)" }
  private var standard: String { scratch.path + "/default" }

  init(name: String, setting: MeasurementSetting) throws(FileFault) {
    scratch = try ScratchFolder(named: "resnetc-tune")
    product = name.lowercased()
    self.setting = setting
  }

  func remove() { scratch.remove() }

  /// Builds the package of these options and times its layers inside whole passes, in turns with the default's, which is
  /// what the first round builds.
  func round(_ source: SourceFile, _ options: CompileOptions) throws(CommandError) -> RoundTimes {
    let seconds = try build(source, options)
    if !FileManager.default.fileExists(atPath: standard) { try keepDefault() }
    let before: PerLayerReport = try run(standard, ["--per-layer"], seconds: setting.seconds / 2)
    let report: PerLayerReport = try run(executable, ["--per-layer"], seconds: setting.seconds)
    let after: PerLayerReport = try run(standard, ["--per-layer"], seconds: setting.seconds / 2)
    return RoundTimes(
      layers: report.times, standard: before.times.merging(after.times, uniquingKeysWith: min),
      sum: report.sum.best_ms, standardSum: min(before.sum.best_ms, after.sum.best_ms), buildSeconds: seconds)
  }

  /// Puts the built command aside, to be run again.
  private func keepDefault() throws(CommandError) {
    do {
      try FileManager.default.copyItem(atPath: executable, toPath: standard)
    } catch {
      throw .failed("Cannot copy what was built: \(error.localizedDescription).")
    }
  }

  /// Milliseconds of a whole call: with these options, and as the default has it, measured in turns.
  func compareWithDefault(
    _ source: SourceFile, _ options: CompileOptions
  ) throws(CommandError) -> (tuned: Double, standard: Double) {
    _ = try build(source, options)
    var best = (tuned: Double.infinity, standard: Double.infinity)
    for _ in 0..<4 {
      let tuned: CallReport = try run(executable, [], seconds: setting.seconds / 2)
      let standard: CallReport = try run(self.standard, [], seconds: setting.seconds / 2)
      best = (min(best.tuned, tuned.best_ms), min(best.standard, standard.best_ms))
    }
    return best
  }

  /// Seconds that it took, rounded.
  private func build(_ source: SourceFile, _ options: CompileOptions) throws(CommandError) -> Int {
    var sink = Diagnostics()
    // It has been analysed before, with other choices for the same layers.
    guard let compilation = analyze(source, options, &sink) else { throw .input }
    let files: [EmittedFile]
    do throws(TemplateError) {
      files = try emit(compilation, from: SourceFile(name: "tune", bytes: source.bytes), options)
    } catch {
      throw .inputMessage("Cannot expand a template: \(error.description).")
    }
    _ = try PackageWriter(folder: package).write(files)
    let start = Date()
    let words = ["swift", "build", "-c", "release", "--package-path", package, "--product", product]
    let result = try runChild(words, scratch: scratch.path)
    switch result.code {
    case 0:
      guard FileManager.default.isExecutableFile(atPath: executable) else {
        throw .failed("'swift build' made no command '\(product)'.")
      }
      return Int(Date().timeIntervalSince(start).rounded())
    case 127:
      throw .failed(
        "There is no 'swift' to build with.", help: "Install a toolchain from swift.org, or put it into PATH.")
    default:
      throw .failed(
        "'swift build' failed in a folder that is gone now; it said last:\(result.tail(lines: 12))",
        help: "Without '--tuning' the defaults are good.")
    }
  }

  private func run<Report: Decodable>(
    _ command: String, _ flags: [String], seconds: Double
  ) throws(CommandError) -> Report {
    let words =
      [command, "bench", "--weights", "random:1", "--json", "--isa", setting.kernels.name]
      + ["--precision", setting.precision.rawValue]
      + ["--threads", "\(setting.threads)", "--seconds", "\(max(0.1, seconds))"] + flags
    let result = try runChild(words, scratch: scratch.path)
    guard result.code == 0 else {
      throw .failed("The measurement ended with code \(result.code); it said last:\(result.tail(lines: 4))")
    }
    do {
      return try JSONDecoder().decode(Report.self, from: Data(result.output.utf8))
    } catch {
      throw .failed("The measurement printed what this resnetc cannot read: \(error.localizedDescription)")
    }
  }
}

/// Of `bench --json`, what matters here; docs/per-layer.md has all of it.
private struct CallReport: Decodable {
  let best_ms: Double
}

/// Of `bench --per-layer --json`.
private struct PerLayerReport: Decodable {
  struct Layer: Decodable {
    let name: String
    let best_ms: Double
  }
  let sum: CallReport
  let layers: [Layer]

  var times: [String: Double] { Dictionary(layers.map { ($0.name, $0.best_ms) }, uniquingKeysWith: min) }
}
