// The codes of a machine's description.

extension DiagnosticCode {
  package static let machineFile = DiagnosticCode(
    "machine-file",
    """
    A machine's description is what `resnetc calibrate` writes: a first line with the version of the format, the
    instruction set and the threads of the measurement, then a line for each number. What follows a # is a comment.

        resnetc machine 1, avx512, threads 1
        # made on some machine
        peak gflops: 180.0
        l1 bytes: 49152
        l1 gbps: 170.0
        l2 bytes: 1310720
        l2 gbps: 100.0
        l3 bytes: 33554432
        l3 gbps: 35.0
        memory gbps: 12.0

    Correct the line, or make the file anew: resnetc calibrate -o FILE.
    """)

  package static let machineValue = DiagnosticCode(
    "machine-value",
    """
    Each line after the first is a name, a colon and a number; every name has one line, in any order. `peak gflops` is in
    10^9 operations a second, a multiply-add counted as two, `gbps` in 10^9 bytes a second, both of all threads together
    and from 0.001 to 1,000,000. `bytes` is the size of a cache, a whole number from 1,024 to 2^40, of one core's for L1
    and L2. No cache is smaller than the one before it: a machine without a level repeats the one before.

        l2 bytes: 1310720
        l2 gbps: 100.0
    """)
}

extension DiagnosticCatalog {
  /// The codes of this file.
  package static let machineCodes: [DiagnosticCode] = [.machineFile, .machineValue]
}
