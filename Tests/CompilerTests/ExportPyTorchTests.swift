// Modules of PyTorch: what their text is like. scripts/check_pytorch.py holds what they compute against PyTorch's own networks.
import ResNetDSL
import Testing

@testable import ResNetCompiler

struct ExportPyTorchTests {
  private func compilation(_ source: SourceFile) throws -> Compilation {
    var sink = Diagnostics()
    return try #require(analyze(source, CompileOptions(targets: []), &sink))
  }

  @Test func readsAsPeopleWriteIt() throws {
    let source = """
      model Small
      input 3 x 8 x 8
      conv1  8x8  3x3, 4
      res    4x4  [3x3, 8; 3x3, 8] x 2
      head   1x1  average pool, 5-d fc, softmax
      """
    let python = try exportPyTorch(try compilation(SourceFile(name: "small.rn", text: source)))
    #expect(python.hasPrefix(pythonFileStart))
    for part in [
      """
      class Block2(nn.Module):
          \"\"\"res_2, and those like it: 8x4x4 to 8x4x4.\"\"\"

          def __init__(self) -> None:
              super().__init__()
              self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
              self.bn1 = nn.BatchNorm2d(8)
              self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
              self.bn2 = nn.BatchNorm2d(8)

          def forward(self, x: torch.Tensor) -> torch.Tensor:
              y = F.relu(self.bn1(self.conv1(x)))
              y = self.bn2(self.conv2(y))
              y = F.relu(y + x)
              return y
      """,
      """
              self.layer1 = nn.Sequential(
                  Block1(),
                  Block2(),
              )
              self.fc = nn.Linear(8, 5)

          def forward(self, x: torch.Tensor) -> torch.Tensor:
              x = F.relu(self.bn1(self.conv1(x)))
              x = self.layer1(x)
              x = F.adaptive_avg_pool2d(x, 1)
              x = self.fc(x.flatten(1))
              return x
      """,
    ] { #expect(python.contains(part), "\(python)") }
  }

  /// Blocks whose modules lie deeper than a number, as torchvision's MobileNetV3 and EfficientNet have them, are no classes, and
  /// no part of one is.
  @Test(arguments: [("mobilenet_v3_large.rn", "1"), ("efficientnet_b0.rn", "1\"][\"0")])
  func blocksWithoutAModuleAreSpelledOut(file: String, place: String) throws {
    for compilation in try modelCompilations(file) {
      let python = try exportPyTorch(compilation)
      #expect(!python.contains("class Block"))
      #expect(python.contains("self.features[\"\(place)\"][\"block\"][\"0\"][\"0\"]"))
    }
  }

  /// A block whose map is one pixel gives a map, which the pool behind it reads; the network gives rows.
  @Test func rowsAreForTheEnd() throws {
    let source = """
      model Small
      input     3 x 2 x 2
      shortcut  A, pad end
      res    1x1  [3x3, 8; 3x3, 8] x 2
      head   1x1  average pool
      """
    let python = try exportPyTorch(try compilation(SourceFile(name: "small.rn", text: source)))
    #expect(python.contains("class Block1(") && python.count(of: "return y\n") == 2, "\(python)")
    #expect(python.count(of: ".flatten(1)") == 1 && python.hasSuffix("return x.flatten(1)\n"), "\(python)")
  }

  /// PyTorch's own padding is even; what is left out of a mean is counted where it is not.
  @Test(arguments: [
    ("counted", "x = F.avg_pool2d(F.pad(x, (0, 1, 1, 0)), 3, 1)\n"),
    (
      "uncounted",
      "x = F.avg_pool2d(F.pad(x, (0, 1, 1, 0)), 3, 1, divisor_override=1) / "
        + "F.avg_pool2d(F.pad(torch.ones_like(x), (0, 1, 1, 0)), 3, 1, divisor_override=1)\n"
    ),
  ])
  func unevenPaddingOfAverages(word: String, line: String) throws {
    let source = """
      model Small
      input  3 x 8 x 8
      pool   7x7  3x3 average pool, stride 1, pad 1 0 0 1, \(word)
      head   1x1  average pool, 5-d fc
      """
    let python = try exportPyTorch(try compilation(SourceFile(name: "small.rn", text: source)))
    #expect(python.contains(line), "\(python)")
  }

  @Test func everyModelIsSaid() throws {
    for file in try sampledModelFiles() {
      for compilation in try modelCompilations(file) { _ = try exportPyTorch(compilation) }
    }
  }

  @Test func whatHasNoNameInPythonIsRefused() throws {
    let source = """
      model Strange
      input 3 x 8 x 8
      rename "classifier" to "0.fc"
      conv1  8x8  3x3, 4
      head   1x1  average pool, 5-d fc, softmax
      """
    let network = try compilation(SourceFile(name: "strange.rn", text: source))
    #expect(throws: PyTorchFault(layer: "head.fc", reason: "a module called '0.fc.0'")) { try exportPyTorch(network) }
  }
}

extension String {
  fileprivate func count(of text: String) -> Int { ranges(of: text).count }
}
