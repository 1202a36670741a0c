//% strip
// The test that a generated package brings: every set of kernels that runs here, against the plain network.
//% end
import ModelModule
import ResNetRuntime
import Testing

@Suite struct ModelNameTests {
  /// Seeded weights, a workspace full of NaN, every layer: nothing may differ by more than 1e-4 of the layer's largest
  /// value.
  @Test(arguments: ISA.available) func kernelsAgreeWithThePlainNetwork(isa: ISA) throws {
    guard ModelName.description.has(isa) else { return }
    let engine = try Engine(ModelName.description, weights: "random:1", threads: 1, isa: isa)
    for layer in try engine.verify(weights: "random:1") {
      #expect(layer.relative < 1e-4, "\(layer.name)")
    }
  }
}
