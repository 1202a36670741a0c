// Drawings as SVG and as DOT: whole, the same each time, and never what a name makes of them.
import Foundation
import ResNetDSL
import Testing

@testable import ResNetCompiler

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct DrawingTextTests {
  /// Names that no language of ours lets through.
  static let hostile = "\"><script>&amp;\\\u{1}\n</svg><\u{301}b>"

  private func hostileDrawing() throws -> Drawing {
    let sane = try drawing(Paper.resnet(18)).folded()
    var drawing = Drawing(
      title: Self.hostile, parameters: 0, macs: 0, stages: sane.stages.map { _ in Self.hostile }, boxes: sane.boxes,
      shortcuts: sane.shortcuts)
    for index in drawing.boxes.indices {
      (drawing.boxes[index].text, drawing.boxes[index].name) = (Self.hostile, Self.hostile)
    }
    return drawing
  }

  @Test func everyModelIsDrawn() throws {
    for file in try sampledModelFiles() {
      let drawings = try modelCompilations(file).map { Drawing($0).shown(nil) }
      let svg = DrawingLayout(drawings).svg
      #expect(markupFaults(svg).isEmpty && XMLParser(data: Data(svg.utf8)).parse(), "\(file)")
      #expect(svg == DrawingLayout(drawings).svg && !svg.contains("http://www.w3.org/1999"))
      // A head used in training only is a group of its boxes.
      let boxes = drawings.reduce(0) { $0 + $1.boxes.count + $1.heads.reduce(0) { $0 + $1.boxes.count + 1 } }
      #expect(svg.components(separatedBy: "<g class=").count == boxes + 1, "\(file)")
      let dotted = drawings.reduce(0) { $0 + $1.shortcuts.count { $0.isDotted } }
      #expect(svg.components(separatedBy: "class=\"line dotted\"").count == dotted + 1, "\(file)")
      let dot = dotText(drawings)
      #expect(dot == dotText(drawings) && isBalanced(dot), "\(file)")
      #expect(dot.components(separatedBy: "style=dashed]").count == dotted + 1, "\(file)")
    }
  }

  @Test func deepNetworksStaySmall() throws {
    let deep = try drawing(Paper.cifar(n: 200))
    #expect(deep.boxes.count == 1204)
    #expect(DrawingLayout([deep]).svg.utf8.count < 400_000 && DrawingLayout([deep.shown(nil)]).svg.utf8.count < 8_000)
    #expect(dotText([deep]).utf8.count < 400_000)
  }

  @Test func namesAreText() throws {
    let drawing = try hostileDrawing()
    let svg = DrawingLayout([drawing, drawing]).svg
    #expect(markupFaults(svg).isEmpty && XMLParser(data: Data(svg.utf8)).parse())
    #expect(!svg.contains("<script") && !svg.unicodeScalars.contains("\u{1}"))
    let dot = dotText([drawing, drawing])
    #expect(isBalanced(dot) && !dot.unicodeScalars.contains("\u{1}"))
    #expect(dot.contains("label=\"\\\"><script>&amp;\\\\\u{FFFD}\\n</svg><\u{301}b>\""))
  }

  @Test func escapesScalarByScalar() {
    #expect(escapedHTML("<\u{301}a & \"b\">") == "&lt;\u{301}a &amp; &quot;b&quot;&gt;")
    #expect(escapedHTML("a\u{0}b\r\n\u{FFFF}") == "a\u{FFFD}b\u{FFFD}\n\u{FFFD}")
  }

  @Test func markupCheckerSees() {
    #expect(markupFaults("<p>a<br>&lt;</p>").isEmpty)
    for text in ["<p>", "<p></b></p>", "<p>&x</p>", "<p a=\"></p>", "<p"] { #expect(!markupFaults(text).isEmpty) }
  }

  /// Braces and brackets outside of strings close in order.
  private func isBalanced(_ dot: String) -> Bool {
    var open: [UInt8] = []
    var isString = false
    var isEscaped = false
    for byte in dot.utf8 {
      if isString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else {
          isString = byte != UInt8(ascii: "\"")
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): open.append(byte + 2)
      case UInt8(ascii: "}"), UInt8(ascii: "]"): if open.popLast() != byte { return false }
      default: break
      }
    }
    return open.isEmpty && !isString
  }
}
