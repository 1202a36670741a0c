// A checked file and a choice to a `Network`: parameters bound, the column picked, definitions expanded, the header's
// settings applied. Cells are resolved once each, whatever column is chosen, so that an error in any of them is found.

/// What the user chose on the command line.
package struct Selection: Equatable, Sendable {
  package struct Setting: Equatable, Sendable {
    package var name: String
    package var value: Int
    package init(name: String, value: Int) {
      self.name = name
      self.value = value
    }
  }
  /// A column's name.
  package var variant: String?
  /// Values of parameters, in place of their defaults.
  package var parameters: [Setting]

  package init(variant: String? = nil, parameters: [Setting] = []) {
    self.variant = variant
    self.parameters = parameters
  }
}

/// The network that a selection names; nil if there is any error, from here or before.
package func resolve(_ model: SourceModel, _ selection: Selection, _ sink: inout Diagnostics) -> Network? {
  var resolver = Resolver(model: model, sink: sink)
  let network = resolver.network(selection)
  sink = resolver.sink
  return sink.hasErrors ? nil : network
}

struct Resolver: ~Copyable {
  let model: SourceModel
  let blocks: [String: Syntax.BlockDefinition]
  var sink: Diagnostics
  /// Definitions are expanded many times; what is wrong in one is said once.
  private var reported: Set<Reported> = []
  /// Values of the file's parameters.
  var parameters: [String: Int] = [:]
  /// Elements visited and layers made so far, over the whole file.
  var written = 0
  var isExhausted = false
  /// Whether the row that is being read states its output size.
  var rowStatesSize = false
  /// What layers that say nothing of it have.
  var headerNorm: Normalization?
  var unwrittenActivation: UnwrittenActivation?
  /// Brackets and definitions around what is being read.
  var depth = 0
  /// Brackets alone.
  var brackets = 0
  /// The row that is being read, and how the values of those above are activated.
  var reader: Int?
  var activationsOfRows: [String: UnwrittenActivation] = [:]
  /// The references that are being expanded, outermost first.
  var expansion: [Span] = []

  private struct Reported: Hashable {
    var code: DiagnosticCode
    var span: Span
    var message: String
  }

  init(model: SourceModel, sink: Diagnostics) {
    self.model = model
    self.sink = sink
    blocks = Dictionary(model.blocks.map { ($0.name.value, $0) }, uniquingKeysWith: { $1 })
  }

  /// In brackets every convolution has its norm and activation before it.
  var isPreActivated: Bool { model.header.order?.value == .pre }

  mutating func report(_ diagnostic: Diagnostic) {
    let key = Reported(code: diagnostic.code, span: diagnostic.primary.span, message: diagnostic.message)
    guard reported.insert(key).inserted else { return }
    var diagnostic = diagnostic
    if let use = expansion.first, use != diagnostic.primary.span {
      diagnostic.secondary.append(Label(use, "used here"))
    }
    sink.report(diagnostic)
  }

  mutating func network(_ selection: Selection) -> Network? {
    bind(selection)
    headerNorm = resolveHeaderNorm()
    let column = column(selection)
    let input = input()
    let preprocess = input.flatMap { self.preprocess($0.value) }
    let depth = model.header.depth.flatMap { depth in
      integer(depth, "the depth", in: 1...Limits.layers, parameters)
    }
    let (stages, auxiliary) = stages(column: column?.index)
    if column != nil { checkReaders(stages, auxiliary) }
    guard let column, let input, let preprocess, let name = name(column.name, depth?.value) else { return nil }
    return Network(
      name: Located(name, model.name.span), variant: column.name,
      parameters: model.parameters.compactMap { parameter in
        parameters[parameter.name.value].map { Network.Parameter(name: parameter.name.value, value: $0) }
      },
      input: input, shortcut: model.header.shortcut ?? Located(.projectWhereShapeChanges, model.name.span),
      projectionBias: model.header.projectionBias?.value, projectionPools: model.header.projectionPool != nil,
      strideOn: model.header.stride?.value,
      preActivation: isPreActivated ? model.header.order?.span : nil, tensorNames: model.header.names,
      renames: model.header.renames, depth: depth,
      preprocess: preprocess, labels: model.header.labels,
      stages: stages, auxiliary: auxiliary, outputs: model.header.outputs)
  }

  // MARK: The selection

  /// Defaults in order, each in the scope of those before it; the command line's values take their place.
  private mutating func bind(_ selection: Selection) {
    for parameter in model.parameters {
      let given = selection.parameters.last { $0.name == parameter.name.value }
      let value = given?.value ?? evaluate(parameter.value, parameters)
      if let given, abs(given.value.clampedToLimits) > Limits.number || given.value != given.value.clampedToLimits {
        report(
          Diagnostic(
            .numberOutOfRange, "the value \(given.value) for '\(given.name)' is beyond \(Limits.number)",
            at: Label(parameter.name.span, "set from the command line")))
      } else {
        parameters[parameter.name.value] = value
      }
    }
    let names = model.parameters.map(\.name.value)
    for setting in selection.parameters where !names.contains(setting.name) {
      let near = suggestion(for: setting.name, among: names).map { "did you mean '\($0)'?" }
      let known = names.isEmpty ? "it has no parameters" : "its parameters: \(alternatives(names, joiner: "and"))"
      report(
        Diagnostic(
          .unknownSetting, "'\(model.name.value)' has no parameter \(quoted(setting.name))",
          at: Label(model.name.span, "set from the command line"), helps: [near ?? known]))
    }
  }

  private mutating func column(_ selection: Selection) -> (index: Int, name: String?)? {
    let variants = model.variants
    let place = model.columns.first.flatMap { first in model.columns.last.map { first.span.union($0.span) } }
    guard let variant = selection.variant else {
      guard !variants.isEmpty else { return (0, nil) }
      report(
        Diagnostic(
          .variantRequired, "'\(model.name.value)' is a family; choose one of its variants",
          at: Label(place ?? model.name.span, "choose one"),
          helps: ["pass --variant with \(alternatives(variants))"]))
      return nil
    }
    if let index = variants.firstIndex(of: variant) { return (index, variant) }
    let near = suggestion(for: variant, among: variants).map { "did you mean '\($0)'?" }
    let known = variants.isEmpty ? "it is a single network" : "its variants: \(alternatives(variants, joiner: "and"))"
    report(
      Diagnostic(
        .unknownVariant, "'\(model.name.value)' has no variant \(quoted(variant))",
        at: Label(place ?? model.name.span, "chosen on the command line"), helps: [near ?? known]))
    return nil
  }

  /// `ResNet50`, `CifarResNet20`, `Wide28_10`.
  private mutating func name(_ column: String?, _ depth: Int?) -> String? {
    var name = model.name.value
    if model.keyword.value == .family {
      var values = model.parameters.compactMap { parameters[$0.name.value] }.map { $0 < 0 ? "m\(-$0)" : "\($0)" }
      if let column { name += column } else if let depth, !values.isEmpty { values = ["\(depth)"] }
      if column != nil, !values.isEmpty { name += "_" }
      name += values.joined(separator: "_")
    }
    guard name.utf8.count > Limits.nameBytes else { return name }
    report(
      Diagnostic(
        .limitExceeded,
        "the network's name \(quoted(name)) has \(name.utf8.count) bytes; the limit is \(Limits.nameBytes)",
        at: Label(model.name.span, "with its variant and values")))
    return nil
  }

  // MARK: The header

  private mutating func input() -> Located<InputShape>? {
    guard let input = model.header.input else { return nil }
    let channels = integer(input.value.channels, "the number of input channels", in: 1...Limits.channels, parameters)
    let height = integer(input.value.height, "the input's height", in: 1...Limits.spatial, parameters)
    let width = integer(input.value.width, "the input's width", in: 1...Limits.spatial, parameters)
    guard let channels, let height, let width else { return nil }
    return Located(InputShape(channels: channels.value, height: height.value, width: width.value), input.span)
  }
}

extension Int {
  fileprivate var clampedToLimits: Int { Swift.min(Swift.max(self, -Limits.number), Limits.number) }
}
