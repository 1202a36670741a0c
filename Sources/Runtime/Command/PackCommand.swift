// SPDX-License-Identifier: Apache-2.0
// `pack --weights W -o FILE [--isa I] [--check-range --images DIR]` and `pack --check FILE [--isa I]`; of an ensemble a file for each network.

/// Packs weights into a file, or checks such a file, and says what is in it; the exit code is 1 where values leave the
/// range of half precision.
func packCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) -> Int32 {
  try arguments.noOperands()
  let isa = try arguments.isa()
  let precision = try arguments.precision()
  if arguments.value("--check") != nil {
    for name in ["--weights", "-o", "--images"] where arguments.value(name) != nil {
      throw .usage(UsageError(message: "\(name) does not go with --check, which writes nothing"))
    }
    for (network, path) in zip(model.networks, try arguments.files("--check", of: model)) {
      let summary = try modelErrors { () throws(ModelError) in
        try network.check(packed: path, isa: isa, precision: precision)
      }
      print("\(path): \(network.name) for \(summary.kernels), \(summary.bytes) bytes, undamaged")
    }
  } else {
    let weights = try arguments.allWeights(of: model)
    let paths = try arguments.files("-o", of: model)
    // The second would replace the first.
    if let twice = paths.indices.first(where: { paths[..<$0].contains(paths[$0]) }) {
      throw .usage(UsageError(message: "-o names '\(paths[twice])' twice; each network has a packed file of its own"))
    }
    for option in ["--images", "--count"] where arguments.value(option) != nil && !arguments.has("--check-range") {
      throw .usage(UsageError(message: "\(option) goes with --check-range"))
    }
    for (index, network) in model.networks.enumerated() where arguments.has("--check-range") {
      guard try checkRange(network, weights: weights[index], arguments) else { return 1 }
    }
    for (index, path) in paths.enumerated() {
      let network = model.networks[index]
      let summary = try modelErrors { () throws(ModelError) in
        let ranges = try arguments.value("--ranges").map { path throws(ModelError) in try Ranges(contentsOf: path) }
        return try network.pack(
          weights: weights[index], to: path, isa: isa, precision: precision ?? .float32, ranges: ranges)
      }
      writeNotes(summary.notes)
      print("\(path): \(network.name) for \(summary.kernels), \(summary.bytes) bytes")
    }
  }
  return 0
}
