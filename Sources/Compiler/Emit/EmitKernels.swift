// From a kernel's description to its Swift: the parameters of its template. One file a kernel, self-contained but for the
// vocabulary of its module.
internal import ResNetDSL

/// Where templates come from.
package struct Templates: Sendable {
  /// By name: `Kernels/Convolution`.
  package var text: @Sendable (String) throws(TemplateError) -> String

  package init(text: @escaping @Sendable (String) throws(TemplateError) -> String) { self.text = text }

  /// As embedded in the compiler, so that the binary works wherever it is moved.
  package static let embedded = Templates { name throws(TemplateError) in
    guard let text = EmbeddedTemplates.all.first(where: { $0.name == fileName(of: name) })?.text else {
      throw TemplateError(line: 0, message: "there is no template named '\(name)'")
    }
    return text
  }

  /// Kernels and Swift's API are named without their ending, C's files with it.
  package static func fileName(of name: String) -> String { name.contains(".") ? name : name + ".swift" }

  /// Expands a template; an error names it.
  func expand(_ name: String, _ parameters: [String: TemplateValue]) throws(TemplateError) -> String {
    var parsed: [String: Template] = [:]
    return try expand(name, parameters, &parsed)
  }

  /// The same for many instances; `parsed` keeps the templates that were taken apart.
  func expand(
    _ name: String, _ parameters: [String: TemplateValue], _ parsed: inout [String: Template]
  ) throws(TemplateError) -> String {
    do throws(TemplateError) {
      if let template = parsed[name] { return try template.expanded(parameters) }
      let template = Template(try text(name))
      parsed[name] = template
      return try template.expanded(parameters)
    } catch {
      var error = error
      error.template = name
      throw error
    }
  }
}

/// The module of kernels of one plan.
struct KernelEmitter {
  let plan: Plan
  let templates: Templates
  /// The module of `resnet_simd.h`.
  let cpuModule: String
  private var parsed: [String: Template] = [:]

  init(plan: Plan, templates: Templates, cpuModule: String) {
    self.plan = plan
    self.templates = templates
    self.cpuModule = cpuModule
  }

  typealias Parameters = [String: TemplateValue]

  /// `kernel07_conv3_1_2`: its number, and the first layer that uses it.
  func name(of kernel: Int) -> String {
    let layer = plan.steps.first { $0.kernel == kernel }.map { plan.graph[$0.convolution ?? $0.node].name } ?? ""
    let number = kernel < 10 ? "0\(kernel)" : "\(kernel)"
    return "kernel\(number)_" + layer.map { $0.isWordCharacter ? String($0) : "_" }.joined()
  }

  /// One Swift file for kernel `index`.
  mutating func source(of index: Int) throws(TemplateError) -> String {
    let name = name(of: index)
    let docs = docs(of: index)
    switch plan.kernels[index] {
    case .convolution(let kernel):
      return try convolutionText(kernel, named: ["kernel": name], docs)
    case .depthwise(let kernel):
      return try expand("Depthwise", depthwise(kernel), named: ["depthwiseKernel": name], docs)
    case .winograd(let kernel):
      // Only their own file calls the outputs.
      let parameters = winograd(kernel).merging(["internal": .text("private")]) { own, _ in own }
      let names = ["winogradKernel": name]
      return try expand("Winograd", parameters, named: names, docs)
        + "\n" + expand("WinogradOutput", parameters, named: names)
    case .pool(let kernel):
      return try expand("Pool", pool(kernel), named: ["poolKernel": name], docs)
    case .elementwise(let kernel):
      return try expand("Elementwise", elementwise(kernel), named: ["elementwiseKernel": name], docs)
    case .channelWindow(let kernel):
      return try expand("ChannelWindow", channelWindow(kernel), named: ["channelWindowKernel": name], docs)
    case .channelConvolution(let kernel):
      return try expand(
        "ChannelConvolution", channelConvolution(kernel), named: ["channelConvolutionKernel": name], docs)
    case .adaptivePool(let kernel):
      return try expand("AdaptivePool", adaptivePool(kernel), named: ["adaptivePoolKernel": name], docs)
    case .gather(let kernel):
      return try expand("Gather", gather(kernel), named: ["gatherKernel": name], docs)
    case .upsample(let kernel):
      return try expand("Upsample", upsample(kernel), named: ["upsampleKernel": name], docs)
    case .sampleNorm(let kernel):
      return try expand("SampleNorm", sampleNorm(kernel), named: ["sampleNormKernel": name], docs)
    case .pooledConvolution(let kernel):
      let names = ["kernel": name + "_rows", "poolKernel": name + "_pool", "pooledKernel": name]
      return try convolutionText(kernel.convolution, named: names, "Computes rows of the ring.")
        + "\n" + expand("Pool", pool(kernel.pool, isComputed: true), named: names)
        + "\n" + expand("PooledConvolution", pooledConvolution(kernel), named: names, docs)
    case .separable(let kernel):
      let names = ["kernel": name + "_rows", "depthwiseKernel": name + "_depthwise", "pooledKernel": name]
      return try convolutionText(kernel.convolution, named: names, "Computes rows of the ring.")
        + "\n" + expand("Depthwise", depthwise(kernel.depthwise), named: names)
        + "\n" + expand("PooledConvolution", separable(kernel), named: names, docs)
    }
  }

  /// The walk over units, then the tiles.
  private mutating func convolutionText(
    _ kernel: ConvolutionKernel, named names: [String: String], _ docs: String
  ) throws(TemplateError) -> String {
    // Only their own file calls them.
    let parameters = convolution(kernel).merging(["internal": .text("private")]) { own, _ in own }
    return try expand("Convolution", parameters, named: names, docs)
      + "\n" + expand("ConvolutionTile", parameters, named: names)
  }

  /// One template of `Kernels/`.
  private mutating func expand(
    _ template: String, _ parameters: Parameters, named names: [String: String], _ docs: String = ""
  ) throws(TemplateError) -> String {
    var parameters = parameters.merging(words) { own, _ in own }
    for (word, name) in names { parameters[word] = .text(name) }
    parameters["docs"] = .text(docs)
    parameters["ResNetCPU"] = .text(cpuModule)
    return try templates.expand("Kernels/" + template, parameters, &parsed)
  }

  /// The words that kernels share, for this target's vector.
  func vocabulary() throws(TemplateError) -> String {
    try templates.expand(
      "Kernels/Vocabulary",
      words.merging([
        "SIMD4": .text("SIMD\(plan.target.lanes)"), "ResNetCPU": .text(cpuModule),
        "hasFMA": .int(plan.target.hasFMA ? 1 : 0),
      ]) { word, _ in word })
  }

  /// What every template says of vectors, in this target's width.
  var words: Parameters {
    var words: Parameters = ["lanes": .int(plan.target.lanes)]
    for word in [
      "load", "load_weight", "store", "splat", "fma", "multiply_add", "add", "subtract", "multiply", "divide", "max",
      "clamp",
      "number", "choose_negative", "from_integer", "rescale", "add_integers", "total_halves", "exponent_bits",
      "exponent", "mantissa",
      "relu6", "prelu", "total",
    ] {
      words["resnet_\(word)_4"] = .text("resnet_\(word)_\(plan.target.lanes)")
    }
    return words
  }

  /// One function for the runtime to call: kernel number to kernel.
  func dispatch(functionName: String) -> String {
    var printer = CodePrinter()
    printer.line("/// Runs units `begin..<end` of a kernel. Addresses are those of the values that the plan names;")
    printer.line("/// `scratch` is the calling thread's own, \(plan.scratchFloats) floats.")
    printer.line("public func \(functionName)(")
    printer.line("  _ kernel: Int, _ source_0: UnsafePointer<Float>, _ source_1: UnsafePointer<Float>,")
    printer.line("  _ residual: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>,")
    printer.line("  _ weights: UnsafePointer<Float>, _ scratch: UnsafeMutablePointer<Float>, _ begin: Int, _ end: Int")
    printer.block(") {", "}") { printer in
      printer.line("switch kernel {")
      for (index, kernel) in plan.kernels.enumerated() {
        printer.line("case \(index): \(name(of: index))\(arguments(of: kernel))")
      }
      printer.line("default: break")
      printer.line("}")
    }
    return printer.text
  }

  /// Of what a call is given, what the kernel takes.
  func arguments(of kernel: Kernel) -> String {
    switch kernel {
    case .convolution, .pooledConvolution, .separable:
      "(source_0, source_1, residual, y, weights, scratch, begin, end)"
    case .winograd: "(source_0, residual, y, weights, scratch, begin, end)"
    case .depthwise: "(source_0, residual, y, weights, begin, end)"
    case .pool(let kernel) where kernel.isScaled: "(source_0, y, weights, begin, end)"
    case .pool, .channelWindow, .adaptivePool, .gather, .upsample: "(source_0, y, begin, end)"
    case .sampleNorm: "(source_0, y, weights, scratch, begin, end)"
    case .channelConvolution: "(source_0, y, weights, begin, end)"
    case .elementwise(let kernel):
      kernel.operands.count > 2
        ? "(source_0, source_1, residual, y, weights, begin, end)"
        : "(source_0, residual, residual, y, weights, begin, end)"
    }
  }

  /// Which layers share the kernel, and what it does.
  private func docs(of index: Int) -> String {
    let steps = plan.steps.filter { $0.kernel == index }
    let users = steps.map { plan.graph[$0.convolution ?? $0.node] }
    guard let first = users.first else { return "" }
    let others = users.count > 1 ? " and \(users.count - 1) more" : ""
    let shape = "\(first.shape.channels)x\(first.shape.height)x\(first.shape.width)"
    var text = "\(first.name)\(others): \(first.operation.summary), to \(shape)."
    let reduction: Int
    switch plan.kernels[index] {
    case .convolution(let kernel): reduction = kernel.reduction
    case .depthwise(let kernel): reduction = kernel.kernel.height * kernel.kernel.width
    case .pooledConvolution(let kernel): reduction = kernel.convolution.reduction
    case .separable(let kernel): reduction = kernel.convolution.reduction
    case .channelConvolution(let kernel): reduction = kernel.size
    case .winograd, .pool, .elementwise, .channelWindow, .adaptivePool, .gather, .upsample, .sampleNorm:
      return text
    }
    let macs = reduction * first.shape.count
    text += "\n// A reduction of \(reduction) for each output, \(macs) multiply-adds an image."
    if let pool = steps.first(where: { $0.convolution != nil }).map({ plan.graph[$0.node] }) {
      text += "\n// Then \(pool.name): \(pool.operation.summary), to "
      text += "\(pool.shape.channels)x\(pool.shape.height)x\(pool.shape.width)."
    }
    return text
  }

  private func convolution(_ kernel: ConvolutionKernel) -> Parameters {
    let tiling = kernel.tiling
    let lanes = plan.target.lanes
    let weightLanes = kernel.terms[0].weightLanes(plan.target)
    let channelFloats = kernel.out.blocks * lanes
    var parameters: Parameters = [
      "hasFMA": .int(plan.target.hasFMA ? 1 : 0), "batch": .int(kernel.batch), "terms": .int(kernel.terms.count),
      "groups": .int(tiling.groupCount), "rowTiles": .int(tiling.rowTileCount),
      "strip": .int(kernel.strip), "pass": .int(kernel.pass),
      "groupRuns": .int(tiling.groups.count), "rowRuns": .int(tiling.rows.count),
      "columnRuns": .int(tiling.columns.count),
      "vectors": .list(tiling.groups.map(\.size)), "groupCount": .list(tiling.groups.map(\.count)),
      "groupStart": .list(tiling.groups.map(\.start)), "firstGroup": .list(firstTiles(tiling.groups)),
      "rows": .list(tiling.rows.map(\.size)), "rowCount": .list(tiling.rows.map(\.count)),
      "rowStart": .list(tiling.rows.map(\.start)), "firstRowTile": .list(firstTiles(tiling.rows)),
      "pixels": .list(tiling.columns.map(\.size)), "columnCount": .list(tiling.columns.map(\.count)),
      "columnStart": .list(tiling.columns.map(\.start)),
      "slopeFloats": .int((kernel.headVectors - 1) * channelFloats + (kernel.hasResidualFactor ? lanes : 0)),
      "slopeStart": .int((kernel.headVectors - 1) * channelFloats),
      "panelFloats": .int(kernel.panelLanes(plan.target) * tiling.groups[0].size),
      "weightLanes": .int(weightLanes), "resnet_load_weight_4": weightWord,
      "weightVector": .int(kernel.hasPanelForVector ? kernel.reduction * weightLanes : weightLanes),
      "weightStep": .list(tiling.groups.map { kernel.hasPanelForVector ? weightLanes : $0.size * weightLanes }),
    ]
    for (index, name) in ["blocks", "kernelRows", "kernelColumns", "lanesRead"].enumerated() {
      parameters[name] = .list(kernel.terms.map { $0.counts[index] })
    }
    for (index, name) in ["blockStep", "rowStep", "columnStep", "laneStep"].enumerated() {
      parameters[name] = .list(kernel.terms.map { $0.steps[index] })
    }
    parameters["partialPeriod"] = .list(kernel.terms.map { $0.partial?.period ?? 1 })
    parameters["partialFirst"] = .list(kernel.terms.map { $0.partial?.first ?? 1 })
    parameters["partialEmpty"] = .list(kernel.terms.map { $0.counts[3] - ($0.partial?.lanes ?? $0.counts[3]) })
    parameters["pixelStride"] = .list(kernel.terms.map(\.pixelStride))
    parameters["rowStride"] = .list(kernel.terms.map(\.rowStride))
    parameters["imagePitch"] = .list(kernel.terms.map(\.imagePitch))
    parameters["origin"] = .list(kernel.terms.map(\.origin))
    parameters["groupBlocks"] = .int(kernel.groups?.outBlocks ?? 0)
    parameters["groupStep"] = .int(kernel.groups?.sourceStep ?? 0)
    if kernel.groups?.isLanewise ?? false { parameters["resnet_splat_4"] = .text("resnet_load_\(lanes)") }
    addStream(of: kernel, to: &parameters)
    add(kernel.residual, to: &parameters)
    add(kernel.out, to: &parameters)
    add(kernel.activation, over: kernel.out, to: &parameters)
    parameters["isInteger"] = .int(kernel.isInteger ? 1 : 0)
    parameters["rescales"] = .int(kernel.isInteger ? kernel.terms.count - 1 : 0)
    parameters["isShifted"] = .int(kernel.hasSecondOffset ? 1 : 0)
    parameters["multipliesHalves"] = .int(kernel.multipliesHalves ? 1 : 0)
    if kernel.multipliesHalves {
      parameters["resnet_fma_4"] = .text("resnet_fma_halves_\(lanes)")
      parameters["resnet_load_weight_4"] = .text("resnet_load_weight_\(lanes)")
      parameters["hasFMA"] = .int(1)
    }
    if kernel.isInteger {
      parameters["resnet_fma_4"] = productWord
      parameters["hasFMA"] = .int(1)
      parameters["factorStart"] = .int(channelFloats)
      parameters["ratioStart"] = .int(2 * channelFloats)
      parameters["shiftStart"] = .int(3 * channelFloats)
      parameters["residualStart"] = .int(kernel.headVectors * channelFloats)
    }
    return parameters
  }

  /// How the weights pass; offsets count steps of the reduction.
  private func addStream(of kernel: ConvolutionKernel, to parameters: inout Parameters) {
    let stream = kernel.stream
    let chunked = !stream.chunks.isEmpty
    let chunks = chunked ? stream.chunks : kernel.terms.map { .init(of: $0.counts[0], blocks: $0.counts[0]) }
    // Runs of 16 lanes, or of a row of the planar image's kernel, in a chunk (or in all): each asks ahead once.
    let runs = zip(kernel.terms, chunks).map { term, chunks in
      chunks.blocks * term.counts[1] * term.counts[2]
    }
    let allRuns = runs.reduce(0, +)
    parameters["chunks"] = .int(chunked ? chunks.reduce(0) { $0 + $1.count } : 1)
    parameters["passes"] = .int(chunked ? chunks.count : 1)
    parameters["termChunks"] = .list(chunks.map(\.count))
    parameters["firstChunk"] = .list(chunks.indices.map { chunks.prefix($0).reduce(0) { $0 + $1.count } })
    parameters["firstStep"] = .list(chunks.indices.map { kernel.terms.prefix($0).reduce(0) { $0 + $1.reduction } })
    parameters["chunkSteps"] = .list(zip(kernel.terms, chunks).map { $0.blockReduction * $1.blocks })
    parameters["chunkBlocks"] = .list(chunks.map(\.blocks))
    parameters["lastBlocks"] = .list(chunks.map(\.lastBlocks))
    parameters["columnTiles"] = .int(kernel.tiling.columnTileCount)
    parameters["tileFloats"] = .int(kernel.tiling.tileFloats(lanes: plan.target.lanes))
    parameters["aheadFloats"] = .int(stream.ahead)
    parameters["aheadLines"] = .list(
      runs.map { runs in
        let askers = chunked ? runs : allRuns
        return (stream.ahead / WeightStream.line + askers - 1) / askers
      })
    parameters["cacheLine"] = .int(WeightStream.line)
  }

  func add(_ residual: ConvolutionKernel.Residual, to parameters: inout Parameters) {
    let lanes = plan.target.lanes
    var source = ConvolutionKernel.Source(pixelStride: 0, rowStride: 0, blockPitch: 0, imagePitch: 0, origin: 0)
    var mode = 0
    var channels = 0
    var before = 0
    switch residual {
    case .none: break
    case .same(let same): (source, mode) = (same, 1)
    case .zeroPadded(let padded, let count, let channelsBefore):
      (source, channels, before) = (padded, count, channelsBefore)
      mode = channelsBefore % lanes == 0 ? 2 : 3
    }
    parameters["residual"] = .int(mode)
    parameters["loadAdded"] = loadWord(source.number)
    parameters["loadLane"] = laneWord(source.number)
    parameters["residualPixel"] = .int(source.pixelStride)
    parameters["residualRow"] = .int(source.rowStride)
    parameters["residualBlock"] = .int(source.blockPitch)
    parameters["residualImage"] = .int(source.imagePitch)
    parameters["residualOrigin"] = .int(source.origin)
    parameters["residualBlocks"] = .int((channels + lanes - 1) / lanes)
    parameters["residualBlocksBefore"] = .int(before / lanes)
    parameters["residualChannels"] = .int(channels)
    parameters["residualChannelsBefore"] = .int(before)
  }

  func add(_ out: OutputMap, to parameters: inout Parameters) {
    parameters["outBlocks"] = .int(out.blocks)
    parameters["outHeight"] = .int(out.height)
    parameters["outWidth"] = .int(out.width)
    parameters["outPixelPitch"] = .int(out.pixelPitch)
    parameters["outRowPitch"] = .int(out.rowPitch)
    parameters["outBlockPitch"] = .int(out.blockPitch)
    parameters["outImagePitch"] = .int(out.imagePitch)
    parameters["outOrigin"] = .int(out.origin)
    parameters["haloRow"] = .int(out.haloWidth * out.pixelPitch)
    parameters["haloAbove"] = .int(out.haloHeight * out.rowPitch)
    parameters["haloBelow"] = .int(out.haloHeight * out.rowPitch)
    parameters["ringRows"] = .int(out.ringRows ?? 0)
    parameters["storeSum"] = storeWord(out.number)
    if hasOffset(out.number) { parameters["zeroHalo"] = .text("offsetHalo") }
  }

  func add(_ activation: Activation, over out: OutputMap, to parameters: inout Parameters) {
    let lanes = plan.target.lanes
    if let word = activation.vectorWord(lanes: lanes) { parameters["activation"] = .text(word) }
    if let range = saturation(out.number, after: activation) { parameters["activation"] = range }
    parameters["prelu"] = .int(activation == .prelu ? 1 : 0)
    parameters["activatesLast"] = .int(activation.hasExponential ? 1 : 0)
    addEmptyLanes(of: out, to: &parameters, unless: activation.keepsZero)
  }

  /// Those to clear, unless they are zero by themselves.
  func addEmptyLanes(of out: OutputMap, to parameters: inout Parameters, unless isZero: Bool = false) {
    let empty = isZero ? [] : out.emptyLanes
    parameters["padded"] = .int(empty.count)
    parameters["padBlock"] = .list(empty.map(\.block))
    parameters["padLanes"] = .list(empty.map(\.count))
  }

  func add(_ source: ConvolutionKernel.Source, to parameters: inout Parameters) {
    parameters["sourcePixel"] = .int(source.pixelStride)
    parameters["sourceRow"] = .int(source.rowStride)
    parameters["sourceBlock"] = .int(source.blockPitch)
    parameters["sourceImage"] = .int(source.imagePitch)
    parameters["sourceOrigin"] = .int(source.origin)
  }

  func firstTiles(_ runs: [TileRun]) -> [Int] {
    var total = 0
    return runs.map { run in
      defer { total += run.count }
      return total
    }
  }
}
