// Generated C on other processors, under emulation, and with other people's build systems: each exactly as docs/c.md says.
import Foundation
import ResNetCompiler
import ResNetRuntime
import TestTiers
import Testing

/// One image for the network of the digits, as `Examples/Firmware` makes it.
private let digitsImage = (0..<3072).map { Float($0 % 17) / 8 - 1 }

private func canRun(_ tools: [String]) -> Bool { !isSlowRun || tools.allSatisfy(isInstalled) }

@Suite(.serialized, .enabled(if: isSlowRun, "RESNETC_SLOW_TESTS=1 runs it")) struct CTargetTests {
  /// What the portable kernels answer on this machine.
  private func expected(_ package: CPackage, _ weights: URL, _ pixels: URL) throws -> [UInt32] {
    try write(digitsImage, to: pixels)
    let logits = try package.logits(weights, threads: 1, pixels: pixels)
    try #require(logits.count == 10 && Set(logits).count == 10)
    return logits.map(\.bitPattern)
  }

  /// NEON against PyTorch, by way of what `verify` expects; the portable kernels bit for bit what they are elsewhere.
  @Test(
    .enabled(if: canRun(["aarch64-linux-gnu-gcc", "qemu-aarch64-static"]), "needs aarch64-linux-gnu-gcc and qemu"))
  func arm64() throws { try emulated("aarch64-linux-gnu-gcc", "qemu-aarch64-static", [.neon, .neonfp16, .portable]) }

  @Test(
    .enabled(if: canRun(["riscv64-linux-gnu-gcc", "qemu-riscv64-static"]), "needs riscv64-linux-gnu-gcc and qemu"))
  func riscv64() throws { try emulated("riscv64-linux-gnu-gcc", "qemu-riscv64-static", [.portable]) }

  private func emulated(_ compiler: String, _ emulator: String, _ isas: [ISA]) throws {
    try withTemporaryFolder { folder in
      var net = Net.digits
      net.precisions = [.float32, .float16]
      let package = try CPackage(net, in: folder)
      let pixels = folder.appending(path: "in.f32")
      let weights = models.appending(path: "digits20.safetensors")
      let portable = try expected(package, try package.pack(weights, for: .portable), pixels)
      try run(
        "sh",
        [
          "-c",
          "\(compiler) -O2 \(warnings) -static -DDIGITS20_THREADS digits20*.c -lm -pthread -o foreign",
        ], in: folder)
      for isa in isas {
        let packed = try package.pack(weights, for: isa, isa == .neonfp16 ? .float16 : .float32)
        for threads in [1, 3] {
          let out = folder.appending(path: "foreign.f32")
          try run(
            emulator,
            [
              folder.appending(path: "foreign").path, "logits", "--weights", packed.path, "--input", pixels.path,
              "--output", out.path, "--threads", "\(threads)",
            ])
          let values = try Data(contentsOf: out).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
          if isa == .portable {
            #expect(values.map(\.bitPattern) == portable, "\(compiler), \(threads) threads")
          } else {
            let largest = portable.map { abs(Float(bitPattern: $0)) }.max() ?? 0
            let worst = zip(values, portable).map { abs($0 - Float(bitPattern: $1)) }.max() ?? .infinity
            let bound: Float = isa == .neonfp16 ? 5e-3 : 1e-5
            #expect(values.count == 10 && worst < bound * largest, "\(compiler), \(isa): \(worst / largest)")
          }
        }
      }
    }
  }

  /// Processors without an operating system, with and without a floating-point unit: from flash, in a static arena.
  @Test(
    .enabled(if: canRun(["arm-none-eabi-gcc", "qemu-system-arm"]), "needs arm-none-eabi-gcc and qemu-system-arm"),
    arguments: [
      ("cortex-m7", "-mfloat-abi=hard -mfpu=fpv5-sp-d16", "mps2-an500"),
      ("cortex-m4", "-mfloat-abi=hard -mfpu=fpv4-sp-d16", "mps2-an386"), ("cortex-m3", "", "mps2-an385"),
    ])
  func cortexM(processor: String, unit: String, board: String) throws {
    try withTemporaryFolder { folder in
      var net = Net.digits
      (net.algorithms, net.targets) = (.exact, [.portable])
      let package = try CPackage(net, in: folder)
      let packed = try package.pack(models.appending(path: "digits20.safetensors"), for: .portable)
      let portable = try expected(package, packed, folder.appending(path: "in.f32"))
      let command = resnetc(
        "models/digits20.rn --language c --single-file --static-arena --exact --isa portable --no-command "
          + "--embed-weights --weights models/digits20.safetensors -q -o \(folder.path)/Firmware")
      try run("sh", ["-c", command], in: repository)
      let example = repository.appending(path: "Examples/Firmware").path
      try run(
        "sh",
        [
          "-c",
          "arm-none-eabi-gcc -mcpu=\(processor) -mthumb \(unit) -O2 \(warnings) -I. -nostartfiles -T \(example)/mps2.ld "
            + "\(example)/startup.c \(example)/main.c digits20.c digits20_weights.c -lm -lc -lgcc -o firmware.elf",
        ], in: folder.appending(path: "Firmware"))
      let text = try run(
        "timeout",
        [
          "300", "qemu-system-arm", "-M", board, "-cpu", processor, "-semihosting", "-nographic", "-kernel",
          "firmware.elf",
        ], in: folder.appending(path: "Firmware")
      ).output
      #expect(text.split(separator: "\n").compactMap { UInt32($0, radix: 16) } == portable, "\(processor): \(text)")
      let sizes = try run("arm-none-eabi-size", ["firmware.elf"], in: folder.appending(path: "Firmware")).output
      print("\(processor): \(sizes)", terminator: "")
    }
  }

  /// Built and installed by CMake, used by a program in C++ through CMake, pkg-config and Meson.
  @Test(.enabled(if: canRun(["cmake", "pkg-config", "g++"]), "needs cmake, pkg-config and g++"))
  func cmakeInstallsWhatOthersUse() throws {
    try withTemporaryFolder { folder in
      let command = resnetc(
        "models/digits20.rn --language c --weights models/digits20.safetensors -q -o \(folder.path)/Digits")
      try run("sh", ["-c", command], in: repository)
      let isa = ISA.available[0]
      try run(
        "sh",
        [
          "-c",
          """
          set -e
          cd Digits
          cmake -B build -DCMAKE_C_FLAGS="-Wall -Wextra -Werror"
          cmake --build build -j 2
          cmake --install build --prefix "$PWD/../installed"
          ../installed/bin/digits20 verify --weights digits20.\(isa).packed
          ../installed/bin/digits20 bench --weights digits20.\(isa).packed --seconds 0.1 --json
          """,
        ], in: folder)
      let program = """
        #include <digits20.h>
        #include <cstdio>
        int main() {
          std::puts(digits20_error_message(digits20_open(nullptr, nullptr, 0)));
          digits20_team *team = nullptr;
          if (digits20_team_create(&team, 2) != DIGITS20_OK || digits20_team_threads(team) != 2) { return 1; }
          digits20_team_destroy(team);
          return 0;
        }
        """
      let user = folder.appending(path: "user")
      let files = [
        "main.cpp": program,
        "CMakeLists.txt": """
        cmake_minimum_required(VERSION 3.13)
        project(user LANGUAGES C CXX)
        find_package(digits20 REQUIRED)
        add_executable(user main.cpp)
        target_link_libraries(user PRIVATE digits20::digits20)

        """,
        "meson.build": """
        project('user', 'cpp')
        executable('user', 'main.cpp', dependencies: [dependency('digits20'), dependency('threads')])

        """,
      ]
      try replaceFiles(below: user, with: files.mapValues { Data($0.utf8) })
      var ways = [
        "cmake -B b1 -DCMAKE_PREFIX_PATH=$PWD/../installed && cmake --build b1 && b1/user",
        "g++ -std=c++17 main.cpp $(pkg-config --cflags --libs digits20) -o b2 && ./b2",
      ]
      if isInstalled("meson") { ways.append("meson setup b3 && meson compile -C b3 && b3/user") }
      for way in ways {
        let text = try run(
          "sh", ["-c", "export PKG_CONFIG_PATH=$(dirname $(find $PWD/../installed -name digits20.pc)); \(way)"],
          in: user
        ).output
        #expect(text.contains("an address is null"), "\(way): \(text)")
      }
    }
  }

  /// Sanitizers of addresses and of undefined behaviour, on every small network.
  @Test(arguments: Net.torture.share(oneIn: sample == nil ? 1 : 9)) func sanitizersAreSilent(net: Net) throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(
        net, in: folder, compiler: "clang -O0 -g -fsanitize=address,undefined -fno-sanitize-recover=all")
      try package.expectAnswers(threads: [1, 2], like: nil)
    }
  }

  /// Threads of a call, and of several at once on one team. Clang's sanitizer wants Swift's libraries here.
  @Test(.enabled(if: canRun(["gcc"]), "needs gcc")) func threadSanitizerIsSilent() throws {
    try withTemporaryFolder { folder in
      let package = try CPackage(Net.digits, in: folder, compiler: "gcc -O1 -g -fsanitize=thread")
      let packed = try package.pack(models.appending(path: "digits20.safetensors"), for: ISA.available[0])
      let bench = ["bench", "--weights", packed.path, "--seconds", "0.2", "--threads"]
      for threads in [2, 3] { try run(package.command, bench + ["\(threads)"]) }
    }
  }

  /// The command as the tests have it.
  private func resnetc(_ words: String) -> String {
    let tests = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
    return "\(tests.appending(path: "resnetc").path) \(words)"
  }
}
