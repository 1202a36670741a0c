// Names that a model cannot have because the package would not build, or its users could not tell two things apart. The
// tests read every word and every public type of a generated package and hold this list against them.

enum ReservedNames {
  /// Why an ensemble cannot have this name, beside its members'; `nil` if it can.
  static func reason(againstEnsemble name: String, of members: [String]) -> String? {
    let rest = name.dropFirst()
    guard let first = name.utf8.first, UInt8(ascii: "A")...UInt8(ascii: "Z") ~= first,
      rest.utf8.allSatisfy({ byte in
        [
          UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"),
        ]
        .contains { $0.contains(byte) } || byte == UInt8(ascii: "_")
      })
    else { return "is no name of a Swift type: letters, digits and '_', a capital letter first" }
    if let reason = reason(against: name) { return reason }
    // Some file systems do not tell capitals.
    let own = ["", "Runtime", "CPU", "Command", "Tests"].map { (name + $0).lowercased() }
    for member in members {
      let modules = ([""] + kernelModules).map { (member + $0).lowercased() }
      if modules.contains(where: own.contains) { return "is taken by its member \(member), or by a part of it" }
    }
    return nil
  }

  /// Why a model cannot have this name; `nil` if it can.
  static func reason(against name: String) -> String? {
    if keywords.contains(name) { return "is a word of Swift" }
    if modules.contains(name) { return "is a module of Swift's toolchain" }
    if types.contains(name) { return "is a type that the generated code uses" }
    if files.contains(name.lowercased()) { return "is a file of the generated package" }
    return nil
  }

  private static let keywords: Set<String> = ["Any", "Self", "Type", "Protocol"]

  /// Modules that generated code imports, and those that Swift finds by name on some platform.
  private static let modules: Set<String> = [
    "Accelerate", "Android", "Bionic", "Builtin", "CRT", "Combine", "CoreFoundation", "Cxx", "CxxStdlib", "Darwin",
    "Dispatch", "Distributed", "Foundation", "FoundationEssentials", "FoundationInternationalization",
    "FoundationNetworking", "FoundationXML", "Glibc", "Musl", "ObjectiveC", "Observation", "PackageDescription",
    "PackagePlugin", "RegexBuilder", "Runtime", "Swift", "SwiftOnoneSupport", "SwiftShims", "SwiftUI",
    "Synchronization", "System", "Testing", "UIKit", "WASILibc", "WinSDK", "XCTest",
  ]

  /// Types of the standard library and of the runtime that stand in the module of the model, in its command or in its
  /// tests, and whatever the runtime shows to users.
  private static let types: Set<String> = [
    // Swift's: those in use, and those that any reader takes for Swift's.
    "AnyObject", "Array", "Bool", "Character", "Codable", "Collection", "CommandLine", "Comparable", "Context",
    "Dictionary", "Double", "Equatable", "Error", "Float", "Float16", "Float32", "Float64", "Float80", "Hashable",
    "InlineArray", "Int", "Int8", "Int16", "Int32", "Int64", "Int128", "Iterator", "Identifiable", "KeyPath",
    "MutableSpan", "Never", "Optional", "OptionSet", "Package", "Product", "Range", "RawSpan", "Result", "SIMD2",
    "SIMD3", "SIMD4", "SIMD8", "SIMD16", "SIMD32", "SIMD64", "Sendable", "Sequence", "Set", "Span", "StaticString",
    "String", "Substring", "Suite", "Target", "Task", "Test", "UInt", "UInt8", "UInt16", "UInt32", "UInt64",
    "UInt128", "Unicode", "UnsafeBufferPointer", "UnsafeMutableBufferPointer", "UnsafeMutablePointer",
    "UnsafeMutableRawPointer", "UnsafePointer", "UnsafeRawPointer", "Void",
    // The runtime's.
    "AlignedBuffer", "Answer", "Engine", "Ensemble", "Features", "Filter", "ISA", "Image", "InferenceService",
    "KernelFunction", "Labels", "MappedFile",
    "ModelDescription", "ModelError", "ModelOutput", "OutputShape", "Outputs", "PackedFault", "PixelFormat",
    "PixelRange", "PlanDescription", "Precision", "Prediction", "Preprocess", "Ranges", "ResNetCPU", "ResNetRuntime",
    "Resize", "SafetensorsFault", "Shape", "ThreadPool", "Threads", "WeightFault", "WhenFull", "Workspace",
  ]

  /// In lower case, since some file systems do not tell the difference: the model's own file stands beside these.
  private static let files = Set(
    ["description", "features", "layers", "main"] + kernelModules.map { "plan\($0)".lowercased() })

  /// Suffixes of the modules of kernels, of all instruction sets and precisions.
  private static let kernelModules = Target.all.flatMap { target in
    Precision.allCases.flatMap { target.computing(in: $0).map(\.module) }
  }
}
