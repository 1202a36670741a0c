// swift-tools-version: 6.2
// Programs around a generated package: a package of its own, as yours would be. First generate what it depends on, in the
// folder above this one:
//
//     swift run -c release resnetc models/digits20.rn --weights models/digits20.safetensors --batch 4 -o Examples/Digits20
import PackageDescription

let digits: Target.Dependency = .product(name: "Digits20", package: "Digits20")

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(path: "Digits20")],
  targets: [
    // A command-line tool: the calls that compute on the thread that makes them.
    .executableTarget(name: "Classify", dependencies: [digits]),
    // An HTTP server: a service answers the requests of any number of connections.
    .executableTarget(name: "Server", dependencies: [digits]),
    // A job over a folder: all cores busy, results in order, ended by Control-C.
    .executableTarget(name: "Batch", dependencies: [digits]),
    // An index of embeddings: the images that are most like one.
    .executableTarget(name: "Search", dependencies: [digits]),
  ],
  swiftLanguageModes: [.v6]
)
