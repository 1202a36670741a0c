// torchvision's and timm's Inception-v3: the rows of the table are its modules, by the names that the source gives them, and a
// branch is called after its windows, of which 1x7 and 7x1 make one of 7x7:
//
//   Conv2d_1a_3x3.conv, .bn; Mixed_5b.branch1x1; .branch5x5_1, _2; .branch3x3dbl_1, _2, _3; .branch_pool; fc
//   Mixed_6b.branch7x7dbl_5; Mixed_7a.branch7x7x3_4; Mixed_7b.branch3x3_2a, _2b for the branches in a branch
import ResNetDSL

struct InceptionV3Names: NameDialect {
  /// What the branches of each row are called; `nil` for one that none of these networks has.
  private let branches: [[String?]]

  init(_ network: Network) {
    branches = network.stages.map { stage in
      for case .branches(let branches, .concatenation) in stage.items.flatMap(\.layers).map(\.kind) {
        return branches.map(branchName)
      }
      return []
    }
  }

  func paths(_ layer: Layer, activation: Activation, at place: ParameterPlace) -> ParameterPaths {
    switch layer.lowering.role {
    case .fullyConnected: return ParameterPaths(layer: "fc", norm: "fc_bn", activation: "fc_prelu")
    case .convolution:
      guard place.block == nil, let path = path(at: place) else { return .none }
      return ParameterPaths(layer: "\(path).conv", norm: "\(path).bn", activation: "")
    default: return .none
    }
  }

  private func path(at place: ParameterPlace) -> String? {
    guard let branch = place.branches.first else { return place.rowName }
    let names = branches[place.row]
    guard branch.number <= names.count, let name = names[branch.number - 1] else { return nil }
    let path = "\(place.rowName).\(name)"
    let isNumbered = branch.count > 1 && name != poolBranch
    switch place.branches.count {
    case 1: return isNumbered ? "\(path)_\(branch.position + 1)" : path
    case 2:
      let letters = ["a", "b"]
      let inner = place.branches[1]
      guard inner.count == 1, inner.number <= letters.count else { return nil }
      return "\(path)_\(branch.position + 1)\(letters[inner.number - 1])"
    default: return nil
    }
  }
}

private let poolBranch = "branch_pool"

private func branchName(_ layers: [Layer]) -> String? {
  if let first = layers.first, first.isPool { return layers.count == 2 ? poolBranch : nil }
  guard let windows = windows(layers) else { return nil }
  // What stands before the others only makes channels fewer.
  let sides = windows.count > 1 && windows.first == 1 ? Array(windows.dropFirst()) : windows
  switch (sides.first, sides.dropFirst().first, sides.count) {
  case (let side?, nil, 1): return "branch\(side)x\(side)"
  case (let side?, let second?, 2):
    return side == second ? "branch\(side)x\(side)dbl" : "branch\(side)x\(side)x\(second)"
  default: return nil
  }
}

/// The sides of square windows, where a row and a column, one after the other or side by side, make one.
private func windows(_ layers: [Layer]) -> [Int]? {
  var sides: [Int] = []
  var rest = layers[...]
  while let layer = rest.popFirst() {
    if case .branches(let branches, .concatenation) = layer.kind {
      let kernels = branches.compactMap { $0.count == 1 ? $0[0].convolution?.kernel : nil }
      guard branches.count == 2, let side = side(kernels.first, kernels.last) else { return nil }
      sides.append(side)
    } else if let kernel = layer.convolution?.kernel, kernel.height == kernel.width {
      sides.append(kernel.height)
    } else if let side = side(layer.convolution?.kernel, rest.popFirst()?.convolution?.kernel) {
      sides.append(side)
    } else {
      return nil
    }
  }
  return sides
}

/// Of the square that a row and a column make.
private func side(_ first: Extent?, _ second: Extent?) -> Int? {
  guard let first, let second, first.height == second.width, first.width == second.height else { return nil }
  guard min(first.height, first.width) == 1, first.height != first.width else { return nil }
  return max(first.height, first.width)
}
