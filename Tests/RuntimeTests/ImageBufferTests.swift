// Images from what a program has in memory: the bytes of a file, and buffers of pixels with a pitch.

import Foundation
import ResNetRuntime
import Testing

@Suite struct ImageBufferTests {
  private func image(
    _ bytes: [UInt8], _ format: Image.PixelFormat, _ width: Int, _ height: Int, _ rowBytes: Int? = nil
  ) -> Result<Image, ModelError> {
    bytes.withUnsafeBytes { bytes in
      do throws(ModelError) {
        return .success(try Image(bytes, format, width: width, height: height, rowBytes: rowBytes))
      } catch {
        return .failure(error)
      }
    }
  }

  @Test func takesBuffersWithAPitch() throws {
    // Two rows of two pixels, a byte between them.
    let rgba: [UInt8] = [1, 2, 3, 9, 4, 5, 6, 9, 77, 7, 8, 9, 0, 10, 11, 12, 0]
    let rgb: [UInt8] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    let swapped: [UInt8] = [3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10]
    #expect(try image(rgba, .rgba, 2, 2, 9).get().rgb == rgb)
    #expect(try image(rgba, .bgra, 2, 2, 9).get().rgb == swapped)
    #expect(try image(rgba, .rgb, 5, 1).get().rgb == Array(rgba[..<15]))
    for (width, height, pitch) in [
      (2, 2, 7), (2, 2, 10), (3, 2, 9), (0, 1, 9), (2, 3, 8), (1 << 40, 1, 9), (2, 2, Int.max),
    ] {
      let wrong = ModelError.imageSize(width: width, height: height, bytes: 17)
      #expect(image(rgba, .rgba, width, height, pitch) == .failure(wrong))
    }
  }

  @Test func takesTheBytesOfAFile() throws {
    let name = "images/pillow_rgb.png"
    #expect(try Image(fixtureBytes(name)) == Image(contentsOf: fixture(name)))
    guard case .badImage("in memory", _)? = thrown({ _ = try Image([1, 2, 3]) }) else {
      Issue.record("three bytes are no image")
      return
    }
  }
}
