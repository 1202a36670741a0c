// SPDX-License-Identifier: Apache-2.0
// A call on several threads: each comes with a part of every step, and whoever is done takes what others have not begun.

/// One thing that the threads of a call share: the copying in of the images, or a step. Numbers only, so that threads that
/// read it at one time count no references.
struct Stage: Sendable, BitwiseCopyable {
  /// The step's number; 0 is the input's.
  let step: Int
  let units: Int
  let call: KernelCall
}

/// The stages of a plan and the threads' parts of them.
struct StageTable: Sendable {
  let stages: [Stage]
  /// Of each stage one for each thread.
  let parts: [StagePart]

  init(_ plan: RunnablePlan, batch: Int, threads: Int) {
    let input = plan.places[0]
    var (stages, parts): ([Stage], [StagePart]) = ([], [])
    for (index, step) in plan.steps.enumerated() where index == 0 || step.kernel >= 0 {
      let units = index == 0 ? batch * input.blocks * input.shape.height : step.units
      stages.append(Stage(step: index, units: units, call: step.call))
      for part in 0..<threads {
        // Rows of the image are copied in no time, so a part of them is one piece.
        parts.append(
          index == 0
            ? StagePart(units * part / threads, units * (part + 1) / threads, grain: units)
            : StagePart(
              step.firstUnit(of: part, threads: threads), step.firstUnit(of: part + 1, threads: threads),
              grain: step.grain))
      }
    }
    (self.stages, self.parts) = (stages, parts)
  }
}

/// What the threads of a call are told. What it points to is there until the last stage has ended.
private struct StagedCall: BitwiseCopyable {
  let engine: UnsafeRawPointer
  let claims: UnsafeRawPointer
  let memory: WorkspaceMemory
  let images: InputImages
  /// The number of the first stage.
  let first: Int
  /// Where to note moments; none if nobody asks.
  let stamps: UnsafeMutablePointer<Double>?
}

extension Engine {
  /// All steps of a call, on all threads.
  ///
  /// - Parameter stamps: where to note, behind the moment that the call began, when each layer was done.
  func share(
    _ images: InputImages, _ memory: WorkspaceMemory, stamps: UnsafeMutablePointer<Double>?
  ) throws(ModelError) {
    let pool = try pools.take()
    defer { pools.give(back: pool) }
    let engine = UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque())
    let claims = UnsafeRawPointer(Unmanaged.passUnretained(pool.claims).toOpaque())
    pool.runStages { first in
      JobWords(
        StagedCall(engine: engine, claims: claims, memory: memory, images: images, first: first, stamps: stamps))
    } _: { words, part in
      guard let call = words?.load(as: StagedCall.self) else { return }
      Unmanaged<Engine>.fromOpaque(call.engine)._withUnsafeGuaranteedRef { engine in
        Unmanaged<StageClaims>.fromOpaque(call.claims)._withUnsafeGuaranteedRef { claims in
          engine.work(on: call, part: part, claims)
        }
      }
    }
  }

  /// What one thread does of a call.
  private func work(on call: StagedCall, part: Int, _ claims: StageClaims) {
    let control = FloatControl.forKernels()
    defer { control.restore() }
    let threads = threads
    table.stages.withUnsafeBufferPointer { stages in
      table.parts.withUnsafeBufferPointer { parts in
        var number = claims.stage
        while number - call.first < stages.count {
          let index = number - call.first
          let own = UnsafeBufferPointer(rebasing: parts[index * threads..<(index + 1) * threads])
          work(on: stages[index], own, number, of: call, part: part, claims)
          claims.wait(for: number)
          number = claims.stage
        }
      }
    }
  }

  /// Takes pieces of a stage until there are none: of its own part, then of the others', of each from the end.
  @inline(__always)
  private func work(
    on stage: Stage, _ parts: UnsafeBufferPointer<StagePart>, _ number: Int, of call: StagedCall, part: Int,
    _ claims: StageClaims
  ) {
    var hasNotes = false
    let isScarce = claims.isScarce(in: number)
    if isScarce { _ = claims.hasRunForLong(part) }
    for turn in 0..<parts.count {
      let owner = part + turn < parts.count ? part + turn : part + turn - parts.count
      let share = parts[owner]
      let pieces = share.pieces
      var units = 0
      while let index = claims.take(of: owner, pieces: pieces, in: number, fromEnd: turn > 0) {
        let piece = share.piece(index)
        if stage.step == 0 {
          load(call.images, into: call.memory, piece.begin, piece.end)
        } else {
          if !hasNotes { call.memory.clearNotes(of: part) }
          hasNotes = true
          self.call(stage.call, call.memory, part: part, piece.begin, piece.end)
        }
        units += piece.end - piece.begin
        if isScarce, claims.hasRunForLong(part) {
          if finish(units, of: stage, in: call, claims) { return }
          units = 0
          claims.pause(part)
        }
      }
      if finish(units, of: stage, in: call, claims) || claims.stage != number { return }
    }
  }

  /// Reports units, and ends the stage if they are the last.
  @inline(__always)
  private func finish(_ units: Int, of stage: Stage, in call: StagedCall, _ claims: StageClaims) -> Bool {
    guard units > 0, claims.finish(units, of: stage.units) else { return false }
    if let stamps = call.stamps { stamps[stage.step + 1] = now() }
    claims.end()
    return true
  }
}
