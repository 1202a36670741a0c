// A checkpoint in several files: `model.safetensors.index.json` says in which file each tensor lies. The files stand beside
// the index, and nothing else is opened.
package import ResNetRuntime

package enum IndexFault: Error, Sendable, Equatable, CustomStringConvertible {
  case notAnIndex
  case json(SafetensorsFault)
  case badFileName(String)
  case tooManyFiles(limit: Int)
  /// Something that is no checkpoint is listed, or an index once more.
  case nested(file: String)
  case tensorMissing(name: String, file: String)

  package var description: String {
    switch self {
    case .notAnIndex:
      return "it is JSON, but no index of a checkpoint: it has no 'weight_map'; pass the weights themselves"
    case .json(let fault):
      return fault.description
    case .badFileName(let name):
      return "it names the file \(quotedName(name)), which does not lie beside it; an index lists names without folders"
    case .tooManyFiles(let limit):
      return "it lists more than \(limit) files; it is not a network of this kind, pass another file"
    case .nested(let file):
      return "it lists \(quotedName(file)), which is an index itself; pass that one"
    case .tensorMissing(let name, let file):
      return "\(quotedName(file)) lacks the tensor \(quotedName(name)), which is listed there; fetch all files again"
    }
  }
}

/// Which tensors lie in which files.
struct ShardIndex: Equatable {
  /// File names in order, and for each its tensors' names.
  var files: [(name: String, tensors: [String])] = []

  static func == (a: ShardIndex, b: ShardIndex) -> Bool {
    a.files.map(\.name) == b.files.map(\.name) && a.files.map(\.tensors) == b.files.map(\.tensors)
  }

  init(_ text: UnsafeRawBufferPointer) throws(IndexFault) {
    var places: [(file: String, tensor: String)] = []
    var hasMap = false
    do throws(SafetensorsFault) {
      if let offset = firstInvalidUTF8(text) { throw .invalidUTF8(offset: offset) }
      var reader = JSONReader(text)
      try reader.object(limit: 64) { (reader, key) throws(SafetensorsFault) in
        guard key == "weight_map" else { return try reader.skipValue() }
        hasMap = true
        try reader.object(limit: CheckpointLimits.tensors) { (reader, name) throws(SafetensorsFault) in
          places.append((try reader.string(), name))
        }
      }
      try reader.end()
    } catch {
      throw .json(error)
    }
    guard hasMap else { throw .notAnIndex }
    let order = places.indices.sorted {
      sameBytes(places[$0].file, places[$1].file) ? $0 < $1 : precedes(places[$0].file, places[$1].file)
    }
    for place in order.map({ places[$0] }) {
      if let last = files.last, sameBytes(last.name, place.file) {
        files[files.count - 1].tensors.append(place.tensor)
        continue
      }
      guard !place.file.isEmpty, !place.file.utf8.contains(UInt8(ascii: "/")), place.file != "..", place.file != ".",
        !place.file.utf8.contains(0)
      else { throw .badFileName(place.file) }
      files.append((place.file, [place.tensor]))
      guard files.count <= CheckpointLimits.shards else { throw .tooManyFiles(limit: CheckpointLimits.shards) }
    }
  }
}
