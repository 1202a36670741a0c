// The service of a generated package, through its public interface: answers of the model's own calls to the last bit, and
// what a call allocates.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

@Suite(.serialized) struct ServingTests {
  /// The engine and the queue allocate nothing. What is left is libdispatch's, by which Swift's runtime wakes a task from a
  /// thread that is none of its own: two small blocks each time.
  private let blocksOfWaking = 2

  @Test(arguments: [Net.digits, Net.endings[1]] + Umbrella.matrixNets.suffix(1))
  func answersAreTheModelsOwn(net: Net) throws {
    let driver = try Umbrella.small.get().products.appending(path: "driver").path
    let shape = try net.compiled().fused.nodes[0].shape
    // Two batches and one image more.
    let images = 2 * net.batch + 1
    try withTemporaryFolder { scratch in
      let pixels = RandomTensors(seed: 3).tensor("input", [images, shape.channels, shape.height, shape.width])
      try write(pixels, to: scratch.appending(path: "in"))
      for threads in ["1", "2"] {
        let result = try run(
          driver, [net.name, "random:1", "\(try #require(net.isas.first))", threads, "service", "200", "in", "out"],
          in: scratch)
        let words = result.output.split(separator: " ")
        let allocations = try #require(words.count == 5 ? Int(words[3]) : nil, "\(result.output)")
        #expect(allocations <= 200 * 3 * blocksOfWaking, "\(net.name), \(threads) threads")
        print("\(net.name), \(threads) threads: \(result.output)", terminator: "")
      }
    }
  }
}
