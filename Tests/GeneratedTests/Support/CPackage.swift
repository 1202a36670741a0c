// Generated C packages: written, compiled as their users compile them, and run.
import Foundation
import ResNetCompiler
import ResNetRuntime
import Testing

/// One network in C, as a program.
struct CPackage {
  let folder: URL
  let net: Net
  let compilation: Compilation
  let prefix: String
  let contents: PackageContents

  /// - Parameter compiler: with its flags, as a shell takes it.
  init(
    _ net: Net, in folder: URL, prefix: String? = nil, isSingleFile: Bool = true, compiler: String = "clang -O2",
    hasWeb: Bool = false, labels: [String] = []
  ) throws {
    self.net = net
    self.folder = folder
    compilation = try net.compiled()
    self.prefix = prefix ?? net.name.lowercased()
    contents = PackageContents(compilation, from: try net.sourceFile(), net.options, labels: labels)
    let files = try emitCPackage(
      contents,
      COptions(prefix: self.prefix, isSingleFile: isSingleFile, hasStaticArena: true, hasWeb: hasWeb),
      templates: .embedded)
    try replaceFiles(
      below: folder, with: Dictionary(uniqueKeysWithValues: files.map { ($0.path, Data($0.contents.utf8)) }))
    guard !compiler.isEmpty else { return }
    let sources = isSingleFile ? "*.c" : "-Iinclude -Isrc -Icommand src/*.c src/*/*.c command/*.c"
    try run(
      "sh", ["-c", "\(compiler) \(warnings) -D\(self.prefix.uppercased())_THREADS \(sources) -lm -pthread -o program"],
      in: folder)
  }

  var command: String { folder.appending(path: "program").path }

  /// Packs a safetensors file for one instruction set.
  func pack(_ weights: URL, for isa: ISA, _ precision: ResNetCompiler.Precision = .float32) throws -> URL {
    let tables = try #require(
      contents.tables.first { $0.target.name == "\(isa)" && $0.target.precision == precision })
    let file = folder.appending(path: "\(prefix).\(tables.target.title).packed")
    try contents.packing(tables).pack(weights: weights.path, to: file.path)
    return file
  }

  /// The same in whole numbers, for the kernels of each instruction set, by their names, this machine's or not.
  func packIntegers(_ weights: URL, _ ranges: Ranges) throws -> [String: URL] {
    var files: [String: URL] = [:]
    for tables in contents.tables where tables.target.precision == .int8 {
      let file = folder.appending(path: "\(prefix).\(tables.target.title).packed")
      try contents.packing(tables).pack(weights: weights.path, to: file.path, ranges: ranges)
      files[tables.target.name] = file
    }
    return files
  }

  /// The outputs of a file of float32 images.
  func logits(_ weights: URL, threads: Int, pixels: URL) throws -> [Float] {
    let file = folder.appending(path: "out.f32")
    try run(
      command,
      [
        "logits", "--weights", weights.path, "--input", pixels.path, "--output", file.path, "--threads", "\(threads)",
      ])
    return try Data(contentsOf: file).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}

extension PackageContents {
  func packing(_ tables: PlanTables) -> PackingTables {
    PackingTables(
      model: name, isa: tables.target.title, lanes: tables.target.lanes, weightFloats: tables.weightFloats,
      layers: tables.layers, steps: tables.steps, auxiliary: auxiliary, outputs: results)
  }
}

/// What generated C is clean under.
let warnings = "-Wall -Wextra -Wpedantic -Wconversion -Werror"

extension CPackage {
  /// Every instruction set of this machine, with each of `threads`, against PyTorch in double precision and, bit for bit,
  /// against the Swift package.
  func expectAnswers(threads: [Int], like swift: Umbrella?) throws {
    let answers = try Answers(try #require(net.fixture))
    let weights = folder.appending(path: "weights.safetensors")
    let pixels = folder.appending(path: "in.f32")
    try answers.writeWeights(of: compilation, to: weights)
    try write(answers.pixels(of: compilation, filling: net.batch), to: pixels)
    for isa in net.isas {
      let packed = try pack(weights, for: isa)
      let expected = try swift?.logits(net, weights: packed, isa: isa, threads: 1, pixels: pixels).values
      for count in threads {
        let output = try logits(packed, threads: count, pixels: pixels)
        let error = answers.error(of: output, filling: net.batch, sizes: compilation.outputSizes)
        #expect(error < 1e-4, "\(net.name) in C, \(isa), \(count) threads: off by \(error) of the largest logit")
        if let expected {
          #expect(
            output.map(\.bitPattern) == expected.map(\.bitPattern),
            "\(net.name), \(isa), \(count) threads: C and Swift differ")
        }
      }
    }
  }
}
