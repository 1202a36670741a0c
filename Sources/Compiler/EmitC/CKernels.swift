// The kernels and the plan of one instruction set in C: each kernel is expanded from its template as for Swift, read into
// the tree of the language of kernels, and printed.
internal import ResNetDSL

/// The files of one instruction set.
struct CKernels {
  /// The words that kernels share, and what others call.
  private(set) var header = ""
  /// One for each kernel.
  private(set) var files: [(name: String, text: String)] = []
  /// Steps, places and the function that calls a kernel by its number.
  private(set) var plan = ""

  init(_ plan: Plan, _ emitter: CEmitter) throws(TemplateError) {
    let target = plan.target
    let names = KernelNames(
      prefix: target.cName + "_", vector: "resnet_f32x\(target.lanes)", lanes: target.lanes, target: target.cAttribute,
      symbolPrefix: emitter.prefix + "_")
    var kernels = KernelEmitter(plan: plan, templates: emitter.templates, cpuModule: "ResNetCPU")
    var shared = KernelSignatures()
    var vocabulary = try parsed("Vocabulary", try kernels.vocabulary())
    if target.precision == .int8 {
      vocabulary.add(try parsed("IntegerVocabulary", try kernels.integerVocabulary()))
    }
    for function in vocabulary.functions { shared.add(function, as: names.prefix + function.name) }

    var tuples = vocabulary.tuples
    var entries: [KernelFunctionSyntax] = []
    for index in plan.kernels.indices {
      let name = kernels.name(of: index)
      let file = try parsed(name, try kernels.source(of: index))
      var signatures = shared
      for function in file.functions {
        signatures.add(function, as: Self.symbol(function, of: name, names))
        if !function.isPrivate, function.name == name { entries.append(function) }
      }
      for tuple in file.tuples where !tuples.contains(tuple) { tuples.append(tuple) }
      files.append((name, try Self.text(file, name, KernelPrinter(names: names, signatures: signatures), target)))
    }
    header = try Self.header(
      vocabulary, tuples, entries, KernelPrinter(names: names, signatures: shared), names, target)
    self.plan = CPlan(plan: plan, emitter: emitter, kernels: kernels, names: names).text
  }

  /// What other files call bears the package's name; the rest that of its kernel, so that all may stand in one file.
  private static func symbol(_ function: KernelFunctionSyntax, of kernel: String, _ names: KernelNames) -> String {
    if function.name == kernel { return names.symbolPrefix + names.prefix + kernel }
    let own = function.name.hasPrefix(kernel) ? function.name : "\(kernel)_\(function.name)"
    return names.prefix + own
  }

  private static func text(
    _ file: KernelFile, _ name: String, _ printer: KernelPrinter, _ target: Target
  ) throws(TemplateError) -> String {
    var printer = printer
    // Callers stand before what they call.
    for function in file.functions where function.isPrivate || function.name != name {
      printer.line(printer.declaration(of: function.asPrivate(unless: name)) + ";")
    }
    for function in file.functions {
      printer.line("")
      try named(name) { () throws(TemplateError) in try printer.print(function.asPrivate(unless: name)) }
    }
    let include = "#include \"kernels_\(target.cName).h\"\n\n"
    return include + guarded(target, printer.text) + "\n"
  }

  private static func header(
    _ vocabulary: KernelFile, _ tuples: [[KernelField]], _ entries: [KernelFunctionSyntax], _ printer: KernelPrinter,
    _ names: KernelNames, _ target: Target
  ) throws(TemplateError) -> String {
    var printer = printer
    for tuple in tuples { printer.text += printer.tuple(tuple) + "\n" }
    for function in vocabulary.functions {
      printer.line(printer.declaration(of: function.asPrivate(unless: "")) + ";")
    }
    for function in vocabulary.functions {
      printer.line("")
      try named("Vocabulary") { () throws(TemplateError) in
        try printer.print(function.asPrivate(unless: ""))
      }
    }
    printer.line("")
    var entryPrinter = KernelPrinter(
      names: names,
      signatures: KernelSignatures(entries) { function in
        names.symbolPrefix + names.prefix + function.name
      })
    for entry in entries {
      entryPrinter.line("\(names.symbolPrefix.uppercased())INTERNAL " + entryPrinter.declaration(of: entry) + ";")
    }
    let mark = "KERNELS_\(target.cName.uppercased())_H"
    return """
      #ifndef \(mark)
      #define \(mark)

      #include "internal.h"

      #include <math.h>

      #ifdef __cplusplus
      extern "C" {
      #endif

      \(guarded(target, printer.text + entryPrinter.text))

      #ifdef __cplusplus
      }
      #endif

      #endif

      """
  }
}

/// Reads one file; an error names it.
private func parsed(_ name: String, _ text: String) throws(TemplateError) -> KernelFile {
  try named(name) { () throws(TemplateError) in try parseKernel(text) }
}

private func named<Result>(_ name: String, _ body: () throws(TemplateError) -> Result) throws(TemplateError) -> Result {
  do throws(TemplateError) {
    return try body()
  } catch {
    var error = error
    if error.template == nil { error.template = name }
    throw error
  }
}

extension KernelSignatures {
  init(_ functions: [KernelFunctionSyntax], _ name: (KernelFunctionSyntax) -> String) {
    for function in functions { add(function, as: name(function)) }
  }
}

extension KernelFile {
  fileprivate mutating func add(_ other: KernelFile) {
    self = KernelFile(comments: comments + other.comments, functions: functions + other.functions)
  }

  /// The tuples that its functions return.
  var tuples: [[KernelField]] {
    var tuples: [[KernelField]] = []
    for function in functions {
      if case .tuple(let fields) = function.result, !tuples.contains(fields) { tuples.append(fields) }
    }
    return tuples
  }
}

extension KernelFunctionSyntax {
  /// Seen by its file alone, but for the kernel itself.
  func asPrivate(unless kernel: String) -> KernelFunctionSyntax {
    KernelFunctionSyntax(
      comments: comments, name: name, parameters: parameters, result: result, isInlined: isInlined,
      isPrivate: name != kernel, body: body)
  }
}
