// SPDX-License-Identifier: Apache-2.0
// `pack --weights W -o FILE [--isa I]` and `pack --check FILE [--isa I]`.

/// Packs weights into a file, or checks such a file, and says what is in it.
func packCommand(_ model: ModelDescription, _ arguments: Arguments) throws(CommandError) {
  try arguments.noOperands()
  let isa = try arguments.isa()
  if let path = arguments.value("--check") {
    for name in ["--weights", "-o"] where arguments.value(name) != nil {
      throw .usage(UsageError(message: "\(name) does not go with --check, which writes nothing"))
    }
    let summary = try modelErrors { () throws(ModelError) in try model.check(packed: path, isa: isa) }
    print("\(path): \(model.name) for \(summary.isa), \(summary.bytes) bytes, undamaged")
  } else {
    let weights = try arguments.weights(of: model)
    let path = try arguments.required("-o")
    let summary = try modelErrors { () throws(ModelError) in try model.pack(weights: weights, to: path, isa: isa) }
    writeNotes(summary.notes)
    print("\(path): \(model.name) for \(summary.isa), \(summary.bytes) bytes")
  }
}
