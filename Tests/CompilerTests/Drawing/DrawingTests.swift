// What a drawing shows, and where: held against the graph that it draws.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

/// A network as a drawing of every layer.
func drawing(_ network: Network) throws -> Drawing {
  let graph = try lowered(network)
  return Drawing(title: graph.name, graph, CostReport(graph))
}

struct DrawingTests {
  @Test func boxesReadAsInFigure3() throws {
    let resnet = try drawing(Paper.resnet(34))
    #expect(
      resnet.boxes.prefix(4).map(\.text) == ["image", "7x7 conv, 64, /2", "pool, /2", "3x3 conv, 64"])
    #expect(resnet.boxes.suffix(2).map(\.text) == ["avg pool", "fc 1000"])
    #expect(resnet.boxes.contains { $0.text == "3x3 conv, 128, /2" })
    #expect(try drawing(Paper.vgg(19, norm: false)).boxes.suffix(3).map(\.text) == ["fc 4096", "fc 4096", "fc 1000"])
    #expect(resnet.depth == 34)
  }

  @Test(arguments: [18, 34, 50, 101, 152]) func everyLayerIsABox(depth: Int) throws {
    let network = Paper.resnet(depth)
    let cost = CostReport(try lowered(network))
    let kinds: Set<LayerKind> = [.convolution, .maxPool, .globalAveragePool, .fullyConnected]
    let layers = cost.layers.filter { kinds.contains($0.kind) }
    let full = try drawing(network)
    #expect(full.boxes.dropFirst().map(\.name) == layers.map(\.name) && full.depth == depth)
    #expect(full.shortcuts.count == cost.layers.count { $0.kind == .sum })
    let folded = full.folded()
    #expect(folded.boxes.reduce(0) { $0 + $1.repeats } == full.boxes.count && folded.depth == depth)
    let sum = folded.boxes.reduce(into: [0, 0]) { sum, box in
      sum[0] += box.repeats * box.cost.macs
      sum[1] += box.repeats * box.cost.activations
    }
    let boxes = layers.reduce(into: [0, 0]) { sum, layer in
      sum[0] += layer.macs
      sum[1] += layer.activations
    }
    #expect(sum == boxes)
    #expect(full.shown(nil).boxes.count == (depth > 50 ? folded : full).boxes.count)
    #expect(full.shown(.all).boxes.count == full.boxes.count)
    #expect(full.shown(.folded).boxes.count == folded.boxes.count)
  }

  @Test(arguments: [
    (ShortcutOption.projectWhereShapeChanges, 18, 3), (.projectWhereShapeChanges, 50, 4), (.projectAlways, 18, 8),
    (.identityZeroPadded(.end), 34, 3), (.none, 34, 0),
  ]) func dottedWhereTheShapeChanges(option: ShortcutOption, depth: Int, dotted: Int) throws {
    let drawing = try drawing(Paper.resnet(depth, option))
    #expect(drawing.shortcuts.count { $0.isDotted } == dotted)
    #expect(drawing.folded().shortcuts.count { $0.isDotted } <= dotted)
    for shortcut in drawing.shortcuts {
      let (from, to) = (drawing.boxes[shortcut.from], drawing.boxes[shortcut.to])
      // From the end of one block to the end of the next.
      #expect(from.block != to.block && shortcut.to + 1 <= drawing.boxes.count)
      if from.output != to.output { #expect(shortcut.isDotted) }
    }
    #expect(DrawingLayout([drawing]).columns[0].shortcuts.count { $0.isDotted } == dotted)
  }

  @Test func foldingKeepsWhatDiffers() throws {
    let folded = try drawing(Paper.cifar(n: 200)).folded()
    #expect(folded.boxes.map(\.repeats) == [1, 1, 200, 200, 1, 1, 199, 199, 1, 1, 199, 199, 1, 1])
    #expect(folded.shortcuts.map { [$0.from, $0.to] } == [[1, 3], [3, 5], [5, 7], [7, 9], [9, 11]])
    #expect(folded.shortcuts.map(\.isDotted) == [false, true, false, true, false])
    #expect(folded.foldedBlocks == [2..<4, 6..<8, 10..<12])
    // The first layer of a plain group reads another width than the others.
    let vgg = try drawing(Paper.vgg(19, norm: false)).folded()
    #expect(vgg.boxes.map(\.repeats) == [1, 1, 1, 1, 1, 1, 1, 1, 3, 1, 1, 3, 1, 4, 1, 1, 1, 1])
  }

  @Test func aBlockWithoutBoxesHasNoCurve() throws {
    let network = Spell.network(
      input: (3, 8, 8), .projectWhereShapeChanges,
      [
        Spell.row("pad", 8, Spell.residual([Spell.dropout], times: 2)),
        Spell.row("first", 8, Spell.residual([Spell.conv(3, 3)])),
        Spell.row("act", 8, Layer(.activation(.gelu), span: Spell.nowhere)),
      ])
    let drawing = try drawing(network)
    #expect(drawing.boxes.map(\.text) == ["image", "3x3 conv, 3", "gelu"])
    #expect(drawing.shortcuts == [DrawnShortcut(from: 0, to: 1, kind: .identity)])
  }

  @Test func boxesDoNotMeet() throws {
    for file in try sampledModelFiles() {
      let drawings = try modelCompilations(file).map { Drawing($0) }
      for drawings in [drawings, drawings.map { $0.folded() }] {
        let layout = DrawingLayout(drawings)
        let frames = layout.columns.flatMap { $0.boxes.map(\.frame) }
        #expect(frames.count == drawings.reduce(0) { $0 + $1.boxes.count }, "\(file)")
        for column in layout.columns {
          // Branches stand beside each other, so each box is held against some more than the next.
          for (index, above) in column.boxes.map(\.frame).enumerated() {
            for below in column.boxes[(index + 1)...].prefix(12).map(\.frame)
            where above.x < below.right && below.x < above.right {
              #expect(above.bottom + DrawingLayout.Metric.gap <= below.y, "\(file)")
            }
          }
          for curve in column.shortcuts { #expect(curve.start < curve.end && curve.end < layout.height) }
        }
        for (left, right) in zip(layout.columns, layout.columns.dropFirst()) {
          let end = left.boxes.map(\.frame.right).max() ?? 0
          let bulge = left.shortcuts.isEmpty ? 0 : DrawingLayout.Metric.bulge
          let start = right.repeats.map { $0.x - 40 }.min() ?? right.boxes.map(\.frame.x).min() ?? 0
          #expect(end + bulge <= start, "\(file)")
        }
        #expect(frames.allSatisfy { $0.x >= 0 && $0.right < layout.width && $0.bottom < layout.height })
      }
    }
  }

  @Test func sideBySideSizesAgree() throws {
    let drawings = [Paper.vgg(19, norm: false), Paper.resnet(34, .none), Paper.resnet(34)]
    let layout = DrawingLayout(try drawings.map { try drawing($0) })
    #expect(layout.labels.map(\.text) == [224, 112, 56, 28, 14, 7, 1].map { "output size: \($0)" })
    for label in layout.labels {
      let side = Int(label.text.drop { !$0.isNumber })
      for column in layout.columns {
        let first = column.boxes.first { $0.box.output.height == side }
        #expect(first.map { $0.frame.y + DrawingLayout.Metric.box / 2 } ?? label.y == label.y)
      }
    }
    // Networks that go through other sizes each stand by themselves, from the top.
    let small = DrawingLayout([try drawing(Paper.resnet(18)), try drawing(Paper.cifar(n: 3))])
    #expect(small.labels.count == 7 + 4 && small.columns[0].boxes[0].frame.y == small.columns[1].boxes[0].frame.y)
    // So do those whose sizes come again.
    let again = Spell.network(
      input: (3, 8, 8), .none,
      [
        Spell.row("a", nil, Spell.conv(3, 4, stride: 2)), Spell.row("b", nil, Spell.conv(1, 4, pad: 2)),
        Spell.row("c", nil, Spell.conv(1, 4)),
      ])
    let alone = DrawingLayout([try drawing(again), try drawing(Paper.resnet(18))])
    #expect(alone.labels.prefix(3).map(\.text) == ["output size: 8", "output size: 4", "output size: 8"])
    #expect(alone.labels.map(\.text).suffix(7).first == "output size: 224")
  }
}
