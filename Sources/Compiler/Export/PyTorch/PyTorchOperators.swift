// What each operator is in PyTorch: a module with its tensors, where it has any, and an expression of its inputs. Values are
// [batch, channels, height, width], but for rows behind a fully connected layer, [batch, features].
internal import ResNetDSL

/// A module, and what makes it.
struct PyTorchModule: Equatable {
  /// As the state dict has it: `layer1.0.conv1`.
  var path: String
  var constructor: String
  /// Whether it is one of a sequence that is called as a whole.
  var isInSequence = false
}

/// A value of the network in terms of those before it.
struct PyTorchValue {
  var module: PyTorchModule?
  /// With `self.` for the module, and the inputs' texts in place.
  var expression: (_ module: String, _ inputs: [String]) -> String
  /// Whether it is a row of features.
  var isRow = false
}

/// What cannot be said in PyTorch's words.
package struct PyTorchFault: Error, Sendable, Equatable {
  /// The layer, as reports name it, and what of it.
  package let layer: String
  package let reason: String
}

extension Node {
  /// - Parameter isRow: Whether the first input is a row of features.
  func pytorch(isRow: Bool) throws(PyTorchFault) -> PyTorchValue {
    func plain(_ text: @escaping ([String]) -> String, isRow: Bool = isRow) -> PyTorchValue {
      PyTorchValue(expression: { _, inputs in text(inputs) }, isRow: isRow)
    }
    func called(_ path: String, _ constructor: String, isRow: Bool = isRow) -> PyTorchValue {
      PyTorchValue(
        module: PyTorchModule(path: path, constructor: constructor),
        expression: { module, inputs in "\(module)(\(inputs[0]))" }, isRow: isRow)
    }
    switch operation {
    case .input: return plain { _ in "x" }
    case .convolution(let convolution):
      return convolution.terms[0].pytorch(convolution.outChannels)
    case .batchNorm(let norm, let function):
      let kind = isRow ? "BatchNorm1d" : "BatchNorm2d"
      return called(path(norm.weight), "nn.\(kind)(\(norm.channels)\(epsilon(norm.epsilon, usual: 1e-5)))")
        .activated(function)
    case .sampleNorm(let norm, let function):
      guard !isRow else { throw fault("a norm of a row of features") }
      switch norm.extent {
      case .groups(let groups):
        return called(norm.path, "nn.GroupNorm(\(groups), \(norm.channels)\(epsilon(norm.epsilon, usual: 1e-5)))")
          .activated(function)
      case .pixel:
        return called(norm.path, "LayerNorm2d(\(norm.channels), eps=\(norm.epsilon))").activated(function)
      }
    case .scale(let scale):
      return PyTorchValue(
        module: PyTorchModule(path: scale.weight, constructor: "nn.Parameter(torch.ones(\(scale.channels)))"),
        expression: { module, inputs in "\(inputs[0]) * \(module)[:, None, None]" })
    case .activation(.prelu(let weight)):
      return called(path(weight), "nn.PReLU(\(shape.channels))")
    case .activation(let function):
      return plain { function.pytorch($0[0]) }
    case .add(let function): return plain { function.pytorch("\($0[0]) + \($0[1])") }
    case .multiply(let function): return plain { function.pytorch("\($0[0]) * \($0[1])") }
    case .zeroPad(let pad):
      let step = pad.stride == 1 ? "" : "[:, :, ::\(pad.stride), ::\(pad.stride)]"
      return plain { "F.pad(\($0[0])\(step), (0, 0, 0, 0, \(pad.channelsBefore), \(pad.channelsAfter)))" }
    case .maxPool(let pooling): return plain(pooling.pytorchMaximum)
    case .averagePool(let pooling):
      guard pooling.padding.isEven else { throw fault("an average whose padding differs from side to side") }
      return plain(pooling.pytorchAverage)
    case .globalAveragePool: return plain { "F.adaptive_avg_pool2d(\($0[0]), 1)" }
    case .adaptivePool(let pool):
      let word = pool.reduction == .max ? "max" : "avg"
      let flat = pool.isFlat ? ".flatten(1)[:, :, None, None]" : ""
      return plain { "F.adaptive_\(word)_pool2d(\($0[0]), (\(pool.size.height), \(pool.size.width)))\(flat)" }
    case .channelConvolution(let convolution):
      let size = convolution.size
      return PyTorchValue(
        module: PyTorchModule(
          path: path(convolution.weight), constructor: "nn.Conv1d(1, 1, \(size), padding=\(size / 2), bias=False)"),
        expression: { module, inputs in "\(module)(\(inputs[0]).flatten(2).mT).mT.unsqueeze(3)" }
      ).activated(convolution.activation)
    case .linear(let linear):
      let bias = linear.bias == nil ? ", bias=False" : ""
      return PyTorchValue(
        module: PyTorchModule(
          path: path(linear.weight), constructor: "nn.Linear(\(linear.inFeatures), \(linear.outFeatures)\(bias))"),
        expression: { module, inputs in "\(module)(\(isRow ? inputs[0] : "\(inputs[0]).flatten(1)"))" }, isRow: true
      ).activated(linear.activation)
    case .dropout(let rate): return plain { "F.dropout(\($0[0]), \(rate), self.training)" }
    case .softmax: return plain { "\($0[0]).softmax(1)" }
    case .concatenate: return plain { "torch.cat([\($0.joined(separator: ", "))], 1)" }
    case .localResponseNorm(let norm):
      return plain { "F.local_response_norm(\($0[0]), \(norm.size), \(norm.alpha), \(norm.beta), \(norm.k))" }
    case .maxout(let size): return plain { "\($0[0]).unflatten(1, (-1, \(size))).amax(2)" }
    case .share(let share): return plain { "\($0[0])[:, \(share.first):\(share.first + share.count)]" }
    case .shuffle(let shuffle):
      return plain { "\($0[0]).unflatten(1, (\(shuffle.groups), -1)).transpose(1, 2).flatten(1, 2)" }
    case .upsample(let upsample):
      let mode = upsample.method == .bilinear ? "\"bilinear\", align_corners=False" : "\"nearest\""
      return plain { "F.interpolate(\($0[0]), scale_factor=\(upsample.factor), mode=\(mode))" }
    case .blend: return plain { "torch.lerp(\($0[0]), \($0[1]), \($0[2]))" }
    case .gather: throw fault("channels that a pass gathered")
    }
  }

  private func fault(_ reason: String) -> PyTorchFault { PyTorchFault(layer: name, reason: reason) }
  private func path(_ tensor: String) -> String { String(tensor.dropLast(".weight".count)) }
}

private func epsilon(_ value: Double, usual: Double) -> String { value == usual ? "" : ", eps=\(value)" }

extension PyTorchValue {
  fileprivate func activated(_ function: Nonlinearity) -> PyTorchValue {
    guard function != .linear else { return self }
    var value = self
    value.expression = { module, inputs in function.pytorch(expression(module, inputs)) }
    return value
  }
}

extension Nonlinearity {
  fileprivate func pytorch(_ value: String) -> String {
    switch self {
    case .linear, .prelu: value
    case .relu: "F.relu(\(value))"
    case .relu6: "F.relu6(\(value))"
    case .elu: "F.elu(\(value))"
    case .sigmoid: "torch.sigmoid(\(value))"
    case .hardsigmoid: "F.hardsigmoid(\(value))"
    case .tanh: "torch.tanh(\(value))"
    case .silu: "F.silu(\(value))"
    case .hardswish: "F.hardswish(\(value))"
    case .gelu: "F.gelu(\(value))"
    case .leakyRelu(let slope): "F.leaky_relu(\(value), \(slope))"
    }
  }
}

extension Convolution.Term {
  fileprivate func pytorch(_ outChannels: Int) -> PyTorchValue {
    var arguments = ["\(inChannels)", "\(outChannels)", pair(kernel.height, kernel.width)]
    if stride != 1 { arguments.append("stride=\(pair(stride.rows, stride.columns))") }
    let isPadded = padding != .zero
    if isPadded, padding.isEven { arguments.append("padding=\(pair(padding.top, padding.left))") }
    if dilation != 1 { arguments.append("dilation=\(dilation)") }
    if groups != 1 { arguments.append("groups=\(groups)") }
    if bias == nil { arguments.append("bias=False") }
    if let standardization { arguments.append("eps=\(standardization)") }
    let kind = standardization == nil ? "nn.Conv2d" : "StandardizedConv2d"
    let sides = "(\(padding.left), \(padding.right), \(padding.top), \(padding.bottom))"
    return PyTorchValue(
      module: PyTorchModule(
        path: String(weight.dropLast(".weight".count)),
        constructor: "\(kind)(\(arguments.joined(separator: ", ")))"),
      expression: { [padding] module, inputs in
        padding.isEven ? "\(module)(\(inputs[0]))" : "\(module)(F.pad(\(inputs[0]), \(sides)))"
      })
  }
}

/// One number for both directions, where they are the same.
private func pair(_ rows: Int, _ columns: Int) -> String { rows == columns ? "\(rows)" : "(\(rows), \(columns))" }

extension Pooling {
  fileprivate func pytorchMaximum(_ inputs: [String]) -> String {
    var arguments = [pair(kernel.height, kernel.width), pair(stride.rows, stride.columns)]
    var input = inputs[0]
    let isOwn = padding.isEven && !countsPadding
    if isOwn, padding != .zero { arguments.append(pair(padding.top, padding.left)) }
    if !isOwn, padding != .zero {
      let sides = "(\(padding.left), \(padding.right), \(padding.top), \(padding.bottom))"
      input = "F.pad(\(input), \(sides)" + (countsPadding ? ")" : ", value=-torch.inf)")
    }
    if ceilMode { arguments.append("ceil_mode=True") }
    return "F.max_pool2d(\(input), \(arguments.joined(separator: ", ")))"
  }

  fileprivate func pytorchAverage(_ inputs: [String]) -> String {
    var arguments = [pair(kernel.height, kernel.width), pair(stride.rows, stride.columns)]
    if padding != .zero { arguments.append(pair(padding.top, padding.left)) }
    if ceilMode { arguments.append("ceil_mode=True") }
    if !countsPadding { arguments.append("count_include_pad=False") }
    return "F.avg_pool2d(\(inputs[0]), \(arguments.joined(separator: ", ")))"
  }
}
