// batch WEIGHTS FOLDER: a line of CSV for each image, in the order of their names. As many tasks run as fill the batches of
// all workers twice over, so that none is idle while files are read, and memory does not grow with the folder. Control-C
// ends the job in order: what is being computed is finished, and nothing else is begun.
import Digits20
import Foundation

@main struct Batch {
  static func main() async {
    guard CommandLine.arguments.count == 3 else { return print("usage: Batch WEIGHTS FOLDER") }
    do {
      let model = try Digits20(weights: CommandLine.arguments[1])
      let paths = try imagePaths(CommandLine.arguments[2])
      let job = Task { try await classify(paths, by: try model.makeService()) }
      // The signal arrives on a queue of its own; there it cancels the task that holds all others.
      signal(SIGINT, SIG_IGN)
      let interrupt = DispatchSource.makeSignalSource(signal: SIGINT)
      interrupt.setEventHandler { job.cancel() }
      interrupt.resume()
      defer { interrupt.cancel() }
      let failed = try await job.value
      exit(failed ? 1 : 0)
    } catch is CancellationError {
      FileHandle.standardError.write(Data("stopped\n".utf8))
      exit(130)
    } catch {
      FileHandle.standardError.write(Data("error: \(error)\n".utf8))
      exit(1)
    }
  }

  /// Prints a line for each image; whether any of them failed.
  private static func classify(_ paths: [String], by service: InferenceService) async throws -> Bool {
    print("image,class,score")
    var failed = false
    let limit = 2 * service.workers * service.batch
    try await withThrowingTaskGroup(of: (Int, Result<[Prediction], any Error>).self) { group in
      var done: [Int: Result<[Prediction], any Error>] = [:]
      var (begun, printed) = (0, 0)
      while printed < paths.count {
        while begun < paths.count, begun - printed < limit {
          let (index, path) = (begun, paths[begun])
          group.addTask {
            do {
              let file = [UInt8](try Data(contentsOf: URL(filePath: path)))
              return (index, .success(try await service.classify(file: file, top: 1)))
            } catch is CancellationError {
              throw CancellationError()
            } catch {
              return (index, .failure(error))
            }
          }
          begun += 1
        }
        guard let (index, result) = try await group.next() else { break }
        done[index] = result
        while let result = done.removeValue(forKey: printed) {
          switch result {
          case .success(let best):
            for prediction in best { print("\(paths[printed]),\(prediction.index),\(prediction.score)") }
          case .failure(let error):
            FileHandle.standardError.write(Data("\(paths[printed]): \(error)\n".utf8))
            failed = true
          }
          printed += 1
        }
      }
    }
    return failed
  }

  private static func imagePaths(_ folder: String) throws -> [String] {
    let endings = [".jpg", ".jpeg", ".png", ".bmp", ".ppm"]
    return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { name in endings.contains { name.lowercased().hasSuffix($0) } }
      .map { folder + "/" + $0 }
  }
}
