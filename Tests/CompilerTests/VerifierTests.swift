// The verifier accepts what lowering and the passes make, and names each broken rule.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct VerifierTests {
  @Test func acceptsThePapersNetworks() throws {
    for network in [Paper.resnet(18), Paper.resnet(50), Paper.vgg(19, norm: true), Paper.cifar(n: 18)] {
      let graph = try lowered(network)
      #expect(verify(graph).isEmpty)
      #expect(verify(runPasses(graph)).isEmpty)
    }
  }

  struct Mutation: Sendable, CustomTestStringConvertible {
    var rule: String
    var fused = false
    var change: @Sendable (inout Graph) -> Void
    var testDescription: String { rule }
  }

  static let mutations: [Mutation] = [
    Mutation(rule: "the output is not a node") { $0.output = NodeID(1000) },
    Mutation(rule: "the first node, and no other, is the input") { $0.nodes[2].operation = .input },
    Mutation(rule: "names are unique") { $0.nodes[2].name = $0.nodes[1].name },
    Mutation(rule: "dimensions are positive") { $0.nodes[1].shape.width = 0 },
    Mutation(rule: "a node reads only earlier nodes") { $0.nodes[2].inputs = [NodeID(2)] },
    Mutation(rule: "has 1 inputs, not 2") { $0.nodes[2].inputs.append(NodeID(0)) },
    Mutation(rule: "every term slides to its shape") { $0.nodes[1].shape.height += 1 },
    Mutation(rule: "has its output channels") { $0.nodes[1].shape.channels += 1 },
    Mutation(rule: "a term reads its channels") { change(&$0, "conv1") { $0.terms[0].inChannels = 5 } },
    Mutation(rule: "strides and dilations are positive") { change(&$0, "conv1") { $0.terms[0].stride = 0 } },
    Mutation(rule: "has one or two terms") {
      change(&$0, "conv1") { $0.terms = [] }
      $0.nodes[1].inputs = []
    },
    Mutation(rule: "tensor bn1.weight has one owner") { change(&$0, "conv1") { $0.terms[0].weight = "bn1.weight" } },
    Mutation(rule: "tensors have names") { change(&$0, "conv1") { $0.terms[0].weight = "" } },
    Mutation(rule: "norms its channels", fused: true) { change(&$0, "conv1") { $0.terms[0].norm?.channels = 1 } },
    Mutation(rule: "epsilon is positive", fused: true) { change(&$0, "conv1") { $0.terms[0].norm?.epsilon = 0 } },
    Mutation(rule: "the residual has its shape", fused: true) {
      change(&$0, "stage2_1.2") { $0.residual = .same }
    },
    Mutation(rule: "the residual pads to its shape", fused: true) {
      change(&$0, "stage2_1.2") {
        $0.residual = .zeroPadded(ZeroPad(stride: 1, channelsBefore: 0, channelsAfter: 16))
      }
    },
    Mutation(rule: "subsamples and pads to its shape") {
      change(&$0) { $0 = .zeroPad(ZeroPad(stride: 3, channelsBefore: 0, channelsAfter: 16)) }
    },
    Mutation(rule: "adds values of its shape") { graph in
      guard let sum = graph.nodes.firstIndex(where: { $0.name == "stage1_1.sum" }) else { return }
      graph.nodes[sum].inputs[1] = NodeID(0)
    },
    Mutation(rule: "reads all its features") { graph in
      guard let fc = graph.nodes.firstIndex(where: { $0.name == "head.fc" }) else { return }
      graph.nodes[fc].inputs = [NodeID(1)]
    },
    Mutation(rule: "has one value a channel") { graph in
      guard let pool = graph.nodes.firstIndex(where: { $0.name == "head.pool" }) else { return }
      graph.nodes[pool].shape.height = 2
    },
  ]

  @Test(arguments: mutations) func names(mutation: Mutation) throws {
    let lowered = try lowered(Paper.cifar(n: 1))
    var graph = mutation.fused ? runPasses(lowered) : lowered
    mutation.change(&graph)
    #expect(verify(graph).map(\.rule).contains(mutation.rule))
  }

  private static func change(_ graph: inout Graph, _ name: String, _ body: (inout Convolution) -> Void) {
    guard let index = graph.nodes.firstIndex(where: { $0.name == name }),
      case .convolution(var convolution) = graph.nodes[index].operation
    else { return }
    body(&convolution)
    graph.nodes[index].operation = .convolution(convolution)
  }

  /// Changes the first zero pad.
  private static func change(_ graph: inout Graph, _ body: (inout ResNetCompiler.Operation) -> Void) {
    for index in graph.nodes.indices {
      guard case .zeroPad = graph.nodes[index].operation else { continue }
      return body(&graph.nodes[index].operation)
    }
  }
}
