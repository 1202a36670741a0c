// What a person wants to know after compiling: is this the network I meant, how large is it, what does it cost to run.
internal import ResNetDSL

extension Compilation {
  /// The network as Table 1 has it, its parameters, its work, its memory.
  package var summary: String {
    stageTable + "\n" + costTable
  }

  private var stageTable: String {
    var table = TextTable([.left, .left, .left])
    table.add("layer", "output", "blocks")
    let outputs = Dictionary(cost.stages.map { ($0.name, $0.output) }, uniquingKeysWith: { $1 })
    for stage in network.stages {
      table.add(stage.name.value, outputs[stage.name.value]?.sizeText ?? "", network.tableText(stage))
    }
    return table.text(indent: 2)
  }

  private var costTable: String {
    var table = TextTable([.left, .left])
    table.add("parameters", grouped(cost.parameters))
    table.add(
      "FLOPs",
      "\(grouped(cost.macs)) multiply-adds an image, as the paper counts; "
        + "\(scaled(2 * cost.macs))FLOPs with two for each")
    for (index, plan) in plans.enumerated() {
      let batch = plan.batch == 1 ? "" : ", batch \(plan.batch)"
      table.add(
        index == 0 ? "memory" : "",
        "\(plan.target.title): \(grouped(plan.arenaBytes)) bytes of activations\(batch), "
          + "\(grouped(plan.weightBytes)) bytes of weights")
    }
    let channels = network.input.value.channels
    if ![1, 3].contains(channels) {
      table.add(
        "images", "none: files have 1 or 3 channels, this input \(channels); `logits` takes its values as they are")
    }
    return table.text(indent: 2)
  }
}
