// `resnetc calibrate`: measures what this machine can do, and writes it down for `resnetc predict --machine FILE`.
import Foundation
import ResNetCompiler
import ResNetDSL

extension Subcommand {
  static let calibrate = Subcommand(
    name: "calibrate",
    overview: "Measure this machine's arithmetic and memory, for predict --machine.",
    usage: "[--output <file>] [<options>]",
    operands: [],
    options: [
      Option(
        name: .output, short: "o", value: .required("file"),
        help:
          "Where the description goes; only another description is replaced, - is standard output. (default: standard output)"
      ),
      Option(
        name: .isa, value: .required("name"), choices: Target.all.map(\.name),
        help: "The instruction set: \(alternatives(Target.all.map(\.name))). (default: the best that this machine has)"),
      Option(
        name: .threads, value: .required("n"), help: "Threads to measure with, at most one a processor. (default: 1)"),
      Option(
        name: .seconds, value: .required("s"), help: "How long to measure in all, 0.1 to 600. (default: 2)"),
    ] + Option.common,
    run: runCalibrate)
}

private func runCalibrate(_ arguments: Arguments) throws(CommandError) -> Int32 {
  let setting = try MeasurementSetting(arguments)
  // More threads than can run at once measure how they wait for each other.
  let processors = ProcessInfo.processInfo.activeProcessorCount
  guard setting.threads <= processors else {
    throw .usage(
      "'--threads' takes at most the number of processors, which is \(processors) here, not \(setting.threads).")
  }
  let path = arguments.value(.output).flatMap { $0 == "-" ? nil : $0 }
  if let path { try checkPlace(path, replacing: Machine.head + " ", kind: "a machine's description") }
  let sizes = CacheSizes.found()
  let meter = try MachineMeter(target: setting.target, threads: setting.threads)
  let machine = meter.measure(sizes, seconds: setting.seconds)
  var comments = ["made by resnetc \(resnetcVersion) on \(machineName())"] + sizes.comments
  let buffer = meter.bufferBytes
  if machine.l3.bytes >= buffer {
    comments.append(
      "memory was read in \(binarySize(buffer)), which the last cache may hold: it may be slower than this")
  }
  #if DEBUG
    // Loops that are not optimised say nothing about the machine.
    comments.append("measured by a debug build: far too slow")
  #endif
  let text = machine.text(comments: comments)
  guard let path else {
    try output(text)
    return ExitCode.success
  }
  do throws(FileFault) {
    try writeFile(Array(text.utf8), to: path)
  } catch {
    throw .files(error.message, help: error.help ?? "Choose another --output.")
  }
  try output(text + "\nWrote \(terminalSafe(path)). Use it: resnetc predict MODEL --machine \(shellWord(path))\n")
  return ExitCode.success
}
