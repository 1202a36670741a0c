// Files beside the tests.
import Foundation

/// Tests/CompilerTests/Fixtures.
let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .appendingPathComponent("Fixtures")
