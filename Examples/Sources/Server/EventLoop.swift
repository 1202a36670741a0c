// One thread for all sockets, which never waits for a network: it reads requests as they arrive, starts a task for each that
// is whole, and writes answers as they are taken. Who is too slow, sends too much or goes away costs a file descriptor for
// some seconds, and nothing else.
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

final class EventLoop {
  typealias Handler = @Sendable (HTTPRequest) async -> HTTPResponse

  /// The one that listens, also where any free one was asked for.
  let port: UInt16
  private let limits: HTTPLimits
  private let handler: Handler
  private let listener: Int32
  private let outbox: Outbox
  private var connections: [Int32: Connection] = [:]

  /// Listens on this machine only: to others a server speaks through a proxy, which also does TLS.
  init(port: UInt16, limits: HTTPLimits, _ handler: @escaping Handler) throws {
    signal(SIGPIPE, SIG_IGN)
    self.limits = limits
    self.handler = handler
    outbox = try Outbox()
    (listener, self.port) = try listen(on: port)
  }

  /// Until the process ends.
  func run() throws {
    while true {
      var polls = [pollfd(fd: outbox.readEnd, events: Int16(POLLIN), revents: 0)]
      // Beyond its limit it takes no more: who comes waits in the system's queue.
      if connections.count < limits.connections {
        polls.append(pollfd(fd: listener, events: Int16(POLLIN), revents: 0))
      }
      polls += connections.values.map { pollfd(fd: $0.socket, events: $0.events, revents: 0) }
      let found = poll(&polls, nfds_t(polls.count), 100)
      guard found >= 0 || errno == EINTR else { throw ServerFault("poll: \(String(cString: strerror(errno)))") }
      for event in polls where found > 0 && event.revents != 0 {
        switch event.fd {
        case outbox.readEnd: deliver()
        case listener: accept()
        default: connections[event.fd].map { serve($0) }
        }
      }
      let now = seconds()
      for connection in connections.values where now > connection.deadline { expire(connection) }
    }
  }

  private func accept() {
    while connections.count < limits.connections {
      #if canImport(Darwin)
        let socket = Darwin.accept(listener, nil, nil)
      #elseif canImport(Musl)
        let socket = Musl.accept(listener, nil, nil)
      #else
        let socket = Glibc.accept(listener, nil, nil)
      #endif
      guard socket >= 0 else { return }
      setNonblocking(socket)
      connections[socket] = Connection(socket, limits, deadline: seconds() + limits.seconds)
    }
  }

  /// Goes on with a connection whose socket is ready.
  private func serve(_ connection: Connection) {
    switch connection.state {
    case .reading: read(connection)
    case .answering(let task):
      // Nothing more is to come but its end.
      var byte: UInt8 = 0
      if recv(connection.socket, &byte, 1, Int32(MSG_PEEK)) <= 0 {
        task.cancel()
        close(connection)
      } else {
        connection.hasMore = true
      }
    case .writing: write(connection)
    }
  }

  private func read(_ connection: Connection) {
    let (count, state) = withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
      let count = recv(connection.socket, buffer.baseAddress, buffer.count, 0)
      guard count > 0 else { return (count, HTTPReader.State.incomplete) }
      return (count, connection.reader.add(UnsafeRawBufferPointer(rebasing: buffer[..<count])))
    }
    guard count > 0 else {
      if count == 0 || errno != EAGAIN && errno != EINTR { close(connection) }
      return
    }
    switch state {
    case .incomplete: break
    case .wantsToContinue:
      let line = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
      _ = send(connection.socket, line, line.count, 0)
    case .refused(let response): answer(connection, response)
    case .complete(let request):
      let (handler, outbox, number) = (handler, outbox, connection.number)
      let socket = connection.socket
      connection.deadline = .infinity
      connection.state = .answering(
        Task { outbox.put(Outbox.Letter(socket: socket, number: number, response: await handler(request))) })
    }
  }

  /// Takes answers over from tasks. A descriptor may be another connection's by now; the number tells.
  private func deliver() {
    for letter in outbox.take() {
      guard let connection = connections[letter.socket], connection.number == letter.number else { continue }
      answer(connection, letter.response)
    }
  }

  private func answer(_ connection: Connection, _ response: HTTPResponse) {
    connection.state = .writing(response.bytes, sent: 0)
    connection.deadline = seconds() + limits.seconds
    write(connection)
  }

  private func write(_ connection: Connection) {
    guard case .writing(let bytes, let sent) = connection.state else { return }
    let count = bytes.withUnsafeBytes { send(connection.socket, $0.baseAddress.map { $0 + sent }, $0.count - sent, 0) }
    if count < 0 {
      if errno != EAGAIN && errno != EINTR { close(connection) }
    } else if sent + count == bytes.count {
      finish(connection)
    } else {
      connection.state = .writing(bytes, sent: sent + count)
    }
  }

  /// What a refused sender still sends is read, a little, or the system would throw the answer away with it.
  private func finish(_ connection: Connection) {
    shutdown(connection.socket, Int32(SHUT_WR))
    withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) { buffer in
      for _ in 0..<16 where recv(connection.socket, buffer.baseAddress, buffer.count, 0) <= 0 { break }
    }
    close(connection)
  }

  private func expire(_ connection: Connection) {
    if case .reading = connection.state {
      answer(connection, .error(408, "the request did not arrive within \(limits.seconds) seconds"))
    } else {
      close(connection)
    }
  }

  private func close(_ connection: Connection) {
    connections[connection.socket] = nil
    closeDescriptor(connection.socket)
  }
}

/// A sender, from its first byte to the last of its answer.
private final class Connection {
  enum State {
    case reading
    case answering(Task<Void, Never>)
    case writing([UInt8], sent: Int)
  }

  let socket: Int32
  /// No two have the same.
  let number: Int
  var reader: HTTPReader
  var state = State.reading
  /// In seconds of the clock below.
  var deadline: Double
  /// Whether it sent more than a request, which nobody reads.
  var hasMore = false
  private static let numbers = Atomic<Int>(0)

  init(_ socket: Int32, _ limits: HTTPLimits, deadline: Double) {
    self.socket = socket
    self.deadline = deadline
    number = Self.numbers.add(1, ordering: .relaxed).newValue
    reader = HTTPReader(limits)
  }

  var events: Int16 {
    switch state {
    case .reading: Int16(POLLIN)
    case .answering: hasMore ? 0 : Int16(POLLIN)
    case .writing: Int16(POLLOUT)
    }
  }
}

/// Where tasks leave answers, and a pipe that wakes the loop.
private final class Outbox: Sendable {
  struct Letter: Sendable {
    let socket: Int32
    let number: Int
    let response: HTTPResponse
  }

  let readEnd: Int32
  private let writeEnd: Int32
  private let letters = Mutex<[Letter]>([])

  init() throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw ServerFault("pipe: \(String(cString: strerror(errno)))") }
    (readEnd, writeEnd) = (ends[0], ends[1])
    setNonblocking(readEnd)
    setNonblocking(writeEnd)
  }

  func put(_ letter: Letter) {
    letters.withLock { $0.append(letter) }
    var byte: UInt8 = 1
    // Where the pipe is full the loop is awake.
    _ = writeDescriptor(writeEnd, &byte, 1)
  }

  func take() -> [Letter] {
    withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
      _ = readDescriptor(readEnd, buffer.baseAddress, buffer.count)
    }
    return letters.withLock { letters in
      defer { letters.removeAll() }
      return letters
    }
  }
}
