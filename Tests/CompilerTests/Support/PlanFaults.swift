// What every plan keeps, whatever the network: values that are needed at one time share no float, channels lie where their
// readers look for them, halos are as wide as windows reach, packed weights stand one after another, and units are as much
// work as is said.
import ResNetDSL

@testable import ResNetCompiler

/// What is wrong with a plan; empty if nothing is.
func planFaults(_ plan: Plan) -> [String] {
  let nodes = plan.graph.nodes
  let slots = plan.arena.slots
  var faults: [String] = []
  func require(_ isRight: Bool, _ what: @autoclosure () -> String) {
    if !isRight { faults.append(what()) }
  }

  require(plan.arena.floats >= plan.arena.lowerBound, "the arena is smaller than what is needed at one time")
  for (index, slot) in slots.enumerated() where slot.floats > 0 {
    let name = nodes[index].name
    require(slot.floats == plan.layouts[index].floats(batch: plan.batch), "\(name) is not as large as its layout")
    require(slot.offset >= 0 && slot.offset + slot.floats <= plan.arena.floats, "\(name) is not in the arena")
    // Of whole numbers a vector is a pixel of fewer words.
    let vector = nodes[index].number.isQuantized ? plan.layouts[index].pixelPitch : plan.target.lanes
    require(slot.offset % vector == 0, "\(name) does not begin with a vector")
    require(slot.placement != .own || slot.offset % 16 == 0, "\(name) does not begin with a cache line")
  }
  faults += overlaps(plan)

  for (index, node) in nodes.enumerated() {
    let layout = plan.layouts[index]
    if case .blocked(let lanes) = layout.kind, let fault = fault(of: layout.order, layout.shape.channels, lanes) {
      faults.append("\(node.name) \(fault)")
    }
    if node.operation.isConcatenation {
      var place = slots[index].offset
      for input in node.inputs {
        require(
          slots[input.index].offset == place && plan.layouts[input.index].halo == layout.halo,
          "\(nodes[input.index].name) does not lie in \(node.name)")
        place += plan.layouts[input.index].blocks * plan.layouts[input.index].blockPitch
      }
    }
    for (position, input) in node.inputs.enumerated() {
      let access = node.operation.definition.access(toInput: position)
      let read = plan.layouts[input.index]
      require(
        read.halo.height >= access.halo.height && read.halo.width >= access.halo.width,
        "\(node.name) reads beyond the halo of \(nodes[input.index].name)")
    }
  }

  // Kernels that do not bring channels into another order read them as they write them.
  for step in plan.steps {
    guard case .elementwise(let kernel) = plan.kernels[step.kernel], case .same? = kernel.operands.first else {
      continue
    }
    for source in step.sources {
      require(
        plan.layouts[source.index].order == plan.layouts[step.node.index].order,
        "\(nodes[step.node.index].name) finds channels in another order")
    }
  }

  // Steps run in the order of their nodes, and read nothing before it is written or after it is given up.
  require(plan.steps.map(\.node.index) == plan.steps.map(\.node.index).sorted(), "steps stand in another order")
  for step in plan.steps {
    for source in step.sources + [step.residual].compactMap({ $0 }) {
      let slot = slots[source.index]
      require(
        slot.floats > 0 && slot.birth < step.node.index && step.node.index <= slot.death,
        "\(nodes[step.node.index].name) reads \(nodes[source.index].name) outside of its life")
    }
  }
  require(slots[plan.graph.output.index].death >= nodes.count, "the output does not outlive the network")
  // What is put together is written by its parts, each of which lives until then.
  for (index, node) in nodes.enumerated() where node.operation.isConcatenation {
    require(node.inputs.allSatisfy { slots[$0.index].death >= index }, "a part of \(node.name) does not last")
  }
  // What is put together is written by its parts, and what is cut from another value by whoever writes that.
  let computed = Set(plan.steps.map(\.node) + plan.steps.compactMap(\.convolution))
  let cuts = cuts(plan)
  for (index, node) in nodes.enumerated() where node.operation != .input && !node.operation.isConcatenation {
    require(computed.contains(NodeID(index)) || cuts.contains(index), "\(node.name) has no step")
    require(!computed.contains(NodeID(index)) || !cuts.contains(index), "\(node.name) lies in two places")
    if cuts.contains(index), let fault = cutFault(index, plan) { faults.append("\(node.name) \(fault)") }
  }
  var end = 0
  let weights = plan.steps.flatMap { [$0.weights, $0.readerWeights].compactMap { $0 } }
  for packed in weights.sorted(by: { $0.offset < $1.offset }) {
    require(packed.offset >= end && packed.offset % 16 == 0, "weights overlap at \(packed.offset)")
    end = packed.offset + packed.floats
  }
  require(end <= plan.weightFloats, "weights reach beyond their end")
  faults += plan.kernels.compactMap(unitWorkFault)
  return faults
}

/// Values that are needed at one time and share memory, but for a value and its parts, and a sum in the place of what it
/// adds to.
private func overlaps(_ plan: Plan) -> [String] {
  let slots = plan.arena.slots
  var contents = contents(plan)
  // What a value is cut from has it as a part, and so has all that this is a part of.
  for index in cuts(plan).sorted() {
    let host = plan.graph.nodes[index].inputs[0].index
    for other in contents.indices where other == host || contents[other].contains(host) {
      contents[other].insert(index)
    }
    // It may hold the same channels as the other parts of its host; all are in their places while any is read, because none
    // of them is ever written over.
    contents[index].formUnion(contents[host])
  }
  // Images of a part are as far apart as those of the whole, so ranges of the first image say it all for parts.
  func first(_ index: Int) -> Range<Int> {
    let layout = plan.layouts[index]
    return slots[index].offset..<slots[index].offset + layout.blocks * layout.blockPitch
  }
  var faults: [String] = []
  for (index, slot) in slots.enumerated() where slot.floats > 0 {
    for other in 0..<index where slots[other].floats > 0 {
      guard slots[other].birth <= slot.death, slot.birth <= slots[other].death else { continue }
      if contents[index].contains(other) || contents[other].contains(index) { continue }
      let related = slot.partOf != nil && slot.partOf == slots[other].partOf
      let (a, b) =
        related
        ? (first(index), first(other))
        : (slot.offset..<slot.offset + slot.floats, slots[other].offset..<slots[other].offset + slots[other].floats)
      let takesOver = slot.inPlaceOf == NodeID(other) && slots[other].death == slot.birth
      if a.overlaps(b) && !takesOver {
        faults.append("\(plan.graph.nodes[other].name) and \(plan.graph.nodes[index].name) share memory")
      }
    }
  }
  return faults
}

/// Of each value all that it is put together from.
private func contents(_ plan: Plan) -> [Set<Int>] {
  var contents = [Set<Int>](repeating: [], count: plan.graph.nodes.count)
  for (index, node) in plan.graph.nodes.enumerated() where node.operation.isConcatenation {
    for input in node.inputs { contents[index].formUnion(contents[input.index].union([input.index])) }
  }
  return contents
}

/// The values that lie in an earlier one, of which they are channels.
private func cuts(_ plan: Plan) -> Set<Int> {
  let contents = contents(plan)
  return Set(
    plan.arena.slots.indices.filter { index in
      guard let whole = plan.arena.slots[index].partOf else { return false }
      return whole.index < index || !contents[whole.index].contains(index)
    })
}

/// Each channel of a value that is cut from another lies where it lies there.
private func cutFault(_ index: Int, _ plan: Plan) -> String? {
  let node = plan.graph.nodes[index]
  guard case .gather(let gather) = node.operation else { return "is part of an earlier value" }
  let host = node.inputs[0].index
  let (layout, from, lanes) = (plan.layouts[index], plan.layouts[host], plan.target.lanes)
  guard layout.halo == from.halo, layout.imagePitch == from.imagePitch else { return "is no part of what it reads" }
  let (own, theirs) = (layout.order.slots(lanes: lanes), from.order.slots(lanes: lanes))
  let begin = plan.arena.slots[index].offset - plan.arena.slots[host].offset
  for (channel, other) in gather.channels(node.shape.channels).enumerated() {
    let (a, b) = (own[channel], theirs[other])
    guard begin + a / lanes * layout.blockPitch == b / lanes * from.blockPitch, a % lanes == b % lanes else {
      return "finds channel \(channel) elsewhere"
    }
  }
  return nil
}

/// Each channel has a lane of its own, and the other lanes are those that are said to be empty.
private func fault(of order: ChannelOrder, _ channels: Int, _ lanes: Int) -> String? {
  let size = order.blocks(lanes: lanes) * lanes
  var holders = [Int](repeating: 0, count: size)
  for move in ChannelOrder.plain(channels).moves(to: order, lanes: lanes) {
    guard move.to >= 0, move.to + move.count <= size else { return "has a channel beyond its blocks" }
    for lane in move.to..<move.to + move.count { holders[lane] += 1 }
  }
  for empty in order.emptyLanes(lanes: lanes) {
    let end = (empty.block + 1) * lanes
    for lane in end - empty.count..<end { holders[lane] += 1 }
  }
  return order.channels == channels && holders.allSatisfy { $0 == 1 } ? nil : "has lanes of no or of two channels"
}
