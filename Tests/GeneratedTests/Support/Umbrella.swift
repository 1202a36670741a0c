// Somebody's project that depends on generated packages by path: all of them in one build, which also shows that any
// number of them live together in one program. Or one package of them all (`SharedPackage.swift`).
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

struct Umbrella: Sendable {
  let folder: URL
  let configuration: String
  let buildSeconds: Double
  let sanitizer: Sanitizer?
  /// The package that is built.
  private let root: URL

  var driver: URL { folder.appending(path: "Driver") }
  var products: URL { driver.appending(path: "\(Self.buildFolder(sanitizer))/\(configuration)") }

  /// Sanitized builds have a folder of their own.
  private static func buildFolder(_ sanitizer: Sanitizer?) -> String { sanitizer.map { ".build-\($0)" } ?? ".build" }

  /// Generates and builds; what is unchanged since the last run is not built again.
  ///
  /// - Parameter sharesRuntime: The first model's runtime is that of all.
  init(
    _ name: String, _ nets: [Net], configuration: String = "release", sanitizer: Sanitizer? = nil,
    sharesRuntime: Bool = false
  ) throws {
    folder = workFolder.appending(path: name)
    self.configuration = configuration
    self.sanitizer = sanitizer
    var lost = false
    let packages = try nets.map { try $0.package() }
    for (net, files) in zip(nets, packages) where try replaceFiles(below: folder.appending(path: net.name), with: files)
    {
      lost = true
    }
    let scratch = folder.appending(path: "Driver/\(Self.buildFolder(sanitizer))")
    if lost, FileManager.default.fileExists(atPath: scratch.path) { try FileManager.default.removeItem(at: scratch) }
    try replaceFiles(below: folder.appending(path: "Driver"), with: try Self.driverFiles(nets))
    root = sharesRuntime ? folder : folder.appending(path: "Driver")
    if sharesRuntime {
      let sources = try files(below: repository.appending(path: "Examples/Sources"))
      try replaceFiles(below: folder.appending(path: "Examples/Sources"), with: sources)
      try replaceFiles(below: folder.appending(path: Self.pairName), with: try Self.pair())
      let manifest = folder.appending(path: "Package.swift")
      let text = Data(try sharedManifest(nets, packages).utf8)
      if (try? Data(contentsOf: manifest)) != text { try text.write(to: manifest) }
    }
    var arguments = ["build", "-c", configuration]
    // Nothing reads what a debugger would, which is a tenth of the build; the kernels are the same code.
    if sharesRuntime { arguments += ["--scratch-path", scratch.path, "-debug-info-format", "none"] }
    if let sanitizer {
      arguments += ["--sanitize", "\(sanitizer)", "-Xcc", "-DSANITIZED", "--scratch-path", scratch.path]
    }
    buildSeconds = try run("swift", arguments, in: root).seconds
    let how = sanitizer.map { "\(configuration), \($0) sanitizer" } ?? configuration
    let names = nets.map { net in
      net.isas == ISA.available ? net.name : "\(net.name) (\(net.isas.map { "\($0)" }.joined(separator: ", ")))"
    }
    print("built \(names.joined(separator: ", ")) in \(rounded(buildSeconds)) s (\(how))")
  }

  /// The programs of Examples, which are built with the network of the digits.
  static let examples = ["Classify", "Server", "Batch", "Search"]

  /// The network of the digits twice, for two sets of weights: what there is of such a package besides the network and the
  /// runtime, which is that of the digits.
  static let pairName = "Pair"
  private static func pair() throws -> [String: Data] {
    let digits = PackageContents(try Net.digits.compiled(), from: try Net.digits.sourceFile(), Net.digits.options)
    let files = try emitEnsemble(
      try EnsembleContents(name: pairName, members: [digits, digits]), templates: .embedded)
    let own = files.filter { file in
      ["", "Command"].contains { file.path.hasPrefix("Sources/\(pairName)\($0)/") }
    }
    return Dictionary(
      uniqueKeysWithValues: own.map { file in
        let text = file.contents.replacingOccurrences(
          of: "\(pairName)Runtime", with: "\(Net.digits.name)Runtime")
        return (file.path, Data(text.utf8))
      })
  }

  private static func driverFiles(_ nets: [Net]) throws -> [String: Data] {
    let templates = testFolder.appending(path: "Driver")
    var files: [String: Data] = [:]
    for path in ["allocations.c", "include/allocations.h"] {
      files["Sources/Allocations/\(path)"] = try Data(contentsOf: templates.appending(path: "Allocations/\(path)"))
    }
    files["Sources/driver/main.swift"] = try Data(contentsOf: templates.appending(path: "main.swift"))
    let model = try String(contentsOf: templates.appending(path: "Model.swift"), encoding: .utf8)
    for net in nets {
      let text = model.replacingOccurrences(of: "ModelName", with: net.name)
      files["Sources/driver/\(net.name).swift"] = Data(text.utf8)
    }
    let runners = nets.map { "  \($0.name)Runner(),\n" }.joined()
    files["Sources/driver/Runners.swift"] = Data("let runners: [any Runner] = [\n\(runners)]\n".utf8)
    let packages = nets.map { "    .package(path: \"../\($0.name)\"),\n" }.joined()
    let products = nets.map { ", .product(name: \"\($0.name)\", package: \"\($0.name)\")" }.joined()
    files["Package.swift"] = Data(
      """
      // swift-tools-version: 6.2
      import PackageDescription

      let package = Package(
        name: "Driver",
        dependencies: [
      \(packages)  ],
        targets: [
          .target(name: "Allocations"),
          .executableTarget(name: "driver", dependencies: ["Allocations"\(products)]),
        ],
        swiftLanguageModes: [.v6]
      )

      """.utf8)
    return files
  }

  /// The command that a package brings.
  func command(of net: Net) throws -> URL {
    let name = net.name.lowercased()
    let scratch = driver.appending(path: Self.buildFolder(sanitizer))
    // With a package for each model the driver needs no commands, so they are not built with it.
    if root != folder {
      try run("swift", ["build", "-c", configuration, "--product", name, "--scratch-path", scratch.path], in: root)
    }
    return products.appending(path: name)
  }

  /// Object files of the target with a package's kernels for `suffix`.
  func objects(of net: Net, _ suffix: String) throws -> [String] {
    let build = products.resolvingSymlinksInPath().appending(path: "\(net.name)\(suffix).build")
    return try FileManager.default.contentsOfDirectory(atPath: build.path).filter { $0.hasSuffix(".o") }.sorted()
      .map { build.appending(path: $0).path }
  }

  struct Output {
    var values: [Float]
    var classes: [Int]
  }

  /// Runs a model on a file of float32 images in a process of its own, and checks that nothing was allocated.
  func logits(_ net: Net, weights: URL, isa: ISA, threads: Int, pixels: URL) throws -> Output {
    try drive([net.name, weights.path, "\(isa)", "\(threads)", "pixels", pixels.path])
  }

  /// The same on images of three bytes a pixel; names their classes too.
  func classes(
    _ net: Net, weights: URL, isa: ISA, threads: Int, rgb: URL, width: Int, height: Int
  ) throws -> Output {
    try drive([net.name, weights.path, "\(isa)", "\(threads)", "rgb", "\(width)", "\(height)", rgb.path])
  }

  /// Packs weights as a program does, through the package's interface.
  func pack(_ net: Net, weights: URL, isa: ISA, to file: URL) throws {
    try run(products.appending(path: "driver").path, [net.name, weights.path, "\(isa)", "pack", file.path])
  }

  private func drive(_ arguments: [String]) throws -> Output {
    try withTemporaryFolder { scratch in
      let file = scratch.appending(path: "out.f32")
      let text = try run(products.appending(path: "driver").path, arguments + [file.path]).output
      let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
      func numbers(_ name: String) -> [Int] {
        lines.first { $0.first ?? "" == name }.map { $0.dropFirst().compactMap { Int($0) } } ?? []
      }
      let allocations = try #require(numbers("allocations").first, "\(text)")
      let counted = try #require(numbers("counted").first, "\(text)")
      #expect(allocations == 0, "\(arguments) allocated while running")
      #expect(counted > 0, "the counter sees no allocation")
      let values = try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
      return Output(values: values, classes: numbers("classes"))
    }
  }
}

/// One decimal.
func rounded(_ seconds: Double) -> String { String(format: "%.1f", seconds) }

/// Writes values as they lie in memory.
func write<Value: BitwiseCopyable>(_ values: [Value], to url: URL) throws {
  try values.withUnsafeBytes { try Data($0).write(to: url) }
}

extension Umbrella {
  /// Runs every instruction set of this machine, each with all of `threads`, and holds the logits against PyTorch's in
  /// double precision. Threads divide the work but do not change it, so their number changes no bit.
  func expectAnswers(of net: Net, threads: [Int]) throws {
    let answers = try Answers(try #require(net.fixture))
    let compilation = try net.compiled()
    try withTemporaryFolder { scratch in
      let weights = scratch.appending(path: "weights.safetensors")
      let pixels = scratch.appending(path: "in.f32")
      try answers.writeWeights(of: compilation, to: weights)
      try write(answers.pixels(of: compilation, filling: net.batch), to: pixels)
      for isa in net.isas {
        var single: [Float]?
        for count in threads {
          let output = try logits(net, weights: weights, isa: isa, threads: count, pixels: pixels).values
          let error = answers.error(of: output, filling: net.batch, sizes: compilation.outputSizes)
          #expect(error < 1e-4, "\(net.name), \(isa), \(count) threads: off by \(error) of the largest logit")
          if let single {
            #expect(output == single, "\(net.name), \(isa): \(count) threads do not give what one gives")
          } else {
            single = output
            print("\(net.name), \(isa): within \(String(format: "%.1e", error)) of PyTorch, \(threads) threads")
          }
        }
      }
    }
  }

  /// The package's own `verify`, a workspace full of NaN: every layer against a plain network in double precision.
  func expectEveryLayer(of net: Net, threads: [Int]) throws {
    let command = try command(of: net)
    for isa in net.isas {
      for count in threads {
        let text = try run(
          command.path, ["verify", "--weights", "random:1", "--isa", "\(isa)", "--threads", "\(count)", "--quiet"]
        ).output
        #expect(text.contains("within 1.0e-04"))
        if count == 1 { print("\(net.name), \(text)", terminator: "") }
      }
    }
  }
}
