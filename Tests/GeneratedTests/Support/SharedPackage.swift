// Several generated packages as one package whose models share the first one's runtime. A small package takes 46 seconds
// of a core, 32 of them for its runtime; so each tier builds one for all its networks. Packages with runtimes of their own,
// as they are shipped, are built by ParityTests, in release and in debug mode, by PackageTests and SanitizerTests.
// The driver, which only calls models, is not optimised.
import Foundation
import Testing

/// The manifest of a package above those of `nets`, with their targets, and the driver's.
///
/// - Parameter manifests: Those of the packages, whose flags it takes.
func sharedManifest(_ nets: [Net], _ packages: [[String: Data]]) throws -> String {
  let runtime = try #require(nets.first).name + "Runtime"
  var products: [String] = []
  var targets: [String] = []
  for (net, files) in zip(nets, packages) {
    let manifest = String(decoding: try #require(files["Package.swift"]), as: UTF8.self)
    let modules = Set(files.keys.filter { $0.hasPrefix("Sources/") }.map { $0.split(separator: "/")[1] }).map(
      String.init)
    let fixed = [net.name, "\(net.name)CPU", "\(net.name)Runtime", "\(net.name)Command"]
    try #require(Set(fixed).isSubset(of: modules))
    let kernels = modules.filter { !fixed.contains($0) }.sorted()
    func target(_ kind: String, _ name: String, _ dependencies: [String], _ settings: String = "") {
      targets.append(
        "\(kind)(name: \"\(name)\", dependencies: \(dependencies), path: \"\(net.name)/Sources/\(name)\"\(settings)),")
    }
    let own = "\(net.name)Runtime"
    let alias = own == runtime ? "" : ", swiftSettings: [.unsafeFlags([\"-module-alias\", \"\(own)=\(runtime)\"])]"
    target(".target", net.name, [runtime] + kernels, alias)
    target(".target", "\(net.name)CPU", [])
    for module in kernels {
      let line = try #require(manifest.split(separator: "\n").first { $0.contains("kernels(\"\(module)\"") })
      let flags = line.split(separator: ",", maxSplits: 1).dropFirst().first.map { $0.dropLast(2) } ?? "[]"
      target(
        ".target", module, ["\(net.name)CPU"], ", swiftSettings: [.unsafeFlags([\"-Ounchecked\"] + (\(flags)))]")
    }
    if own == runtime {
      try #require(manifest.contains("[.unsafeFlags([\"-O\"])]"))
      target(".target", runtime, ["\(net.name)CPU"], ", swiftSettings: [.unsafeFlags([\"-O\"])]")
    }
    target(
      ".executableTarget", "\(net.name)Command", [net.name, runtime],
      alias + ", linkerSettings: [.unsafeFlags([\"-static-stdlib\"], .when(platforms: [.linux]))]")
    products.append(".executable(name: \"\(net.name.lowercased())\", targets: [\"\(net.name)Command\"]),")
  }
  if nets.contains(where: { $0.name == Net.digits.name }) {
    // The ensemble of them, whose only network is there already.
    let pair = Umbrella.pairName
    let flags = "-module-alias\", \"\(Net.digits.name)Runtime=\(runtime)"
    for (kind, name, dependencies) in [
      (".target", pair, [runtime, Net.digits.name]), (".executableTarget", "\(pair)Command", [runtime, pair]),
    ] {
      targets.append(
        "\(kind)(name: \"\(name)\", dependencies: \(dependencies), path: \"\(pair)/Sources/\(name)\", "
          + "swiftSettings: [.unsafeFlags([\"\(flags)\"])]),")
    }
    products.append(".executable(name: \"\(pair.lowercased())\", targets: [\"\(pair)Command\"]),")
    for name in Umbrella.examples {
      let alias = "\(Net.digits.name)Runtime=\(runtime)"
      targets.append(
        ".executableTarget(name: \"\(name)\", dependencies: [\"\(Net.digits.name)\"], path: \"Examples/Sources/\(name)\", "
          + "swiftSettings: [.unsafeFlags([\"-Onone\", \"-module-alias\", \"\(alias)\"])]),")
    }
  }
  return """
    // swift-tools-version: 6.2
    import PackageDescription

    #if arch(x86_64)
    let x86 = true
    #else
    let x86 = false
    #endif

    let package = Package(
      name: "Shared",
      products: [
    \(products.map { "    \($0)\n" }.joined())  ],
      targets: [
        .target(name: "Allocations", path: "Driver/Sources/Allocations"),
        .executableTarget(
          name: "driver", dependencies: ["Allocations", \(nets.map { "\"\($0.name)\"" }.joined(separator: ", "))],
          path: "Driver/Sources/driver", swiftSettings: [.unsafeFlags(["-Onone"])]),
    \(targets.map { "    \($0)\n" }.joined())  ],
      swiftLanguageModes: [.v6]
    )

    """
}
