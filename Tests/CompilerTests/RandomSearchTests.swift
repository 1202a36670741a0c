// Random networks that a script wrote down in the language and computed with PyTorch, knowing nothing of the compiler
// (scripts/random_networks.py): the lowered graph and the fused one give the same logits, of the same tensors, and where
// the documentation says that the compiler asks, it asks. Parameters and multiply-adds are those that the script counts,
// each network has a plan for one of the targets that keeps what plans keep, and one in five kernels that compile; and the
// same in whole numbers.
// `RESNETC_RANDOM_NETWORKS` names a larger file.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct RandomSearchTests {
  private enum Answer {
    case logits([Double], tensors: String, counts: String)
    /// Any of these codes.
    case error([String])
  }

  private struct Case {
    var name: String
    var selection = Selection()
    var source = ""
    var tensors = ""
    var counts = ""
    var answer: Answer?
  }

  private static func cases(_ text: String) -> [Case] {
    var result: [Case] = []
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      guard let key = words.first, !(result.isEmpty && key != "network") else { continue }
      switch key {
      case "network":
        var network = Case(name: words.dropFirst().joined(separator: " "))
        for word in words.dropFirst(2) {
          let parts = word.split(separator: "=").map(String.init)
          if parts.count == 2, let value = Int(parts[1]) {
            network.selection.parameters.append(.init(name: parts[0], value: value))
          } else {
            network.selection.variant = word
          }
        }
        result.append(network)
      case "|": result[result.count - 1].source += line.dropFirst(2) + "\n"
      case "tensors": result[result.count - 1].tensors = words.dropFirst().joined(separator: " ")
      case "counts": result[result.count - 1].counts = words.dropFirst().joined(separator: " ")
      case "logits":
        let (tensors, counts) = (result[result.count - 1].tensors, result[result.count - 1].counts)
        result[result.count - 1].answer = .logits(
          words.dropFirst().compactMap(Double.init), tensors: tensors, counts: counts)
      case "error": result[result.count - 1].answer = .error(Array(words.dropFirst()))
      default: Issue.record("\(line)")
      }
    }
    return result
  }

  /// What is wrong with one network; `nil` if nothing is.
  private static func fault(_ network: Case, _ index: Int) -> String? {
    let source = SourceFile(name: "net.rn", text: network.source)
    var sink = Diagnostics()
    let graph = parse(source, &sink)
      .flatMap { resolve($0, network.selection, &sink) }
      .flatMap { lower($0, &sink) }
    let codes = sink.all.map(\.code.name)
    switch network.answer {
    case nil: return "no answer"
    case .error(let expected):
      return !codes.isEmpty && codes.allSatisfy(expected.contains) ? nil : "found \(codes), expected \(expected)"
    case .logits(let expected, let tensors, let counts):
      guard let graph else { return "\(sink.all.map { "\($0.code.name): \($0.message)" })" }
      let names = graph.tensors.map { "\($0.name):\($0.shape.map(String.init).joined(separator: ","))" }.sorted()
      guard names.joined(separator: " ") == tensors else { return "tensors \(names)\nexpected \(tensors)" }
      let cost = CostReport(graph)
      guard "\(cost.parameters) \(cost.macs)" == counts else {
        return "\(cost.parameters) parameters and \(cost.macs) multiply-adds, expected \(counts)"
      }
      for (what, graph) in [("as lowered", graph), ("after all passes", runPasses(graph))] {
        guard let found = try? logits(graph) else { return "\(what): not computed" }
        let error = distance(expected, found)
        guard error < 1e-12 else { return "\(what): \(error)\nfound \(found)\nexpected \(expected)\n\(graph.text)" }
      }
      let fused = runPasses(graph)
      if let fault = integerFault(fused, expected, index) { return fault }
      let target = Target.all[index % Target.all.count]
      let plan = makePlan(fused, target: target, batch: 1 + index % 3)
      var faults = planFaults(plan)
      if index % 5 == 0 { faults += (try? kernelFaults(plan)) ?? ["a template does not expand"] }
      return faults.isEmpty ? nil : "for \(target.name): \(faults)"
    }
  }

  /// What is wrong with an int8 plan of the network, one of its layers kept in float32: conversions change no value.
  private static func integerFault(_ fused: Graph, _ expected: [Double], _ index: Int) -> String? {
    let graph = quantized(fused, keeping: [fused.nodes[index % fused.nodes.count].name])
    let broken = verify(graph)
    guard broken.isEmpty else { return "in whole numbers: \(broken)\n\(graph.text)" }
    guard let found = try? logits(graph), distance(expected, found) < 1e-12 else {
      return "in whole numbers: other logits\n\(graph.text)"
    }
    let targets = Target.all.flatMap { $0.computing(in: .int8) }
    let plan = makePlan(graph, target: targets[index % targets.count], batch: 1 + index % 3)
    var faults = planFaults(plan)
    if index % 5 == 1 { faults += (try? kernelFaults(plan)) ?? ["a template does not expand"] }
    return faults.isEmpty ? nil : "in whole numbers, for \(plan.target.label): \(faults)"
  }

  /// Whoever adds a word to the language adds it to the search.
  @Test func everyWordIsDrawn() throws {
    let text = try String(contentsOf: fixtures.appendingPathComponent("random-networks.txt"), encoding: .utf8)
    let sources = text.split(separator: "\n").filter { $0.hasPrefix("|") }
    let drawn = Set(sources.joined(separator: " ").split { !$0.isLetter && !$0.isNumber }.map(String.init))
    var words = Set(Vocabulary.elements).union(Vocabulary.reserved)
    for key in HeaderKey.allCases where ![.labels, .preprocess].contains(key) { words.insert(key.rawValue) }
    for key in [HeaderKey.shortcut, .stride, .norm, .weights, .order] {
      for option in key.description.options { words.formUnion(option.word.split(separator: " ").map(String.init)) }
    }
    let missing = words.subtracting(drawn).sorted()
    #expect(missing == [])
    #expect(sources.contains { $0.contains("| + ") })
  }

  @Test func networksComputeWhatTheyWereMeantTo() async throws {
    let file = ProcessInfo.processInfo.environment["RESNETC_RANDOM_NETWORKS"].map { URL(fileURLWithPath: $0) }
    let text = try String(contentsOf: file ?? fixtures.appendingPathComponent("random-networks.txt"), encoding: .utf8)
    let cases = Self.cases(text)
    #expect(cases.count >= 100)
    #expect(cases.contains { if case .error = $0.answer { true } else { false } })
    let faults = await withTaskGroup(of: [(Int, String)].self) { group in
      for part in 0..<8 {
        group.addTask {
          stride(from: part, to: cases.count, by: 8).compactMap { index in
            Self.fault(cases[index], index).map { (index, $0) }
          }
        }
      }
      return await group.reduce(into: []) { $0 += $1 }.sorted { $0.0 < $1.0 }
    }
    for (index, fault) in faults.prefix(20) {
      Issue.record("network \(cases[index].name)\n\(cases[index].source)\(fault)")
    }
    let (found, all) = (faults.count, cases.count)
    #expect(found == 0, "of \(all)")
  }
}
