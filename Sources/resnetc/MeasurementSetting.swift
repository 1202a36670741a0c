// What is measured on this machine, and how: for commands that run something.
import Foundation
import ResNetCPU
import ResNetCompiler
import ResNetDSL

/// The options of a measurement.
struct MeasurementSetting {
  let target: Target
  /// What kernels of the instruction set multiply, and the best of those that run here.
  let precision: Precision
  let kernels: Target
  let batch: Int
  let threads: Int
  let seconds: Double

  init(_ arguments: Arguments) throws(CommandError) {
    if let text = arguments.value(.isa) {
      let targets = try Target.list(text)
      guard text != "all", targets.count == 1 else { throw .usage("'--isa' names one instruction set to measure.") }
      guard let target = targets.first, target.runsHere else {
        throw .usage(
          "This machine has no \(text).", help: "It runs \(alternatives(Self.here.map(\.name), joiner: "and")).")
      }
      self.target = target
    } else {
      target = Self.here.first ?? .portable
    }
    let options = try CompileOptions(arguments)
    guard options.precisions.count == 1 else { throw .usage("'--precision' takes one type at a time here.") }
    precision = options.precisions[0]
    guard let kernels = target.computing(in: precision).first(where: \.runsHere) else {
      throw .usage(
        "This machine has no \(target.name) with what \(precision.rawValue) needs.",
        help: "Choose another instruction set with --isa.")
    }
    self.kernels = kernels
    batch = try Self.whole(.batch, arguments, in: 1...1024)
    threads = try Self.whole(.threads, arguments, in: 1...256)
    seconds = arguments.value(.seconds).map { Double($0) ?? .nan } ?? 2
    guard 0.1...600 ~= seconds else {
      throw .usage("'--seconds' takes a number from 0.1 to 600, not \(quoted(arguments.value(.seconds) ?? "")).")
    }
  }

  /// As a command line has them.
  var precisionWords: String { precision == .float32 ? "" : " --precision \(precision.rawValue)" }

  func tuning(_ choices: [ConvolutionShape: ConvolutionChoice]) -> Tuning {
    Tuning(target: kernels, batch: batch, threads: threads, choices: choices)
  }

  private static let here = Target.all.filter(\.runsHere)

  private static func whole(
    _ name: OptionName, _ arguments: Arguments, in range: ClosedRange<Int>
  ) throws(CommandError) -> Int {
    guard let text = arguments.value(name) else { return 1 }
    guard let number = Int(text), range ~= number else {
      throw .usage(
        "'--\(name.rawValue)' takes a whole number from \(range.lowerBound) to \(range.upperBound), not \(quoted(text))."
      )
    }
    return number
  }
}

extension Target {
  /// Whether this machine runs its kernels, of its precision.
  var runsHere: Bool {
    switch name {
    case "avx512fp16": return resnet_cpu_has_avx512fp16()
    case "avx512": return precision == .int8 ? resnet_cpu_has_avx512_vnni() : resnet_cpu_has_avx512()
    case "avxvnni": return resnet_cpu_has_avxvnni()
    case "avx2": return resnet_cpu_has_avx2()
    case "neondot": return resnet_cpu_has_neondot()
    case "neonfp16": return resnet_cpu_has_neonfp16()
    case "portable": return true
    default:
      #if arch(arm64)
        return name == "neon"
      #else
        return false
      #endif
    }
  }
}

/// The processor, for a file's comment.
func machineName() -> String {
  let text = (try? readFile("/proc/cpuinfo", limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
  let name = line?.split(separator: ":", maxSplits: 1).last.map { $0.trimmingCharacters(in: .whitespaces) }
  return terminalSafe(name ?? "this machine")
}

/// Finds out, before anything is measured, whether a result can be written.
///
/// - Parameter head: how a file must begin for the result to replace it; `nil` where any may be replaced.
func checkPlace(_ path: String, replacing head: String?, kind: String) throws(CommandError) {
  guard !path.isEmpty else { throw .usage("'--output' names no file.") }
  do throws(FileFault) {
    func refuse(_ reason: String) -> FileFault { FileFault(action: "write", path: path, reason: reason) }
    switch try fileKind(path) {
    case .missing: break
    case .folder: throw refuse("it is a folder")
    case .other: throw refuse("it is not a plain file")
    case .file, .link:
      if let head, !(try readFile(path, limit: 1 << 10)).starts(with: Array(head.utf8)) {
        throw refuse("it exists, and is not \(kind)")
      }
    }
    let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    guard access(folder, W_OK | X_OK) == 0 else { throw refuse(systemMessage(errno)) }
  } catch {
    throw .files(error.message, help: "Choose another --output.")
  }
}
