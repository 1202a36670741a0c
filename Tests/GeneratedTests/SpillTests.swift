// No kernel may keep a vector on the stack inside a reduction: scripts/check_spills.sh reads the built objects, and is
// itself held against listings with planted spills.
import Foundation
import Testing

private let script = repository.appending(path: "scripts/check_spills.sh").path
private let hasObjdump = isInstalled("objdump")

extension SmallNetTests {
  @Test func spillCheckFindsPlantedSpills() throws {
    #expect(try run(script, ["--self-test"]).output == "self-test passed\n")
  }

  @Test(.enabled(if: hasObjdump, "reads objects with objdump"), arguments: Umbrella.smallNets)
  func kernelsKeepTheirSumsInRegisters(net: Net) throws {
    try Umbrella.small.get().expectNoSpills(of: net)
  }

  /// Nothing to look at is no success.
  @Test func spillCheckWantsObjects() throws {
    let folder = try Umbrella.small.get().folder.appending(path: Umbrella.smallNets[0].name)
    #expect(try execute(script, [folder.path, "/nonexistent"]).status == 2)
    #expect(try execute(script, []).status == 2)
  }
}

extension ParityTests {
  @Test(.enabled(if: hasObjdump, "reads objects with objdump"), arguments: Umbrella.allNets)
  func kernelsKeepTheirSumsInRegisters(net: Net) throws {
    try Umbrella.all.get().expectNoSpills(of: net)
  }
}

extension Umbrella {
  func expectNoSpills(of net: Net) throws {
    let package = folder.appending(path: net.name).path
    let products = folder.appending(path: "Driver/.build/\(configuration)").path
    let result = try execute(script, [package, products])
    #expect(result.status == 0, "\(result.output)")
    #expect(result.output.contains("reduction loops"))
  }
}
