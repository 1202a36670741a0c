// What lowering refuses, and that one mistake is one error.
import ResNetDSL
import Testing

@testable import ResNetCompiler

@Suite struct LoweringDiagnosticTests {
  static let b = ShortcutOption.projectWhereShapeChanges

  /// The paper's ResNet-18 with one row changed; conv4_x is row 4, its size at 510.
  static func resnet18(_ shortcut: ShortcutOption = b, _ change: (inout [Stage]) -> Void) -> Network {
    var network = Paper.resnet(18, shortcut)
    change(&network.stages)
    return network
  }

  @Test func sizeMismatch() throws {
    let found = try diagnostics(Self.resnet18 { $0[4].size?.value = Extent(square: 15) })
    #expect(found.count == 1)
    let error = try #require(found.first)
    #expect(error.code == .sizeMismatch)
    #expect(error.message == "conv4_x says 15x15, but its layers give 14x14")
    #expect(error.primary == Label(Span(510, 515), "stride 2 gives 14x14; none gives 15x15"))
    #expect(error.secondary == [Label(Span(410, 415), "28x28 enters conv4_x")])
    #expect(error.fixIts == [FixIt("write 14x14", [FixIt.Edit(Span(510, 515), "14x14")])])
  }

  @Test func writtenStridesAreNotOverridden() throws {
    let found = try diagnostics(Self.resnet18 { $0[0].size?.value = Extent(square: 56) })
    #expect(found.map(\.message) == ["conv1 says 56x56, but its layers give 112x112"])
    #expect(found.first?.primary.text == "its layers give 112x112")
    #expect(found.first?.secondary.first == Label(Span(10, 11), "224x224 enters conv1"))
  }

  /// The second wrong size follows from the first or not: 30 to 15 is consistent, 9 from 15 or 14 is not.
  @Test func independentErrorsAreAllReported() throws {
    let found = try diagnostics(
      Self.resnet18 {
        $0[3].size?.value = Extent(square: 30)
        $0[4].size?.value = Extent(square: 15)
        $0[5].size?.value = Extent(square: 9)
      })
    #expect(
      found.map(\.message) == [
        "conv3_x says 30x30, but its layers give 28x28", "conv5_x says 9x9, but its layers give 8x8",
      ])
    #expect(found.last?.secondary == [Label(Span(510, 515), "15x15 enters conv5_x")])
  }

  @Test func rectangularSizesNeedOneStride() throws {
    let found = try diagnostics(Self.resnet18 { $0[3].size?.value = Extent(56, 28) })
    #expect(found.map(\.code) == [.sizeMismatch])
  }

  @Test func depthMismatchListsRows() throws {
    var network = Paper.resnet(50)
    network.depth?.value = 49
    let found = try diagnostics(network)
    #expect(found.map(\.message) == ["depth says 49, but ResNet50 has 50 layers"])
    #expect(found.first?.primary.span == Span(30, 31))
    #expect(
      found.first?.notes.first?.hasSuffix("conv1 1, conv2_x 9, conv3_x 12, conv4_x 18, conv5_x 9, head 1") == true)
  }

  @Test func windowTooLarge() throws {
    let network = Spell.network(
      input: (3, 8, 8), Self.b,
      [
        Spell.row("conv1", 1, Spell.conv(3, 4, stride: 8)), Spell.row("pool1", nil, Spell.maxPool(2, stride: 2)),
        Spell.row("head", nil, Spell.fc(10)),
      ])
    let found = try diagnostics(network)
    #expect(found.map(\.code) == [.windowTooLarge])
    #expect(found.first?.message == "a 2x2 window of pool1 does not fit into 1x1")
  }

  @Test func shortcutSize() throws {
    let found = try diagnostics(
      Self.resnet18 {
        $0[2] = Spell.row("conv2_x", 56, Spell.residual([Spell.conv(3, 64, pad: 0), Spell.conv(3, 64)], times: 2))
      })
    #expect(
      found.map(\.message) == ["a block of conv2_x turns 56x56 into 54x54, but its shortcut gives 56x56"])
    // Without a shortcut, only the size is wrong.
    let plain = try diagnostics(
      Self.resnet18(.none) {
        $0[2] = Spell.row("conv2_x", 56, Spell.residual([Spell.conv(3, 64, pad: 0), Spell.conv(3, 64)], times: 2))
      })
    #expect(plain.map(\.code) == [.sizeMismatch])
  }

  /// A factor of one pixel has no stride: the shortcut follows the branch that leads to the block's size.
  @Test func shortcutsFollowTheBranchThatLeadsToTheirSize() throws {
    let factor = [Spell.globalPool, Spell.conv(1, 8, .sigmoid)]
    let half = [Spell.conv(3, 8, stride: 2, .linear)]
    for branches in [[half, factor], [factor, half]] {
      let product = Layer(.branches(branches, .product(.linear)), span: Spell.nowhere)
      let rows = [Spell.row("conv1", 4, Spell.residual([product])), Spell.row("head", nil, Spell.fc(2))]
      let network = Spell.network(input: (3, 8, 8), Self.b, rows)
      var sink = Diagnostics()
      #expect(ResNetCompiler.lower(network, &sink)?.text.contains("1x1, 8, stride 2") == true)
      #expect(sink.all.isEmpty)
    }
  }

  @Test func shortcutDropsChannels() throws {
    let found = try diagnostics(
      Self.resnet18(.identityZeroPadded(.end)) {
        $0[3] = Spell.row("conv3_x", 28, Spell.residual([Spell.conv(3, 32), Spell.conv(3, 32)], times: 2))
      })
    #expect(found.map(\.message) == ["option A cannot go from 64 to 32 channels in conv3_x"])
  }

  @Test func softmaxNotLast() throws {
    let found = try diagnostics(
      Self.resnet18 { $0[6] = Spell.row("head", 1, Spell.globalPool, Spell.softmax, Spell.fc(10)) })
    #expect(found.map(\.message) == ["the softmax of head is not the network's last layer"])
  }

  @Test func limits() throws {
    func codes(_ input: (Int, Int, Int) = (3, 8, 8), _ items: Item...) throws -> [DiagnosticCode] {
      var stage = Spell.row("row", nil, Spell.conv(3, 4))
      stage.items = items
      return try diagnostics(Spell.network(input: input, Self.b, [stage])).map(\.code)
    }
    #expect(try codes((1 << 16, 1 << 14, 2), .layer(Spell.conv(3, 4))) == [.layerTooLarge])
    #expect(try codes((3, 8, 8), .layer(Spell.conv(1, 1 << 16)), .layer(Spell.conv(1, 1 << 16))) == [.layerTooLarge])
    #expect(try codes((3, 1024, 1024), .layer(Spell.conv(1, 2048))) == [.layerTooLarge])
    #expect(
      try codes((1 << 10, 1 << 10, 1 << 10), Spell.group([Spell.conv(31, 1 << 10)], times: 9000)) == [.tooMuchWork])
  }
}
