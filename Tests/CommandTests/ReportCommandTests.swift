// `report` as people and programs read it.

import Foundation
import Testing

private struct Report: Decodable {
  struct Layer: Decodable {
    let name: String
    let kind: String
    let output: [Int]
    let params: Int
    let macs: Int
    let activations: Int
  }
  let model: String
  let params: Int
  let macs: Int
  let activations: Int
  let peak_bytes: Int
  let layers: [Layer]
}

struct ReportCommandTests {
  @Test func oneVariantIsAnObject() throws {
    let run = try Sandbox().run("report", model("resnet50"), "--format", "json")
    #expect(run.code == 0 && run.err.isEmpty)
    let report = try JSONDecoder().decode(Report.self, from: Data(run.out.utf8))
    #expect(report.model == "ResNet50" && report.params == 25_557_032 && report.macs == 4_089_184_256)
    #expect(report.peak_bytes >= 1_304_576 * 4 && report.peak_bytes <= 1_304_576 * 4 * 14 / 10)
    #expect(report.layers.reduce(0) { $0 + $1.params } == report.params)
    #expect(report.layers.reduce(0) { $0 + $1.macs } == report.macs)
    #expect(report.layers.reduce(0) { $0 + $1.activations } == report.activations)
    #expect(report.layers[0].name == "conv1" && report.layers[0].kind == "conv")
    #expect(report.layers[0].output == [64, 112, 112] && report.layers[0].macs == 118_013_952)
  }

  /// Memory is that of the numbers: weights of half the bytes, of a quarter and Winograd's filters, and activations of
  /// bytes.
  @Test func memoryIsOfTheNumbers() throws {
    struct Memory: Decodable {
      let precision: String
      let peak_bytes: Int
      let weight_bytes: Int
    }
    func memory(_ precision: String) throws -> Memory {
      let run = try Sandbox().run("report", model("resnet50"), "--precision", precision, "--format", "json")
      #expect(run.code == 0 && run.err.isEmpty, "\(run.err)")
      return try JSONDecoder().decode(Memory.self, from: Data(run.out.utf8))
    }
    let (float32, float16, int8) = (try memory("float32"), try memory("float16"), try memory("int8"))
    #expect([float32, float16, int8].map(\.precision) == ["float32", "float16", "int8"])
    #expect(float16.peak_bytes == float32.peak_bytes && float16.weight_bytes < float32.weight_bytes * 51 / 100)
    #expect(int8.peak_bytes < float32.peak_bytes * 3 / 10 && int8.weight_bytes < float16.weight_bytes)
    let text = try Sandbox().run("report", model("resnet50"), "--precision", "int8", "--depth", "network")
    #expect(text.out.contains("On AVX-512 at batch 1 in int8, activations take"))
    #expect(try Sandbox().run("report", model("resnet50"), "--precision", "int8", "--format", "html").code == 64)
    let map = try Sandbox().run(model("digits20"), "--precision", "int8", "--isa", "avx512", "--print-memory")
    #expect(map.out.contains("Digits20 on avx512-int8, batch 1") && map.out.contains("  uint8  "), "\(map.err)")
  }

  @Test func severalVariantsAreAnArray() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("report", model("table1"), "--format", "json")
    let reports = try JSONDecoder().decode([Report].self, from: Data(run.out.utf8))
    #expect(reports.map(\.model) == ["ResNet18", "ResNet34", "ResNet50", "ResNet101", "ResNet152"])
    #expect(reports.map(\.params) == [11_689_512, 21_797_672, 25_557_032, 44_549_160, 60_192_808])
    let one = try sandbox.run("report", model("table1"), "--variant=101", "--format=json")
    #expect(try JSONDecoder().decode(Report.self, from: Data(one.out.utf8)).model == "ResNet101")
    let two = try sandbox.run("report", model("cifar"), model("digits20"), "--set", "n=3", "--format=json")
    #expect(two.code == 1 && two.out.isEmpty)
    let files = try sandbox.run("report", model("resnet18"), model("digits20"), "--format=json")
    #expect(try JSONDecoder().decode([Report].self, from: Data(files.out.utf8)).count == 2)
  }

  @Test func deepNetworks() throws {
    let run = try Sandbox().run("report", model("cifar"), "--set", "n=200", "--format", "json")
    let report = try JSONDecoder().decode(Report.self, from: Data(run.out.utf8))
    #expect(report.model == "CifarResNet1202" && report.params == 19_421_274)
  }

  @Test func textHasSumsOfStagesAndOfAll() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("report", model("resnet18"))
    #expect(run.code == 0)
    let lines = run.out.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    #expect(
      lines[1] == ["layer", "kind", "output", "sees"] + ["params", "MACs", "FLOPs", "activations"]
        + ["weight", "bytes", "value", "bytes"])
    #expect(
      lines.contains([
        "conv1", "conv", "64x112x112", "7x7", "9,536", "118,013,952", "236,027,904", "802,816", "38,144", "3,211,264",
      ]))
    #expect(lines.contains { $0.starts(with: ["total", "11,689,512", "1,814,073,344", "3,628,146,688", "2,483,712"]) })
    func numbers(_ words: [Substring]) -> [Int] { words.suffix(6).compactMap { Int($0.filter { $0 != "," }) } }
    let stage = try #require(lines.first { $0.first == "conv3_x" })
    let layers = lines.filter { $0.first?.hasPrefix("conv3_") == true && $0.first != "conv3_x" }.map(numbers)
    #expect(layers.count > 5)
    #expect(numbers(stage) == (0..<6).map { column in layers.reduce(0) { $0 + $1[column] } })
    let family = try sandbox.run("report", model("table1"))
    #expect(family.out.contains("\nmodel ") && family.out.contains("\nResNet152  60,192,808"))
  }

  @Test func errorsOfAFamilyAreSaidOnce() throws {
    let sandbox = try Sandbox()
    try sandbox.write(
      """
      family Net
      input 3 x 8 x 8
                 | 1      | 2
      conv1 9x9  | 3x3, 8
      """, to: "x.rn")
    let run = try sandbox.run("report", "x.rn", "--format", "json")
    #expect(run.code == 1 && run.out.isEmpty)
    #expect(run.err.components(separatedBy: "error[").count == 2, "\(run.err)")
  }

  @Test func formatsAndDepths() throws {
    let sandbox = try Sandbox()
    let csv = try sandbox.run("report", model("table1"), "--format", "csv", "--depth", "block")
    let lines = csv.out.components(separatedBy: "\r\n")
    #expect(csv.code == 0 && lines[0].hasPrefix("model,stage,name,") && lines.last == "")
    #expect(lines.contains { $0.hasPrefix("ResNet50,conv3_x,conv3_4,,512,28,28,280064,") }, "\(csv.out)")
    let markdown = try sandbox.run("report", model("resnet18"), "--format", "markdown", "--depth", "network")
    #expect(markdown.out.hasPrefix("## ResNet18\n\n| layer | kind |") && markdown.out.contains("\n| --- | --- | --:"))
    let both = try sandbox.run("report", model("resnet18"), "--format", "json", "--depth", "block")
    #expect(both.code == 64 && both.err.contains("holds every depth"))
    let unknown = try sandbox.run("report", model("resnet18"), "--depth", "blocks")
    #expect(unknown.code == 64 && unknown.err.contains("Did you mean 'block'?"), "\(unknown.err)")
  }

  @Test func reproduceNeedsTheModels() throws {
    let sandbox = try Sandbox()
    let missing = try sandbox.run("reproduce")
    #expect(missing.code == 74 && missing.err.contains("models/table1.rn") && missing.out.isEmpty)
    let folder = URL(fileURLWithPath: model("table1")).deletingLastPathComponent().path
    let run = try sandbox.run("reproduce", folder)
    #expect(run.code == 0 && run.out.contains("46 of 48 cells as printed."), "\(run.out)")
    try sandbox.write("family ResNet\ninput 3 x 8 x 8\n | 18\nconv1 | 3x3, 8\n", to: "bad/table1.rn")
    let wrong = try sandbox.run("reproduce", "bad")
    #expect(wrong.code == 1 && wrong.out.isEmpty && wrong.err.contains("error["), "\(wrong.err)")
  }

  @Test func diffComparesTwoModels() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("diff", model("table1") + ":18", model("cifar") + ":n=9")
    #expect(run.code == 0 && run.out.hasPrefix("ResNet18 -> CifarResNet56\n"), "\(run.out)\(run.err)")
    #expect(run.out.contains("input: 3 x 224 x 224 -> 3 x 32 x 32") && run.out.contains("shortcut: B -> A, pad end"))
    let one = try sandbox.run("diff", model("resnet18"))
    #expect(one.code == 64 && one.err.contains("compares two models"))
    let family = try sandbox.run("diff", model("table1"), model("table1") + ":19")
    #expect(family.code == 1 && family.out.isEmpty && family.err.contains("error["), "\(family.err)")
    let setting = try sandbox.run("diff", model("cifar") + ":n=x", model("resnet18"))
    #expect(setting.code == 64 && setting.err.contains("n=x"))
    // A file may have a colon in its name, and be asked for a column, parameters, or both.
    try sandbox.write("family F(n = 1, m = 1)\ninput 3 x 8 x 8\n    | a | b\nc | 3x3, 2n | 3x3, m", to: "f:1.rn")
    let both = try sandbox.run("diff", "f:1.rn:b:n=3:m=4", "f:1.rn:m=5:b:n=3")
    #expect(both.code == 0 && both.out.contains("~  c      3x3, 4  3x3, 5"), "\(both.out)\(both.err)")
    let two = try sandbox.run("diff", "f:1.rn:a:b", "f:1.rn:a")
    #expect(two.code == 64 && two.err.contains("names two variants, 'a' and 'b'"), "\(two.err)")
    let none = try sandbox.run("diff", "f:1.rn", "f:1.rn:a")
    #expect(none.code == 1 && none.err.contains("write 'f:1.rn:a'; its variants: a and b"), "\(none.err)")
    #expect(!none.err.contains("--variant"))
  }

  @Test func pagesStandAlone() throws {
    let sandbox = try Sandbox()
    let run = try sandbox.run("report", model("table1"), "--format", "html")
    #expect(run.code == 0 && run.err.isEmpty && run.out.hasPrefix("<!DOCTYPE html>\n"))
    #expect(run.out == (try sandbox.run("report", model("table1"), "--format=html")).out)
    for text in ["11,689,512", "<svg", "Memory over time", "counted by", "prefers-color-scheme"] {
      #expect(run.out.contains(text), "\(text)")
    }
    // Nothing of the machine, nor of where the model lies.
    #expect(!run.out.contains(repository.path) && !run.out.contains(".rn"))
    let depth = try sandbox.run("report", model("resnet18"), "--format", "html", "--depth", "stage")
    #expect(depth.code == 64 && depth.err.contains("'--format html' holds every depth"))
  }

  @Test func diagramsAreDrawn() throws {
    let sandbox = try Sandbox()
    let family = try sandbox.run("diagram", model("table1"))
    #expect(family.code == 0 && family.err.isEmpty && family.out.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\""))
    #expect(family.out.contains("<title>ResNet18, ResNet34, ResNet50, ResNet101, ResNet152</title>"))
    #expect(family.out.contains(">x 35</text>") && family.out.hasSuffix("</svg>\n"))
    let all = try sandbox.run("diagram", model("table1"), "--variant", "152", "--blocks", "all")
    #expect(all.out.components(separatedBy: "<g class=").count == 156 && !all.out.contains(">x 35<"))
    let dot = try sandbox.run("diagram", model("cifar"), "--set", "n=9", "--format", "dot", "--blocks=folded")
    #expect(dot.code == 0 && dot.out.hasPrefix("digraph \"CifarResNet56\" {\n") && dot.out.contains("label=\"x 9\""))
    let input = try sandbox.run("diagram", "-", input: tinyModel)
    #expect(input.code == 0 && input.out.contains(">3x3 conv, 8<") && input.out.contains(">fc 4<"))
    for (words, message) in [
      (["diagram"], "Missing expected argument"), (["diagram", "x.rn", "--format", "png"], "It takes svg or dot"),
      (["diagram", "x.rn", "--blocks", "none"], "It takes all or folded"),
    ] {
      let run = try sandbox.run(words)
      #expect(run.code == 64 && run.err.contains(message), "\(run.err)")
    }
    let bad = try sandbox.run("diagram", "-", input: "model X\n")
    #expect(bad.code == 1 && bad.out.isEmpty && bad.err.contains("error["))
  }

  @Test func diffAndReproduceAsJSON() throws {
    struct Side: Decodable, Equatable {
      var params, macs, activations: Int
    }
    struct Row: Decodable {
      var name, change: String
      var old, new: Side?
    }
    struct Diff: Decodable {
      var change: String
      var old, new: Side
      var rows: [Row]
    }
    let sandbox = try Sandbox()
    let models = [model("table1") + ":18", model("cifar") + ":n=9", model("vgg19")]
    for (from, to) in [(0, 1), (0, 2), (2, 2)] {
      let run = try sandbox.run("diff", models[from], models[to], "--format", "json")
      let diff = try JSONDecoder().decode(Diff.self, from: Data(run.out.utf8))
      #expect(diff.change == (from == to ? "same" : "changed"))
      for (total, rows) in [(diff.old, diff.rows.compactMap(\.old)), (diff.new, diff.rows.compactMap(\.new))] {
        #expect(rows.reduce(0) { $0 + $1.params } == total.params && rows.reduce(0) { $0 + $1.macs } == total.macs)
      }
      for row in diff.rows {
        let change = row.old == nil ? "added" : row.new == nil ? "removed" : row.old == row.new ? "same" : "changed"
        #expect(row.change == change || row.change == "changed", "\(row.name)")
      }
    }
    struct Reproduction: Decodable {
      struct Cell: Decodable {
        var column, printed, found, verdict: String
        var exact: Int?
      }
      var same: Int
      var cells: [Cell]
    }
    let folder = URL(fileURLWithPath: model("table1")).deletingLastPathComponent().path
    let run = try sandbox.run("reproduce", folder, "--format", "json")
    let found = try JSONDecoder().decode(Reproduction.self, from: Data(run.out.utf8))
    #expect(run.code == 0 && found.same == 46 && found.cells.count == 48)
    #expect(found.cells.count { $0.verdict == "same" && $0.printed == $0.found } == 46)
    #expect(found.cells.first { $0.verdict == "known" }?.exact == 3_857_973_248)
  }

  @Test func fmtRewritesInPlaceOrChecks() throws {
    let sandbox = try Sandbox()
    let rough = "model Net\ninput 3x8x8\nconv1 3 x 3,8 # odd\n"
    let smooth = "model Net\ninput 3 x 8 x 8\nconv1  3x3, 8  # odd\n"
    try sandbox.write(rough, to: "x.rn")
    let check = try sandbox.run("fmt", "--check", "x.rn")
    #expect(check.code == 1 && check.out == "x.rn\n")
    #expect(try String(contentsOf: sandbox("x.rn"), encoding: .utf8) == rough)
    try FileManager.default.createSymbolicLink(at: sandbox("link.rn"), withDestinationURL: sandbox("x.rn"))
    try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: sandbox("x.rn").path)
    let run = try sandbox.run("fmt", "link.rn")
    #expect(run.code == 0 && run.out == "link.rn\n" && run.err.isEmpty)
    #expect(try String(contentsOf: sandbox("x.rn"), encoding: .utf8) == smooth)
    let mode = try FileManager.default.attributesOfItem(atPath: sandbox("x.rn").path)[.posixPermissions] as? Int
    #expect(mode == 0o640)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: sandbox("link.rn").path) == sandbox("x.rn").path)
    #expect(try sandbox.run("fmt", "--check", "x.rn").code == 0)
    #expect(try sandbox.run("fmt", "-", input: rough).out == smooth)
    try sandbox.write("model Net\ninput 3x8x8\nconv1 3x3,,8\n", to: "bad.rn")
    let bad = try sandbox.run("fmt", "bad.rn")
    #expect(bad.code == 1 && bad.err.contains("error["))
    #expect(try String(contentsOf: sandbox("bad.rn"), encoding: .utf8).contains(",,"))
    #expect(try sandbox.run("fmt", "missing.rn").code == 74)
  }
}
