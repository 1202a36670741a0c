// Rows that are read by name, in an editor.
import Testing

@testable import ResNetCompiler
@testable import ResNetDSL
@testable import ResNetLanguageServer

struct TapTests {
  @Test func namesOfRowsLeadToThem() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      output p, 1️⃣conv12️⃣
      3️⃣conv14️⃣ 8x8 3x3, 4
      conv2 4x4 3x3, 8, stride 2
      p 8x8 {5️⃣from 6️⃣conv17️⃣; 1x1, 8 | upsample 2}
      side 1x1 8️⃣aux from 9️⃣conv2; average pool, 4-d fc
      """)
    for marker in [1, 6] { #expect(try session.server.definition(session.place(marker))?.range == session.range(3, 4)) }
    #expect(try session.hover(6)?.contents.value.hasPrefix("row **conv1**") == true)
    #expect(try session.hover(1)?.contents.value.hasPrefix("row **conv1**") == true)
    #expect(try session.hover(5)?.contents.value.hasPrefix("`from`: ") == true)
    #expect(try session.hover(8)?.contents.value.hasPrefix("`aux`: A head used in training only") == true)
    #expect(try session.hover(9)?.contents.value.contains("| 8x4x4 |") == true)
  }

  @Test func namesOfRowsAreOffered() throws {
    var session = Session(
      """
      model Net
      input 3 x 8 x 8
      output 1️⃣
      a 8x8 3x3, 4
      side 1x1 aux 5️⃣
      b 8x8 from 2️⃣
      c 8x8 { 3️⃣ | from 4️⃣ }
      d 6️⃣
      """)
    #expect(try session.labels(1).contains("a"))
    #expect(try session.labels(2) == ["a"])
    #expect(try session.labels(3).contains("from"))
    #expect(try session.labels(4).first == "a")
    #expect(try session.labels(5).contains("from") && !session.labels(5).contains("aux"))
    #expect(try session.labels(6).contains("from") && session.labels(6).contains("aux"))
  }
}
