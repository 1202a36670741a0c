// SPDX-License-Identifier: Apache-2.0
// For how long a thread has been running without a pause, as far as it can tell by looking at the clock.

/// A thread that competes for its processor is stopped when its slice ends: after 3 ms or so under Linux, or with the next
/// tick of the clock, which may be 4 ms apart.
struct RunningTime {
  private var start = 0.0
  private var last = 0.0

  /// It runs from now on.
  mutating func begin() {
    start = now()
    last = start
  }

  /// Whether it has run for so long that it will soon be stopped. To be asked often: where it was not for a millisecond, it
  /// was not running.
  mutating func isLong() -> Bool {
    let moment = now()
    if moment - last > 1e-3 { start = moment }
    last = moment
    return moment - start > 2e-3
  }
}
