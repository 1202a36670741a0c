// The generated package's manifest and README.
//
// Tools version 6.2 is what lets a package with `unsafeFlags` be a versioned dependency. The flags come after those of
// whoever depends on it, so kernels are optimised even in a debug build.

func manifest(_ contents: PackageContents) -> String { manifest(contents, of: [contents]) }

/// The manifest of one network, or of several and the ensemble that they make.
///
/// - Parameter contents: What the package is called by, and its runtime.
func manifest(_ contents: PackageContents, of networks: [PackageContents]) -> String {
  let name = contents.ensemble ?? contents.name
  let targets = contents.plans.map(\.target)
  let members = contents.ensemble == nil ? [] : networks.map(\.name)
  var printer = CodePrinter()
  printer.line("// swift-tools-version: 6.2")
  printer.line(contents.head)
  printer.line("import PackageDescription")
  printer.line()
  if targets.contains(where: { $0.architecture == "x86_64" }) {
    printer.line("// Flags of x86 are an error elsewhere, and a manifest sees only the host. When building for another")
    printer.line("// architecture, say so: TARGET_ARCH=arm64 swift build ...")
    printer.line("#if arch(x86_64)")
    printer.line("let host = \"x86_64\"")
    printer.line("#else")
    printer.line("let host = \"other\"")
    printer.line("#endif")
    printer.line("let x86 = (Context.environment[\"TARGET_ARCH\"] ?? host) == \"x86_64\"")
    printer.line()
  }
  printer.block("func kernels(_ name: String, _ flags: [String] = []) -> Target {", "}") { printer in
    printer.line(
      ".target(name: name, dependencies: [\"\(contents.cpuModule)\"], "
        + "swiftSettings: [.unsafeFlags([\"-Ounchecked\"] + flags)])")
  }
  printer.line()
  printer.block("let package = Package(", ")") { printer in
    printer.line("name: \"\(name)\",")
    printer.line("platforms: [.macOS(.v15)],")
    printer.block("products: [", "],") { printer in
      printer.line(".library(name: \"\(name)\", targets: [\(quotedList([name] + members))]),")
      if contents.includeCommand {
        printer.line(".executable(name: \"\(name.lowercased())\", targets: [\"\(name)Command\"]),")
      }
    }
    printer.block("targets: [", "],") { printer in
      if !members.isEmpty {
        printer.line(
          ".target(name: \"\(name)\", dependencies: [\(quotedList([contents.runtimeModule] + members))]),")
      }
      for network in networks {
        let dependencies = quotedList([contents.runtimeModule] + targets.map(network.kernelModule))
        printer.line(".target(name: \"\(network.name)\", dependencies: [\(dependencies)]),")
        for target in targets {
          printer.line("kernels(\"\(network.kernelModule(target))\"\(flags(target))),")
        }
      }
      printer.line(
        ".target(name: \"\(contents.runtimeModule)\", dependencies: [\"\(contents.cpuModule)\"], "
          + "swiftSettings: [.unsafeFlags([\"-O\"])]),")
      printer.line(".target(name: \"\(contents.cpuModule)\"),")
      if contents.includeCommand {
        printer.line(
          "// Without Swift's dynamic libraries the command starts in half the time, and runs where they are not.")
        printer.block(".executableTarget(", "),") { printer in
          printer.line("name: \"\(name)Command\", dependencies: [\"\(name)\", \"\(contents.runtimeModule)\"],")
          printer.line(
            "linkerSettings: [.unsafeFlags([\"-static-stdlib\"], .when(platforms: [.linux], configuration: .release))]")
        }
      }
      let tested = quotedList(networks.map(\.name) + [contents.runtimeModule])
      printer.line(".testTarget(name: \"\(name)Tests\", dependencies: [\(tested)]),")
    }
    printer.line("swiftLanguageModes: [.v6]")
  }
  return printer.text
}

private func quotedList(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }

private func flags(_ target: Target) -> String {
  switch (target.name, target.precision) {
  case ("avx512fp16", _):
    ", x86 ? [\"-Xcc\", \"-march=x86-64-v4\", \"-Xcc\", \"-mavx512fp16\"] : []"
  case ("avx512", .float32), ("avx512", .float16): ", x86 ? [\"-Xcc\", \"-march=x86-64-v4\"] : []"
  case ("avx512", .int8): ", x86 ? [\"-Xcc\", \"-march=x86-64-v4\", \"-Xcc\", \"-mavx512vnni\"] : []"
  case ("avxvnni", _): ", x86 ? [\"-Xcc\", \"-march=x86-64-v3\", \"-Xcc\", \"-mavxvnni\"] : []"
  case ("avx2", _): ", x86 ? [\"-Xcc\", \"-march=x86-64-v3\"] : []"
  case ("neondot", _): ", x86 ? [] : [\"-Xcc\", \"-march=armv8.2-a+dotprod\"]"
  default: ""
  }
}

func readme(_ contents: PackageContents) -> String {
  let name = contents.name
  let command = contents.commandName
  let input = contents.graph.nodes[0].shape
  let graph = contents.graph
  let outputs = graph.results.enumerated().map { index, node in
    let shape = graph[node].shape
    let name = graph.named.isEmpty ? "" : "`\(graph.named[index].name)` "
    return "\(name)\(shape.channels) x \(shape.height) x \(shape.width)"
  }
  let plan = contents.plans.first
  let isas = contents.plans.map(\.target.name).joined(separator: ", ")
  let options = contents.optionsText.isEmpty ? "" : "\n| compiled with | `\(contents.optionsText)` |"
  var text = """
    # \(name)

    A network compiled to Swift by resnetc \(resnetcVersion) from `\(contents.sourceName)`. It needs nothing but the Swift
    toolchain (6.2 or later), and it is yours: move it, commit it, depend on it.

    | | |
    |---|---|
    | input | \(input.channels) x \(input.height) x \(input.width), batch \(plan?.batch ?? 1) |
    | output | \(outputs.joined(separator: ", ")) |
    | parameters | \(grouped(contents.cost.parameters)) |
    | multiply-adds | \(grouped(contents.cost.macs)) an image |
    | activations | \(grouped(plan?.arenaBytes ?? 0)) bytes in a workspace (\(plan?.target.name ?? "")) |
    | kernels | \(isas), chosen when a model is loaded |\(options)

    ## In your code

    ```swift
    // In your Package.swift, with FOLDER the name of this package's folder (or repository):
    //   .package(path: "../FOLDER")  and  .product(name: "\(name)", package: "FOLDER")
    import \(name)

    let model = try \(name)(weights: "\(command).safetensors", threads: 2)
    var workspace = try model.makeWorkspace()
    \(call(contents))
    ```

    A model is immutable and may be shared by any number of threads; each of them keeps a workspace of its own. A call
    computes on the thread that makes it. From tasks, such as those of a server, call a service, whose threads are its own:

    ```swift
    let service = try model.makeService()
    \(serviceCall(contents))
    ```

    \(weightsText(contents))

    ```
    resnetc convert checkpoint.pth --model \(contents.sourceName) -o \(command).safetensors
    ```

    Loading them folds batch norm and lays them out for the processor, which takes \(name) a moment at every start.
    `\(command) pack` (or `\(name).pack(weights:to:)`) does it once, into a file that is mapped as it is, by any number of
    processes at once; give it wherever weights are asked for.

    Building for another architecture than the one that builds: `TARGET_ARCH=arm64 swift build ...`.

    """
  if contents.includeCommand {
    text += """

      ## From the shell

      ```
      \(classifyLine(contents))swift run -c release \(command) logits --weights W --input in.f32 --output out.f32
      swift run -c release \(command) bench --weights random:1 --threads 1
      swift run -c release \(command) verify --weights random:1
      swift run -c release \(command) pack --weights \(command).safetensors -o \(command).packed
      ```

      """
  }
  return text
}

/// Where weights come from.
private func weightsText(_ contents: PackageContents) -> String {
  let names = "Weights are a safetensors file with the names that `\(contents.sourceName)` gives its tensors."
  guard let file = contents.weights else {
    return names + " From a checkpoint of\nPyTorch, timm, Hugging Face, Keras or Caffe:"
  }
  return """
    `\(file)` beside this file holds the weights that the package was generated with. Its command finds them there, or beside
    itself, without `--weights`; a program passes their path. \(names)
    From another checkpoint of PyTorch, timm, Hugging Face, Keras or Caffe:
    """
}

/// What a program asks of the model, by what the network ends in.
private func call(_ contents: PackageContents) -> String {
  if let first = contents.graph.named.first {
    return """
      // pixels: NCHW float32; one of these for each image.
      let features = try model.features(pixels, using: &workspace)
      print(features[0].\(memberName(first.name)).count)
      """
  }
  guard contents.answer != .map else {
    return "let map = try model.logits(pixels, using: &workspace)  // pixels: NCHW float32"
  }
  let score =
    switch contents.answer {
    case .softmax: "its softmax, from 0 to 1"
    case .sigmoid: "its sigmoid, from 0 to 1"
    case .values, .map: "its output as it is"
    }
  return """
    // The score of a class is \(score).
    let best = try model.classify(rgb: bytes, width: width, height: height, top: 5, using: &workspace)
    for prediction in best { print(prediction.label ?? "\\(prediction.index)", prediction.score) }
    """
}

/// The same of a service.
private func serviceCall(_ contents: PackageContents) -> String {
  guard contents.readsImages, contents.answer != .map else {
    return "let outputs = try await service.logits(pixels)  // NCHW float32, any number of images"
  }
  return "let best = try await service.classify(file: bytesOfAnImageFile, top: 5)"
}

/// A line that ends; none where there are no classes.
private func classifyLine(_ contents: PackageContents) -> String {
  guard contents.answer != .map, contents.readsImages else { return "" }
  let command = contents.commandName
  let weights = contents.weights == nil ? " --weights \(command).safetensors" : ""
  return """
    swift run -c release \(command) classify photo.jpg\(weights) --top 5
    swift run -c release \(command) evaluate --images val\(weights) --threads 2
    swift run -c release \(command) embed photos -o photos.npy\(weights)

    """
}
