// `resnetc report --format csv`: a line for each row that is no sum, so that columns may be added up (RFC 4180). Columns are
// only ever added, at the end. Heads used in training only stand below the network, a line each, with a 1 in the last.
internal import ResNetDSL

extension LayerReport {
  package static let csvHead =
    "model,stage,name,kind,channels,height,width,params,macs,flops,activations,weight_bytes,value_bytes,field_height,"
    + "field_width,training_only\r\n"

  /// Lines of one network; at the depth of the network a single one, with the total.
  package func csv(_ depth: ReportDepth) -> String {
    var rows = rows(depth).filter { !$0.isSum }
    let heads = cost.auxiliary.compactMap { head in
      head.layers.last.map { last in
        ReportRow(
          level: 0, stage: head.name, name: head.name, kind: "auxiliary head", output: last.output,
          receptiveField: last.receptiveField, cost: head.cost)
      }
    }
    if depth == .network, let last = cost.layers.last {
      rows = [
        ReportRow(
          level: 0, stage: "", name: "", kind: "", output: last.output, receptiveField: last.receptiveField,
          cost: cost.cost)
      ]
    }
    let all = rows.map { ($0, 0) } + heads.map { ($0, 1) }
    return all.map { row, trainingOnly in
      let numbers = [
        row.output.channels, row.output.height, row.output.width, row.cost.parameters, row.cost.macs,
        FLOPConvention.doubled.count(row.cost), row.cost.activations, row.cost.parameterBytes, row.cost.valueBytes,
        row.receptiveField.height, row.receptiveField.width, trainingOnly,
      ]
      // Names are words without commas or quotes: the language has no others.
      return ([model, row.stage, row.name, row.kind] + numbers.map(String.init)).joined(separator: ",") + "\r\n"
    }.joined()
  }
}
