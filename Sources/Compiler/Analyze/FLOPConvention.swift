// "FLOPs" means a different number to each tool. These rules are what the tools print for torchvision's models, and for
// every operator by itself; `scripts/count_tools.py` runs them, and its figures are fixtures of the tests.

/// What somebody counts as an operation.
package enum FLOPConvention: String, CaseIterable, Hashable, Sendable {
  case paper, fvcore, torchinfo, ptflops
  case ptflopsModules = "ptflops_pytorch"
  case deepSpeed = "deepspeed"
  case doubled = "2x_macs"

  /// Who counts so.
  package var title: String {
    switch self {
    case .paper: "paper, torchvision"
    case .fvcore: "fvcore, timm"
    case .torchinfo: "torchinfo"
    case .ptflops: "ptflops, aten backend"
    case .ptflopsModules: "ptflops, pytorch backend"
    case .deepSpeed: "DeepSpeed"
    case .doubled: "2 x MACs, PyTorch"
    }
  }

  package var rule: String {
    switch self {
    case .paper: "multiply-adds of convolutions and fully connected layers (MACs)"
    case .fvcore:
      "MACs, 2 for each value of batch norm, 5 of group and layer norm, 1 for each that a global pool reads, "
        + "4 for each standardised weight"
    case .torchinfo: "MACs, 1 for each bias added, 1 for each parameter of other layers"
    case .ptflops: "MACs, 1 for each bias added"
    case .ptflopsModules:
      "MACs and biases, 2 for each value of batch norm, group norm, ReLU, PReLU, ELU and GELU, 1 of layer norm, ReLU6, "
        + "leaky ReLU, SiLU and softmax, 2 for each that a pool reads"
    case .deepSpeed:
      "2 x MACs, biases of convolutions, 2 for each value of batch norm, 5 of group and layer norm, 1 of ReLU, PReLU, leaky "
        + "ReLU, ELU, GELU, SiLU and softmax, 1 for each that a pool reads, 4 for each standardised weight"
    case .doubled: "a multiplication and an addition for each MAC"
    }
  }

  package func count(_ cost: Cost) -> Int {
    switch self {
    case .paper: cost.macs
    case .fvcore:
      sum(
        sum(cost.macs, cost.normalized, cost.normalized, cost.selfNormalizing, cost.globallyPooled), cost.upsampled,
        product(3, cost.interpolated))
    case .torchinfo: sum(cost.macs, cost.biasAdds, cost.scales)
    case .ptflops: sum(cost.macs, cost.biasAdds)
    case .ptflopsModules:
      sum(
        sum(cost.macs, cost.biasAdds), cost.normalized, cost.normalized, cost.activated, cost.activated, cost.clipped,
        sum(cost.softened, cost.pooled, cost.pooled, cost.upsampled, cost.upsampled), cost.groupNormalized,
        cost.groupNormalized, cost.layerNormalized)
    case .deepSpeed:
      sum(
        sum(cost.macs, cost.macs), cost.convolutionBiasAdds, cost.normalized, cost.normalized, cost.activated,
        cost.softened, cost.pooled, cost.selfNormalizing, cost.upsampled)
    case .doubled: sum(cost.macs, cost.macs)
    }
  }
}

extension Cost {
  /// What tools count that take mean, variance and result of a norm apart, of values and of standardised weights.
  fileprivate var selfNormalizing: Int {
    sum(product(5, sum(groupNormalized, layerNormalized)), product(4, standardized))
  }
}
