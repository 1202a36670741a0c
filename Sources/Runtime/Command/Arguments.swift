// SPDX-License-Identifier: Apache-2.0
// Reads a command line: options with values, flags, and what is left.

/// What was typed is not a command line of ours.
package struct UsageError: Error, Equatable {
  package let message: String
}

/// An error of either kind that ends a command.
package enum CommandError: Error, Equatable {
  case usage(UsageError)
  case model(ModelError)
}

/// The words after the subcommand.
struct Arguments {
  private(set) var operands: [String] = []
  private var values: [(name: String, value: String)] = []
  private var flags: [String] = []

  init(_ words: ArraySlice<String>, of command: Subcommand) throws(CommandError) {
    let options = command.options.filter { $0.value != nil }.map(\.name)
    let flags = command.options.filter { $0.value == nil }.map(\.name)
    var rest = words
    var optionsEnd = false
    while let word = rest.popFirst() {
      guard !optionsEnd, word.hasPrefix("-"), word != "-" else {
        operands.append(word)
        continue
      }
      guard word != "--" else {
        optionsEnd = true
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      if flags.contains(word) {
        self.flags.append(word)
      } else if options.contains(parts[0]) {
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
          throw .usage(UsageError(message: "\(word) needs a value"))
        }
        guard !values.contains(where: { $0.name == parts[0] }) else {
          throw .usage(UsageError(message: "\(parts[0]) is given twice"))
        }
        values.append((parts[0], value))
      } else if flags.contains(parts[0]) {
        throw .usage(UsageError(message: "\(parts[0]) takes no value"))
      } else {
        let nearest = nearestName(to: parts[0], in: options + flags).map { "; did you mean \($0)?" } ?? ""
        throw .usage(UsageError(message: "unknown option '\(parts[0])'\(nearest)"))
      }
    }
  }

  func value(_ name: String) -> String? { values.first { $0.name == name }?.value }
  func has(_ flag: String) -> Bool { flags.contains(flag) }

  func required(_ name: String) throws(CommandError) -> String {
    guard let value = value(name) else { throw .usage(UsageError(message: "\(name) is missing")) }
    return value
  }

  /// `--weights W`, or the file that the package was generated with.
  func weights(of model: ModelDescription) throws(CommandError) -> String {
    if let path = value("--weights") { return path }
    guard !model.weights.isEmpty else { return try required("--weights") }
    return try fileOfPackage(model.weights)
  }

  /// Of an ensemble `--weights W,W`, one for each member, or those that the package was generated with.
  func allWeights(of model: ModelDescription) throws(CommandError) -> [String] {
    guard !model.members.isEmpty else { return [try weights(of: model)] }
    guard value("--weights") == nil, !model.weights.isEmpty else { return try files("--weights", of: model) }
    var files: [String] = []
    for word in model.weights.split(separator: ",") { files.append(try fileOfPackage(String(word))) }
    return files
  }

  /// The file that an option must name; of an ensemble `FILE,FILE`, one for each member.
  func files(_ name: String, of model: ModelDescription) throws(CommandError) -> [String] {
    let text = try required(name)
    guard !model.members.isEmpty else { return [text] }
    let files = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard files.count == model.members.count, !files.contains("") else {
      let members = model.members.map(\.name).joined(separator: ", ")
      throw .usage(
        UsageError(
          message: "\(name) takes \(model.members.count) files with commas between them, for \(members), not '\(text)'")
      )
    }
    return files
  }

  private func fileOfPackage(_ name: String) throws(CommandError) -> String {
    guard let path = fileBesideProgram(name) else {
      throw .usage(
        UsageError(
          message: "'\(name)', which the package was generated with, stands neither beside this program nor "
            + "in a folder around it; bring it back, or pass --weights"))
    }
    return path
  }

  func int(_ name: String, default standard: Int, in range: ClosedRange<Int>) throws(CommandError) -> Int {
    guard let text = value(name) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw .usage(
        UsageError(
          message: "\(name) takes a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"))
    }
    return number
  }

  func number(
    _ name: String, default standard: Double, in range: ClosedRange<Double>
  ) throws(CommandError) -> Double {
    guard let text = value(name) else { return standard }
    guard let number = Double(text), range.contains(number) else {
      throw .usage(
        UsageError(message: "\(name) takes a number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"))
    }
    return number
  }

  /// `--isa NAME`; any name is checked when the model is loaded.
  func isa() throws(CommandError) -> ISA? {
    guard let name = value("--isa") else { return nil }
    do {
      return try ISA.named(name)
    } catch {
      throw .model(error)
    }
  }

  /// `--precision NAME`.
  func precision() throws(CommandError) -> Precision? {
    guard let name = value("--precision") else { return nil }
    guard let precision = Precision(rawValue: name) else {
      let names = Precision.allCases.map(\.rawValue)
      let nearest = nearestName(to: name, in: names).map { "; did you mean \($0)?" } ?? ""
      throw .usage(
        UsageError(message: "--precision takes \(names.joined(separator: ", ")), not '\(name)'\(nearest)"))
    }
    return precision
  }

  /// `--threads N` or `auto`, pinned if `--pin` says so.
  func threads() throws(CommandError) -> Threads {
    let isAutomatic = value("--threads") == "auto"
    let threads: Threads =
      isAutomatic ? .automatic : .exactly(try int("--threads", default: 1, in: 1...ThreadPool.limit))
    return has("--pin") ? threads.pinned : threads
  }

  func noOperands() throws(CommandError) {
    if let first = operands.first { throw .usage(UsageError(message: "unexpected argument '\(first)'")) }
  }
}
