// What people type because other tools have it, and what it is here. One table: who meets another such word adds a line.
// Words are compared in small letters, without `_`, `-`, the spaces between them, and a final `2d`: 'max_pool',
// 'MaxPool2d' and 'max-pool' are one line. A word whose answer would be another operation than the one meant is
// answered with none.

enum ForeignWord: Equatable {
  /// The same thing under another spelling; the fix writes it.
  case spelt(String)
  /// Something that is there by itself; the fix removes it. The sentence says why.
  case needless(String)
  /// Nothing of the kind exists here; its proper name, and what there is.
  case absent(String, help: String? = nil)
  /// Said in another way, and which one only the author knows.
  case said(String, help: String)

  /// In a row or a block. What was absent when the table was written may have become a word since.
  static func element(_ phrase: String) -> ForeignWord? {
    let word = normalised(phrase)
    if case .absent = elements[word], Vocabulary.elements.contains(word) { return .spelt(word) }
    return elements[word]
  }

  /// After a header key or an attribute of this name.
  static func option(of key: String, _ phrase: String) -> ForeignWord? { options[key]?[normalised(phrase)] }

  /// Words for a fully connected layer, whose width other tools write behind.
  static func isFullyConnected(_ phrase: String) -> Bool {
    ["fc", "dense", "linear", "fullyconnected", "innerproduct", "ip", "gemm"].contains(normalised(phrase))
  }

  /// Words for a convolution, which here has none.
  static func isConvolution(_ phrase: String) -> Bool {
    ["conv", "convolution", "convolutional", "convolve"].contains(normalised(phrase))
  }

  /// Words behind a width.
  static func isUnit(_ phrase: String) -> Bool {
    ["channels", "channel", "ch", "filters", "filter", "maps", "featuremaps", "features", "kernels", "outputs", "wide"]
      .contains(normalised(phrase))
  }

  /// Words for an activation, also for one that is not here.
  static func isActivation(_ phrase: String) -> Bool {
    if Activation.allCases.contains(where: { $0.phrase == phrase.lowercased() })
      || option(of: "activation", phrase) != nil
    {
      return true
    }
    switch element(phrase) {
    case .spelt(let word): return Activation.allCases.contains { $0.phrase == word }
    case .absent(_, let help): return help == activations
    default: return false
    }
  }

  /// Words for a layer that does nothing.
  static func isIdentity(_ phrase: String) -> Bool {
    ["identity", "skip", "shortcut", "skipconnection"].contains(normalised(phrase))
  }

  /// Words behind branches, for what becomes of their values.
  static func combiner(_ phrase: String) -> ForeignWord? {
    switch normalised(phrase) {
    case "add", "added", "addition", "plus", "summed", "eltwiseadd", "elementwiseadd", "residual": .spelt("sum")
    case "mul", "multiply", "multiplied", "multiplication", "times", "eltwisemul", "elementwisemul": .spelt("product")
    case "concat", "concatenate", "concatenated", "concatenation", "cat": .needless("")
    default: nil
    }
  }

  static func isCombiner(_ phrase: String) -> Bool { combiner(phrase) != nil }

  /// Keys of other tools for the header's 'activation'.
  static func isActivationKey(_ word: String) -> Bool {
    ["act", "actfn", "actfunction", "activations", "activationfn", "activationfunction", "nonlinearity"]
      .contains(normalised(word))
  }

  /// Words of other tools for 'model'.
  static func isModelKey(_ word: String) -> Bool {
    ["network", "net", "name", "arch", "architecture", "class", "def"].contains(word.lowercased())
  }

  /// Words for a pool with a window; the others pool the whole map.
  static func isWindowed(_ phrase: String) -> Bool {
    ["avgpool", "avgpooling", "averagepooling", "meanpool", "meanpooling"].contains(normalised(phrase))
  }

  static func normalised(_ phrase: String) -> String {
    let letters = phrase.lowercased().filter { $0 != "_" && $0 != "-" && $0 != " " }
    return letters.hasSuffix("2d") ? String(letters.dropLast(2)) : letters
  }

  private static let elements: [String: ForeignWord] = [
    // Pools.
    "maxpool": .spelt("max pool"), "maxpooling": .spelt("max pool"),
    "avgpool": .spelt("average pool"), "avgpooling": .spelt("average pool"), "averagepooling": .spelt("average pool"),
    "meanpool": .spelt("average pool"), "meanpooling": .spelt("average pool"),
    "gap": .spelt("average pool"), "globalpool": global, "globalpooling": global,
    "globalaveragepool": .spelt("average pool"), "globalaveragepooling": .spelt("average pool"),
    "globalavgpool": .spelt("average pool"), "globalavgpooling": .spelt("average pool"),
    "adaptiveaveragepool": .spelt("average pool"), "adaptiveavgpool": .spelt("average pool"),
    "adaptiveaveragepooling": .spelt("average pool"), "adaptiveavgpooling": .spelt("average pool"),
    "globalmaxpool": globalMax, "globalmaxpooling": globalMax, "adaptivemaxpool": globalMax, "gmp": globalMax,

    // Normalisation.
    "bn": batch, "batchnorm": batch, "batchnormalization": batch, "batchnormalisation": batch,
    "frozenbn": frozen, "frozenbatchnorm": frozen, "frozenbatchnormalization": frozen,
    "layernorm": .spelt("norm layer"), "ln": .spelt("norm layer"), "layernormalization": .spelt("norm layer"),
    "layernormalisation": .spelt("norm layer"),
    "groupnorm": groups, "gn": groups, "groupnormalization": groups, "groupnormalisation": groups,
    "instancenorm": instance, "instancenormalization": instance, "instancenormalisation": instance,
    "weightnorm": otherNorm("weight"),
    "standardized": standardized, "standardised": standardized, "stdconv": standardized, "ws": standardized,
    "weightstandardization": standardized, "weightstandardisation": standardized,
    "standardizedweights": standardized, "standardisedweights": standardized,
    "layerscale": scale,
    "nobn": .spelt("no norm"), "nobatchnorm": .spelt("no norm"), "nonormalization": .spelt("no norm"),
    "nonormalisation": .spelt("no norm"), "nobatchnormalization": .spelt("no norm"),
    "localresponsenorm": .said("local response normalisation is written 'lrn'", help: "with its size: 'lrn 5'"),

    // Activations.
    "swish": .spelt("silu"), "logistic": .spelt("sigmoid"),
    "celu": otherActivation("the continuous exponential linear unit"),
    "selu": otherActivation("the scaled exponential linear unit"),
    "leakyrelu": .spelt("leaky relu"), "lrelu": .spelt("leaky relu"), "leaky": .spelt("leaky relu"),
    "rrelu": otherActivation("the randomised leaky rectifier"),
    "hswish": .spelt("hardswish"), "hardswish": .spelt("hardswish"), "hsilu": .spelt("hardswish"),
    "hsigmoid": .spelt("hardsigmoid"), "hardsigmoid": .spelt("hardsigmoid"), "mish": otherActivation("mish"),
    "hardtanh": otherActivation("the hard hyperbolic tangent"), "softplus": otherActivation("softplus"),
    "glu": otherActivation("the gated linear unit"),
    "logsoftmax": .absent(
      "the logarithm of softmax", help: "write 'softmax', or nothing: the order of the classes is the same"),
    "nosoftmax": .needless("a softmax is there only where it is written"),
    "noactivation": .spelt("linear"), "norelu": .spelt("linear"), "nononlinearity": .spelt("linear"),

    // Strides and padding.
    "strides": .spelt("stride"), "st": .spelt("stride"), "padding": .spelt("pad"), "dilated": .spelt("dilation"),
    "dilationrate": .spelt("dilation"), "atrous": .spelt("dilation"), "ceilmode": .spelt("ceil"),
    "epsilon": .spelt("eps"),
    "valid": .spelt("pad 0"), "nopad": .spelt("pad 0"), "nopadding": .spelt("pad 0"), "unpadded": .spelt("pad 0"),
    "padvalid": .spelt("pad 0"), "paddingvalid": .spelt("pad 0"),
    "same": same, "paddingsame": same, "samepadding": same,
    "group": .spelt("groups"), "cardinality": .spelt("groups"), "dw": .spelt("depthwise"),
    "dwise": .spelt("depthwise"), "separable": separable, "separableconv": separable, "depthwiseseparable": separable,
    "depthwiseseparableconv": separable, "sepconv": separable, "sep": separable,
    "pointwise": .said("a pointwise convolution is one of 1x1", help: "write '1x1, 64', with the width that is meant"),
    "nobiases": .spelt("no bias"), "biases": .spelt("bias"),

    // What a block or a layer does by itself.
    "flatten": .needless("a fully connected layer flattens its map by itself"),
    "reshape": .needless("a fully connected layer flattens its map by itself"),
    "view": .needless("a fully connected layer flattens its map by itself"),
    "skip": shortcut, "skipconnection": shortcut, "shortcut": shortcut, "residual": shortcut, "add": shortcut,
    "identity": .said(
      "'identity' is no layer",
      help: "the shortcut of '[ ... ]' is there by itself; a layer without an activation is 'linear'"),
    "concat": concatenation, "concatenate": concatenation, "cat": concatenation,

    // What the language has nothing for.
    "upsampling": .spelt("upsample"), "interpolate": .spelt("upsample"), "resize": .spelt("upsample"),
    "deconv": .absent("a transposed convolution"), "transposedconv": .absent("a transposed convolution"),
    "convtranspose": .absent("a transposed convolution"), "attention": .absent("attention"),
    "unpool": .absent("unpooling"), "lstm": .absent("a recurrent layer"), "embedding": .absent("an embedding"),
    "dropblock": .absent("DropBlock"), "droppath": survival, "stochasticdepth": survival,
    "pixelshuffle": .absent("pixel shuffling"),
    "channelshuffle": .said("a shuffle of channels is written 'shuffle'", help: "with its groups: 'shuffle 2'"),
    "chunk": .said("a split is written with its branches", help: "each reads a share: 'split { identity | 3x3, 58 }'"),
  ]

  private static let options: [String: [String: ForeignWord]] = [
    "norm": [
      "bn": .spelt("batch"), "batchnorm": .spelt("batch"), "batchnormalization": .spelt("batch"),
      "off": .spelt("none"), "no": .spelt("none"), "false": .spelt("none"),
      "layernorm": .spelt("layer"), "ln": .spelt("layer"), "layernormalization": .spelt("layer"),
      "groups": .spelt("group"), "groupnorm": .spelt("group"), "gn": .spelt("group"),
      "groupnormalization": .spelt("group"),
      "instance": instance, "instancenorm": instance,
      "frozen": frozenOption, "frozenbn": frozenOption, "frozenbatch": frozenOption, "frozenbatchnorm": frozenOption,
      "lrn": .said("local response normalisation is a layer", help: "write 'lrn 5' where it stands among the layers"),
    ],
    "weights": [
      "standardised": .spelt("standardized"), "standard": .spelt("standardized"), "std": .spelt("standardized"),
      "none": .spelt("plain"), "off": .spelt("plain"), "no": .spelt("plain"), "raw": .spelt("plain"),
    ],
    "activation": [
      "none": .spelt("linear"), "no": .spelt("linear"), "off": .spelt("linear"), "identity": .spelt("linear"),
    ],
    "shortcut": [
      "projection": .said(
        "'projection' does not say where the shortcut projects",
        help: "write 'B' for projections where the shape changes, 'C' for projections everywhere"),
      "zeropadding": .spelt("A"), "zeropad": .spelt("A"), "zeros": .spelt("A"),
      "off": .spelt("none"), "no": .spelt("none"), "false": .spelt("none"), "plain": .spelt("none"),
    ],
    "no": [
      "bn": .spelt("norm"), "batchnorm": .spelt("norm"), "normalization": .spelt("norm"),
      "normalisation": .spelt("norm"), "biases": .spelt("bias"),
    ],
  ]

  static let batch = ForeignWord.needless("a convolution brings its batch normalisation")
  static let frozen = ForeignWord.needless(
    "a frozen batch norm computes what a batch norm does at inference, and a convolution brings one")
  private static let frozenOption = ForeignWord.said(
    "a frozen batch norm computes what a batch norm does at inference",
    help: "write 'norm batch', or nothing: it is the default")

  private static func otherActivation(_ name: String) -> ForeignWord { .absent(name, help: activations) }
  private static let activations =
    "the activations are \(alternatives(Activation.allCases.map { "'\($0.phrase)'" }, joiner: "and"))"

  private static func otherNorm(_ kind: String) -> ForeignWord {
    .absent(
      "\(kind) normalisation",
      help: "there are 'norm batch', 'norm layer', 'norm group 32', and none: 'norm none' in the header, 'no norm' "
        + "after a convolution")
  }
  private static let groups = ForeignWord.said(
    "group normalisation is written 'norm group' with the number of groups", help: "for example 'norm group 32'")
  private static let instance = ForeignWord.absent(
    "instance normalisation of its own",
    help: "it is 'norm group' with a group for each channel: 'norm group 64' for 64")
  private static let standardized = ForeignWord.said(
    "weights are standardised by a word of their own",
    help: "write 'weights standardized' in the header, for all convolutions, or behind one of them")
  private static let scale = ForeignWord.said(
    "a factor for each channel before a block's sum is written behind its bracket",
    help: "write '[3x3, 64; 3x3, 64] scale'")
  private static let survival = ForeignWord.said(
    "stochastic depth is written behind a block's bracket, and changes nothing at inference",
    help: "write the share of steps in which the block takes part: '[3x3, 64; 3x3, 64] survival 0.8'")

  private static let separable = ForeignWord.said(
    "a separable convolution is two: one of each channel by itself, and one of 1x1",
    help: "write '3x3, 32, depthwise, no norm, no bias, linear; 1x1, 64', where 32 channels enter it")
  private static let same = ForeignWord.spelt("pad same")
  private static let globalMax = ForeignWord.said(
    "a max pool over the whole map has no window",
    help: "write 'max pool', or 'max pool to 4x4' for so many bins")
  private static let global = ForeignWord.said(
    "this does not say what is pooled",
    help: "'average pool' takes the mean of the whole map, 'max pool' the largest value")
  private static let shortcut = ForeignWord.said(
    "a shortcut is no layer: '[ ... ]' adds its input to what its layers give",
    help: "put the layers that it spans in square brackets: '[3x3, 64; 3x3, 64]'")
  private static let concatenation = ForeignWord.said(
    "what is concatenated stands in braces", help: "write the branches as '{ 1x1, 64 | 3x3, 64 }'")
}
