// The canonical layout: nothing but space changes, it is its own layout, and it looks as it should.

import Foundation
import TestTiers
import Testing

@testable import ResNetDSL

struct FormatTests {
  private func format(_ text: String) throws -> String {
    var sink = Diagnostics()
    return try #require(formatted(SourceFile(name: "x.rn", text: text), &sink), "\(sink.all)")
  }

  @Test func rowsFormColumns() throws {
    #expect(
      try format(
        """


        # One.
        model   Net # two
        input 3x32 x 32
        shortcut   A,pad end   # three


        conv1 32x32 3 x 3 ,8,stride 1
        # four
        stage_x 8x8 [ 1x1,64;3x3,640 ;1x1 , 256 ]x3   # five
        s3 [1x1, 128;3x3,8; 1x1,1] × 12
        head average pool,10-d fc\t

        """)
          == """
          # One.
          model    Net         # two
          input    3 x 32 x 32
          shortcut A, pad end  # three

          conv1    32x32   3x3, 8, stride 1
          # four
          stage_x    8x8   [1x1, 64;  3x3, 640; 1x1, 256] x 3  # five
          s3               [1x1, 128; 3x3, 8;   1x1, 1]   x 12
          head             average pool, 10-d fc

          """)
  }

  @Test func familiesFormATable() throws {
    #expect(
      try format(
        """
        family Net( n=3 )
        input 3 x 32 x 32
        depth 6n+2
        stride on 3x3
        block b(w)=3xw, w;[3x3,w]x n
              | a | long
        conv1 | 3x3, 8
        conv2 | (b( 16 )) x n | same
        head | average pool, 10-d fc
        """)
          == """
          family Net(n = 3)
          input  3 x 32 x 32
          depth  6n+2
          stride on 3x3
          block  b(w) = 3xw, w; [3x3, w] x n
                 | a           | long
          conv1  | 3x3, 8
          conv2  | (b(16)) x n | same
          head   | average pool, 10-d fc

          """)
  }

  /// `aux` stands with the sizes, `from` begins a cell.
  @Test func headsAndNames() throws {
    #expect(
      try format(
        """
        model Net
        input 3 x 8 x 8
        output  c ,a
        a 3x3,8
        b1 1 x 1 aux  from  a ;average pool,4-d fc
        aux from a average pool,4-d fc
        c 8x8 {from a|upsample  2  bilinear;3x3,8, stride 2}
        """)
          == """
          model  Net
          input  3 x 8 x 8
          output c, a
          a              3x3, 8
          b1   1x1 aux   from a; average pool, 4-d fc
          aux            from a average pool, 4-d fc
          c        8x8   {from a | upsample 2 bilinear; 3x3, 8, stride 2}

          """)
  }

  /// The hyphen of `-d fc` keeps its place: with space around it, it were a minus.
  @Test func widthsKeepTheirHyphens() throws {
    #expect(
      try format("model Net\ninput 3x32x32\na (5*3) -d fc\nb 2+ 3-d fc , 7 - 2 -d fc")
        == "model Net\ninput 3 x 32 x 32\na  (5*3)-d fc\nb  2 + 3-d fc, 7 - 2-d fc\n")
  }

  /// Words and comments in order: what the program is.
  private func words(_ source: SourceFile) -> [String] {
    var sink = Diagnostics()
    let tokens = Lexer.tokens(of: source, &sink).filter { !$0.kind.endsLine }
    return tokens.map { $0.kind == .times ? "x" : source.text($0.span) }
  }

  private func comments(_ source: SourceFile) -> [String] {
    source.text(Span(source.contentStart, source.bytes.count)).split { $0 == "\n" || $0 == "\r\n" }.compactMap { line in
      // No model here has a string with this character in it.
      line.firstIndex(of: "#").map { String(line[$0...]).trimmingCharacters(in: .whitespaces) }
    }
  }

  private func expectSameProgram(_ source: SourceFile, _ name: String) -> Bool {
    var sink = Diagnostics()
    guard let text = formatted(source, &sink) else {
      #expect(sink.hasErrors, "\(name)")
      return false
    }
    let result = SourceFile(name: source.name, text: text)
    #expect(words(result) == words(source), "\(name)")
    #expect(comments(result) == comments(source), "\(name)")
    var again = Diagnostics()
    #expect(formatted(result, &again) == text, "\(name)")
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let isWindows = source.bytes.prefix { $0 != UInt8(ascii: "\n") }.last == UInt8(ascii: "\r")
    #expect(lines.last?.isEmpty == true && lines.dropLast().last?.count != (isWindows ? 1 : 0), "\(name)")
    #expect(lines.dropLast().allSatisfy { ($0.last == UInt8(ascii: "\r")) == isWindows }, "\(name)")
    #expect(!text.contains(" \n") && !text.contains(" \r\n"), "\(name)")
    #expect(result.contentStart == source.contentStart, "\(name)")
    return true
  }

  /// Only space between words changes: not what an editor needs to read the file.
  @Test(arguments: ["", "\u{FEFF}"], ["\n", "\r\n"]) func marksAndLineEndsStay(mark: String, end: String) throws {
    let lines = ["# One.", "model Net", "input 3 x 32 x 32", "", "a  3x3, 8", ""]
    let right = mark + lines.joined(separator: end)
    #expect(Array(try format(right).utf8) == Array(right.utf8))
    let mess = mark + "# One." + end + " model  Net \ninput 3 x 32x32\r\n\n\n  a 3x3,8"
    #expect(Array(try format(mess).utf8) == Array(right.utf8))
    let one = mark + "model Net" + end + "input 3x32x32" + end + "a relu"
    #expect(expectSameProgram(SourceFile(name: "x.rn", text: one), "one"))
    for file in try modelFiles() {
      let text =
        mark
        + String(decoding: try readSource(file).bytes, as: UTF8.self).split(
          separator: "\n", omittingEmptySubsequences: false
        ).joined(separator: end)
      #expect(Array(try format(text).utf8) == Array(text.utf8), "\(file.lastPathComponent)")
    }
  }

  @Test func theModelsAreFormatted() throws {
    for file in try modelFiles() {
      let source = try readSource(file)
      #expect(expectSameProgram(source, file.lastPathComponent))
      var sink = Diagnostics()
      #expect(formatted(source, &sink).map { Array($0.utf8) } == source.bytes, "\(file.lastPathComponent)")
    }
  }

  /// With a byte order mark and CRLF.
  private func windows(_ source: SourceFile) -> SourceFile {
    let (cr, lf) = (UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    return SourceFile(
      name: source.name, bytes: [0xEF, 0xBB, 0xBF] + source.bytes.flatMap { $0 == lf ? [cr, lf] : [$0] })
  }

  /// Mangled files are refused, or keep their words.
  @Test func manglingChangesNoProgram() throws {
    let sources = try modelFiles().map(readSource)
    var accepted = 0
    let seeds = seeds(600, slow: 10_000)
    for seed in seeds {
      var mutator = Mutator(seed: UInt64(seed))
      let model = SourceFile(name: "m.rn", bytes: mutator.mutate(sources[seed % sources.count].bytes))
      let source = seed % 3 == 0 ? windows(model) : model
      if expectSameProgram(source, "seed \(seed)") { accepted += 1 }
    }
    #expect(accepted > seeds.count / 50 && accepted < seeds.count)
  }
}
