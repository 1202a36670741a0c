// Where a program looks for the weights that it was generated with.
import Testing

@testable import ResNetRuntime

@Suite struct BesideProgramTests {
  private let program = "/home/me/Generated/.build/x86_64-unknown-linux-gnu/release/resnet50"

  @Test(arguments: [
    ("/home/me/Generated/.build/x86_64-unknown-linux-gnu/release/w", true), ("/home/me/Generated/w", true),
    ("/home/me/w", true), ("/w", false), ("w", true),
  ])
  func isFoundNearby(path: String, isFound: Bool) {
    #expect(fileBesideProgram("w", program: program) { $0 == path } == (isFound ? path : nil))
  }

  @Test func theNearestIsTaken() {
    let both = ["/home/me/Generated/w", "/home/me/w", "w"]
    #expect(fileBesideProgram("w", program: program) { both.contains($0) } == both[0])
    #expect(fileBesideProgram("w", program: nil) { both.contains($0) } == "w")
    #expect(fileBesideProgram("w", program: "/x") { $0 == "/w" } == "/w")
    #expect(fileBesideProgram("w", program: "x") { _ in false } == nil)
    #expect(runningProgram().map(canRead) == true)
  }
}
