// What each key of the head means, and the words that follow it.

extension HeaderDescription {
  static let model = HeaderDescription(
    [Meaning("`model NAME`", "one network; the name becomes a Swift type", isRequired: true)], .names,
    isDeclaration: true)

  static let family = HeaderDescription(
    [
      Meaning(
        "`family NAME`, `family NAME(n = 3)`",
        "several networks in one file, in place of `model`: with columns, with parameters, or with both")
    ], .names, isDeclaration: true)

  static let input = HeaderDescription(
    [
      Meaning("`input 3 x 224 x 224`", "channels, height and width of the image", isRequired: true)
    ], .numbers)

  static let shortcut = HeaderDescription(
    [
      Meaning(
        "`shortcut B`",
        "what stands in for the identity where a block changes its shape. `A`: identity, zeros for new channels; "
          + "`B`: projection where the channels change or a stride is taken; `C`: projection always; "
          + "`identity`: no shortcut there, as in MobileNetV2; `none`: plain network",
        default: "`B`"),
      Meaning(
        "`shortcut B, bias`", "whether projections add a bias, `bias` or `no bias`; also of `C`",
        default: "as the block's last convolution, without norm"),
      Meaning(
        "`shortcut B, average pool`",
        "a projection with a stride takes the mean of each window of that size, and has none itself (ResNet-D); also "
          + "of `C`"),
      Meaning(
        "`shortcut A, pad both`",
        "where option A puts its zeros: `end` (after the input's channels) or `both` (half before, half after)",
        default: "asked for where there are new channels"),
    ], .words,
    options: [
      .constant("A", "Identity everywhere; stride by subsampling, new channels are zeros."),
      .constant("B", "Projection (a 1x1 convolution) where the shape changes, identity elsewhere."),
      .constant("C", "Projection (a 1x1 convolution) in every block."),
      .constant("identity", "Identity where the shape stays, no shortcut where it changes, as in MobileNetV2."),
      .constant("none", "No shortcut: blocks are plain."),
      .shared("pad", "Where option A puts its zero channels: `end` or `both`. Asked for where there are any."),
      .constant("end", "Zero channels after the input's channels (fb.resnet.torch)."),
      .constant("both", "Half of the zero channels before, half after (common CIFAR code)."),
      .shared("bias", "Projections add a bias, as those whose norm was folded into them do."),
      .shared("no", "`no bias`: projections add none."),
      .shared("average", "`average pool`: a projection with a stride pools instead of leaving values out (ResNet-D)."),
      .shared("average pool", "A projection with a stride pools instead of leaving values out (ResNet-D)."),
    ],
    offers: [
      Offer(place: .start, words: ["A", "B", "C", "identity", "none"]),
      Offer(place: .afterCommaOf("A"), words: ["pad end", "pad both"]),
      Offer(place: .afterComma, words: ["bias", "no bias", "average pool"]),
      Offer(place: .after("pad"), words: ["end", "both"]),
    ])

  static let stride = HeaderDescription(
    [
      Meaning(
        "`stride on 3x3`",
        "which layer of a block carries the stride: `first`, as in the paper's own networks, or `3x3`, as in "
          + "torchvision",
        default: "asked for where it matters")
    ], .words,
    options: [
      .constant("on", "`on first` or `on 3x3`."),
      .constant("first", "The block's first convolution carries the stride, as in the paper's own networks."),
    ],
    offers: [
      Offer(place: .start, words: ["on first", "on 3x3"]), Offer(place: .after("on"), words: ["first", "3x3"]),
    ])

  static let depth = HeaderDescription(
    [
      Meaning(
        "`depth 50`", "the number of convolutions and fully connected layers, projections not counted; checked",
        default: "not checked")
    ], .numbers)

  static let block = HeaderDescription(
    [
      Meaning(
        "`block NAME(w) = LAYERS`",
        "a definition: where its name stands, its layers stand, and brackets are not implied; may repeat")
    ], .definition, isDeclaration: true, mayRepeat: true)

  static let norm = HeaderDescription(
    [
      Meaning(
        "`norm batch, eps 1e-5`, `norm layer`, `norm group 32`, `norm none`",
        "[normalisation](#norms) after convolutions that say nothing", default: "`batch, eps 1e-5`")
    ], .words,
    options: [
      .constant("batch", "Batch normalisation: mean and variance of each channel, as training has kept them."),
      .constant("layer", "Layer normalisation: mean and variance over the channels of each pixel, as in ConvNeXt."),
      .constant("group", "Group normalisation: mean and variance over each of so many groups of channels: `group 32`."),
      .constant("none", "No normalisation; convolutions have a bias."),
      .shared("eps", "What normalisation adds to the variance. Default: `1e-5`."),
    ],
    offers: [
      Offer(place: .start, words: ["batch", "layer", "group", "none"]), Offer(place: .afterComma, words: ["eps"]),
    ])

  static let weights = HeaderDescription(
    [
      Meaning(
        "`weights standardized, eps 1e-6`, `weights plain`",
        "whether convolutions standardise their weights: of each output channel's, less their mean, over the root of "
          + "their variance and `eps`; 1e-8 in BiT",
        default: "`plain`")
    ], .words,
    options: [
      .constant(
        "standardized", "Each output channel's weights have their mean taken away and are divided by their deviation."),
      .constant("plain", "Weights as they are."),
      .shared("eps", "What is added to the variance of standardised weights. Default: `1e-6`."),
    ],
    offers: [
      Offer(place: .start, words: ["standardized", "plain"]),
      Offer(place: .afterCommaOf("standardized"), words: ["eps"]),
    ])

  static let activation = HeaderDescription(
    [
      Meaning(
        "`activation relu`", "the activation after convolutions that say nothing, and after sums", default: "`relu`")
    ], .words,
    options: Activation.allCases.flatMap { activation in
      Set([activation.word, activation.phrase]).sorted().map { .shared($0, activation.help) }
    },
    offers: [Offer(place: .start, words: Activation.allCases.map(\.phrase))])

  static let order = HeaderDescription(
    [
      Meaning(
        "`order post`",
        "convolution, normalisation, activation; `pre`: in brackets normalisation, activation, convolution, and nothing "
          + "after sums",
        default: "`post`")
    ], .words,
    options: [
      .constant("post", "Convolution, normalisation, activation."),
      .constant("pre", "In brackets, normalisation and activation first."),
    ],
    offers: [Offer(place: .start, words: Syntax.Order.allCases.map(\.rawValue))])

  static let names = HeaderDescription(
    [
      Meaning(
        "`names densenet`", "whose [names](#tensor-names) the tensors have: a family of networks",
        default: "`resnet` for networks with blocks, `vgg` for others")
    ], .words,
    options: TensorNames.allCases.map { .constant($0.rawValue, $0.meaning.sentence) },
    offers: [Offer(place: .start, words: TensorNames.allCases.map(\.rawValue))])

  static let rename = HeaderDescription(
    [
      Meaning(
        "`rename \"fc\" to \"head.fc\"`",
        "calls tensors by [another name](#names-of-ones-own): those whose name begins so; may repeat")
    ], .names, mayRepeat: true)

  static let labels = HeaderDescription(
    [
      Meaning(
        "`labels \"FILE\"`", "a file of class names, one a line, in the order of the outputs", default: "none")
    ], .names)

  static let output = HeaderDescription(
    [
      Meaning(
        "`output conv4_x, conv5_x`", "the [rows whose values are returned](#outputs), in this order",
        default: "the last")
    ], .rows)
}
