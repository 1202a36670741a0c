// A dialect is what somebody else calls the tensors of a network, where more than other words for the same path is needed or
// the compiler has no family of names for it. Each is a file beside this one and a line in the list; it says what a name is
// in the words of a family that the compiler knows, and what must be done to the numbers.

protocol Dialect: Sendable {
  /// What `--dialect` takes.
  var name: String { get }
  /// Whose names they are, for people.
  var title: String { get }
  /// The family of names that it is brought to first, as `names` in a source has it.
  var family: String { get }
  /// What batch norms add to variances there; `nil` where it is what the model says.
  var epsilon: Double? { get }
  /// Whether its networks were trained on pixels in the order blue, green, red.
  var isBGR: Bool { get }
  /// Whether the first layer of a block has its stride there, which no tensor tells.
  var stridesOnFirst: Bool { get }
  /// Whether the pool of the stem has no padding there, and rounds its size up.
  var poolsWithoutPadding: Bool { get }
  /// Whether shortcuts without tensors put their zeros on both sides there.
  var zerosOnBothSides: Bool { get }
  /// That family's name for a tensor; `nil` for one that this dialect does not know.
  func translate(_ name: String) -> Translation?
}

extension Dialect {
  var family: String { "resnet" }
  var epsilon: Double? { nil }
  var isBGR: Bool { false }
  var stridesOnFirst: Bool { false }
  var poolsWithoutPadding: Bool { false }
  var zerosOnBothSides: Bool { false }
}

/// What a dialect tells of its networks that no tensor shows.
package struct DialectFacts: Sendable, Equatable {
  /// Whose networks they are, for people; `nil` where names alone tell nothing.
  package var title = ""
  package var epsilon: Double?
  package var isBGR = false
  package var stridesOnFirst = false
  package var poolsWithoutPadding = false
  package var zerosOnBothSides = false

  init() {}

  init(_ dialect: any Dialect) {
    title = dialect.title
    epsilon = dialect.epsilon
    isBGR = dialect.isBGR
    stridesOnFirst = dialect.stridesOnFirst
    poolsWithoutPadding = dialect.poolsWithoutPadding
    zerosOnBothSides = dialect.zerosOnBothSides
  }
}

/// What a tensor is to such a family.
struct Translation: Equatable {
  var name: String
  var change = Change.none

  enum Change: Equatable {
    case none
    /// Kernels of Keras: height, width, in, out.
    case kernel
    /// Matrices of Keras: in, out.
    case matrix
    /// Caffe's means and variances, to be divided by a number in another tensor.
    case divided(by: String)
    /// It is such a number.
    case divisor
  }
}

enum Dialects {
  static let all: [any Dialect] = [
    HuggingFaceDialect(), OpenMMLabDialect(), OtherHeadsDialect(), ResidualFunctionDialect(), CaffeDialect(),
    KerasDialect(), DottedDenseNetDialect(),
  ]
}

/// A name's parts between full stops.
func components(_ name: String) -> [Substring] { name.split(separator: ".", omittingEmptySubsequences: false) }

/// A number from 0 to 9,999 as names have it.
func index(_ text: some StringProtocol) -> Int? {
  guard !text.isEmpty, text.utf8.count <= 4, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
  return Int(text)
}
