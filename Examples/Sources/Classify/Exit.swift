// The C library's `exit`, by the name that it has on this system.
#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ends the program.
func exitProcess(_ code: Int32) -> Never { exit(code) }
