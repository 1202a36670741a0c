// The promises of shared calls: every unit once, stages one after another, the same answer whoever computes what, and a
// thread that is held up keeps from the others only the piece that it holds. Run with --sanitize=thread too.

import Foundation
import Synchronization
import Testing

@testable import ResNetRuntime

@Suite struct StageClaimsTests {
  @Test(arguments: [1, 2, 3, 7, 8, 49, 100]) func piecesCoverAPart(grain: Int) {
    for begin in [0, 1, 6, 48, 49, 50, 700] {
      for length in [0, 1, 2, 8, 48, 49, 98, 100, 1000, 4096] {
        let part = StagePart(begin, begin + length, grain: grain)
        var unit = begin
        for index in 0..<part.pieces {
          let piece = part.piece(index)
          #expect(piece.begin == unit && piece.end > unit)
          #expect(piece.end == part.end || piece.end % grain == 0, "\(begin) \(length): \(piece)")
          unit = piece.end
        }
        #expect(unit == part.end && part.pieces <= 9)
      }
    }
  }

  /// The owner takes from the front, others from the end, and all of it once.
  @Test func piecesAreTakenFromBothEnds() {
    let claims = StageClaims(parts: 2)
    #expect(claims.take(of: 0, pieces: 5, in: 0, fromEnd: false) == 0)
    #expect(claims.take(of: 0, pieces: 5, in: 0, fromEnd: true) == 4)
    #expect(claims.take(of: 0, pieces: 5, in: 0, fromEnd: true) == 3)
    #expect(claims.take(of: 0, pieces: 5, in: 0, fromEnd: false) == 1)
    #expect(claims.take(of: 0, pieces: 5, in: 0, fromEnd: false) == 2)
    for fromEnd in [false, true] { #expect(claims.take(of: 0, pieces: 5, in: 0, fromEnd: fromEnd) == nil) }
    #expect(claims.take(of: 1, pieces: 0, in: 0, fromEnd: false) == nil)
  }

  /// A stage's words count from the last one's, and who comes too late finds nothing.
  @Test func aStageThatIsOverGivesNothing() {
    let claims = StageClaims(parts: 1)
    for stage in 0..<3 {
      #expect(claims.stage == stage)
      #expect(claims.take(of: 0, pieces: 1, in: stage, fromEnd: false) == 0)
      #expect(!claims.finish(3, of: 7) && claims.finish(4, of: 7))
      claims.end()
      #expect(claims.take(of: 0, pieces: 1, in: stage, fromEnd: false) == nil)
    }
    #expect(claims.take(of: 0, pieces: 2, in: 3, fromEnd: true) == 1)
    #expect(claims.take(of: 0, pieces: 2, in: 2, fromEnd: true) == nil)
  }

  @Test(arguments: [2, 3, 7, 16]) func theAnswerIsTheSameWhoeverIsLate(threads: Int) throws {
    let expected = try answers(Engine(network(.none), weights: "random:1", threads: 1, isa: nil))
    #expect(Set(expected[0]).count > 200)
    let engine = try Engine(network(.sometimes), weights: "random:1", threads: .exactly(threads), isa: nil)
    #expect(try answers(engine) == expected)
  }

  /// The thread that has a piece of the middle layer waits until all other units of it are done: by others, or never.
  @Test(arguments: [2, 3]) func othersTakeWhatALateThreadHasNotBegun(threads: Int) throws {
    let hold = Hold(units: 64)
    let engine = try Engine(network(.until(hold)), weights: "random:1", threads: .exactly(threads), isa: nil)
    var workspace = try engine.makeWorkspace()
    for call in 0..<5 {
      hold.begin()
      _ = try engine.logits([1, 2, 3], using: &workspace)
      #expect(hold.done == 64 && !hold.hasGivenUp, "call \(call)")
    }
  }

  /// Calls that follow each other at once, of more threads than there are processors, from two callers.
  @Test func latecomersOfOneCallDoNothingToTheNext() throws {
    let engine = try Engine(network(.none), weights: "random:1", threads: 16, isa: nil)
    let expected = try answers(engine)
    let failures = Atomic<Int>(0)
    let ends = Atomic<Int>(0)
    for _ in 0..<2 {
      Thread {
        for _ in 0..<20 where (try? answers(engine)) != expected { failures.add(1, ordering: .relaxed) }
        ends.add(1, ordering: .releasing)
      }.start()
    }
    let deadline = Date(timeIntervalSinceNow: 120)
    while ends.load(ordering: .acquiring) < 2, Date() < deadline { usleep(1000) }
    #expect(ends.load(ordering: .relaxed) == 2 && failures.load(ordering: .relaxed) == 0)
  }

  private func answers(_ engine: Engine) throws -> [[Float]] {
    var workspace = try engine.makeWorkspace()
    return try (0..<10).map { try engine.logits([Float($0), 2, -3], using: &workspace) }
  }
}

/// Counts units of the middle layer, of which the first piece that is not the caller's waits for all others.
private final class Hold: Sendable {
  let units: Int
  private let count = Atomic<Int>(0)
  private let isHeld = Atomic<Bool>(false)
  private let gaveUp = Atomic<Bool>(false)

  init(units: Int) { self.units = units }

  var done: Int { count.load(ordering: .sequentiallyConsistent) }
  var hasGivenUp: Bool { gaveUp.load(ordering: .sequentiallyConsistent) }

  func begin() {
    count.store(0, ordering: .sequentiallyConsistent)
    isHeld.store(false, ordering: .sequentiallyConsistent)
  }

  func compute(_ units: Int) {
    if !isHeld.exchange(true, ordering: .sequentiallyConsistent) {
      let deadline = Date(timeIntervalSinceNow: 20)
      while done < self.units - units, !hasGivenUp {
        if Date() > deadline { gaveUp.store(true, ordering: .sequentiallyConsistent) }
        usleep(100)
      }
    }
    count.add(units, ordering: .sequentiallyConsistent)
  }
}

private enum Delay: Sendable {
  case none, sometimes
  case until(Hold)
}

/// Three layers of 64 units; each value of the last is made of values that other units of the layer before made.
private func network(_ delay: Delay) -> ModelDescription {
  let calls = Atomic<Int>(0)
  let counter = Counter(calls)
  let plan = PlanDescription(
    isa: .portable, lanes: 4, arenaFloats: 1024, scratchFloats: 16, weightFloats: 132_608,
    steps: """
      input, lanes 1
      a, kernel 0 of 64 units, at 256, weights 0, vectors 1
      b, kernel 1 of 64 units, at 512, weights 1024, vectors 1
      head.fc, kernel 2 of 64 units, grain 3, at 768, weights 66816, vectors 1
      """,
    kernels: { kernel, source, _, _, output, _, scratch, begin, end in
      guard begin < end else { return }
      // Notes are clear, or of this step.
      if scratch[0] != 0, scratch[0] != Float(kernel + 1) { output[0] = .nan }
      scratch[0] = Float(kernel + 1)
      switch delay {
      case .none: break
      case .sometimes: if counter.next() % 7 == 3 { usleep(2000) }
      case .until(let hold): if kernel == 1 { hold.compute(end - begin) }
      }
      for value in begin * 4..<end * 4 {
        let others = kernel == 0 ? source[value % 3] : source[(value * 37 + 11) % 256] + source[255 - value]
        output[value] = others * 0.75 + Float(value)
      }
    })
  return ModelDescription(
    name: "Shared", batch: 1, answer: .values,
    layers: """
      input input, 3, 1x1
      a linear, 3 to 256, 1x1, reads input, weight a.weight, bias a.bias
      b linear, 256 to 256, 1x1, reads a, weight b.weight, bias b.bias
      head.fc linear, 256 to 256, 1x1, reads b, weight fc.weight, bias fc.bias
      """, plans: [plan], preprocess: nil)
}

private final class Counter: Sendable {
  private let value: Atomic<Int>
  init(_ value: consuming Atomic<Int>) { self.value = value }
  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
