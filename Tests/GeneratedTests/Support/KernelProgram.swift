// Kernels as a program that runs without the engine: the engine's own tables and packed weights, for Emulation/main.c.
import Foundation
import Testing

@testable import ResNetCompiler
@testable import ResNetRuntime

/// What the engine would keep of a plan, were its kernels those of this machine.
struct KernelProgram {
  let plan: Plan
  let places: [ValuePlace]
  let steps: [StepRecord]
  let packed: AlignedBuffer
  let arenaFloats: Int
  let scratchFloats: Int

  init(_ plan: Plan, weights: WeightSource) throws {
    self.plan = plan
    let layers = try Array(layerTable(plan.graph).utf8).withUnsafeBufferPointer {
      try readLayers(TableLine.lines(of: $0))
    }
    (places, steps) = try Array(stepTable(plan).utf8).withUnsafeBufferPointer {
      try readSteps(TableLine.lines(of: $0), layers: layers, lanes: plan.target.lanes, isa: .portable)
    }
    arenaFloats = plan.arena.floats
    scratchFloats = plan.scratchFloats
    packed = try AlignedBuffer(count: plan.weightFloats)
    try weights.check(layers.tensors)
    try WeightPacker(source: weights, layers: layers, places: places, steps: steps, lanes: plan.target.lanes)
      .pack(into: packed)
  }

  /// The file that Emulation/main.c reads. The arena is not a number wherever the images are not.
  func write(images: [Float], to url: URL) throws {
    var arena = [Float](repeating: .nan, count: arenaFloats)
    let place = places[0]
    for index in place.offset..<place.offset + plan.batch * place.imagePitch { arena[index] = 0 }
    for (index, value) in zip(positions(of: place), images) { arena[index] = value }
    let kernels = steps.indices.filter { steps[$0].kernel >= 0 }
    var numbers = [arenaFloats, packed.count, kernels.count, scratchFloats]
    for index in kernels {
      let step = steps[index]
      numbers += [step.kernel, step.units, step.source0, step.source1, step.residual, step.output, step.weights]
      // Of a part of a larger value what lies between its images is there, too.
      let place = places[index]
      numbers += [place.offset, (plan.batch - 1) * place.imagePitch + place.blocks * place.blockPitch]
    }
    var data = numbers.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) }
    data.append(Data(buffer: packed.floats))
    data.append(arena.withUnsafeBytes { Data($0) })
    try data.write(to: url)
  }

  /// What is returned: of each image all outputs, in the order of the source.
  func outputs(in arena: [Float]) -> [Float] {
    guard arena.count == arenaFloats else { return [] }
    let values = plan.graph.results.map { positions(of: places[$0.index]).map { arena[$0] } }
    return (0..<plan.batch).flatMap { image in
      values.flatMap { value in
        let size = value.count / plan.batch
        return value[image * size..<(image + 1) * size]
      }
    }
  }

  /// Where each element of a value lies, image by image in NCHW order.
  private func positions(of place: ValuePlace) -> [Int] {
    (0..<plan.batch).flatMap { image in
      (0..<place.shape.channels).flatMap { channel in
        (0..<place.shape.height).flatMap { row in
          (0..<place.shape.width).map { column in
            let slot = place.order.slots[channel]
            return place.offset + image * place.imagePitch + place.origin + slot / place.lanes * place.blockPitch
              + row * place.rowPitch + column * place.lanes + slot % place.lanes
          }
        }
      }
    }
  }
}
