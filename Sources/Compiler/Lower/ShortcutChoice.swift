// What the shortcut of a block is, once the block's shapes are known.
import ResNetDSL

/// Why a block can have no shortcut.
struct ShortcutFault: Error {
  var diagnostic: Diagnostic
}

/// The shortcut around `layers`, by the network's option.
///
/// - Parameter stage: The row's name.
func chooseShortcut(
  _ option: ShortcutOption, around layers: [SizedLayer], of block: Block, in stage: String, from input: Shape,
  to output: Shape
) throws(ShortcutFault) -> Shortcut {
  if option == .none { return .none }
  let stride = layers.reduce(Stride(1)) { $0.times($1.stride) }
  if option == .identityWhereShapeStays { return input == output && stride == 1 ? .identity : .none }
  let reached = Extent((input.height - 1) / stride.rows + 1, (input.width - 1) / stride.columns + 1)
  guard reached == output.extent else {
    throw ShortcutFault(
      diagnostic: Diagnostic(
        .error, .shortcutSize,
        "a block of \(stage) turns \(input.extent.text) into \(output.extent.text), but its shortcut gives "
          + reached.text,
        at: Label(block.span, stride == 1 ? "no strides here" : "strides of \(stride.text) in all"),
        helps: ["keep the size with padding, or group these layers with ( ) instead of [ ]"]))
  }
  switch option {
  case .none, .identityWhereShapeStays: return .none
  case .projectWhereShapeChanges where input.channels == output.channels && stride == 1: return .identity
  case .projectWhereShapeChanges, .projectAlways:
    guard product(input.channels, output.channels) <= LayerLimits.elements else {
      throw ShortcutFault(
        diagnostic: Diagnostic(
          .error, .layerTooLarge, "a projection of \(stage) has more than 2^30 weights", at: Label(block.span)))
    }
    try checkProjectionNorm(of: layers, block, in: stage, output.channels)
    return .projection(stride: stride)
  case .identityZeroPadded where input == output: return .identity
  case .identityZeroPadded(let placement):
    let added = output.channels - input.channels
    guard added >= 0 else {
      throw ShortcutFault(
        diagnostic: Diagnostic(
          .error, .shortcutDropsChannels,
          "option A cannot go from \(input.channels) to \(output.channels) channels in \(stage)",
          at: Label(block.span, "\(input.channels) channels enter, \(output.channels) leave"),
          helps: ["use `shortcut B`, whose projections change the number of channels either way"]))
    }
    guard let step = stride.both else {
      throw ShortcutFault(
        diagnostic: Diagnostic(
          .error, .shortcutSize, "option A steps by one number, and a block of \(stage) by \(stride.text)",
          at: Label(block.span, "strides of \(stride.text) in all"),
          helps: ["use `shortcut B`, whose projections step as the block does"]))
    }
    let before = placement == .both ? added / 2 : 0
    return .zeroPad(ZeroPad(stride: step, channelsBefore: before, channelsAfter: added - before))
  }
}

/// A projection is made like the block's last convolution, whose width need not be the block's: a maxout or other branches
/// may stand between.
private func checkProjectionNorm(
  of layers: [SizedLayer], _ block: Block, in stage: String, _ channels: Int
) throws(ShortcutFault) {
  guard let model = layers.flatMap(\.single).compactMap(\.layer.convolution).last, !model.isPreActivated,
    case .group(let count)? = model.norm?.kind, channels % count != 0
  else { return }
  throw ShortcutFault(
    diagnostic: Diagnostic(
      .error, .groupsDoNotDivide,
      "\(count) groups do not divide the \(channels) channels that the norm of a projection of \(stage) reads",
      at: Label(block.span, "\(channels) / \(count) leaves \(channels % count)"),
      helps: [
        "a projection has the norm of its block's last convolution: write a number of groups there that divides \(channels)"
      ]))
}
