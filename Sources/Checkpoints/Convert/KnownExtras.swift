// What checkpoints hold beside a network's weights, known by its name for what it is: it is left out, and that is said. A
// name that the model has is never one of these.

/// Something that is no part of a network at inference.
enum KnownExtra: CaseIterable {
  case batchCount, averageCount, operationCount, loss, momentumEncoder, queue, projector

  /// What a name stands for, if it is known.
  static func of(_ name: String) -> KnownExtra? {
    let parts = components(name)
    switch parts.last {
    case "num_batches_tracked": return .batchCount
    case "n_averaged": return .averageCount
    case "total_ops", "total_params": return .operationCount
    case "queue", "queue_ptr", "queue_labels": return .queue
    default: break
    }
    let modules = parts.dropLast()
    if modules.contains(where: { ["loss_fn", "loss", "criterion", "loss_function", "train_loss"].contains($0) }) {
      return .loss
    }
    if modules.contains(where: {
      ["encoder_k", "momentum_encoder", "momentum_backbone", "target_encoder"].contains($0)
    }) {
      return .momentumEncoder
    }
    if modules.contains(where: { ["projector", "projection_head", "predictor", "prototypes"].contains($0) }) {
      return .projector
    }
    return nil
  }

  func text(_ count: Int) -> String {
    let several = count != 1
    return switch self {
    case .batchCount: "\(count) count\(several ? "s" : "") of training batches"
    case .averageCount: "the count of averaged models"
    case .operationCount: "\(count) count\(several ? "s" : "") of a profiler"
    case .loss: "\(count) tensor\(several ? "s" : "") of the loss"
    case .momentumEncoder: "\(count) tensor\(several ? "s" : "") of the momentum encoder"
    case .queue: "the queue of a contrastive loss"
    case .projector: "\(count) tensor\(several ? "s" : "") of a head used in training only"
    }
  }
}
