// Whose names a checkpoint has, and which network they say: every family is tried behind every beginning that all names share,
// plain names first, then dialects. The first that understands all of it is it; else the one that understands most says what it
// does not.
import ResNetRuntime

/// One family of networks, by one family of names.
protocol Recognizer: Sendable {
  /// What `--dialect` takes: a word of `names` in a source.
  var name: String { get }
  /// Whose names they are, for people: `those of timm's ResNetV2`.
  var title: String { get }
  /// What kind of network it is, for people: `a ResNetV2 by timm's names`.
  var family: String { get }
  /// The network that `tensors` say, of which what is understood is taken; `nil` if the first layer is not there.
  func recognize(_ tensors: inout ShapeTable, _ facts: DialectFacts) throws(RecognitionFault)
    -> Recognized?
}

/// A network, and in a few words what there is of it.
struct Recognized {
  var draft: NetworkDraft
  var understood: String
}

enum Recognizers {
  static let all: [any Recognizer] = [
    ResidualRecognizer(naming: .resnet), ResidualRecognizer(naming: .resnetv2), VGGRecognizer(),
  ]
}

extension Checkpoint {
  /// The network that the tensors of a checkpoint are of.
  ///
  /// - Parameter dialect: Whose names they are, where that is not clear.
  /// - Returns: Its source's lines, and what was decided on the way.
  package func recognized(
    renames: [Rename], dialect: String? = nil
  ) throws(RecognitionError) -> (NetworkDraft, notes: [String]) {
    let conversion: Conversion
    do throws(ConversionFault) {
      conversion = try renamed(renames)
    } catch {
      throw .conversion(error)
    }
    do throws(RecognitionFault) {
      return try recognize(conversion.tensors, dialect)
    } catch {
      throw .recognition(error)
    }
  }
}

package enum RecognitionError: Error {
  case conversion(ConversionFault)
  case recognition(RecognitionFault)
}

private func recognize(
  _ tensors: [CheckpointTensor], _ dialect: String?
) throws(RecognitionFault) -> (NetworkDraft, notes: [String]) {
  let open = tensors.filter { KnownExtra.of($0.name) == nil }
  let names = open.map(\.name)
  var attempts: [Attempt] = []
  for recognizer in Recognizers.all {
    attempts.append(Attempt(recognizer: recognizer, dialect: nil))
  }
  for other in Dialects.all {
    guard let recognizer = Recognizers.all.first(where: { $0.name == other.family }) else {
      continue
    }
    attempts.append(Attempt(recognizer: recognizer, dialect: other))
  }
  if let dialect {
    let known = attempts.map(\.name)
    attempts.removeAll { $0.name != dialect }
    guard !attempts.isEmpty else { throw .unknownDialect(name: dialect, known: known) }
  }
  var best: (taken: Int, fault: RecognitionFault)?
  for attempt in attempts {
    for prefix in sharedPrefixes(names) {
      var table = ShapeTable(attempt.tensors(open, behind: prefix))
      let fault: RecognitionFault
      do throws(RecognitionFault) {
        guard let found = try attempt.recognizer.recognize(&table, attempt.facts) else { continue }
        if table.left.isEmpty {
          var notes = prefix.isEmpty ? [] : ["took \(quotedName(prefix)) off all names"]
          notes.append("the names are \(attempt.title)")
          return (found.draft, notes)
        }
        fault = .partly(family: attempt.recognizer.family, understood: found.understood, left: table.left)
      } catch {
        fault = error
      }
      if table.takenCount > best?.taken ?? 0 { best = (table.takenCount, fault) }
    }
  }
  throw best?.fault ?? .unknown(names: Array(names.prefix(4)), count: names.count)
}

/// One way to read the names.
private struct Attempt {
  let recognizer: any Recognizer
  let dialect: (any Dialect)?

  var name: String { dialect?.name ?? recognizer.name }
  var title: String { dialect?.title ?? recognizer.title }

  /// Names that a dialect does not know keep theirs, which no recognizer takes.
  func tensors(_ tensors: [CheckpointTensor], behind prefix: String) -> [ShapeTable.Entry] {
    tensors.compactMap { tensor in
      let rest = String(decoding: tensor.name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
      guard let dialect else { return (rest, tensor.name, tensor.shape) }
      guard let translation = dialect.translate(rest) else {
        return ("?" + rest, tensor.name, tensor.shape)
      }
      switch translation.change {
      case .divisor: return nil
      case .kernel where tensor.shape.count == 4:
        return (translation.name, tensor.name, [3, 2, 0, 1].map { tensor.shape[$0] })
      case .matrix: return (translation.name, tensor.name, tensor.shape.reversed())
      default: return (translation.name, tensor.name, tensor.shape)
      }
    }
  }

  var facts: DialectFacts { dialect.map { DialectFacts($0) } ?? DialectFacts() }
}
