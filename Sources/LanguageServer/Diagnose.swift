// What is wrong with a file: the one place where it is decided which findings an editor shows.
import ResNetDSL

/// In source order; no more than a run of the compiler would show.
func diagnostics(of reading: Reading) -> [Diagnostic] {
  reading.findings.shown.diagnostics
}
