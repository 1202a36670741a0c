// The plan of one instruction set in C: constant tables of its steps and places, and the function that calls kernels by
// their numbers.
internal import ResNetDSL

struct CPlan {
  let plan: Plan
  let emitter: CEmitter
  let kernels: KernelEmitter
  let names: KernelNames

  private var prefix: String { emitter.prefix }
  private var isa: String { plan.target.cName }

  var text: String {
    var printer = CodePrinter()
    printSteps(&printer)
    let results = plan.graph.results
    for (index, node) in results.enumerated() { printSlots(node, index, &printer) }
    printer.block("static const \(prefix)_place \(isa)_outputs[] = {", "};") { printer in
      for (index, node) in results.enumerated() {
        printer.line(place(node, slots: isPlain(node) ? "NULL" : "\(isa)_slots_\(index)") + ",")
      }
    }
    printer.line()
    printRun(&printer)
    printer.line()
    printer.block("const struct \(prefix)_plan \(emitter.planName(plan)) = {", "};") { printer in
      printer.line("\(emitter.macro)_\(isa.uppercased()), \"\(plan.target.title)\", \(plan.target.lanes),")
      printer.line("\(plan.arena.floats), \(plan.scratchFloats), \(plan.weightFloats),")
      printer.line("UINT64_C(0x\(hexadecimal(packedLayoutHash(plan)))),")
      printer.line("\(isa)_steps, \(plan.steps.count),")
      printer.line("\(plan.scales?.offset ?? 0),")
      printer.line(place(NodeID(0), slots: "NULL") + ",")
      printer.line("\(isa)_outputs, \(isa)_run,")
    }
    return "#include \"kernels_\(isa).h\"\n\n" + guarded(plan.target, printer.text) + "\n"
  }

  /// In order of execution.
  private func printSteps(_ printer: inout CodePrinter) {
    let width = plan.steps.map { name(of: $0).utf8.count }.max() ?? 0
    for (index, kernel) in plan.kernels.enumerated() where !kernel.unitRuns.isEmpty {
      let runs = kernel.unitRuns.map { "{\($0.count), \($0.work)}" }.joined(separator: ", ")
      printer.line("static const \(prefix)_units \(isa)_units_\(index)[] = {\(runs)};")
    }
    printer.line(
      "// Kernel, units of work, as many as are taken at a time; where it reads, what it adds, where it writes; its weights."
    )
    printer.block("static const \(prefix)_step \(isa)_steps[] = {", "};") { printer in
      for step in plan.steps {
        let slots = plan.arena.slots
        func offset(_ node: NodeID?) -> Int { node.map { slots[$0.index].offset } ?? 0 }
        let numbers = [
          step.kernel, plan.kernels[step.kernel].units, plan.kernels[step.kernel].grain(lanes: plan.target.lanes),
          offset(step.sources.first),
          step.sources.count > 1 ? offset(step.sources[1]) : 0, offset(step.residual), slots[step.node.index].offset,
          step.weights?.offset ?? step.readerWeights?.offset ?? 0,
        ]
        let name = name(of: step)
        let padding = String(repeating: " ", count: width - name.utf8.count)
        let runs = plan.kernels[step.kernel].unitRuns
        let units = runs.isEmpty ? "NULL, 0" : "\(isa)_units_\(step.kernel), \(runs.count)"
        printer.line("/* \(name)\(padding) */ {\(numbers.map(String.init).joined(separator: ", ")), \(units)},")
      }
    }
    printer.line()
  }

  private func name(of step: Step) -> String { plan.graph[step.node].name }

  private func isPlain(_ node: NodeID) -> Bool { plan.layouts[node.index].order.isPlain }

  /// Which lane of all blocks holds each channel.
  private func printSlots(_ node: NodeID, _ index: Int, _ printer: inout CodePrinter) {
    guard !isPlain(node) else { return }
    let layout = plan.layouts[node.index]
    let slots = layout.order.slots(lanes: layout.lanes).map(String.init)
    printer.block("static const int \(isa)_slots_\(index)[] = {", "};") { printer in
      for start in stride(from: 0, to: slots.count, by: 16) {
        printer.line(slots[start..<min(start + 16, slots.count)].joined(separator: ", ") + ",")
      }
    }
    printer.line()
  }

  private func place(_ node: NodeID, slots: String) -> String {
    let layout = plan.layouts[node.index]
    let shape = layout.shape
    let numbers = [
      plan.arena.slots[node.index].offset, shape.channels, shape.height, shape.width, layout.lanes, layout.blocks,
      layout.pixelPitch, layout.rowPitch, layout.blockPitch, layout.imagePitch, layout.origin,
      layout.number.isQuantized ? layout.wordChannels : layout.number == .float16 ? -2 : 0,
      plan.target.products.offset(of: layout.number),
    ]
    return "{\(numbers.map(String.init).joined(separator: ", ")), \(slots)}"
  }

  /// `switch` rather than a table of functions: kernels take what they need.
  private func printRun(_ printer: inout CodePrinter) {
    printer.line("static void \(isa)_run(")
    printer.line("    int kernel, const float *source_0, const float *source_1, const float *residual, float *y,")
    printer.block("    const float *weights, float *scratch, ptrdiff_t begin, ptrdiff_t end) {", "}") { printer in
      let calls = plan.kernels.map(kernels.arguments)
      for name in ["source_0", "source_1", "residual", "weights", "scratch"]
      where !calls.contains(where: { $0.contains(name) }) {
        printer.line("(void)\(name);")
      }
      printer.line("switch (kernel) {")
      for (index, call) in calls.enumerated() {
        printer.line("  case \(index): \(prefix)_\(names.prefix)\(kernels.name(of: index))\(call); break;")
      }
      printer.line("  default: break;")
      printer.line("}")
    }
  }
}

/// What `LayoutHash.swift` of the runtime computes from the same tables; a test holds the two together.
func packedLayoutHash(_ plan: Plan) -> UInt64 {
  var hash: UInt64 = 0xcbf2_9ce4_8422_2325
  func add(_ element: UInt64) { hash = (hash ^ element) &* 0x100_0000_01b3 }
  add(UInt64(packedFormatOfWeights))
  add(UInt64(plan.target.lanes))
  add(UInt64(plan.weightFloats))
  for byte in layerTable(plan.graph).utf8 { add(UInt64(byte)) }
  for line in stepTable(plan).split(separator: "\n") where !line.hasPrefix("#") {
    var phrases = phrases(of: line)
    for key in ["kernel", "work", "grain", "at", "halo"] {
      if let index = phrases.firstIndex(where: { $0.hasPrefix(key + " ") }) { phrases.remove(at: index) }
    }
    for byte in (phrases.joined(separator: ", ") + "\n").utf8 { add(UInt64(byte)) }
  }
  return hash
}

/// `packingVersion` of the runtime.
private let packedFormatOfWeights = 2

/// As the runtime's `TableLine` takes a line apart.
private func phrases(of line: Substring) -> [Substring] {
  var phrases: [Substring] = []
  var rest = line
  while !rest.isEmpty {
    var end = rest.startIndex
    while let comma = rest[end...].firstIndex(of: ",") {
      let next = rest.index(after: comma)
      if next == rest.endIndex || rest[next] == " " {
        end = comma
        break
      }
      end = next
    }
    let isWhole = end == rest.startIndex || rest[end] != ","
    let phrase = isWhole ? rest : rest[..<end]
    phrases.append(phrase.drop { $0 == " " })
    rest = isWhole ? "" : rest[rest.index(after: end)...]
  }
  return phrases
}
