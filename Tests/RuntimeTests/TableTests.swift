// The tables of a generated package, which are for people too: what a line says is read, what it does not say holds by
// default, and what nobody knows is an error that repeats it.
import Testing

@testable import ResNetRuntime

@Suite struct TableTests {
  private func layers(_ text: StaticString) throws -> [LayerRecord] { try readLayers(TableLine.lines(of: text)) }

  @Test func aLineSaysWhatItsLayerIs() throws {
    let layers = try layers(
      """
      # for people
      input        input, 3, 8x8
      conv1        conv 7x5, 3 to 16, 4x4, stride 2, pad 3x2, relu, reads input, weight conv1.weight, norm bn1, eps 0.001
      block_1.1    conv 1x1, 16 to 32, 2x2, stride 2, leaky relu 0.1, reads conv1 conv1, weight a, bias b, and 1x1, from 16, stride 2, weight c, norm d
      block_1.2    conv 3x3, 32 to 32, 2x2, groups 4, dilation 2, pad 2, prelu p.weight, reads block_1.1, weight e, adds conv1 stride 2 from 8
      pool         avgpool 2x2, 32, 1x1, counted, reads block_1.2
      same         maxpool 3x3, 32, 1x1, stride 2x1, pad 0 1 2 3, reads pool
      """)
    #expect(layers.map(\.name) == ["input", "conv1", "block_1.1", "block_1.2", "pool", "same"])
    #expect(layers.map(\.inputs) == [[], [0], [1, 1], [2, 1], [3], [4]])
    #expect(layers[1].shape == LayerShape(channels: 16, height: 4, width: 4))
    let first = try #require(layers[1].kind as? ConvolutionLayer)
    let term = first.terms[0]
    #expect(term.kernelHeight == 7 && term.kernelWidth == 5 && term.stride.rows == 2 && term.padding.top == 3)
    #expect(term.padding.right == 2 && term.stride.columns == 2 && term.dilation == 1)
    #expect(term.groups == 1 && term.inChannels == 3)
    #expect(term.bias == nil && term.norm?.path == "bn1" && term.norm?.epsilon == 0.001)
    #expect(first.activation == .relu && first.residual == .none)
    let sum = try #require(layers[2].kind as? ConvolutionLayer)
    #expect(sum.terms.map(\.weight) == ["a", "c"] && sum.terms.map(\.bias) == ["b", nil])
    #expect(sum.terms[1].stride.rows == 2 && sum.terms[1].norm?.epsilon == 1e-5 && sum.terms[0].norm == nil)
    #expect(sum.activation == .leakyRelu(0.1))
    let last = try #require(layers[3].kind as? ConvolutionLayer)
    #expect(last.residual == .zeroPadded(ZeroPadLayer(stride: 2, channelsBefore: 8)))
    #expect(last.activation == .prelu("p.weight") && last.terms[0].groups == 4 && last.terms[0].dilation == 2)
    let pool = try #require(layers[4].kind as? AveragePoolLayer)
    #expect(pool.countsPadding && pool.window.stride.rows == 1 && pool.window.kernelWidth == 2)
    let same = try #require(layers[5].kind as? MaxPoolLayer)
    #expect(same.window.stride.rows == 2 && same.window.stride.columns == 1)
    #expect(same.window.padding.left == 1 && same.window.padding.bottom == 2 && same.window.padding.right == 3)
  }

  @Test func aLeakyReluHasPyTorchsSlopeUnlessItSaysOne() throws {
    let layers = try layers(
      """
      input  input, 3, 8x8
      a      activation, 3, 8x8, leaky relu, reads input
      """)
    #expect((layers[1].kind as? ActivationLayer)?.activation == .leakyRelu(0.01))
  }

  @Test(arguments: [
    ("conv1 conv 1x1, 3 to 4, 2x2, reads input, weight w", "layer 'conv1' reads 'input'"),
    ("input input, 3, 2x2, upside down", "'upside down' in a table is not known"),
    ("input input, 3, 2by2", "'2by2' is not a number"), ("input input, 3", "a line of a table ends too early"),
    ("input", "layer 'input' is nothing"), ("input output, 3, 2x2", "'output' is not a layer"),
    ("input maxpool 2x2, 3, 2x2, stride two", "'two' is not a number"),
    ("input linear, 3 to 4, 1x1", "a line of a table says no 'weight'"),
    ("input conv 3x3, 4, 1x1, weight w", "a convolution of no channels"),
  ]) func whatIsNotKnownIsRepeated(line: String, reason: String) {
    #expect(throws: ModelError.invalidPlan(reason: reason)) {
      try Array(line.utf8).withUnsafeBufferPointer { try readLayers(TableLine.lines(of: $0)) }
    }
  }
}
