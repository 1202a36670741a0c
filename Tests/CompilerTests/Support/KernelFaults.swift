// What Swift would say of a kernel's text without compiling it: names declared twice in one scope, which are errors, and
// variables that nothing changes, which are warnings in the package of whoever generates one.
import Foundation

@testable import ResNetCompiler

/// What is wrong with the texts of a plan's kernels; empty if nothing is.
func kernelFaults(_ plan: Plan) throws -> [String] {
  var emitter = KernelEmitter(plan: plan, templates: .embedded, cpuModule: "CPU")
  return try plan.kernels.indices.flatMap { index in
    textFaults(try emitter.source(of: index)).map { "\(emitter.name(of: index)): \($0)" }
  }
}

func textFaults(_ text: String) -> [String] {
  struct Declaration {
    var isVariable: Bool
    var isChanged = false
  }
  var scopes: [[Substring: Declaration]] = [[:]]
  var faults: [String] = []
  func close(_ scope: [Substring: Declaration]) {
    for (name, declaration) in scope.sorted(by: { $0.key < $1.key })
    where declaration.isVariable && !declaration.isChanged {
      faults.append("'\(name)' never changes")
    }
  }
  for line in text.split(separator: "\n") {
    let words = words(line)
    for (index, word) in words.enumerated() {
      switch word {
      case "{": scopes.append([:])
      case "}":
        if let scope = scopes.popLast() { close(scope) }
        if scopes.isEmpty { scopes = [[:]] }
      case "let", "var":
        // Those of `if let` stand in the scope that follows.
        guard index + 1 < words.count, index == 0 || !["if", "guard", "while", ","].contains(words[index - 1]) else {
          continue
        }
        let names =
          words[index + 1] == "(" ? words[(index + 2)...].prefix { $0 != ")" } : words[(index + 1)...].prefix(1)
        for name in names where name != "," && name != "_" {
          if scopes[scopes.count - 1].updateValue(Declaration(isVariable: word == "var"), forKey: name) != nil {
            faults.append("'\(name)' is declared twice")
          }
        }
      default:
        let isDeclared = index > 0 && ["let", "var"].contains(words[index - 1])
        guard !isDeclared, let scope = scopes.lastIndex(where: { $0[word] != nil }) else { continue }
        let changes = ["=", "+=", "-=", "*=", "&+=", "[", "."].contains(index + 1 < words.count ? words[index + 1] : "")
        let isPassed = index > 0 && words[index - 1] == "&"
        if changes || isPassed { scopes[scope][word]?.isChanged = true }
      }
    }
  }
  return faults
}

/// Names, numbers and runs of signs, without comments.
private func words(_ line: Substring) -> [Substring] {
  var result: [Substring] = []
  var rest = line
  while let first = rest.first {
    if rest.hasPrefix("//") { break }
    let isName = first.isLetter || first.isNumber || first == "_"
    let isBracket = "{}()[],.".contains(first)
    let word =
      isName
      ? rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
      : isBracket || first.isWhitespace ? rest.prefix(1) : rest.prefix { "+-*/&=<>!%|^~?:".contains($0) }
    if !first.isWhitespace { result.append(word.isEmpty ? rest.prefix(1) : word) }
    rest = rest.dropFirst(max(1, word.count))
  }
  return result
}
