// Every directive of the template language, and every way to get one wrong.
import Testing

@testable import ResNetCompiler

@Suite struct TemplateEngineTests {
  private func expanded(_ template: String, _ parameters: [String: TemplateValue] = [:]) throws(TemplateError) -> String
  {
    try expand(template: template, parameters)
  }

  @Test func parametersReplaceWholeWords() throws {
    #expect(try expanded("let n = width + widths\n", ["width": .int(3)]) == "let n = 3 + widths\n")
    #expect(try expanded("func kernel_0() {}\n", ["kernel": .text("conv1")]) == "func conv1_0() {}\n")
  }

  @Test func commentsKeepTheirWords() throws {
    let parameters: [String: TemplateValue] = ["lanes": .int(8), "kernel": .text("conv1")]
    #expect(try expanded("// lanes of kernel: const(lanes * 2)\n", parameters) == "// lanes of conv1: 16\n")
  }

  @Test func blankLinesDoNotPileUp() throws {
    #expect(try expanded("\na\n\n//% strip\nx\n//% end\n\nb\n\n") == "a\n\nb\n")
  }

  @Test func constantsAreComputed() throws {
    let parameters: [String: TemplateValue] = ["a": .int(3), "list": .list([5, 7])]
    #expect(try expanded("x[const(a * (list[1] - 2) + 1)]\n", parameters) == "x[16]\n")
    #expect(try expanded("const(a % 2 == 1 && !(a > 3))\n", parameters) == "1\n")
    #expect(try expanded("const(-a / 2)\n", parameters) == "-1\n")
  }

  @Test func loopsRenameAndNest() throws {
    let template = """
      //% for p in 2, v in width[p]
      var sum_p_v = x[p]
      //% end

      """
    #expect(
      try expanded(template, ["width": .list([1, 2])]) == """
        var sum_0_0 = x[0]
        var sum_1_0 = x[1]
        var sum_1_1 = x[1]

        """)
  }

  @Test func conditionsChooseLines() throws {
    let template = """
      //% if n > 1
      many
      //% else
      one
      //% end

      """
    #expect(try expanded(template, ["n": .int(2)]) == "many\n")
    #expect(try expanded(template, ["n": .int(1)]) == "one\n")
  }

  @Test func swiftConditionsDisappear() throws {
    let template = """
      do {
        if hasFMA {  //% if
          a.addProduct(b, c)
        } else {  //% else
          a += b * c
        }  //% end
      }

      """
    #expect(try expanded(template, ["hasFMA": .int(1)]) == "do {\n  a.addProduct(b, c)\n}\n")
    #expect(try expanded(template, ["hasFMA": .int(0)]) == "do {\n  a += b * c\n}\n")
  }

  @Test func wrappersGoOrStay() throws {
    let template = """
      for i in 0..<n {
        if i < half {  //% unwrap runs == 1
          use(i)
        }  //% end
      }

      """
    #expect(try expanded(template, ["runs": .int(1)]) == "for i in 0..<n {\n  use(i)\n}\n")
    #expect(
      try expanded(template, ["runs": .int(2), "half": .int(4)])
        == "for i in 0..<n {\n  if i < 4 {\n    use(i)\n  }\n}\n")
  }

  @Test func strippedLinesServeTheUnexpandedFile() throws {
    #expect(try expanded("//% strip\nlet n = 1\n//% end\nbody\n") == "body\n")
  }

  @Test(arguments: [
    ("//% for p in 2\nx\n", 1, "no '//% end' closes this"),
    ("x\n//% end\n", 2, "nothing is open here"),
    ("a\n//% for p of 2\n//% end\n", 2, "a loop reads 'name in count', not 'p of 2'"),
    ("const(n)\n", 1, "there is no parameter named 'n'"),
    ("const(list)\n", 1, "'list' is a list; give it an index"),
    ("const(list[2])\n", 1, "'list' has 2 elements, no element 2"),
    ("const(name)\n", 1, "'name' is text, not a number"),
    ("const(1 / 0)\n", 1, "division by zero"),
    ("const((1)\n", 1, "a parenthesis is not closed"),
    ("const(1 +)\n", 1, "an expression ends too early"),
    ("const(1 2)\n", 1, "unexpected '2' in '1 2'"),
  ])
  func mistakesNameTheirLine(template: String, line: Int, message: String) {
    let parameters: [String: TemplateValue] = ["list": .list([1, 2]), "name": .text("x")]
    #expect(throws: TemplateError(line: line, message: message)) { try expanded(template, parameters) }
  }
}
