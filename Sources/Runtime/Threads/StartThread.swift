// SPDX-License-Identifier: Apache-2.0
// A thread of POSIX, whose three C libraries disagree on what may be null.

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a thread does, kept until it has begun.
private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a thread, which is to be joined or detached.
func startThread(_ body: @escaping @Sendable () -> Void) throws(ModelError) -> pthread_t {
  let body = Unmanaged.passRetained(ThreadBody(body))
  #if canImport(Glibc)
    var thread = pthread_t()
  #else
    var thread: pthread_t?
  #endif
  let code = pthread_create(&thread, nil, runThread, body.toOpaque())
  #if canImport(Glibc)
    let handle: pthread_t? = thread
  #else
    let handle = thread
  #endif
  guard code == 0, let handle else {
    body.release()
    throw .cannotStartThread(reason: systemReason(code))
  }
  return handle
}

/// Lets a thread go, which ends by itself.
func detachThread(_ thread: pthread_t) { pthread_detach(thread) }

#if canImport(Darwin)
  private func runThread(_ body: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadBody>.fromOpaque(body).takeRetainedValue().run()
    return nil
  }
#else
  private func runThread(_ body: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let body else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(body).takeRetainedValue().run()
    return nil
  }
#endif
