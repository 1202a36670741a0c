// SPDX-License-Identifier: Apache-2.0
// Weights of a whole network in a network without its head: what is left over belongs to layers after the end, which is
// what the source asks for, and no mistake. By the names of torchvision, where a head is `fc` or `classifier`.

/// Which tensors belong to a network's head, told by their names.
enum HeadTensors {
  private static let modules = ["fc", "classifier"]

  /// Whether the first component of a name, after what wrappers put before it, is a head's.
  static func include(_ name: String, prefixes: [String] = [""]) -> Bool {
    prefixes.contains { prefix in modules.contains { name.hasPrefix("\(prefix)\($0).") } }
  }

  /// Says what was left out.
  static func note(_ names: [String]) -> String {
    let (noun, verb) = names.count == 1 ? ("a tensor", "is") : ("\(names.count) tensors", "are")
    return "the weights hold \(noun) of layers after this network's end, which \(verb) not used: \(listText(names))"
  }
}
