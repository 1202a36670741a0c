// A file that is wrong in one way, made in code, and a part of the sentence that says so. The corpus of them is in the files
// beside this one, a format or two in each.
import Foundation
import ResNetRuntime

@testable import ResNetCheckpoints

/// What reads a file.
enum MalformedKind: String, CaseIterable, Sendable {
  case foreign, safetensors, packed, zip, pickle, torch, numpy, onnx, caffe, index, jpeg, png, bmp, ppm, otherImage
}

struct MalformedFile: Sendable {
  let kind: MalformedKind
  /// What is wrong with it, for whoever reads a failure.
  let name: String
  let content: [UInt8]
  /// A part of what is said, without which the sentence would not be about this.
  let says: String

  init(_ kind: MalformedKind, _ name: String, _ bytes: [UInt8], _ says: String) {
    (self.kind, self.name, content, self.says) = (kind, name, bytes, says)
  }

  /// What is said of it; `nil` if it is read.
  func message() throws -> String? {
    switch kind {
    case .jpeg, .png, .bmp, .ppm, .otherImage:
      return content.withUnsafeBytes { bytes in
        do throws(ImageFault) {
          _ = try DecodedImage(decoding: bytes)
          return nil
        } catch {
          return error.reason
        }
      }
    case .packed:
      return content.withUnsafeBytes { bytes in
        do throws(PackedFault) {
          _ = try PackedHeader(bytes)
          return nil
        } catch {
          return error.description
        }
      }
    default: return try fault(content)?.description
    }
  }

  static func all() throws -> [MalformedFile] {
    try foreign() + safetensors() + packed() + archives() + attacks() + brokenPickles() + torch() + numpy() + onnx()
      + caffe() + indices() + jpeg() + png() + bitmaps() + otherImages()
  }
}

/// A sound file, with bytes at a place replaced.
func changed(_ sound: [UInt8], _ place: Int, _ bytes: [UInt8]) -> [UInt8] {
  var file = sound
  file.replaceSubrange(place..<place + bytes.count, with: bytes)
  return file
}

/// A file among the fixtures of the runtime's tests.
func runtimeFixture(_ name: String) throws -> [UInt8] {
  let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return Array(try Data(contentsOf: tests.appendingPathComponent("RuntimeTests/Fixtures/\(name)")))
}
