// A generated C package, in memory: one header, the engine, the kernels and the plan of each instruction set, a command, and
// what builds them. C11 with libc alone, from the plan that the Swift package is printed from.
internal import ResNetDSL

/// What a C package is, besides its network.
package struct COptions: Sendable {
  /// Before every name that other code may see: `resnet50`.
  package var prefix: String
  /// One header and one source file instead of a project.
  package var isSingleFile: Bool
  /// A call that needs no memory of the caller's.
  package var hasStaticArena: Bool
  /// Weights are part of the program: in a file of their own, which is written when they have been packed.
  package var embedsWeights: Bool
  /// Also the folder `web`. Only where the contents have no `reasonAgainstWeb`.
  package var hasWeb: Bool
  /// Also a Python package around it.
  package var hasPython: Bool

  package init(
    prefix: String, isSingleFile: Bool = false, hasStaticArena: Bool = false, embedsWeights: Bool = false,
    hasWeb: Bool = false, hasPython: Bool = false
  ) {
    self.prefix = prefix
    self.isSingleFile = isSingleFile
    self.hasStaticArena = hasStaticArena
    self.embedsWeights = embedsWeights
    self.hasWeb = hasWeb
    self.hasPython = hasPython
  }

  /// The file of the weights.
  package var weightsFile: String { isSingleFile ? "\(prefix)_weights.c" : "src/weights.c" }
}

/// Every file of the package, in a fixed order.
package func emitCPackage(
  _ contents: PackageContents, _ options: COptions, templates: Templates
) throws(TemplateError) -> [EmittedFile] {
  let emitter = CEmitter(contents: contents, options: options, templates: templates)
  let sources = try emitter.sources()
  let files = options.isSingleFile ? try emitter.singleFile(sources) : emitter.project(sources)
  let web = options.hasWeb ? try emitter.web(sources) : []
  return files + web + (options.hasPython ? try emitter.pythonPackage() : [])
}

/// One source file: its place in a project, and its text without a head.
struct CSource {
  let path: String
  let text: String

  var name: String { path.split(separator: "/").last.map(String.init) ?? path }
  /// Of the program around the library.
  var isCommand: Bool { path.hasPrefix("command/") }
}

/// Prints the parts.
struct CEmitter {
  let contents: PackageContents
  let options: COptions
  let templates: Templates

  var prefix: String { options.prefix }
  /// Of macros.
  var macro: String { prefix.uppercased() }
  private var plans: [Plan] { contents.plans }

  /// The sources, each behind those that it includes.
  func sources() throws(TemplateError) -> [CSource] {
    var sources = [
      CSource(path: "include/\(prefix).h", text: try expand("net.h")),
      CSource(path: "src/resnet_simd.h", text: "#define RESNET_TARGETS\n\n" + embedded("include/resnet_simd.h")),
      CSource(path: "src/resnet_integers.h", text: embedded("include/resnet_integers.h")),
      CSource(path: "src/resnet_halves.h", text: embedded("include/resnet_halves.h")),
      CSource(path: "src/resnet_cpu.h", text: embedded("include/resnet_cpu.h")),
      CSource(path: "src/internal.h", text: try expand("internal.h")),
    ]
    for plan in plans { sources += try planSources(plan) }
    sources.append(CSource(path: "src/\(prefix).c", text: try expand("net.c")))
    sources.append(CSource(path: "src/threads.c", text: try expand("threads.c")))
    guard contents.includeCommand else { return sources }
    for file in ["command.h", "session.c", "subcommands.c", "command.c"] {
      sources.append(CSource(path: "command/" + file, text: try expand(file)))
    }
    return sources
  }

  private func embedded(_ name: String) -> String {
    EmbeddedCPU.all.first { $0.name == name }?.text ?? ""
  }

  private func planSources(_ plan: Plan) throws(TemplateError) -> [CSource] {
    let kernels = try CKernels(plan, self)
    let folder = "src/\(plan.target.cName)/"
    return [CSource(path: folder + "kernels_\(plan.target.cName).h", text: kernels.header)]
      + kernels.files.map { CSource(path: folder + $0.name + ".c", text: $0.text) }
      + [CSource(path: folder + "plan_\(plan.target.cName).c", text: kernels.plan)]
  }

  // MARK: Templates

  private func expand(_ file: String) throws(TemplateError) -> String {
    try templates.expand("C/" + file, parameters)
  }

  private var parameters: [String: TemplateValue] {
    let input = contents.graph.nodes[0].shape
    let outputs = contents.graph.results.map { contents.graph[$0].shape }
    func largest(_ bytes: (Plan) -> Int) -> Int { plans.map(bytes).max() ?? 0 }
    return [
      "net": .text(prefix), "NET": .text(macro), "netName": .text(contents.name),
      "netSource": .text(contents.sourceName),
      "netSummary": .text(summary),
      "batchSize": .int(plans.first?.batch ?? 1),
      "inputChannels": .int(input.channels), "inputHeight": .int(input.height), "inputWidth": .int(input.width),
      "outputFloats": .int(outputs.reduce(0) { $0 + $1.count }), "outputCount": .int(outputs.count),
      "weightsBytes": .int(largest(\.packedBytes)), "activationsBytes": .int(largest(\.activationsBytes)),
      "scratchBytes": .int(largest(\.threadBytes)),
      "outputMacros": .text(outputMacros), "sizeMacros": .text(sizeMacros),
      "isaCases": .text(plans.map { "  \(macro)_\($0.target.cName.uppercased())" }.joined(separator: ",\n")),
      "isaRuns": .text(plans.map(isaRuns).joined(separator: "\n")),
      "planDeclarations": .text(
        plans.map { "extern const struct \(prefix)_plan \(planName($0)) \(macro)_INTERNAL;" }.joined(separator: "\n")),
      "planList": .text(plans.map { guarded($0.target, "    &\(planName($0)),") }.joined(separator: "\n")),
      "isaCount": .int(plans.count), "embedded": .int(options.embedsWeights ? 1 : 0),
      "staticArena": .int(options.hasStaticArena ? 1 : 0),
    ]
  }

  var summary: String {
    "\(contents.name): \(contents.cost.parameters) parameters, \(contents.cost.macs) multiply-adds an image."
  }

  func planName(_ plan: Plan) -> String { "\(prefix)_plan_\(plan.target.cName)" }

  private func isaRuns(_ plan: Plan) -> String {
    let name = plan.target.cName
    let test =
      switch (plan.target.name, plan.target.precision) {
      case ("avx512", .int8): "resnet_cpu_has_avx512_vnni()"
      case ("neon", _), ("portable", _): "1"
      default: "resnet_cpu_has_\(plan.target.name)()"
      }
    return "    case \(macro)_\(name.uppercased()): return \(test);"
  }

  /// Of each output, its shape and where it begins among an image's outputs.
  private var outputMacros: String {
    let graph = contents.graph
    var lines: [String] = []
    var start = 0
    // In capitals, unless two names differ in nothing else.
    let upper = graph.named.map { $0.name.uppercased() }
    let names = Set(upper).count == upper.count ? upper : graph.named.map(\.name)
    for (index, node) in graph.results.enumerated() {
      let shape = graph[node].shape
      let name = graph.named.isEmpty ? "OUTPUT" : "OUTPUT_" + names[index]
      lines.append("/** \(graph[node].name): \(shape.channels) x \(shape.height) x \(shape.width). */")
      if !graph.named.isEmpty { lines.append("#define \(macro)_\(name)_START \(start)") }
      lines.append("#define \(macro)_\(name)_CHANNELS \(shape.channels)")
      lines.append("#define \(macro)_\(name)_HEIGHT \(shape.height)")
      lines.append("#define \(macro)_\(name)_WIDTH \(shape.width)")
      start += shape.count
    }
    return lines.joined(separator: "\n")
  }

  /// Of each instruction set.
  private var sizeMacros: String {
    plans.flatMap { plan in
      let name = "\(macro)_\(plan.target.cName.uppercased())"
      return [
        "#define \(name)_WEIGHTS_BYTES \(plan.packedBytes)",
        "#define \(name)_ACTIVATIONS_BYTES \(plan.activationsBytes)",
        "#define \(name)_SCRATCH_BYTES \(plan.threadBytes)",
      ]
    }.joined(separator: "\n")
  }
}

extension Target {
  /// What a C compiler defines where this instruction set may be; `nil` everywhere.
  var cCondition: String? {
    switch architecture {
    case "x86_64": "defined(__x86_64__)"
    case "arm64": "defined(__aarch64__)"
    default: nil
    }
  }

  /// The macro that carries the instruction set to a function.
  var cAttribute: String {
    switch (name, precision) {
    case ("avx512", .float32), ("avx512", .float16): "RESNET_FOR_AVX512"
    case ("avx512", .int8): "RESNET_FOR_VNNI"
    case ("avx512fp16", _), ("neonfp16", _): "RESNET_FOR_FP16"
    case ("avxvnni", _): "RESNET_FOR_AVXVNNI"
    case ("avx2", _): "RESNET_FOR_AVX2"
    case ("neondot", _): "RESNET_FOR_NEONDOT"
    default: ""
    }
  }
}

/// Lines that only the instruction set's architecture compiles.
func guarded(_ target: Target, _ lines: String) -> String {
  target.cCondition.map { "#if \($0)\n\(lines)\n#endif" } ?? lines
}

extension Plan {
  /// A packed file's.
  package var packedBytes: Int { 4096 + weightBytes }
  /// Whole pages, so that two threads never write to one.
  var activationsBytes: Int { max(1, (arenaBytes + 4095) / 4096) * 4096 }
  var threadBytes: Int { max(1, (scratchFloats * 4 + 4095) / 4096) * 4096 }
}
