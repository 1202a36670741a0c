// What `bench --per-layer` holds the measured times against: work counted by hand, the roofline, the machine's own
// limits, and the way numbers are printed.
import Testing

@testable import ResNetRuntime

@Suite struct PerLayerTests {
  private func convolution(
    _ kernel: Int, stride: Int = 1, from channels: Int, residual: ConvolutionLayer.Residual = .none
  ) -> ConvolutionLayer {
    let term = ConvolutionTerm(
      kernelHeight: kernel, kernelWidth: kernel, stride: WindowStride(stride),
      padding: WindowPadding(kernel / 2, kernel / 2),
      dilation: 1, groups: 1, inChannels: channels, weight: "w", bias: nil, norm: nil)
    return ConvolutionLayer(terms: [term], residual: residual, activation: .relu)
  }

  /// As the layer table has it.
  private func layer(_ text: StaticString) throws -> any LayerKind {
    try readLayers(TableLine.lines(of: text))[0].kind
  }

  private func work(
    _ kind: any LayerKind, _ shape: LayerShape, from inputs: [LayerShape], _ algorithm: StepAlgorithm = .direct,
    _ multiplicand: Multiplicand? = .float32, bytes: Int = 4, batch: Int = 1, weights: Int = 0
  ) -> LayerWork {
    LayerWork(
      kind, LayerShapes(inputs: inputs, output: shape), algorithm: algorithm, multiplicand: multiplicand, batch: batch,
      numberBytes: (inputs.map { _ in bytes }, bytes), weightFloats: weights)
  }

  @Test func directConvolutionDoesWhatItsDefinitionSays() {
    let map = LayerShape(channels: 64, height: 56, width: 56)
    let work = work(convolution(3, from: 64), map, from: [map], batch: 2, weights: 36_928)
    // 64 x 64 x 9 x 3136 = 115,605,504 multiply-adds an image.
    #expect(work.flops == 2 * 2 * 115_605_504)
    #expect(work.executed == work.flops)
    #expect(work.weightBytes == 147_712)
    #expect(work.valueBytes == 2 * 4 * 2 * 200_704)
  }

  /// 7 x 7 takes 2 x 2 tiles of F(4x4), of 36 multiplications for each pair of channels, or 4 x 4 of F(2x2), of 16.
  @Test(arguments: [(2, 4 * 4 * 16), (3, 3 * 3 * 25), (4, 2 * 2 * 36)])
  func winogradDoesLess(tile: Int, multiplications: Int) {
    let map = LayerShape(channels: 512, height: 7, width: 7)
    let work = work(
      convolution(3, from: 512), map, from: [map],
      .winograd(tile: tile, packsTransformed: true, points: [0.5, -0.5, 1.25, -1.25]))
    #expect(work.flops == Double(2 * 49 * 9 * 512 * 512))
    #expect(work.executed == Double(2 * multiplications * 512 * 512))
  }

  /// A 1x1 convolution of stride 2 reads a quarter of its input; so does a shortcut of option A.
  @Test func stridesPassOverPixels() {
    let wide = LayerShape(channels: 16, height: 8, width: 8)
    let half = LayerShape(channels: 32, height: 4, width: 4)
    #expect(work(convolution(1, stride: 2, from: 16), half, from: [wide]).valueBytes == 4 * (512 + 256))
    #expect(work(convolution(3, stride: 2, from: 16), half, from: [wide]).valueBytes == 4 * (512 + 1024))
    let padded = convolution(3, from: 32, residual: .zeroPadded(ZeroPadLayer(stride: 2, channelsBefore: 8)))
    #expect(work(padded, half, from: [half, wide]).valueBytes == 4 * (512 + 512 + 256))
  }

  @Test func otherLayersCountBytesOnly() throws {
    let map = LayerShape(channels: 8, height: 4, width: 4)
    let pooled = LayerShape(channels: 8, height: 1, width: 1)
    let pool = work(try layer("pool globalavgpool, 32, 1x1"), pooled, from: [map])
    #expect(pool.flops == 0 && pool.executed == 0 && pool.valueBytes == 4 * (128 + 8))
    #expect(work(try layer("sum add, 32, 2x2, relu"), map, from: [map, map]).valueBytes == 4 * 3 * 128)
    let linear = work(try layer("fc linear, 32 to 10, 1x1, weight w"), pooled, from: [map], batch: 3)
    #expect(linear.flops == 3 * 2 * 8 * 128)
  }

  @Test func theSlowerOfArithmeticAndBytesBinds() {
    let map = LayerShape(channels: 64, height: 56, width: 56)
    let work = work(convolution(3, from: 64), map, from: [map], weights: 36_928)
    var machine = MachineLimits(peaks: [.float32: 100e9], memory: 10e9, weights: 10e9, values: 40e9)
    #expect(work.bound(machine)?.limit == .arithmetic)
    #expect(work.bound(machine)?.seconds == 231_211_008 / 100e9)
    machine.peaks[.float32] = 1e15
    #expect(work.bound(machine)?.limit == .values)
    #expect(work.bound(machine)?.seconds == 147_712 / 10e9 + 1_605_632 / 40e9)
    machine.weights = 1e9
    #expect(work.bound(machine)?.limit == .weights)
    // Without room to measure how fast bytes come, only arithmetic is known.
    machine.weights = nil
    #expect(work.bound(machine)?.limit == .arithmetic)
  }

  @Test(arguments: ISA.available, [1, 2]) func thisMachineHasLimits(isa: ISA, threads: Int) throws {
    let meter = try LimitsMeter(isa: isa, pool: try ThreadPool(threads: threads))
    let limits = meter.measure(passBytes: 40 << 20, valueBytes: 100_000)
    // No processor that runs this does less than one addition in 10 cycles, or more than 1000 at once; a debug build
    // is as slow as the first.
    let flops = try #require(limits.peaks[.float32])
    #expect(flops > 1e8 && flops < 1e13)
    for rate in [limits.memory, limits.weights, limits.values] {
      let rate = try #require(rate)
      #expect(rate > 1e7 && rate < 1e13)
    }
  }

  /// What each type of numbers binds with, and that nothing is said where its peak is not known.
  @Test func peaksAreThoseOfTheNumbers() throws {
    let map = LayerShape(channels: 64, height: 56, width: 56)
    let kind = convolution(3, from: 64)
    let bytes = work(kind, map, from: [map], .direct, .int8, bytes: 1, weights: 9_280)
    #expect(bytes.multiplicands == [.int8] && bytes.executed == 231_211_008)
    #expect(bytes.valueBytes == 2 * 200_704 && bytes.weightBytes == 37_120)
    var machine = MachineLimits(peaks: [.float32: 100e9, .int8: 400e9], memory: 10e9, weights: 10e9, values: 1e15)
    #expect(bytes.bound(machine)?.seconds == 231_211_008 / 400e9)
    let pairs = work(kind, map, from: [map], .direct, .int16, bytes: 2)
    #expect(pairs.bound(machine) == nil)
    machine.peaks[.int16] = 200e9
    #expect(pairs.bound(machine)?.seconds == 231_211_008 / 200e9)
    // Two layers in a step take their times one after another.
    var both = bytes
    both.operations[.float32] = 50e6
    #expect(both.bound(machine)?.seconds == 50e6 / 100e9 + 231_211_008 / 400e9)
    // What multiplies nothing is bound by bytes, whatever is known.
    let pool = work(try layer("pool globalavgpool, 32, 1x1"), map, from: [map], .direct, nil, bytes: 1)
    machine.peaks = [:]
    #expect(pool.bound(machine)?.limit == .values)
  }

  /// The loops for other numbers run wherever kernels of such do, and are not slower than the compiler's for floats.
  @Test(arguments: Precision.allCases) func loopsForAllNumbers(precision: Precision) throws {
    for isa in ISA.available(computing: precision) {
      let loops = PeakLoops(isa)
      let needed: [Multiplicand] =
        switch precision {
        case .float32: [.float32]
        case .float16: isa == .avx512fp16 || isa == .neonfp16 ? [.float32, .float16] : [.float32]
        case .int8: [.float32, isa.integerWords == .pairs ? .int16 : .int8, .int16]
        }
      for type in needed {
        let loop = try #require(loops[type], "\(isa) \(type)")
        #expect(loop.width > 0 && loop.run(3, 1).isFinite)
      }
      #expect((loops[.float16] != nil) == (isa == .avx512fp16 || isa == .neonfp16))
    }
  }

  @Test func stagesAreTheRowsOfTheSource() {
    func stage(_ name: String) -> String {
      LayerProfile(name: name, algorithm: "", time: TimeSummary(best: 1, median: 1), work: nil).stage
    }
    #expect(stage("conv3_1.2") == "conv3_x")
    #expect(stage("conv2_12") == "conv2_x")
    #expect(stage("head.fc") == "head")
    #expect(stage("pool1") == "pool1")
    #expect(stage("stem_a.1") == "stem_a")
  }

  @Test func numbersHaveTheirDecimals() {
    #expect(fixed(1.25, 3) == "1.250")
    #expect(fixed(0.0004, 3) == "0.000")
    #expect(fixed(-0.05, 1) == "-0.1")
    #expect(fixed(99.96, 1) == "100.0")
    #expect(fixed(12.5, 0) == "13")
    #expect(fixed(.infinity, 1) == "inf")
    #expect(columns([["a", "b"], ["long", "12"], ["x"]], left: [0]) == "a      b\nlong  12\nx")
  }
}
