// A sentence for every word of the language, as docs/language.md explains it. A test demands one for each.
import ResNetDSL

enum WordHelp {
  /// Of a key of the head: how it is written, and what it means.
  static func key(_ key: HeaderKey) -> (spelling: String, text: String) {
    switch key {
    case .model: ("model NAME", "One network. The name becomes a Swift type.")
    case .family: ("family NAME(n = 3)", "Several networks in one file: with columns, with parameters, or with both.")
    case .input: ("input 3 x 224 x 224", "Channels, height and width of the image.")
    case .shortcut:
      (
        "shortcut B",
        "What stands in for the identity where a block changes its shape. `A`: identity, zeros for new channels; "
          + "`B`: projection where the shape changes; `C`: projection always; `none`: plain network. Default: `B`."
      )
    case .stride:
      (
        "stride on 3x3",
        "Which layer of a block carries the stride: `first`, as in the paper's own networks, or `3x3`, as in "
          + "torchvision. Default: `on first`."
      )
    case .depth:
      ("depth 50", "The number of convolutions and fully connected layers, projections not counted. It is checked.")
    case .block:
      ("block NAME(w) = LAYERS", "A definition: where its name stands, its layers stand. Brackets are not implied.")
    case .norm:
      (
        "norm batch, eps 1e-5",
        "Normalisation after convolutions that say nothing: `batch` or `none`. Default: `batch`."
      )
    case .activation:
      ("activation relu", "The activation after convolutions that say nothing, and after sums. Default: `relu`.")
    case .order: ("order post", "Convolution, normalisation, activation. `pre` is not built yet.")
    case .preprocess:
      (
        "preprocess resize 256 bilinear, crop 224, mean ..., std ...",
        "What happens to an image before the network, in the terms of torchvision's evaluation transforms."
      )
    case .labels: ("labels \"FILE\"", "A file of class names, one a line, in the order of the outputs.")
    case .aux: ("aux LAYERS", "A head used in training only. Not built yet.")
    }
  }

  /// Of a word after a key.
  static func option(_ word: String, of key: HeaderKey) -> String? {
    switch (key, word) {
    case (.shortcut, "A"): "Identity everywhere; stride by subsampling, new channels are zeros."
    case (.shortcut, "B"): "Projection (a 1x1 convolution) where the shape changes, identity elsewhere."
    case (.shortcut, "C"): "Projection (a 1x1 convolution) in every block."
    case (.shortcut, "bias"): "Projections add a bias, as those whose norm was folded into them do."
    case (.shortcut, "no"): "`no bias`: projections add none."
    case (.shortcut, "none"): "No shortcut: blocks are plain."
    case (.shortcut, "pad"): "Where option A puts its zero channels: `end` or `both`. Default: `pad end`."
    case (.shortcut, "end"): "Zero channels after the input's channels (fb.resnet.torch)."
    case (.shortcut, "both"): "Half of the zero channels before, half after (common CIFAR code)."
    case (.stride, "first"): "The block's first convolution carries the stride, as in the paper's own networks."
    case (.stride, "on"): "`on first` or `on 3x3`."
    case (.norm, "batch"): "Batch normalisation after convolutions."
    case (.norm, "none"): "No normalisation; convolutions have a bias."
    case (.norm, "eps"): "What batch normalisation adds to the variance. Default: `1e-5`."
    case (.order, "post"): "Convolution, normalisation, activation."
    case (.order, "pre"): "Normalisation and activation first. Not built yet."
    case (.preprocess, "resize"): "Length of the image's short side, antialiased. Default: 256/224 of the crop."
    case (.preprocess, "bilinear"), (.preprocess, "bicubic"): "How the image is resized. Default: `bilinear`."
    case (.preprocess, "crop"): "The centre crop; the input's size."
    case (.preprocess, "mean"): "Subtracted from each channel, pixels scaled to 0...1."
    case (.preprocess, "std"): "What each channel is divided by after the mean."
    case (.activation, _): activation(word)
    default: nil
    }
  }

  static func activation(_ word: String) -> String? {
    guard let activation = Activation(rawValue: word) else { return nil }
    return switch activation {
    case .linear: "No activation."
    case .relu: "`max(x, 0)`."
    case .relu6: "`min(max(x, 0), 6)`."
    case .prelu: "`x` above zero, below it `x` times a learned slope for each channel."
    case .sigmoid: "`1 / (1 + e^-x)`."
    case .silu: "`x` times its sigmoid."
    case .gelu: "`x` times the normal distribution's share below it."
    }
  }

  /// Of a word that begins an attribute.
  static func attribute(_ word: String) -> String? {
    switch word {
    case "stride": "Step in both directions. Default: decided by the row's size, else 1."
    case "pad": "Zeros on all sides, or rows x columns. Default: keeps the size at stride 1."
    case "dilation": "Distance between the kernel's taps. Default: 1."
    case "groups": "Grouped convolution. Not built yet."
    case "depthwise": "A group for each channel. Not built yet."
    case "bias": "A value added for each channel. Default: only without normalisation."
    case "no": "`no bias` or `no norm`."
    case "norm": "`norm batch`: batch normalisation after the convolution. Default: as the header says."
    case "eps": "What batch normalisation adds to the variance. Default: as the header says."
    case "ceil": "Rounds the output size up, as Caffe does, instead of down."
    case "counted": "The zeros of the padding count in the mean, as PyTorch (by default) and Caffe have it."
    case "uncounted": "The mean is over the places inside the map, as TensorFlow has it."
    default: nil
    }
  }

  /// Of a word that begins a layer.
  static func layer(_ word: String) -> String? {
    switch word {
    case "max": "`3x3 max pool`: the largest value of each window."
    case "average": "`3x3 average pool` over windows; `average pool` over the whole map, to 1x1."
    case "softmax": "Ends a network: `classify` applies it, `logits` gives the values before it."
    case "dropout": "Kept for the sake of the architecture; at inference it does nothing."
    case "fc": "`1000-d fc`: a fully connected layer with 1000 outputs."
    case "maxout": "`maxout 2`. Not built yet."
    case "lrn": "`lrn 5`: local response normalisation. Not built yet."
    case "se": "`se 16`: squeeze-and-excitation. Not built yet."
    case "gate": "`gate(3x3, 16)`: a Highway network's gate. Not built yet."
    case "spatial": "`spatial pyramid pool 7 3 2 1`. Not built yet."
    default: nil
    }
  }

  /// Of whatever stands between two commas.
  static func element(_ word: String) -> String? { attribute(word) ?? layer(word) ?? activation(word) }
}
