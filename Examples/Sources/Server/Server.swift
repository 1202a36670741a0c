// server WEIGHTS [--port N] [--seconds S] [--workers N]: classifies images that are posted to /classify. One thread looks
// after all sockets, the service's threads compute, and in between a task waits for each answer, suspended.
import Digits20

@main struct Server {
  static func main() {
    do {
      let options = try Options(CommandLine.arguments)
      let service = try Digits20(weights: options.weights).makeService(workers: options.workers, waiting: 64)
      var limits = HTTPLimits()
      if let seconds = options.seconds { limits.seconds = seconds }
      let loop = try EventLoop(port: options.port, limits: limits) { request in
        await answer(request, service)
      }
      print("listening on http://127.0.0.1:\(loop.port)")
      flushOutput()
      try loop.run()
    } catch {
      print("error: \(error)")
      exitProcess(1)
    }
  }

  /// What a request gets. Errors say whose they are: 4xx the sender's, 503 nobody's, 500 ours.
  private static func answer(_ request: HTTPRequest, _ service: InferenceService) async -> HTTPResponse {
    switch (request.method, request.path) {
    case ("GET", "/health"):
      return .json(200, "{\"workers\": \(service.workers), \"waiting\": \(service.waiting)}")
    case ("POST", "/classify"):
      guard let top = Int(request.query["top"] ?? "5"), 1...service.outputCount ~= top else {
        return .error(400, "'top' is a whole number from 1 to \(service.outputCount)")
      }
      do {
        let best = try await service.classify(file: request.body, top: top, whenFull: .refuse)
        let classes = best.map {
          "{\"class\": \($0.index), \"label\": \($0.label.map(jsonText) ?? "null"), \"score\": \($0.score)}"
        }
        return .json(200, "{\"classes\": [\(classes.joined(separator: ", "))]}")
      } catch ModelError.serviceFull {
        return .error(503, "too many requests wait; try again in a second")
      } catch let error as ModelError {
        if case .badImage = error { return .error(400, error.description) }
        return .error(500, error.description)
      } catch {
        // Cancelled: whoever asked has gone.
        return .error(503, "\(error)")
      }
    case (_, "/health"), (_, "/classify"): return .error(405, "use GET /health and POST /classify")
    default: return .error(404, "there are /health and /classify")
    }
  }
}

/// The command line.
private struct Options {
  var weights = ""
  var port: UInt16 = 8080
  var seconds: Double?
  var workers: Int?

  init(_ arguments: [String]) throws {
    var rest = arguments.dropFirst()
    while let word = rest.popFirst() {
      switch word {
      case "--port": port = try Self.number(rest.popFirst(), after: word)
      case "--seconds": seconds = try Self.number(rest.popFirst(), after: word)
      case "--workers": workers = try Self.number(rest.popFirst(), after: word)
      default: weights = word
      }
    }
    guard !weights.isEmpty else { throw ServerFault("usage: Server WEIGHTS [--port N] [--seconds S] [--workers N]") }
  }

  private static func number<Number: LosslessStringConvertible>(
    _ text: String?, after word: String
  ) throws -> Number {
    guard let number = text.flatMap(Number.init) else { throw ServerFault("\(word) takes a number") }
    return number
  }
}

/// What keeps the server from starting.
struct ServerFault: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
