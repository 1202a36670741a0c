// classify WEIGHTS IMAGE...: a command-line tool. A call computes on the thread that makes it, in memory that the next call
// uses again.
import Digits20

guard CommandLine.arguments.count > 2 else {
  print("usage: Classify WEIGHTS IMAGE...")
  exitProcess(64)
}
do {
  let model = try Digits20(weights: CommandLine.arguments[1])
  var failed = false
  for path in CommandLine.arguments.dropFirst(2) {
    do {
      let best = try model.classify(Image(contentsOf: path), top: 2)
      print(path, best.map { "\($0.label ?? "\($0.index)") \($0.score)" }.joined(separator: ", "), separator: ": ")
    } catch {
      // What is wrong, and the way out; the other images go on.
      print("error: \(error)")
      failed = true
    }
  }
  exitProcess(failed ? 1 : 0)
} catch {
  print("error: \(error)")
  exitProcess(1)
}
