// Reports: totals at every depth, conventions as the tools count, receptive fields as published.
import Foundation
import ResNetDSL
import TestTiers
import Testing

@testable import ResNetCompiler

@Suite struct LayerReportTests {
  /// Totals are the sums of the rows shown, whatever is shown.
  private func expectSums(_ graph: Graph, _ name: String) {
    let cost = CostReport(graph)
    let report = LayerReport(
      model: name, cost: cost, memory: PlannedMemory(precision: .float32, peakBytes: 0, weightBytes: 0))
    for depth in ReportDepth.allCases where depth != .network {
      let rows = report.rows(depth)
      let details = rows.filter { !$0.isSum }.reduce(Cost()) { $0 + $1.cost }
      #expect(details == cost.cost, "\(name), \(depth)")
      #expect(rows.filter { $0.level == 0 }.reduce(Cost()) { $0 + $1.cost } == cost.cost, "\(name), \(depth)")
      // Each sum is what stands below it.
      for (index, row) in rows.enumerated() where row.isSum {
        let below = rows[(index + 1)...].prefix { $0.level > row.level }
        #expect(!below.isEmpty && below.reduce(Cost()) { $0 + $1.cost } == row.cost, "\(name), \(row.name)")
      }
    }
    for depth in ReportDepth.allCases {
      let lines = report.csv(depth).split(separator: "\r\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false)
      }
      for (column, total) in [(7, cost.parameters), (8, cost.macs), (9, 2 * cost.macs), (10, cost.activations)] {
        #expect(lines.reduce(0) { $0 + (Int($1[column]) ?? -1) } == total, "\(name), \(depth)")
      }
      #expect(lines.allSatisfy { $0.count == LayerReport.csvHead.split(separator: ",").count }, "\(name), \(depth)")
      for text in [report.text(depth), report.markdown(depth)] {
        let last = text.split(separator: "\n").first { $0.contains("total") } ?? ""
        #expect(last.contains(" \(grouped(cost.parameters)) ") && last.contains(" \(grouped(cost.macs)) "))
      }
    }
  }

  @Test func totalsDoNotDependOnTheDepth() throws {
    for depth in [18, 34, 50, 152] { expectSums(try lowered(Paper.resnet(depth)), "\(depth)") }
    expectSums(try lowered(Paper.vgg(19, norm: true)), "vgg19")
    expectSums(try lowered(Paper.cifar(n: 18)), "cifar")
    var accepted = 0
    for seed in 0..<60 as Range<UInt64> {
      var sink = Diagnostics()
      guard let graph = lower(randomNetwork(seed: seed), &sink) else { continue }
      accepted += 1
      expectSums(graph, "seed \(seed)")
    }
    #expect(accepted > 30)
  }

  /// `scripts/count_tools.py` runs the tools on torchvision's models.
  @Test func conventionsAreThoseOfTheTools() throws {
    let text = try String(contentsOf: fixtures.appending(path: "count-tools.txt"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ") }
    #expect(lines.count == 8)
    for line in lines {
      let name = String(line[0])
      let numbers = line.dropFirst().compactMap { Int($0) }
      try #require(numbers.count == 8, "\(name)")
      let depth = try #require(Int(name.filter { $0.isNumber }))
      let network =
        name.hasPrefix("resnet") ? Paper.resnet(depth) : Paper.vgg(depth, norm: name.hasSuffix("_bn"))
      let cost = CostReport(try lowered(network)).cost
      #expect(cost.parameters == numbers[0], "\(name)")
      // torchvision's VGG has a pool from 7x7 to 7x7, which resnetc has no row for: 25,088 values, read to no effect.
      let pool = name.hasPrefix("vgg") ? 25_088 : 0
      // The paper's networks end in a softmax over 1000 classes, torchvision's do not.
      let softmax = 1000
      let conventions: [(FLOPConvention, Int)] = [
        (.fvcore, numbers[1] - pool), (.torchinfo, numbers[2]), (.ptflops, numbers[3]),
        (.ptflopsModules, numbers[4] - 2 * pool + softmax),
        (.deepSpeed, numbers[5] - pool + softmax), (.doubled, numbers[6]),
      ]
      for (convention, printed) in conventions { #expect(convention.count(cost) == printed, "\(name), \(convention)") }
      // torchvision prints thousandths of 10^9.
      #expect((FLOPConvention.paper.count(cost) + 500_000) / 1_000_000 == numbers[7], "\(name)")
    }
  }

  /// The same script runs the tools on every operator alone; here each is the last of its kind in a network of one row.
  @Test func operatorsCountAsInTheTools() throws {
    let text = try String(contentsOf: fixtures.appending(path: "count-operators.txt"), encoding: .utf8)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(lines.count == 68)
    var kinds: Set<LayerKind> = []
    for line in lines {
      // A row may have branches.
      let parts = line.components(separatedBy: " | ")
      try #require(parts.count >= 4, "\(line)")
      let row = parts[2..<(parts.count - 1)].joined(separator: " | ")
      let numbers = parts[parts.count - 1].split(separator: " ").compactMap { Int($0) }
      try #require(numbers.count == 7, "\(line)")
      let source = SourceFile(
        name: "x.rn",
        text: "model Net\ninput \(parts[1])\nnorm none\nactivation linear\nshortcut A, pad end\nrow \(row)\n")
      var sink = Diagnostics()
      let graph = try #require(analyze(source, CompileOptions(targets: []), &sink), "\(line): \(sink.all)").lowered
      let node = try #require(graph.nodes.last { LayerKind($0)?.name == parts[0] }, "\(line)")
      kinds.formUnion(LayerKind(node).map { [$0] } ?? [])
      let cost = Cost(node, in: graph)
      #expect(cost.parameters == numbers[0], "\(line)")
      let conventions: [(FLOPConvention, Int)] = [
        (.fvcore, numbers[1]), (.torchinfo, numbers[2]), (.ptflops, numbers[3]), (.ptflopsModules, numbers[4]),
        (.deepSpeed, numbers[5]), (.doubled, numbers[6]),
      ]
      for (convention, printed) in conventions {
        #expect(convention.count(cost) == printed, "\(line), \(convention)")
      }
      #expect(2 * FLOPConvention.paper.count(cost) == numbers[6], "\(line)")
    }
    // All there are, but for projections, which are convolutions.
    #expect(kinds.count == 22 && !kinds.contains(.projection))
  }

  /// Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks" (Distill, 2019), table of
  /// networks; its ResNets have the stride on the first 1x1.
  @Test func receptiveFieldsAreAsPublished() throws {
    func field(_ network: Network, _ stage: String) throws -> Extent? {
      CostReport(try lowered(network)).stages.first { $0.name == stage }?.receptiveField
    }
    for (depth, pixels) in [(50, 483), (101, 1027), (152, 1507)] {
      #expect(try field(Paper.resnet(depth, strideOn: .first), "conv5_x") == Extent(square: pixels))
    }
    // By hand: 7, 11 after the pool, 24 more in conv2_x, then 8 + 3 x 16, 16 + 5 x 32 and 32 + 2 x 64.
    #expect(try field(Paper.resnet(50), "conv5_x") == Extent(square: 427))
  }
}

@Suite struct ReproduceTests {
  private func cells(_ table: PaperTable, replacing old: String = "", by new: String = "") throws -> [PaperCell] {
    let file = fixtures.appending(path: "../../../models/\(table.file)")
    var text = try String(contentsOf: file, encoding: .utf8)
    if !old.isEmpty {
      #expect(text.contains(old))
      text = text.replacingOccurrences(of: old, with: new)
    }
    var sink = Diagnostics()
    return try #require(table.cells(SourceFile(name: table.file, text: text), &sink))
  }

  @Test func allButTwoCellsAreAsPrinted() throws {
    let table1 = try cells(.table1)
    #expect(table1.count == 5 * 8)
    #expect(table1.filter { !$0.agrees }.map { $0.column } == ["50"])
    #expect(table1.allSatisfy { $0.isExplained })
    let table6 = try cells(.table6)
    #expect(table6.map { $0.found } == ["0.27M", "0.46M", "0.66M", "0.85M", "1.7M", "19.4M"])
    #expect(table6.allSatisfy { $0.agrees })
    let highway = try cells(.highway)
    #expect(highway.map { $0.found } == ["2.3M"] && highway.allSatisfy { $0.agrees })
    let fitNet = try cells(.fitNet)
    #expect(fitNet.map { $0.found } == ["2.7M"] && fitNet.allSatisfy { !$0.agrees && $0.isExplained })
  }

  /// A wrong model does not pass for a known difference.
  @Test func otherDifferencesAreFaults() throws {
    let wrong = try cells(.table1, replacing: "1x1, 1024] x 6", by: "1x1, 1024] x 7")
    #expect(wrong.filter { !$0.isExplained }.map { $0.row } == ["conv4_x", "FLOPs"])
    #expect(reproduction(wrong, markdown: false).contains("DIFFERS"))
    #expect(try cells(.table6, replacing: "basic(64)", by: "basic(65)").allSatisfy { !$0.isExplained })
    #expect(try cells(.fitNet, replacing: "maxout 5", by: "maxout 4").allSatisfy { !$0.isExplained })
  }
}

@Suite struct ModelDiffTests {
  private func side(_ text: String) throws -> DiffSide {
    var sink = Diagnostics()
    let source = SourceFile(name: "x.rn", text: "model Net\ninput 3 x 32 x 32\n" + text)
    return DiffSide(try #require(analyze(source, CompileOptions(targets: []), &sink)))
  }

  @Test func nothingChanged() throws {
    let same = try side("conv1 3x3, 8\nhead average pool, 4-d fc")
    #expect(ModelDiff(same, same).isEmpty && ModelDiff(same, same).text.contains("no difference"))
  }

  @Test func rowsAreAddedRemovedAndChanged() throws {
    let old = try side("conv1 3x3, 8\nconv2 3x3, 8\nconv3 3x3, 8\nhead average pool, 4-d fc")
    let new = try side("conv1 3x3, 8\nconv3 5x5, 8\nconv4 3x3, 8\nhead average pool, 4-d fc")
    let diff = ModelDiff(old, new)
    #expect(!diff.isEmpty)
    #expect(diff.names == ["conv1", "conv2", "conv3", "conv4", "head"])
    let lines = diff.text.split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
    #expect(lines.contains { $0.prefix(2) == ["-", "conv2"] && $0.suffix(3).first == "-592" })
    #expect(lines.contains { $0.prefix(2) == ["+", "conv4"] && $0.suffix(3).first == "+592" })
    // 8 x 8 weights at 16 more taps.
    #expect(lines.contains { $0.prefix(2) == ["~", "conv3"] && $0.suffix(3).first == "+1,024" })
    #expect(lines.contains { $0.first == "conv1" && $0.contains("same") })
  }

  /// The same rows cost something else after another stage.
  @Test func costsChangeWithoutTheText() throws {
    let old = try side("conv1 3x3, 8\nconv2 3x3, 8")
    let new = try side("conv1 3x3, 16\nconv2 3x3, 8")
    let lines = ModelDiff(old, new).text.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("~  conv2") && !$0.contains("same") })
  }

  /// What only the head of a file says.
  @Test func headsAreCompared() throws {
    let rows = "conv1 3x3, 8\nhead average pool, 4-d fc"
    let plain = try side(rows)
    for (head, change) in [
      ("norm batch, eps 0.001", "norm: batch, eps 1e-05 -> batch, eps 0.001"),
      ("norm none", "norm: batch, eps 1e-05 -> none"), ("labels \"x.txt\"", "labels: none -> x.txt"),
      ("preprocess resize 40 bicubic, crop 32, mean 0.5 0.5 0.5, std 0.25 0.25 0.25", "std 0.25 0.25 0.25"),
    ] {
      let diff = ModelDiff(plain, try side("\(head)\n\(rows)"))
      #expect(!diff.isEmpty && diff.text.contains(change), "\(diff.text)")
      #expect(diff.text.contains("conv1  3x3, 8"))
    }
  }

  /// Nothing differs only where nothing does.
  @Test func emptyDiffsAreOfEqualNetworks() throws {
    var random = SeededRandom(seed: 1)
    var (empty, changed) = (0, 0)
    let count = isSlowRun ? 400 : 150
    for seed in 0..<count {
      let network = randomNetwork(seed: UInt64(seed))
      guard let old = compilation(network) else { continue }
      var other = network
      other.mutate(&random)
      guard let new = compilation(other) else { continue }
      let diff = ModelDiff(DiffSide(old), DiffSide(new))
      if !diff.isEmpty {
        changed += 1
        #expect(!diff.text.contains("no difference"))
        continue
      }
      empty += 1
      #expect(old.lowered.text == new.lowered.text, "seed \(seed)")
      #expect(old.network.preprocess == new.network.preprocess && old.network.labels == new.network.labels)
    }
    #expect(empty > count / 80 && changed > count / 4, "\(empty) \(changed)")
  }

  private func compilation(_ network: Network) -> Compilation? {
    var sink = Diagnostics()
    guard let graph = lower(network, &sink), !sink.hasErrors else { return nil }
    return Compilation(
      network: network, lowered: graph, fused: runPasses(graph), cost: CostReport(graph), plans: [])
  }
}

@Suite struct PaperTableViewTests {
  private func columns(_ texts: [String]) throws -> [PaperColumn] {
    try texts.enumerated().map { index, text in
      var sink = Diagnostics()
      let source = SourceFile(name: "x.rn", text: "model Net\(index)\ninput 3 x 32 x 32\n" + text)
      return PaperColumn(try #require(analyze(source, CompileOptions(targets: []), &sink)))
    }
  }

  private let small = "conv1 3x3, 8\nconv2_x [1x1, 8; 3x3, 8; 1x1, 16] x 2\nhead average pool, 4-d fc"
  private let large =
    "conv1 3x3, 8\nconv2_x [3x3, 128; 3x3, 128] x 12\nconv3_x 16x16 (3x3, 8) x 2\nhead average pool, 4-d fc"

  @Test func rowsStandBesideEachOther() throws {
    let lines = PaperTableView(try columns([small, large])).text.components(separatedBy: "\n")
    #expect(lines[0].split(separator: " ") == ["layer", "name", "output", "size", "Net0", "Net1"])
    // What all have stands once.
    #expect(lines[1].hasSuffix("3x3, 8") && lines[1].components(separatedBy: "3x3, 8").count == 2)
    #expect(lines[2].contains("[1x1, 8 ]") && lines[2].hasSuffix("[3x3, 128]"))
    #expect(lines[3].contains("[3x3, 8 ] x 2") && lines[3].hasSuffix("[3x3, 128] x 12"))
    #expect(lines[4].hasSuffix("[1x1, 16]"))
    #expect(lines[5].hasPrefix("conv3_x       16x16") && lines[5].hasSuffix("(3x3, 8) x 2"))
    // The head reads other sizes but gives the same one.
    #expect(lines[6].hasPrefix("head          1x1          average pool"))
    #expect(lines.dropLast().suffix(2).map { String($0.prefix(6)) } == ["params", "FLOPs "])
  }

  @Test func sizesStandInTheCellsWhereTheyDiffer() throws {
    let text = PaperTableView(
      try columns([small, small.replacingOccurrences(of: "8\nconv2_x", with: "8, stride 2\nconv2_x")])
    ).text
    #expect(text.contains("\nconv1                      32x32"))
  }

  @Test func pagesAreWholeAndEscaped() throws {
    let view = PaperTableView(try columns([small, large]))
    let html = view.html
    #expect(html.contains("<td colspan=\"2\">3x3, 8</td>") && html.hasSuffix("</html>\n"))
    for tag in ["html", "head", "body", "table", "thead", "tbody", "tr", "th", "td", "div"] {
      let opened = html.components(separatedBy: "<\(tag)>").count + html.components(separatedBy: "<\(tag) ").count - 2
      #expect(opened > 0 && opened == html.components(separatedBy: "</\(tag)>").count - 1, "\(tag)")
    }
    // Nothing from elsewhere.
    for word in ["http", "src=", "url(", "@import", "<script", "<link"] { #expect(!html.contains(word), "\(word)") }
    #expect(escapedHTML("a<b>&\"c") == "a&lt;b&gt;&amp;&quot;c")
    #expect(view.markdown.contains("\\[3x3, 128\\] x 12") && view.markdown.hasPrefix("| layer name | output size |"))
  }

  @Test func namesOfBothListsStayInOrder() {
    #expect(merged(["a", "b", "c"], ["a", "c", "d"]) == ["a", "b", "c", "d"])
    #expect(merged([], ["x"]) == ["x"] && merged(["x"], []) == ["x"])
    #expect(merged(["p", "a"], ["a", "q"]) == ["p", "a", "q"])
  }
}

extension Network {
  /// One attribute of one layer, or of the head.
  fileprivate mutating func mutate(_ random: inout SeededRandom) {
    func pick(_ range: Range<Int>) -> Int { .random(in: range, using: &random) }
    if pick(0..<12) == 0 {
      if pick(0..<2) == 0 { labels = Spell.at("x.txt") } else { preprocess.mean[pick(0..<3)] += 0.25 }
      return
    }
    let stage = pick(0..<stages.count)
    let item = pick(0..<stages[stage].items.count)
    switch stages[stage].items[item] {
    case .layer(var layer):
      layer.mutate(&random)
      stages[stage].items[item] = .layer(layer)
    case .block(var block):
      if block.kind == .residual, pick(0..<8) == 0 {
        block.activation = .silu
      } else {
        block.layers[pick(0..<block.layers.count)].mutate(&random)
      }
      stages[stage].items[item] = .block(block)
    }
  }
}

extension Layer {
  fileprivate mutating func mutate(_ random: inout SeededRandom) {
    let choice = Int.random(in: 0..<6, using: &random)
    let number = Int.random(in: 0..<3, using: &random)
    switch kind {
    case .convolution(var convolution):
      switch choice {
      case 0: convolution.padding = .even(number, number)
      case 1: convolution.norm = convolution.norm == nil ? Normalization() : nil
      case 2: convolution.norm = Normalization(epsilon: 1e-3)
      case 3: convolution.bias.toggle()
      case 4: convolution.activation = convolution.activation == .gelu ? .silu : .gelu
      default: convolution.stride = Spell.at(Stride(1 + number))
      }
      kind = .convolution(convolution)
    case .maxPool(var pool):
      pool.mutate(choice, number)
      kind = .maxPool(pool)
    case .averagePool(var pool):
      pool.mutate(choice, number)
      kind = .averagePool(pool)
    case .fullyConnected(var layer):
      if choice < 3 { layer.bias.toggle() } else { layer.activation = .sigmoid }
      kind = .fullyConnected(layer)
    case .dropout: kind = .dropout(0.25)
    case .activation: kind = .activation(.silu)
    case .adaptivePool, .spatialPyramidPool, .softmax, .squeezeExcitation, .channelAttention, .norm,
      .localResponseNorm, .maxout, .shuffle, .share, .gate, .branches,
      .upsample, .source, .carry:
      break
    }
  }
}

extension PoolLayer {
  fileprivate mutating func mutate(_ choice: Int, _ number: Int) {
    switch choice {
    case 0, 1: padding = .even(min(number, kernel.height / 2), min(number, kernel.width / 2))
    case 2, 3: ceilMode.toggle()
    default: stride = Spell.at(Stride(1 + number))
    }
  }
}
