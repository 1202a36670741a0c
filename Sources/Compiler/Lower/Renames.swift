// `rename "fc" to "head.fc"`: what no dialect calls as a checkpoint does, the source says. A pattern is the beginning of a
// module's path, `*` stands for one part of it, whatever that is, and lines apply in their order.
import ResNetDSL

struct Renames {
  private var rules: [Rule]

  fileprivate struct Rule {
    var rename: Rename
    var from: [Substring]
    var to: [Substring]
    /// The paths that it made, as the lines behind it leave them.
    var made: Set<String> = []
    var isTooLong = false
  }

  /// Bytes of a path, which lines one after another could make long without bound.
  private static let longest = 255

  init(_ network: Network) {
    rules = network.renames.map { Rule(rename: $0, from: parts($0.from.value), to: parts($0.to.value)) }
  }

  mutating func apply(_ paths: ParameterPaths) -> ParameterPaths {
    if rules.isEmpty { return paths }
    return ParameterPaths(layer: apply(paths.layer), norm: apply(paths.norm), activation: apply(paths.activation))
  }

  mutating func apply(_ path: String) -> String {
    // What has no name gets none here.
    if rules.isEmpty || path.isEmpty || path.first == "." { return path }
    var path = parts(path)
    var met: [Int] = []
    for (index, rule) in rules.enumerated() {
      guard let renamed = rule.apply(path) else { continue }
      met.append(index)
      if renamed.reduce(renamed.count - 1, { $0 + $1.utf8.count }) > Self.longest {
        rules[index].isTooLong = true
      } else {
        path = renamed
      }
    }
    let result = path.joined(separator: ".")
    for index in met { rules[index].made.insert(result) }
    return result
  }

  /// Reports lines of which the names of a graph show nothing, or which made too much of one.
  func checkUse(in graph: Graph, _ sink: inout Diagnostics) {
    if rules.isEmpty { return }
    // A block's factors are a tensor of the block itself, not of a module in it.
    let names = (graph.tensors + graph.auxiliary.flatMap(\.graph.tensors)).map(\.name)
    let modules = Set(names + names.map { parts($0).dropLast().joined(separator: ".") })
    for rule in rules where rule.isTooLong {
      let to = rule.rename.to
      sink.report(
        Diagnostic(
          .error, .tensorNames, "a tensor's name has at most \(Self.longest) bytes",
          at: Label(to.span, "makes a longer one")))
    }
    for rule in rules where rule.made.isDisjoint(with: modules) {
      let from = rule.rename.from
      sink.report(
        Diagnostic(
          .error, .tensorNames, "no tensor's name begins with '\(from.value)'", at: Label(from.span, "meets nothing"),
          helps: [
            "the part before 'to' is the beginning of a name as all lines above leave it, such as 'layer1.0.conv1'"
          ]))
    }
  }
}

extension Renames.Rule {
  /// What becomes of a path; `nil` where it does not begin so.
  fileprivate func apply(_ path: [Substring]) -> [Substring]? {
    guard path.count >= from.count else { return nil }
    for (part, pattern) in zip(path, from) where pattern != "*" && pattern != part { return nil }
    var stars = zip(path, from).compactMap { $1 == "*" ? $0 : nil }.reversed() as [Substring]
    return to.map { $0 == "*" ? stars.popLast() ?? $0 : $0 } + path[from.count...]
  }
}

/// Reports patterns that can be no beginning of a path, and those that do not fit each other.
func checkRenames(_ network: Network, _ sink: inout Diagnostics) {
  for rename in network.renames {
    let faulty = [rename.from, rename.to].first { !isPattern($0.value) }
    let stars = [rename.from, rename.to].map { parts($0.value).count { $0 == "*" } }
    if let faulty {
      sink.report(
        Diagnostic(
          .error, .tensorNames, "'\(faulty.value)' is no beginning of a tensor's name",
          at: Label(faulty.span, "parts with dots between them"),
          helps: ["a part is letters, digits, '_' and '-', or '*' for any: 'layer1.*.bn1'"]))
    } else if stars[0] != stars[1] {
      sink.report(
        Diagnostic(
          .error, .tensorNames, "'\(rename.from.value)' and '\(rename.to.value)' have not as many '*'",
          at: Label(rename.to.span, "\(stars[1]) here"), secondary: [Label(rename.from.span, "\(stars[0]) here")],
          helps: ["each '*' keeps the part that the one before 'to' meets"]))
    }
  }
}

private func isPattern(_ text: String) -> Bool {
  parts(text).allSatisfy { part in
    part == "*"
      || !part.isEmpty
        && part.unicodeScalars.allSatisfy {
          $0.isASCII && ($0.properties.isAlphabetic || "0"..."9" ~= $0 || $0 == "_" || $0 == "-")
        }
  }
}

private func parts(_ path: String) -> [Substring] { path.split(separator: ".", omittingEmptySubsequences: false) }
