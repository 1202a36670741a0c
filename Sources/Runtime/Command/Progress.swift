// SPDX-License-Identifier: Apache-2.0
// How far a long run has come: one line on a terminal, written over; nothing where standard error is a file.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The line, of one thread at a time.
struct Progress {
  private let total: Int
  /// Done before this run.
  private let before: Int
  private let start = now()
  private var last = 0.0
  private var isShown = false
  private let isTerminal: Bool

  init(total: Int, before: Int = 0, isTerminal: Bool = isTerminalError()) {
    self.total = total
    self.before = before
    self.isTerminal = isTerminal
  }

  /// Shows how many are done, at most ten times a second.
  mutating func show(_ done: Int) {
    guard isTerminal else { return }
    let time = now()
    guard time - last >= 0.1 else { return }
    last = time
    writeToStandardError("\r" + text(done, seconds: time - start) + "\u{1B}[K")
    isShown = true
  }

  /// Takes the line away, for others to write there.
  mutating func clear() {
    guard isShown else { return }
    writeToStandardError("\r\u{1B}[K")
    (isShown, last) = (false, 0)
  }

  /// `1,204 of 50,000 images, 312.4 images/s, 2 min 36 s left`.
  func text(_ done: Int, seconds: Double) -> String {
    let rate = seconds > 0 ? Double(done - before) / seconds : 0
    let head = "\(grouped(done)) of \(grouped(total)) images"
    guard rate > 0 else { return head }
    return "\(head), \(fixed(rate, 1)) images/s, \(duration(Double(total - done) / rate)) left"
  }
}

/// Whether standard error is one that a person looks at.
func isTerminalError() -> Bool { isatty(2) == 1 }

/// `2 h 5 min`, `2 min 36 s`, `8 s`.
func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "long" }
  let whole = Int(seconds.rounded(.up))
  if whole >= 3600 { return "\(whole / 3600) h \(whole / 60 % 60) min" }
  return whole >= 60 ? "\(whole / 60) min \(whole % 60) s" : "\(whole) s"
}

/// `50,000`.
func grouped(_ number: Int) -> String {
  let digits = Array("\(number)")
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0, digits[index - 1] != "-" { text.append(",") }
    text.append(digit)
  }
  return text
}
