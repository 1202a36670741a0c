// From words to what the compiler is asked to do.
import ResNetCompiler
import ResNetDSL

extension Selection {
  init(_ arguments: Arguments) throws(CommandError) {
    self.init(variant: arguments.value(.variant), parameters: try settings(arguments.values(.set)))
  }
}

/// `n=9`, each name once.
func settings(_ texts: [String], after option: String = "'--set'") throws(CommandError) -> [Selection.Setting] {
  var result: [Selection.Setting] = []
  for text in texts {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[0].isEmpty, let value = Int(parts[1]) else {
      throw .usage("\(option) takes a name and a whole number, such as n=9, not \(quoted(text)).")
    }
    let name = String(parts[0])
    guard !result.contains(where: { $0.name == name }) else {
      throw .usage("\(quoted(name)) is set more than once.")
    }
    result.append(Selection.Setting(name: name, value: value))
  }
  return result
}

extension CompileOptions {
  init(_ arguments: Arguments) throws(CommandError) {
    self.init(selection: try Selection(arguments), includeCommand: !arguments.has(.noCommand))
    let chosen = try Target.list(arguments.value(.isa))
    // In order of preference, whatever the order of the words: the package is the same.
    targets = Target.all.filter(chosen.contains)
    if let text = arguments.value(.precision) {
      let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      for word in words where Precision(rawValue: word) == nil {
        let names = Precision.allCases.map(\.rawValue)
        let list = "It takes \(alternatives(names)), several with commas."
        throw .usage("Unknown precision \(quoted(word)).\(didYouMean(word, names, or: list))")
      }
      precisions = Precision.allCases.filter { words.contains($0.rawValue) }
    }
    if let text = arguments.value(.keepFloat) {
      float32Layers = Set(text.split(separator: ",").map(String.init))
    }
    if let text = arguments.value(.batch) {
      guard let number = Int(text), 1...1024 ~= number else {
        throw .usage("'--batch' takes a whole number from 1 to 1024, not \(quoted(text)).")
      }
      batch = number
    }
    if arguments.has(.exact) {
      guard !arguments.has(.tuning) else { throw .usage("'--exact' leaves '--tuning' nothing to choose.") }
      algorithms = .exact
    }
    if let folder = arguments.value(.templates) { templates = try readTemplates(in: folder) }
  }
}

extension Target {
  /// `avx512,avx2`, in the order in which they are named; all without a list.
  static func list(_ text: String?) throws(CommandError) -> [Target] {
    guard let text, text != "all" else { return all }
    var result: [Target] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false).map(String.init) {
      guard let target = named(word) else {
        let names = all.map(\.name)
        let list = "It takes \(alternatives(names)), several with commas, or all."
        throw .usage("Unknown instruction set \(quoted(word)).\(didYouMean(word, names, or: list))")
      }
      guard !result.contains(target) else { throw .usage("'--isa' names \(word) more than once.") }
      result.append(target)
    }
    return result
  }
}
