// A project of somebody's who depends on generated packages by their paths: runs one model on a file of images, forced
// to an instruction set and a number of threads, and counts what it allocates meanwhile.
//
//     driver MODEL WEIGHTS ISA THREADS pixels IN OUT            IN: float32, NCHW
//     driver MODEL WEIGHTS ISA THREADS rgb WIDTH HEIGHT IN OUT  IN: images of 3 bytes a pixel
//     driver MODEL WEIGHTS ISA THREADS callers COUNT IN OUT     pixels from COUNT threads at once, who share the model
//     driver MODEL WEIGHTS ISA THREADS service COUNT IN OUT  pixels COUNT times through a service, then from many tasks
//     driver MODEL WEIGHTS ISA pack OUT                         packs weights, and checks the file
//     driver isas
import Allocations
import Foundation

protocol Runner: Sendable {
  var name: String { get }
  /// What the package says that this machine runs.
  var available: [String] { get }
  func run(_ job: Job) throws -> Outcome
  /// What each of `callers` threads gets who share one model, each with a workspace of its own.
  func share(_ job: Job, pixels: [Float], callers: Int) throws -> [[Float]]
  /// What a service answers, which is held against the model's own calls.
  func serve(_ job: Job, pixels: [Float], calls: Int) async throws -> Outcome
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

/// Runs `body` on `count` threads at once. POSIX's own, which sanitizers understand.
func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) throws -> [Float]) throws -> [[Float]] {
  final class Caller: @unchecked Sendable {  // Written by its thread, read after that was joined.
    let body: () throws -> [Float]
    var result: Result<[Float], any Error>?
    init(_ body: @escaping () throws -> [Float]) { self.body = body }
  }
  let callers = (0..<count).map { index in Caller { try body(index) } }
  let threads = try callers.map { caller in
    #if canImport(Darwin)
      var thread: pthread_t?
    #else
      var thread = pthread_t()
    #endif
    let code = pthread_create(
      &thread, nil,
      { argument in
        let argument: UnsafeMutableRawPointer? = argument
        if let argument {
          let caller = Unmanaged<Caller>.fromOpaque(argument).takeUnretainedValue()
          caller.result = Result { try caller.body() }
        }
        return nil
      }, Unmanaged.passUnretained(caller).toOpaque())
    guard code == 0 else { throw DriverError("no thread: \(code)") }
    return thread
  }
  for thread in threads {
    #if canImport(Darwin)
      if let thread { pthread_join(thread, nil) }
    #else
      pthread_join(thread, nil)
    #endif
  }
  return try callers.map { caller in
    guard let result = caller.result else { throw DriverError("a caller did not run") }
    return try result.get()
  }
}

/// What a task gives, waited for on this thread, which is none of the tasks'.
func waited(_ body: @escaping @Sendable () async throws -> Outcome) throws -> Outcome {
  final class Box: @unchecked Sendable {  // Written before the semaphore is signalled, read after it.
    var result: Result<Outcome, any Error>?
  }
  let (box, done) = (Box(), DispatchSemaphore(value: 0))
  Task {
    do { box.result = .success(try await body()) } catch { box.result = .failure(error) }
    done.signal()
  }
  done.wait()
  guard let result = box.result else { throw DriverError("a task did not end") }
  return try result.get()
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
  if words[4] == "callers", words.count == 8, let callers = Int(words[5]) {
    let data = try Data(contentsOf: URL(filePath: words[6]))
    let pixels = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let job = Job(weights: words[1], isa: words[2], threads: threads, input: .pixels(pixels))
    let results = try runner.share(job, pixels: pixels, callers: callers)
    for result in results where result.map(\.bitPattern) != results[0].map(\.bitPattern) {
      throw DriverError("callers at once got different answers")
    }
    try results[0].withUnsafeBytes { try Data($0).write(to: URL(filePath: words[7])) }
    return print("callers \(results.count)")
  }
  if words[4] == "service", words.count == 8, let calls = Int(words[5]) {
    let data = try Data(contentsOf: URL(filePath: words[6]))
    let pixels = data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let job = Job(weights: words[1], isa: words[2], threads: threads, input: .pixels(pixels))
    let outcome = try waited { try await runner.serve(job, pixels: pixels, calls: calls) }
    try outcome.outputs.withUnsafeBytes { try Data($0).write(to: URL(filePath: words[7])) }
    return print("service \(calls) calls \(outcome.allocations) allocations")
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
