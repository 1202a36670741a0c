// What a recognizer makes of a checkpoint: the lines of a source, and which of them names and shapes do not tell. The command
// line may put other lines in the place of those of the header; sizes follow from the input.

package struct NetworkDraft: Sendable {
  /// The model's name.
  var name: String
  /// What it is, for people: `ResNeXt-50 (32x4d)`.
  package var title: String
  var input: Input
  var lines: [Line]
  /// `nil` where the language's defaults for so many channels are as good.
  var pipeline: Pipeline?
  var rows: [Row]
  /// What else has no place on a line, a sentence each.
  var remarks: [String] = []

  struct Input {
    var channels: Int
    var size: Int
    var choice: String
  }

  /// A line of the header: its key, what stands behind it, and why, where that was chosen.
  struct Line {
    var key: String
    var value: String
    var choice: String?
  }

  /// How pictures are brought to the network's input; the sizes are those of an input of `size`.
  struct Pipeline {
    /// The short side before the crop.
    var resize: Int
    var size: Int
    var interpolation: String
    var mean: String
    var std: String
    var choice: String
  }

  struct Row {
    enum Size {
      /// That of the input, halved so many times, rounded up.
      case halved(Int)
      case single
    }
    var name: String
    var size: Size
    var layers: String
    var choice: String?
  }
}

/// Why no source can be written for a checkpoint.
package enum RecognitionFault: Error, Sendable, Equatable {
  /// The names are of no family that is recognized; some of them.
  case unknown(names: [String], count: Int)
  /// Most of it was understood as a family's, which has no place for the rest.
  case partly(family: String, understood: String, left: [String])
  /// A shape, or a name that is missing, belies what the others say.
  case contradiction(family: String, reason: String)
  case unknownDialect(name: String, known: [String])

  /// A sentence, lines below it, and the way out.
  package var message: (head: String, lines: [String], help: String) {
    switch self {
    case .unknown(let names, let count):
      return (
        "the names in it are of no network that 'decompile' recognizes",
        ["it has \(count) tensors: " + names.map(quotedName).joined(separator: ", ")],
        "it recognizes ResNets by the names of torchvision, timm, Hugging Face, OpenMMLab, Caffe's release, Keras and "
          + "CIFAR collections, and torchvision's VGGs; bring others to these by '--rename FROM=TO', or write the source"
      )
    case .partly(let family, let understood, let left):
      let shown = left.prefix(5).map(quotedName).joined(separator: ", ")
      let more = left.count > 5 ? " and \(left.count - 5) more" : ""
      return (
        "it is \(family) only in part",
        ["understood \(understood)", "not understood \(shown)\(more)"],
        "what is no part of the network can be dropped by '--rename NAME='; a layer that is has to be written in a source "
          + "by hand"
      )
    case .contradiction(let family, let reason):
      return (
        "it looks like \(family), but \(reason)", [],
        "if the names mean something else, bring them to others by '--rename FROM=TO', or write the source"
      )
    case .unknownDialect(let name, let known):
      return (
        "there is no dialect \(quotedName(name))", [],
        "'--dialect' takes \(known.joined(separator: ", "))"
      )
    }
  }
}
