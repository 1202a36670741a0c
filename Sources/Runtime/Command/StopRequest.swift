// SPDX-License-Identifier: Apache-2.0
// Stopping a long run in an orderly way: after the first interrupt (Control-C) it ends where it is and says what it has,
// after the second the process ends at once.

import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

enum StopRequest {
  private static let requested = Atomic<Bool>(false)

  static var isMade: Bool { requested.load(ordering: .relaxed) }

  /// Takes the first SIGINT or SIGTERM as a request.
  static func listen() {
    // A handler must not be the first to touch it.
    requested.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM] {
      signal(number) { number in
        StopRequest.make()
        signal(number, SIG_DFL)
      }
    }
  }

  private static func make() { requested.store(true, ordering: .relaxed) }
}
