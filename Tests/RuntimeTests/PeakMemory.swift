// How much memory a piece of work takes at its worst, as the operating system counted it.
import Foundation

/// The most bytes that the process held during `body` beyond what it held before; `nil` where the system does not say.
/// Only meaningful while nothing else runs: the slow tier runs one test at a time.
func peakMemoryGrowth(during body: () throws -> Void) rethrows -> Int? {
  let before = residentBytes("VmRSS:")
  // Writing 5 makes the peak start again at what is held now.
  let reset = (try? "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)) != nil
  try body()
  guard reset, let before, let peak = residentBytes("VmHWM:") else { return nil }
  return peak - before
}

private func residentBytes(_ field: String) -> Int? {
  guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
  let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
  return line.flatMap { $0.split(separator: " ").dropFirst().first }.flatMap { Int($0) }.map { $0 * 1024 }
}
