// swift-tools-version: 6.2
// resnetc: a compiler for residual networks. No package dependencies, by design.
import PackageDescription

let package = Package(
  name: "resnetc",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "resnetc", targets: ["resnetc"])
  ],
  targets: [
    // .rn text to a resolved network, with diagnostics.
    .target(name: "ResNetDSL", path: "Sources/DSL"),
    // A resolved network to a graph, a plan, and the files of a Swift package.
    .target(
      name: "ResNetCompiler", dependencies: ["ResNetDSL"], path: "Sources/Compiler", plugins: ["EmbedSources"]),
    // Templates, runtime and header as text in the compiler, written anew whenever they change.
    .plugin(name: "EmbedSources", capability: .buildTool(), dependencies: ["embed"]),
    .executableTarget(name: "embed", path: "Sources/embed"),
    // What generated code stands on; copied into every generated package.
    .target(name: "ResNetRuntime", dependencies: ["ResNetCPU"], path: "Sources/Runtime"),
    .target(name: "ResNetCPU", path: "Sources/CPU"),
    // Other people's weight files, of any format and with any names.
    .target(name: "ResNetCheckpoints", dependencies: ["ResNetRuntime"], path: "Sources/Checkpoints"),
    // Kernels and API as they stand before expansion: each template is a Swift file that compiles.
    .target(
      name: "ResNetTemplates", dependencies: ["ResNetRuntime", "ResNetCPU"], path: "Templates",
      exclude: ["Package/ModelTests.swift", "C", "Python"]),
    // What editors ask of a `.rn` file, and the protocol in which they ask it.
    .target(
      name: "ResNetLanguageServer", dependencies: ["ResNetDSL", "ResNetCompiler"], path: "Sources/LanguageServer"),
    // The command.
    .executableTarget(
      name: "resnetc",
      dependencies: [
        "ResNetDSL", "ResNetCompiler", "ResNetLanguageServer", "ResNetCheckpoints", "ResNetRuntime", "ResNetCPU",
      ],
      path: "Sources/resnetc"),

    // Which tests run, and how much of each.
    .target(name: "TestTiers", path: "Tests/Support"),
    .testTarget(name: "DSLTests", dependencies: ["ResNetDSL", "TestTiers"], exclude: ["Goldens", "Answers"]),
    .testTarget(
      name: "CompilerTests", dependencies: ["ResNetCompiler", "ResNetDSL", "TestTiers"], exclude: ["Fixtures"]),
    .testTarget(name: "TemplateTests", dependencies: ["ResNetTemplates", "ResNetRuntime", "ResNetCPU"]),
    .testTarget(
      name: "LanguageServerTests", dependencies: ["ResNetLanguageServer", "ResNetCompiler", "ResNetDSL", "TestTiers"]),
    // Runs the built command.
    .testTarget(name: "CommandTests", dependencies: ["resnetc", "TestTiers"], exclude: ["Fixtures"]),
    .testTarget(
      name: "RuntimeTests", dependencies: ["ResNetRuntime", "ResNetCPU", "TestTiers"], exclude: ["Fixtures"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["ResNetCheckpoints", "ResNetRuntime", "TestTiers"], exclude: ["Fixtures"]
    ),
    // Generates packages, builds and runs them, and holds their answers against PyTorch's.
    .testTarget(
      name: "GeneratedTests", dependencies: ["ResNetCompiler", "ResNetDSL", "ResNetRuntime", "TestTiers"],
      exclude: ["Driver", "Emulation", "Python", "Web"]),
  ],
  swiftLanguageModes: [.v6]
)

// One list of settings for every Swift target: existentials are spelled out, imports are internal unless needed.
for target in package.targets where target.type != .plugin && target.name != "ResNetCPU" {
  target.swiftSettings =
    (target.swiftSettings ?? []) + [
      .enableUpcomingFeature("ExistentialAny"),
      .enableUpcomingFeature("InternalImportsByDefault"),
      .enableUpcomingFeature("MemberImportVisibility"),
    ]
}
