// SPDX-License-Identifier: Apache-2.0
// How many processors there are to use: those of the machine, of the affinity mask that a batch system or `taskset` sets,
// and as many as the quota of a container's control group pays for. Threads beyond that stop each other.

import ResNetCPU

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The processors that this process may run on, by number, before any of its threads is pinned; none where the system does
/// not say.
func usableProcessors() -> [Int] { usableAtFirst }

private let usableAtFirst: [Int] = {
  // Room for 16,384; Linux refuses masks that are smaller than its own.
  var mask = [UInt8](repeating: 0, count: 2048)
  let bytes = mask.withUnsafeMutableBufferPointer { resnet_processors_usable($0.baseAddress, $0.count) }
  return (0..<bytes * 8).filter { mask[$0 / 8] >> ($0 % 8) & 1 == 1 }
}()

/// Keeps the calling thread on one processor; says whether it does.
@discardableResult
package func pinThread(to processor: Int) -> Bool {
  guard 0..<16_384 ~= processor else { return false }
  var mask = [UInt8](repeating: 0, count: 2048)
  mask[processor / 8] |= 1 << (processor % 8)
  return mask.withUnsafeBufferPointer { resnet_processors_use($0.baseAddress, $0.count) } == 0
}

/// Keeps the calling thread on the first processor that it may use, as a pool keeps its own on the others.
package func pinThread() {
  if let first = usableProcessors().first { pinThread(to: first) }
}

/// The processors that this process may use, at least one: those it may run on, or fewer if a quota pays for fewer.
func processorCount() -> Int {
  let usable = usableProcessors().count
  return processorCount(
    usable: usable > 0 ? usable : sysconf(Int32(_SC_NPROCESSORS_ONLN)), quota: ControlGroups.own?.processors)
}

/// A part of a processor counts as one from a half on: with one and a half, a second thread waits a quarter of the time;
/// of one and a quarter it would stop both for as long as it helps.
func processorCount(usable: Int, quota: Double?) -> Int {
  guard let quota, quota < Double(usable) else { return max(1, usable) }
  return max(1, Int(quota.rounded()))
}

/// The control groups that a process is in, with what their files say.
struct ControlGroups {
  /// What /proc/self/cgroup says: a line for each hierarchy.
  let membership: String
  /// A file below where control groups are mounted; `nil` if there is none.
  let file: (String) -> String?

  /// This process's, on systems that have them.
  static var own: ControlGroups? {
    guard let membership = smallFile("/proc/self/cgroup") else { return nil }
    return ControlGroups(membership: membership) { smallFile("/sys/fs/cgroup/" + $0) }
  }

  /// The processors that the quotas pay for: the least of the group and of those around it; `nil` without a quota.
  var processors: Double? {
    var least: Double?
    func take(_ quota: Double?) {
      if let quota { least = min(least ?? quota, quota) }
    }
    for line in membership.split(separator: "\n") {
      let words = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard words.count == 3 else { continue }
      let isSecond = words[0] == "0" && words[1].isEmpty
      guard isSecond || words[1].split(separator: ",").contains("cpu") else { continue }
      // From a container's inside its own group is often the root of what is mounted.
      for group in Self.around(String(words[2])) {
        if isSecond {
          for root in ["", "unified"] { take(file(root + group + "/cpu.max").flatMap(Self.quota)) }
        } else {
          for root in [String(words[1]), "cpu"] {
            take(
              Self.quota(file(root + group + "/cpu.cfs_quota_us"), period: file(root + group + "/cpu.cfs_period_us")))
          }
        }
      }
    }
    return least
  }

  /// `/a/b`, `/a` and the root, which is empty.
  static func around(_ path: String) -> [String] {
    var groups: [String] = []
    var parts = path.split(separator: "/").filter { $0 != ".." }
    while !parts.isEmpty {
      groups.append("/" + parts.joined(separator: "/"))
      parts.removeLast()
    }
    return groups + [""]
  }

  /// Of the second version: `150000 100000` is one and a half processors, `max 100000` all there are.
  static func quota(_ text: String) -> Double? {
    let words = text.split { $0 == " " || $0 == "\n" }
    guard words.count == 2 else { return nil }
    return quota(String(words[0]), period: String(words[1]))
  }

  /// Of the first version: microseconds of each period, or -1.
  static func quota(_ quota: String?, period: String?) -> Double? {
    func number(_ text: String?) -> Int? { text.flatMap { Int($0.split { $0 == "\n" || $0 == " " }.first ?? "") } }
    guard let quota = number(quota), let period = number(period), quota > 0, period > 0 else { return nil }
    return Double(quota) / Double(period)
  }
}

/// The first 4 KB of a file, as text.
private func smallFile(_ path: String) -> String? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes = [UInt8](repeating: 0, count: 4096)
  let count = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
  return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
}
