// The small part of Swift in which kernels are written: numbers, vectors, pointers, loops, and the words of
// `resnet_simd.h`. An expanded template is read into this tree, and another language is printed from it; so a kernel is
// described once, and its templates know of one language only.

/// What a value of a kernel is.
indirect enum KernelType: Hashable, Sendable {
  case none
  case int
  case bool
  case float
  /// One vector of the target.
  case vector
  /// `UnsafePointer<Float>`, or where it may be written `UnsafeMutablePointer<Float>`.
  case floats(isMutable: Bool)
  /// `UnsafeRawPointer`, or where it may be written `UnsafeMutableRawPointer`: its offsets count bytes.
  case bytes(isMutable: Bool)
  /// `StaticString`: letters that are a table of numbers.
  case letters
  /// A letter of such a table.
  case letter
  case tuple([KernelField])
  /// A `struct` of numbers that is called as a function is.
  case function(String)
}

/// A part of a tuple, or of what a callable struct keeps.
struct KernelField: Hashable, Sendable {
  /// `nil` where the tuple does not name it.
  let name: String?
  let type: KernelType
}

/// A value.
indirect enum KernelExpression: Hashable, Sendable {
  /// As it is written, without underscores.
  case int(String)
  case float(String)
  case bool(Bool)
  case letters(String)
  /// A variable, or the zero of vectors and the infinity of numbers, whose names are `V.zero` and `.infinity`.
  case name(String)
  case vectorZero
  case infinity
  case prefix(String, KernelExpression)
  case infix(KernelExpression, String, KernelExpression)
  case choice(KernelExpression, KernelExpression, KernelExpression)
  case call(KernelExpression, [KernelExpression])
  case member(KernelExpression, String)
  /// A method of a value: `w.loadUnaligned(fromByteOffset: 64, as: V.self)`; the type at its end is left out.
  case method(KernelExpression, String, [KernelExpression])
  case element(KernelExpression, KernelExpression)
  case tuple([KernelExpression])
}

/// What is done.
indirect enum KernelStatement: Hashable, Sendable {
  /// A line of a comment, without its slashes.
  case comment(String)
  /// `let` or `var`; several names take a tuple apart.
  case declaration(names: [String], isMutable: Bool, type: KernelType?, value: KernelExpression)
  /// `=`, `+=` and their like.
  case assignment(KernelExpression, String, KernelExpression)
  case expression(KernelExpression)
  /// A `guard` is one whose condition is negated.
  case condition(KernelExpression, [KernelStatement], otherwise: [KernelStatement]?)
  case whileLoop(KernelExpression, [KernelStatement])
  /// `repeat { } while`.
  case repeatLoop([KernelStatement], KernelExpression)
  case result(KernelExpression?)
}

/// A function.
struct KernelFunctionSyntax: Hashable, Sendable {
  struct Parameter: Hashable, Sendable {
    let name: String
    let type: KernelType
  }

  let comments: [String]
  let name: String
  /// Of a callable struct, what it keeps comes first.
  let parameters: [Parameter]
  let result: KernelType
  /// `@inline(__always)`.
  let isInlined: Bool
  /// Seen by its file alone.
  let isPrivate: Bool
  let body: [KernelStatement]
}

/// A file of kernels.
struct KernelFile: Hashable, Sendable {
  /// Before the first function.
  let comments: [String]
  let functions: [KernelFunctionSyntax]
}
