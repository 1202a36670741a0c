// Valid files of every format, changed at random: each is read or refused, and neither takes long nor memory. Seeds are fixed.
import Foundation
import ResNetRuntime
import TestTiers
import Testing

@testable import ResNetCheckpoints

@Suite struct MutationTests {
  private static let files = [
    "zip.pth", "legacy.pth.tar", "views.pth", "types_legacy.pth", "script.pt", "deflated.pth", "arrays.npz",
    "arrays_compressed.npz", "arrays2.pkl", "net.onnx", "net.caffemodel", "old.caffemodel", "net.safetensors",
    "shards.safetensors.index.json",
  ]

  /// How many changed files of each format: a few by default, as many as one likes in the slow tier.
  private static let rounds = seeds(60, slow: 4_000)

  @Test(arguments: files)
  func changedFilesAreReadOrRefused(file: String) throws {
    let sound = try bytes(of: file)
    var random = Generator(state: UInt64(sound.count + Self.rounds.lowerBound))
    var (read, refused) = (0, 0)
    for _ in Self.rounds {
      let changed = mutated(sound, &random)
      if try fault(changed) == nil { read += 1 } else { refused += 1 }
    }
    #expect(read + refused == Self.rounds.count)
    #expect(refused > 0)
  }

  private func mutated(_ sound: [UInt8], _ random: inout Generator) -> [UInt8] {
    var file = sound
    for _ in 0..<Int.random(in: 1...4, using: &random) where !file.isEmpty {
      let place = Int.random(in: 0..<file.count, using: &random)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: file[place] = UInt8.random(in: 0...255, using: &random)
      case 1: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: file.remove(at: place)
      case 3: file.insert(UInt8.random(in: 0...255, using: &random), at: place)
      case 4:
        // A number that is as large as it gets.
        for index in place..<min(place + 8, file.count) { file[index] = index == place + 7 ? 0x7F : 0xFF }
      default:
        let other = Int.random(in: 0..<file.count, using: &random)
        let count = min(Int.random(in: 1...16, using: &random), file.count - max(place, other))
        file.replaceSubrange(place..<place + count, with: file[other..<other + count])
      }
    }
    return file
  }
}
