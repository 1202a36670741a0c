// int8 where floats stand between layers of whole numbers: exponentials, products, norms of the sample, layers that are kept
// in float32. Every layer of whole numbers is that of the integer interpreter to the bit, given what the kernels before it
// left; layers of floats are within their tolerance. Answers are the same bits for any number of threads and images in a
// batch, and in C; from one instruction set to another a float's last bit may differ, and with it a number after it.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

extension Umbrella {
  /// Gates, masks and attention, blends, norms before and of the sample, values side by side, pools to bins, taps, groups,
  /// channels in another order, slopes, single channels, maps that grow again. Two of these by commit; in the slow tier a
  /// quarter where a share is asked for, and else all.
  static let convertedNets: [Net] = {
    let nets = [
      Net.gates, Net.attention, Net.highway, Net.preNorm, Net.norms, Net.branches, Net.bins, Net.taps, Net.grouped,
      Net.separable, Net.uShape, Net.pyramid, Net.scales, Net.across, Net.shuffled, Net.pieces, Net.ragged, Net.windows,
      Net.moreActs, Net.sigmoids, Net.torture[2], Net.paddings, Net.torture[3],
    ].enumerated().map { index, net in net.int8.batched([1, 3, 8][index % 3]).onThisArchitecture }
    return isSlowRun ? sample == nil ? nets : nets.share(oneIn: 4) : nets.share(oneIn: 12)
  }()
  /// In the slow tier a build of its own.
  fileprivate static let converted = Result {
    isSlowRun ? try Umbrella("converted", convertedNets, sharesRuntime: true) : try small.get()
  }
}

@Suite(.serialized) struct ConversionTests {
  /// A workspace full of NaN, every layer.
  @Test(arguments: Umbrella.convertedNets) func everyLayerIsThatOfTheInterpreter(net: Net) throws {
    let command = try Umbrella.converted.get().command(of: net)
    for isa in net.integerISAs {
      for threads in [1, 3] {
        let result = try execute(
          command.path,
          [
            "verify", "--weights", "random:1", "--precision", "int8", "--isa", "\(isa)", "--threads", "\(threads)",
            "--tolerance", "0", "--quiet",
          ], in: repository)
        // What is computed from whole numbers is off by nothing, what is not by little.
        let isExact = result.output.contains(" with 0 ") && result.output.contains("within 0 ")
        #expect(result.status == 0 && isExact, "\(net.name), \(isa), \(threads) threads: \(result.output)")
      }
    }
  }

  @Test(arguments: Umbrella.convertedNets) func threadsAndBatchesChangeNothing(net: Net) throws {
    let command = try Umbrella.converted.get().command(of: net)
    try withTemporaryFolder { scratch in
      let compilation = try net.compiled()
      let size = compilation.fused.nodes[0].shape.count
      var state: UInt64 = 7
      let values = (0..<net.batch * size).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int32(truncatingIfNeeded: state >> 32)) / 1e9
      }
      let (pixels, output) = (scratch.appending(path: "in.f32"), scratch.appending(path: "out.f32"))
      for isa in net.integerISAs {
        let packed = scratch.appending(path: "\(isa).packed").path
        try run(
          command.path, ["pack", "--weights", "random:1", "--precision", "int8", "--isa", "\(isa)", "-o", packed])
        func answers(_ images: Range<Int>, threads: Int) throws -> Data {
          try write(Array(values[images.lowerBound * size..<images.upperBound * size]), to: pixels)
          try run(
            command.path,
            [
              "logits", "--weights", packed, "--input", pixels.path, "--output", output.path, "--threads", "\(threads)",
            ])
          return try Data(contentsOf: output)
        }
        let all = try answers(0..<net.batch, threads: 1)
        #expect(Set(all).count > 4, "an answer")
        for threads in [2, 3, 16] {
          #expect(try answers(0..<net.batch, threads: threads) == all, "\(net.name), \(isa), \(threads) threads")
        }
        let last = try answers(net.batch - 1..<net.batch, threads: 1)
        #expect(all.suffix(last.count) == last, "\(net.name), \(isa): the last image alone")
      }
    }
  }

  /// The first and the last of them, on every instruction set.
  @Test(arguments: [Umbrella.convertedNets[0], Umbrella.convertedNets[Umbrella.convertedNets.count - 1]])
  func isTheSameInC(net: Net) throws {
    let command = try Umbrella.converted.get().command(of: net)
    try withTemporaryFolder { folder in
      let package = try CPackage(net, in: folder)
      let pixels = folder.appending(path: "in.f32")
      let size = package.compilation.fused.nodes[0].shape.count
      try write((0..<net.batch * size).map { Float($0 % 17) / 8 - 1 }, to: pixels)
      for isa in net.integerISAs {
        let packed = folder.appending(path: "\(isa).packed")
        try run(
          command.path, ["pack", "--weights", "random:1", "--precision", "int8", "--isa", "\(isa)", "-o", packed.path])
        let output = folder.appending(path: "swift.f32")
        try run(
          command.path, ["logits", "--weights", packed.path, "--input", pixels.path, "--output", output.path])
        let swift = try Data(contentsOf: output).withUnsafeBytes { Array($0.bindMemory(to: UInt32.self)) }
        for threads in [1, 3] {
          let own = try package.logits(packed, threads: threads, pixels: pixels)
          #expect(own.map(\.bitPattern) == swift, "\(net.name), \(isa), \(threads) threads: C and Swift differ")
        }
      }
    }
  }
}
