// The command that was built with the tests.
public import Foundation

struct MissingCommand: Error, CustomStringConvertible {
  let description = "the command 'resnetc' does not lie beside the tests; build the whole package"
}

/// `resnetc`, in the folder of the test bundle.
public func commandURL() throws -> URL {
  let bundles = Bundle.allBundles.filter { $0.bundlePath.hasSuffix(".xctest") }.map(\.bundleURL)
  let places = (bundles + [Bundle.main.bundleURL] + (Bundle.main.executableURL.map { [$0] } ?? []))
    .flatMap {
      [$0.appendingPathComponent("resnetc"), $0.deletingLastPathComponent().appendingPathComponent("resnetc")]
    }
  guard let found = places.first(where: { FileManager.default.isExecutableFile(atPath: $0.path) }) else {
    throw MissingCommand()
  }
  return found
}
