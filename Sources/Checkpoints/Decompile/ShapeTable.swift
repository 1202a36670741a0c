// The tensors of a checkpoint by name, as far as a network is told by them: shapes. What a recognizer understands it takes;
// what is left at the end it did not understand, and that is said.
import ResNetRuntime

struct ShapeTable {
  /// The name to understand, what it is called in the file, and the shape as PyTorch has it.
  typealias Entry = (name: String, fileName: String, shape: [Int])

  let entries: [Entry]
  private let index: NameIndex
  private var isTaken: [Bool]

  init(_ entries: [Entry]) {
    self.entries = entries
    index = NameIndex(entries.map(\.name))
    isTaken = entries.map { _ in false }
  }

  var takenCount: Int { isTaken.count { $0 } }

  /// The names in the file of what nobody took, in their order.
  var left: [String] { entries.indices.filter { !isTaken[$0] }.map { entries[$0].fileName } }

  func shape(_ name: String) -> [Int]? { index.find(name).map { entries[$0].shape } }
  func has(_ name: String) -> Bool { index.find(name) != nil }

  /// The shape of a tensor that is understood.
  mutating func take(_ name: String) -> [Int]? {
    guard let place = index.find(name) else { return nil }
    isTaken[place] = true
    return entries[place].shape
  }
}
