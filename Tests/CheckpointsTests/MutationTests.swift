// Valid files of every format, changed at random: each is read or refused, and neither takes long nor memory. Seeds are fixed.
import Foundation
import ResNetRuntime
import TestTiers
import Testing

@testable import ResNetCheckpoints

@Suite struct MutationTests {
  /// Files of a format each; some formats have several, which share its changed files.
  private static let formats = [
    ["zip.pth", "views.pth", "script.pt", "deflated.pth"], ["legacy.pth.tar", "types_legacy.pth"],
    ["arrays.npz", "arrays_compressed.npz"], ["arrays2.pkl"], ["net.onnx"], ["net.caffemodel", "old.caffemodel"],
    ["net.safetensors"], ["shards.safetensors.index.json"],
  ]

  /// A few of each file by default, as many as one likes in the slow tier.
  @Test(arguments: formats.flatMap { files in files.map { ($0, files.count) } })
  func changedFilesAreReadOrRefused(file: String, ofItsFormat count: Int) throws {
    let rounds = mutations(60, slow: 4_000, files: count)
    let sound = try bytes(of: file)
    var random = Generator(state: UInt64(sound.count + rounds.lowerBound))
    var (read, refused) = (0, 0)
    for _ in rounds {
      let changed = mutated(sound, &random)
      if try fault(changed) == nil { read += 1 } else { refused += 1 }
    }
    #expect(read + refused == rounds.count)
    #expect(refused > 0)
  }

  /// What the runtime reads, where MalformedFile.swift has its readers: images, and the page that a packed file begins with.
  /// PNG is among them as it stands; ImageTests.swift makes its checksums right again behind the changes.
  @Test(arguments: [
    (MalformedKind.jpeg, "jpeg/pillow_baseline_420.jpg", 3), (.jpeg, "jpeg/progressive_all.jpg", 3),
    (.jpeg, "jpeg/restart_1.jpg", 3), (.png, "images/colour3_depth4_adam7.png", 1), (.bmp, "images/bmp_8.bmp", 1),
    (.ppm, "images/pillow_rgb.ppm", 1),
  ])
  func changedImagesAreReadOrRefused(kind: MalformedKind, file: String, ofItsFormat count: Int) throws {
    try change(try runtimeFixture(file), kind, mutations(60, slow: 2_000, files: count))
  }

  @Test func changedPackedFilesAreReadOrRefused() throws {
    try change(MalformedFile.packedFile(), .packed, mutations(60, slow: 2_000, files: 1))
  }

  private func change(_ sound: [UInt8], _ kind: MalformedKind, _ rounds: Range<Int>) throws {
    var random = Generator(state: UInt64(sound.count + rounds.lowerBound))
    var refused = 0
    for _ in rounds {
      let changed = MalformedFile(kind, "", mutated(sound, &random), "")
      if try changed.message() != nil { refused += 1 }
    }
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
