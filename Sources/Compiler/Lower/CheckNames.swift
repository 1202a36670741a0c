// Every tensor is found by a name of its own. The usual dialects have one for whatever the language can say; one that a
// source chose knows its family alone, and what a source renames can meet another name.
import ResNetDSL

/// Reports tensors for which the chosen dialect has no name, and those that share one: the first of each row.
func checkNames(of graph: Graph, _ network: Network, _ sink: inout Diagnostics) {
  if network.tensorNames == nil, network.renames.isEmpty { return }
  let choice = network.tensorNames.map { [Label($0.span, "says whose names")] } ?? []
  var owners: [String: Node] = [:]
  var reported: Set<String> = []
  for node in graph.nodes + graph.auxiliary.flatMap(\.graph.nodes) {
    let row = node.stage ?? node.name
    for tensor in node.operation.definition.tensors(channels: node.shape.channels) where !reported.contains(row) {
      if tensor.name.isEmpty || tensor.name.first == "." {
        reported.insert(row)
        sink.report(
          Diagnostic(
            .error, .tensorNames, "a tensor of \(row) has no name",
            at: Label(node.origin, "has no name"), secondary: choice,
            helps: ["write the row as that family is written, or leave 'names' away for the names of ResNet or VGG"]))
      } else if let owner = owners.updateValue(node, forKey: tensor.name) {
        reported.insert(row)
        let isRepeated = owner.origin == node.origin
        sink.report(
          Diagnostic(
            .error, .tensorNames,
            "two tensors of \(network.name.value) are called '\(tensor.name)'",
            at: Label(node.origin, isRepeated ? "at each repetition" : "has it too"),
            secondary: (isRepeated ? [] : [Label(owner.origin, "has it")]) + choice,
            helps: [
              network.renames.isEmpty
                ? "write the layers as that family is written, perhaps in rows or groups of their own"
                : "give each a name of its own by 'rename'"
            ]))
      }
    }
  }
}
