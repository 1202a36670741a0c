// SPDX-License-Identifier: Apache-2.0
// Who computes what of a call. A call is a row of stages, one after another; of each stage every thread has a part, which it
// takes piece by piece from the front, and who is done takes from the ends of others' parts what they have not begun. A
// stage ends when all of it is done, not when all threads have come: a thread that the system does not let run holds up
// nobody unless it holds a piece, and finds its work done when it comes. Who computes a piece changes nothing of it.
//
// A thread that never waits is always stopped in the middle of a piece, and then all wait. So once somebody has waited for
// long, threads give up their processors by themselves for a while: between two pieces, a little before the system would
// stop them.
//
// Stages are counted from the first call on and never again from zero. A part's word says for which stage it counts, so
// nothing is set back between stages or calls, and a thread that comes too late takes nothing: for its stage all parts
// were taken to the end, or the stage would not have ended.

import Synchronization

/// A part of a stage's units, in pieces that end at multiples of a grain: at most nine.
struct StagePart: Equatable {
  let begin: Int
  let end: Int
  private let step: Int

  /// - Parameter grain: at least 1.
  init(_ begin: Int, _ end: Int, grain: Int) {
    (self.begin, self.end) = (begin, end)
    step = grain * max(1, (end - begin + 8 * grain - 1) / (8 * grain))
  }

  var pieces: Int { begin < end ? (end - 1) / step - begin / step + 1 : 0 }

  func piece(_ index: Int) -> (begin: Int, end: Int) {
    let first = (begin / step + index) * step
    return (max(begin, first), min(end, first + step))
  }
}

/// Parts taken, work done, stages ended.
final class StageClaims: @unchecked Sendable {  // Constant pointers, to shared words and to clocks of one thread each.
  /// On a line by itself, and on the one that processors fetch with it.
  private struct Word: ~Copyable {
    let value = Atomic<UInt64>(0)
    private let padding: (Line, Line) = (Line(), Line())
  }
  /// Of one thread alone, and so not beside a word that others look at: since when it has been running, and when it looked
  /// last.
  private struct Clock {
    var running = RunningTime()
    private let padding: (Line, Line) = (Line(), Line())
  }
  private struct Line {
    private let words: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
  }

  /// For each part: the stage, then the number of the first piece that nobody has taken, and of the first that was taken
  /// from the end; of 56, 4 and 4 bits: at a million stages a second for two thousand years.
  private let parts: UnsafeMutablePointer<Word>
  private let clocks: UnsafeMutablePointer<Clock>
  private let count: Int
  private let before = (Line(), Line())
  /// Units of the stage that are done.
  private let done = Atomic<Int>(0)
  private let between = (Line(), Line())
  /// How many stages have ended.
  private let ended = Atomic<Int>(0)
  private let after = (Line(), Line())
  /// Up to which stage processors are taken to be scarce.
  private let scarce = Atomic<Int>(0)
  private let waiting = Monitor()

  /// Stages for which a long wait is remembered: tens of calls.
  private static let patience = 2000

  init(parts count: Int) {
    self.count = count
    parts = .allocate(capacity: count)
    for part in 0..<count { (parts + part).initialize(to: Word()) }
    clocks = .allocate(capacity: count)
    clocks.initialize(repeating: Clock(), count: count)
  }

  deinit {
    parts.deinitialize(count: count)
    parts.deallocate()
    clocks.deinitialize(count: count)
    clocks.deallocate()
  }

  /// The stage that is being computed, or is next. All that was written in those before is seen.
  var stage: Int { ended.load(ordering: .acquiring) }

  /// The first piece of a part that nobody has taken, or the last one; `nil` if there is none, or the stage is over.
  @inline(__always)
  func take(of part: Int, pieces: Int, in stage: Int, fromEnd: Bool) -> Int? {
    let number = UInt64(truncatingIfNeeded: stage) + 1
    var word = parts[part].value.load(ordering: .relaxed)
    while true {
      let own = word >> 8
      guard own <= number else { return nil }
      var (front, back) = (UInt64(0), UInt64(pieces))
      if own == number { (front, back) = (word >> 4 & 0xf, word & 0xf) }
      guard front < back else { return nil }
      let piece = fromEnd ? back - 1 : front
      if fromEnd { back -= 1 } else { front += 1 }
      let (exchanged, found) = parts[part].value.weakCompareExchange(
        expected: word, desired: number << 8 | front << 4 | back, ordering: .relaxed)
      if exchanged { return Int(piece) }
      word = found
    }
  }

  /// Reports units done, of pieces that this thread has taken. Says whether they were the last, and `end` must follow.
  @inline(__always)
  func finish(_ units: Int, of all: Int) -> Bool {
    done.wrappingAdd(units, ordering: .acquiringAndReleasing).newValue == all
  }

  /// Ends the stage, of which all is done.
  func end() {
    done.store(0, ordering: .relaxed)
    ended.wrappingAdd(1, ordering: .sequentiallyConsistent)
    waiting.wake()
  }

  /// Whether somebody has waited for long lately.
  func isScarce(in stage: Int) -> Bool { stage < scarce.load(ordering: .relaxed) }

  /// Called by a part's thread, where processors are scarce, when it begins with a stage or has done a piece: whether it is
  /// time to let others run, if there are such.
  func hasRunForLong(_ part: Int) -> Bool { clocks[part].running.isLong() }

  /// Lets others run. Whoever calls it has reported what it has done and holds nothing.
  func pause(_ part: Int) {
    yieldProcessor()
    clocks[part].running.begin()
  }

  /// Waits until the stage has ended, of which nothing is left to take.
  ///
  /// Where that takes long a thread that holds a piece is not running, maybe for want of a core. So this one lets others
  /// run, and at last sleeps, by which a system with a core too few has an idle one, to which it moves what waits. It
  /// looks up now and then to sleep again: a thread that has just run is not moved.
  func wait(for stage: Int) {
    if spin(until: { self.stage != stage }) { return }
    scarce.store(stage + Self.patience, ordering: .relaxed)
    for _ in 0..<16 {
      yieldProcessor()
      if self.stage != stage { return }
    }
    while self.stage == stage {
      waiting.sleep(atMost: 200_000) { ended.load(ordering: .sequentiallyConsistent) == stage }
    }
  }
}
