// `from conv4_x` at the begin of a branch: no layer, but the value of a row above, in place of what enters the braces.
import ResNetDSL

struct SourceLayer: LayerLowering {
  var row: Located<String>
  var suffix: String? { nil }
  func operation(_ sized: SizedLayer, _ paths: ParameterPaths) -> Operation? { nil }
  func tableText(_ usual: UsualAttributes) -> String { "from \(row.value)" }
}
