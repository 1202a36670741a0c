// Sizing: decides every stride and shape, row by row, and reports each row whose size does not come out.
//
// After a row that does not come out, either its size or its layers may be what was meant. The rows below are tried with
// both; only what fails with each is a new error and not a consequence.
import ResNetDSL

/// All rows, and apart from them those of heads used in training only.
struct SizedNetwork {
  var stages: [SizedStage] = []
  var auxiliary: [SizedStage] = []
}

/// Sizes all rows, reporting to `sink`. Rows after one that cannot be sized at all are left out.
func sizeNetwork(_ network: Network, _ sink: inout Diagnostics) -> SizedNetwork {
  let image = network.input.value
  var result = SizedNetwork()
  /// What may leave each row, and where that was written.
  var rows: [String: (shapes: [Shape], origin: Span)] = [:]
  var entering = [Shape(image.channels, image.height, image.width)]
  // Where the size that enters a row was written.
  var origin = network.input.span
  var isAuxiliary = false
  if let image = entering.first, product(image.channels, image.height, image.width) > LayerLimits.elements {
    sink.report(
      Diagnostic(.error, .layerTooLarge, "the input has more than 2^30 values", at: Label(network.input.span)))
    return result
  }
  func size(_ stage: Stage) -> Bool {
    if let source = stage.source { (entering, origin) = rows[source.value] ?? ([], origin) }
    let above = rows.compactMapValues(\.shapes.first)
    let outcomes = entering.map { sizeStage(stage, $0, above, network, origin) }
    let right = outcomes.filter(\.faults.isEmpty)
    if let outcome = right.first ?? outcomes.first {
      for fault in outcome.faults { sink.report(fault) }
      if let sized = outcome.sized {
        if isAuxiliary { result.auxiliary.append(sized) } else { result.stages.append(sized) }
      }
    }
    let leaving = (right + outcomes.filter { !$0.faults.isEmpty }).flatMap(\.leaving)
    entering = []
    for shape in leaving where !entering.contains(shape) && entering.count < 4 { entering.append(shape) }
    origin = stage.size?.span ?? stage.name.span
    if !isAuxiliary { rows[stage.name.value] = (entering, origin) }
    return !entering.isEmpty
  }
  for stage in network.stages { guard size(stage) else { break } }
  isAuxiliary = true
  for head in network.auxiliary where rows[head.source?.value ?? ""] != nil { _ = size(head) }
  return result
}

private struct Outcome {
  var sized: SizedStage?
  var faults: [Diagnostic]
  /// The shapes that may leave the row: one, or after a mismatch the asserted and the computed; none if what follows
  /// cannot be judged.
  var leaving: [Shape]
}

private func sizeStage(
  _ stage: Stage, _ entering: Shape, _ rows: [String: Shape], _ network: Network, _ origin: Span
) -> Outcome {
  let placement = network.strideOn ?? .first
  let carrier = Carrier.of(stage, placement)
  func walk(_ stage: Stage, _ stride: Int) -> StageWalk {
    let carrier = Carrier.of(stage, placement)
    return StageWalk(
      stage, entering: entering, above: rows, option: network.shortcut.value, carrier: carrier, stride: stride)
  }
  func finish(_ walk: StageWalk, _ output: Shape, _ ambiguity: Diagnostic? = nil) -> Outcome {
    Outcome(
      sized: SizedStage(stage: stage, items: walk.items), faults: walk.faults + (ambiguity.map { [$0] } ?? []),
      // Below a layer that is too large, everything is.
      leaving: walk.isTooLarge ? [] : [output])
  }

  var walks: [(stride: Int, walk: StageWalk)] = []
  let wanted = stage.size?.value
  for stride in 1...(carrier == nil ? 1 : 8) {
    let candidate = walk(stage, stride)
    if let output = candidate.output, wanted == nil || output.extent == wanted {
      guard let size = stage.size, let carrier, stride > 1 else { return finish(candidate, output) }
      let others = stride == 2 || stride == 8 ? [] : (stride + 1...8).filter { walk(stage, $0).output == output }
      let ambiguity = ambiguous(
        stage, size, stride: stride, others: others, carrier: candidate.layer(at: carrier),
        among: Carrier.candidates(in: stage, placement))
      return finish(candidate, output, ambiguity)
    }
    walks.append((stride, candidate))
    if wanted == nil { break }
  }

  // No stride fits. The nearest size is what the row could say.
  let sizes = walks.compactMap { entry in entry.walk.output.map { (entry.stride, $0) } }
  func distance(_ shape: Shape) -> Int {
    guard let wanted else { return 0 }
    return abs(shape.height - wanted.height) + abs(shape.width - wanted.width)
  }
  guard let size = stage.size, let (stride, output) = sizes.min(by: { distance($0.1) < distance($1.1) }) else {
    // A window does not fit, whatever the stride.
    let channels = lastWidth(of: stage) ?? entering.channels
    return Outcome(faults: walks.first?.walk.faults ?? [], leaving: wanted.map { [Shape(channels, $0)] } ?? [])
  }
  let leaving = [Shape(output.channels, size.value), output]
  // What is wrong inside the row explains its size.
  if let faults = walks.first(where: { $0.stride == stride })?.walk.faults, !faults.isEmpty {
    return Outcome(faults: faults, leaving: leaving)
  }
  let given = output.extent.text
  var mismatch = Diagnostic(
    .error, .sizeMismatch, "\(stage.name.value) says \(size.value.text), but its layers give \(given)",
    at: Label(size.span, "its layers give \(given)"),
    secondary: [Label(origin, "\(entering.extent.text) enters \(stage.name.value)")])
  let remedies = sizeRemedies(stage) { changed in
    (1...8).contains { stride in
      let walk = walk(changed, stride)
      return walk.output?.extent == size.value && walk.faults.isEmpty
    }
  }
  let largest = sizes.last?.1 ?? output
  if carrier != nil, largest.height > size.value.height || largest.width > size.value.width {
    mismatch.primary.text = "stride \(stride) gives \(given); none up to 8 gives \(size.value.text)"
    mismatch.helps = ["a larger stride must be written"]
  } else {
    if carrier != nil {
      mismatch.primary.text = "stride \(stride) gives \(given); none gives \(size.value.text)"
    }
    // The size may be right and the layers not: then it stays.
    if let down = sizes.first(where: { $0.1.height == size.value.height })?.0,
      let across = sizes.first(where: { $0.1.width == size.value.width })?.0
    {
      mismatch.helps = [
        "write 'stride \(down)x\(across)' after the layer that steps so, \(down) down and \(across) across"
      ]
    } else if remedies.isEmpty {
      mismatch.fixIts = [FixIt("write \(given)", [FixIt.Edit(size.span, given)])]
    }
  }
  mismatch.helps += remedies
  if stage.hasBranches { mismatch.helps.append("in a row with braces every stride is written, in each branch its own") }
  return Outcome(faults: [mismatch], leaving: leaving)
}

/// The width of the row's last convolution or fully connected layer.
private func lastWidth(of stage: Stage) -> Int? {
  stage.items.flatMap(\.layers).compactMap { $0.convolution?.width.value ?? $0.fullyConnected?.width.value }.last
}
