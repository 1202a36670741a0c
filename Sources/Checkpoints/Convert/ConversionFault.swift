// Why a checkpoint cannot be brought to a model, with what to look at: names from the file, never only those of the model.
package import ResNetRuntime

package enum ConversionFault: Error, Sendable, Equatable {
  /// No family of names fits even half of the model's tensors.
  case nothingFits(model: String, fileNames: [String], modelNames: [String], count: Int)
  /// The best reading lacks something.
  case misfit(Misfit)
  /// Two readings fit, and differ; what `--dialect` takes.
  case ambiguous(first: String, second: String, example: String)
  case unknownDialect(name: String, known: [String])
  /// Some of the names that there are.
  case renameUnused(from: String, nearest: String?, names: [String])
  case renameTwice(to: String)
  case dtype(name: String, DType)
  case values(name: String, String)

  package struct Misfit: Sendable, Equatable {
    package var model: String
    package var missing: [Missing] = []
    package var misshapen: [Misshapen] = []
    package var leftOver: [String] = []
    /// What was taken off names.
    package var prefix = ""
    /// Whether the file is called as one of several.
    package var isOneOfSeveral = false
    /// A missing tensor that stands behind another beginning.
    package var elsewhere: String?
  }

  /// A tensor that the file lacks, and what in the file has its shape and is not used.
  package struct Missing: Sendable, Equatable {
    package var tensor: TensorSpec
    package var sameShape: [String]
  }

  package struct Misshapen: Sendable, Equatable {
    package var tensor: TensorSpec
    package var name: String
    package var found: [Int]
  }

  /// Whether another network is likelier than other names.
  package var isAboutTheNetwork: Bool {
    switch self {
    case .nothingFits, .misfit: true
    case .ambiguous, .unknownDialect, .renameUnused, .renameTwice, .dtype, .values: false
    }
  }

  /// A sentence, and lines below it.
  package var message: (head: String, lines: [String], help: String) {
    switch self {
    case .nothingFits(let model, let fileNames, let modelNames, let count):
      return (
        "the names in the file are none that are known for \(model)",
        [
          "the file has \(count): " + fileNames.map(quotedName).joined(separator: ", "),
          "the model has " + modelNames.map(quotedName).joined(separator: ", "),
        ], "name what belongs together by '--rename FROM=TO', of tensors or of whole modules"
      )
    case .misfit(let misfit): return misfit.message
    case .ambiguous(let first, let second, let example):
      return (
        "the names can be read in two ways, which differ in \(quotedName(example))", [],
        "say which it is: '--dialect \(first)' or '--dialect \(second)'"
      )
    case .unknownDialect(let name, let known):
      return (
        "there is no dialect \(quotedName(name)) that this model can be read in", [],
        "'--dialect' takes \(known.joined(separator: ", "))"
      )
    case .renameUnused(let from, let nearest, let names):
      return (
        "nothing in the file is called \(quotedName(from)), no tensor and no module",
        ["it has " + names.map(quotedName).joined(separator: ", ") + " and so on"],
        nearest.map { "did you mean \(quotedName($0))?" } ?? "'--rename FROM=TO' takes a name as it stands in the file"
      )
    case .renameTwice(let to):
      return ("two tensors would be called \(quotedName(to))", [], "rename or drop one of them ('--rename NAME=')")
    case .dtype(let name, let dtype):
      return (
        "the tensor \(quotedName(name)) is stored as \(dtype.rawValue)", [], "save it as F32, F16, BF16 or F64"
      )
    case .values(let name, let reason):
      return ("the tensor \(quotedName(name)) \(reason)", [], "use a sound checkpoint, or set 'eps' in the source")
    }
  }
}

extension ConversionFault.Misfit {
  /// The beginning of all that is left over, where that could be another copy: an average beside a model.
  private var otherNetwork: String? {
    guard !prefix.isEmpty, missing.isEmpty, leftOver.count > 1, let first = leftOver.first else { return nil }
    let module = components(first).first.map(String.init) ?? ""
    return leftOver.allSatisfy { $0.hasPrefix(module + ".") } && !prefix.hasPrefix(module + ".") ? module : nil
  }

  fileprivate var message: (head: String, lines: [String], help: String) {
    let limit = 5
    var lines: [String] = []
    func rest(_ count: Int) { if count > limit { lines.append("... and \(count - limit) more") } }
    for entry in missing.prefix(limit) {
      let hint =
        entry.sameShape.isEmpty
        ? "; nothing unused in the file has that shape"
        : "; of that shape the file has " + entry.sameShape.prefix(3).map(quotedName).joined(separator: ", ")
      lines.append("missing   \(entry.tensor.name) \(shapeText(entry.tensor.shape))\(hint)")
    }
    rest(missing.count)
    for entry in misshapen.prefix(limit) {
      let name = sameBytes(entry.name, entry.tensor.name) ? "" : ", \(quotedName(entry.name)) in the file,"
      lines.append(
        "shape     \(entry.tensor.name)\(name) is \(shapeText(entry.found)) where the model needs "
          + shapeText(entry.tensor.shape))
    }
    rest(misshapen.count)
    if !leftOver.isEmpty {
      let more = leftOver.count > limit ? " and \(leftOver.count - limit) more" : ""
      lines.append("left over " + leftOver.prefix(limit).map(quotedName).joined(separator: ", ") + more)
    }
    if !prefix.isEmpty { lines.append("read      names that begin with \(quotedName(prefix))") }
    let help: String
    if !missing.isEmpty, isOneOfSeveral {
      help = "this file is one of several; pass their index, which ends in '.index.json'"
    } else if let elsewhere {
      help =
        "names begin differently; bring them to one beginning, such as that of \(quotedName(elsewhere)), by "
        + "'--rename FROM=TO', of tensors or of whole modules"
    } else if let module = otherNetwork {
      help =
        "the file holds a second network; '--rename \(module)=' leaves it out, "
        + "'--rename \(prefix.dropLast())=' the one that was read"
    } else if missing.isEmpty, misshapen.isEmpty {
      help = "these weights belong to another network; what is not needed can be dropped by '--rename NAME='"
    } else if missing.isEmpty, misshapen.allSatisfy({ $0.tensor.shape.dropFirst() == $0.found.dropFirst() }),
      let classes = misshapen.last?.found.first, misshapen.count <= 2
    {
      help = "if the network was trained for other classes, write '\(classes)-d fc' in the model's source"
    } else {
      help = "use weights of this network, or name what belongs together by '--rename FROM=TO'"
    }
    return ("the weights do not fit \(model)", lines, help)
  }
}
