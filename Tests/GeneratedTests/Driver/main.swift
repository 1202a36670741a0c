// A project of somebody's who depends on generated packages by their paths: runs one model on a file of images, forced
// to an instruction set and a number of threads, and counts what it allocates meanwhile.
//
//     driver MODEL WEIGHTS ISA THREADS pixels IN OUT            IN: float32, NCHW
//     driver MODEL WEIGHTS ISA THREADS rgb WIDTH HEIGHT IN OUT  IN: images of 3 bytes a pixel
//     driver MODEL WEIGHTS ISA pack OUT                         packs weights, and checks the file
//     driver isas
import Allocations
import Foundation

protocol Runner: Sendable {
  var name: String { get }
  /// What the package says that this machine runs.
  var available: [String] { get }
  func run(_ job: Job) throws -> Outcome
  func pack(weights: String, isa: String, to path: String) throws
}

struct Job {
  enum Input {
    case pixels([Float])
    case rgb([UInt8], width: Int, height: Int)
  }
  var weights: String
  var isa: String
  var threads: Int
  var input: Input
}

struct Outcome {
  var outputs: [Float]
  /// The best class of each image that was given as RGB.
  var classes: [Int]
  /// During all calls but the first.
  var allocations: Int
}

struct DriverError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

func main() throws {
  let words = Array(CommandLine.arguments.dropFirst())
  if words == ["isas"] {
    for runner in runners { print(runner.name, runner.available.joined(separator: " ")) }
    return
  }
  if words.count == 5, words[3] == "pack", let runner = runners.first(where: { $0.name == words[0] }) {
    return try runner.pack(weights: words[1], isa: words[2], to: words[4])
  }
  guard words.count >= 7, let runner = runners.first(where: { $0.name == words[0] }), let threads = Int(words[3]) else {
    throw DriverError("MODEL WEIGHTS ISA THREADS pixels IN OUT")
  }
  let input: Job.Input
  if words[4] == "rgb", words.count == 9, let width = Int(words[5]), let height = Int(words[6]) {
    input = .rgb(Array(try Data(contentsOf: URL(filePath: words[7]))), width: width, height: height)
  } else {
    let data = try Data(contentsOf: URL(filePath: words[5]))
    input = .pixels(data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) })
  }
  let outcome = try runner.run(Job(weights: words[1], isa: words[2], threads: threads, input: input))
  try outcome.outputs.withUnsafeBytes { try Data($0).write(to: URL(filePath: words[words.count - 1])) }

  // The counter must see an ordinary array, or a count of 0 would say nothing.
  let before = allocation_count()
  let array = [Float](repeating: 1, count: outcome.outputs.count + 1)
  print("counted \(array.count > 1 ? allocation_count() - before : 0)")
  print("allocations \(outcome.allocations)")
  if !outcome.classes.isEmpty { print("classes", outcome.classes.map(String.init).joined(separator: " ")) }
}

do {
  try main()
} catch {
  FileHandle.standardError.write(Data("driver: \(error)\n".utf8))
  exit(1)
}
