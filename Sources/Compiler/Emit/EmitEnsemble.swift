// A package of several networks whose scores are averaged. Each stands in it as it would alone, but for the runtime, which
// all share; above them are the ensemble's own API and command. A network may be in it more than once, with other weights:
// then it is printed once.
internal import ResNetDSL

/// What does not make an ensemble, as a sentence without a full stop, with the way out.
package struct EnsembleFault: Error, Equatable {
  package let message: String
}

/// Networks that go together, under one name.
package struct EnsembleContents: Sendable {
  package let name: String
  /// In the order of their weights.
  package let members: [PackageContents]
  /// The names of the files of weights beside the manifest, one for each member; empty without any.
  package let weights: [String]

  /// Throws unless all members read the same images and end in the same classes in the same way.
  package init(
    name: String, members: [PackageContents], weights: [String] = []
  ) throws(EnsembleFault) {
    guard members.count > 1, let first = members.first else {
      throw EnsembleFault(message: "an ensemble has two members or more; name another model, or one of them again")
    }
    if let reason = ReservedNames.reason(againstEnsemble: name, of: members.map(\.name)) {
      throw EnsembleFault(message: "an ensemble cannot be named '\(name)', which \(reason); choose another --name")
    }
    for member in members {
      if member.answer == .map {
        throw EnsembleFault(
          message: "\(member.name) ends in a map and has no classes to average; give it a head such as 'average pool, "
            + "10-d fc, softmax'")
      }
      if !member.readsImages {
        throw EnsembleFault(
          message: "\(member.name) reads \(member.graph.nodes[0].shape.channels) channels, which no image has")
      }
      if let fault = misfit(first, member) { throw fault }
    }
    self.name = name
    self.members = members.map { member in
      var member = member
      member.ensemble = name
      return member
    }
    self.weights = weights
  }

  /// Each network once.
  var networks: [PackageContents] {
    var names: Set<String> = []
    return members.filter { names.insert($0.name).inserted }
  }

  var commandName: String { name.lowercased() }
}

/// Why two members do not go together.
private func misfit(_ first: PackageContents, _ other: PackageContents) -> EnsembleFault? {
  let (a, b) = (first.name, other.name)
  func fault(_ message: String) -> EnsembleFault {
    EnsembleFault(
      message: message + "; evaluate each by itself with --scores, and average these with 'evaluate --average'")
  }
  if a == b, first.sourceHash != other.sourceHash || first.optionsText != other.optionsText {
    return EnsembleFault(message: "two different networks are called \(a); rename one in its source")
  }
  if a != b, a.lowercased() == b.lowercased() {
    return EnsembleFault(message: "\(a) and \(b) would be one folder on some systems; rename one in its source")
  }
  let (mine, theirs) = (first.graph.nodes[0].shape, other.graph.nodes[0].shape)
  if mine != theirs {
    return fault(
      "\(a) reads \(mine.channels) x \(mine.height) x \(mine.width) and \(b) \(theirs.channels) x \(theirs.height) x "
        + "\(theirs.width)")
  }
  if first.network.preprocess != other.network.preprocess {
    return fault("\(a) and \(b) have different 'preprocess' lines, so they do not read the same values")
  }
  if first.answer != other.answer {
    return fault("\(a) ends in \(first.answer.words) and \(b) in \(other.answer.words), whose scores have no mean")
  }
  let (classes, others) = (first.graph[first.graph.output].shape.count, other.graph[other.graph.output].shape.count)
  if classes != others { return fault("\(a) has \(classes) classes and \(b) \(others)") }
  if !first.labels.isEmpty, !other.labels.isEmpty, first.labels != other.labels {
    return EnsembleFault(message: "\(a) and \(b) name their classes differently; give both the same 'labels'")
  }
  return nil
}

extension NetworkAnswer {
  /// With its article.
  fileprivate var words: String {
    switch self {
    case .softmax: "a softmax"
    case .sigmoid: "a sigmoid"
    case .values: "outputs as they are"
    case .map: "a map"
    }
  }
}

/// Every file of the package, in a fixed order.
package func emitEnsemble(
  _ contents: EnsembleContents, templates: Templates
) throws(TemplateError) -> [EmittedFile] {
  let (name, host) = (contents.name, contents.members[0])
  var files = [
    EmittedFile(path: "Package.swift", contents: manifest(host, of: contents.networks)),
    EmittedFile(path: "README.md", contents: ensembleReadme(contents)),
    EmittedFile(path: ".gitignore", contents: gitignore),
  ]
  files.append(
    EmittedFile(
      path: "Sources/\(name)/\(name).swift",
      contents: host.head + "@_exported public import \(host.runtimeModule)\n"
        + contents.networks.map { "internal import \($0.name)\n" }.sorted().joined() + "\n"
        + (try templates.expand("Package/EnsembleModel", parameters(contents)))))
  for network in contents.networks { files += try networkFiles(network, templates) }
  files += runtimeFiles(host)
  if host.includeCommand { files.append(commandFile(host, arguments: "\(name).description, CommandLine.arguments")) }
  for network in contents.networks { files.append(try testFile(network, in: "\(name)Tests", templates)) }
  return files
}

private func parameters(_ contents: EnsembleContents) -> [String: TemplateValue] {
  let host = contents.members[0]
  let input = host.graph.nodes[0].shape
  let names = contents.members.map(\.name)
  return [
    "EnsembleName": .text(contents.name),
    "ensembleDocs": .text("The mean of \(names.count) networks: \(names.joined(separator: ", "))."),
    "memberDescriptions": .text(names.map { "\($0).description" }.joined(separator: ", ")),
    "weightFiles": .text("\"\(contents.weights.joined(separator: ","))\""),
    "memberCountValue": .int(names.count), "inputChannels": .int(input.channels), "inputHeight": .int(input.height),
    "inputWidth": .int(input.width), "batchSize": .int(host.plans.first?.batch ?? 1),
    "classCountValue": .int(host.graph[host.graph.output].shape.count),
  ]
}

private func ensembleReadme(_ contents: EnsembleContents) -> String {
  let (name, command) = (contents.name, contents.commandName)
  let rows = contents.members.enumerated().map { index, member in
    "| \(index + 1) | \(member.name), from `\(member.sourceName)` | \(grouped(member.cost.parameters)) |"
  }
  let files =
    contents.weights.isEmpty
    ? (1...contents.members.count).map { "\(command)_\($0).safetensors" } : contents.weights
  let option = contents.weights.isEmpty ? " --weights \(files.joined(separator: ","))" : ""
  let packed = (1...contents.members.count).map { "\(command)_\($0).packed" }.joined(separator: ",")
  var text = """
    # \(name)

    Networks compiled to Swift by resnetc \(resnetcVersion), as one: its score of a class is the mean of theirs. It needs nothing
    but the Swift toolchain (6.2 or later), and it is yours: move it, commit it, depend on it.

    | | network | parameters |
    |---|---|---|
    \(rows.joined(separator: "\n"))

    ## In your code

    ```swift
    // In your Package.swift, with FOLDER the name of this package's folder (or repository):
    //   .package(path: "../FOLDER")  and  .product(name: "\(name)", package: "FOLDER")
    import \(name)

    let model = try \(name)(weights: [\(files.map { "\"\($0)\"" }.joined(separator: ", "))])
    let best = try model.classify(rgb: bytes, width: width, height: height, top: 5)
    let service = try model.makeService()  // for tasks: see its documentation
    ```

    Weights are a file for each network, in the order above: safetensors, or what that network's `pack(weights:to:)` wrote.

    """
  if contents.members[0].includeCommand {
    text += """

      ## From the shell

      ```
      swift run -c release \(command) classify photo.jpg\(option) --top 5
      swift run -c release \(command) evaluate --images val\(option) --threads 2
      swift run -c release \(command) bench\(option) --threads 2
      swift run -c release \(command) pack\(option) -o \(packed)
      ```

      """
  }
  return text
}
