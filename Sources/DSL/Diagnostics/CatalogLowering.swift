// The codes of what lowering can find: sizes, shortcuts, depth and limits.

extension DiagnosticCode {
  package static let sizeMismatch = DiagnosticCode(
    "size-mismatch",
    """
    The output size of a row is an assertion: after the row's layers the feature map must have this
    height and width. Where the row writes no stride, the size also decides it: the row's first layer or
    block gets the stride, from 1 to 8, that yields exactly this size. The error means that the written
    strides give another size, or that no stride gives this one.

        conv3_x  28x28  [3x3, 128; 3x3, 128] x 2
        conv4_x  15x15  [3x3, 256; 3x3, 256] x 2      # stride 2 gives 14x14

    Correct the size, or the stride or padding of the layers that lead to it. What would lead there is said:
    a convolution keeps the size unless it says `pad 0`, a pool of odd size has padding unless it says so, and
    Caffe's pools round up (`ceil`).
    """)

  package static let windowTooLarge = DiagnosticCode(
    "window-too-large",
    """
    The window of a convolution or pool, with its dilation, must fit into its input and the padding
    around it. It does not once the feature map has become smaller than the window:

        conv5_x  1x1  [3x3, 512; 3x3, 512] x 2
        pool5    1x1  2x2 max pool, stride 2         # a 2x2 window on a 1x1 map

    `ceil` rounds up only where a first window fits. Use a smaller window, more padding, or fewer strides
    before this layer.
    """)

  package static let shortcutSize = DiagnosticCode(
    "shortcut-size",
    """
    The sum at the end of a residual block needs two maps of one size. The shortcut can follow a stride
    (by a 1x1 projection, or by taking every s-th row and column), but nothing else that changes the
    size inside the block, such as a convolution without padding or a global pool.

        conv2_x  [3x3, 64, pad 0; 3x3, 64] x 2        # 56x56 becomes 54x54

    Keep the size at stride 1 inside residual blocks, or group these layers with ( ) instead of [ ].
    """)

  package static let shortcutDropsChannels = DiagnosticCode(
    "shortcut-drops-channels",
    """
    Option A fills new channels of the shortcut with zeros; it has no way to end with fewer channels
    than it began with.

        shortcut A
        conv3_x  [1x1, 64; 3x3, 64; 1x1, 128] x 4     # after a stage of 256 channels

    Use option B, whose projection can change the number of channels either way, or keep widths from
    shrinking.
    """)

  package static let groupsDoNotDivide = DiagnosticCode(
    "groups-do-not-divide",
    """
    A grouped convolution cuts the channels that enter it and those that leave it into as many equal parts,
    so the number of groups must divide both. `depthwise` stands for a group for each channel that enters:
    its width is that number, or a multiple of it. `norm group 32` cuts the channels that it reads in the same way.

        conv1  32x32  3x3, 64
        conv2  32x32  3x3, 100, groups 32             # 100 is no multiple of 32

    Take a number of groups that divides both widths, or a width that is a multiple of it.
    """)

  package static let branchMismatch = DiagnosticCode(
    "branch-mismatch",
    """
    Branches are put together by channels, so what they leave must have one height and width. They do not if
    one of them has a stride, or a window without padding, that the others lack:

        inc1  { 3x3, 64, stride 2 | 1x1, 64 }

    Strides in braces are written, each where it is: give every branch the same, or keep the size in all.

    What a `sum` adds has one shape, channels included. A `product` multiplies two values of one shape, or
    one by a factor for each of its channels or each of its pixels:

        inc1  { identity | average pool; 1x1, 64, sigmoid } product      # 64 channels enter
    """)

  package static let depthMismatch = DiagnosticCode(
    "depth-mismatch",
    """
    `depth` asserts the number of layers the way the paper counts them: convolutions and fully connected
    layers, each repetition of a block counted, projections on shortcuts not counted. ResNet-34 has 1 +
    2 x 16 + 1 = 34.

    Correct the assertion, or the repeats of the stages; the note lists how many layers each row
    contributes.
    """)

  package static let softmaxNotLast = DiagnosticCode(
    "softmax-not-last",
    """
    Softmax turns the network's logits into probabilities, so it can only be the last layer. Softmax
    between layers (attention) is not part of the language.

        head  1x1  average pool, softmax, 10-d fc     # write: average pool, 10-d fc, softmax
    """)

  package static let layerTooLarge = DiagnosticCode(
    "layer-too-large",
    """
    One layer may have at most 2^30 weights (4 GiB) and produce at most 2^30 values for an image. The
    largest layer of VGG-19, its first fully connected one, has 102,760,448 weights.

    A number in the row, or the size of the input, is most likely mistyped.
    """)

  package static let tooMuchWork = DiagnosticCode(
    "too-much-work",
    """
    A network may need at most 2^60 multiply-adds for an image. ResNet-152 needs 2^33.4.

    A width or the size of the input is most likely mistyped.
    """)

  package static let tensorNames = DiagnosticCode(
    "tensor-names",
    """
    Weights are found by the names of their tensors. `names` says whose names those are, of a closed list, and each
    knows the layers of its networks: torchvision's DenseNet has no projections, its GoogLeNet one convolution in a row.

        names    densenet
        conv2_x  [3x3, 64; 3x3, 64] x 2      # DenseNet has no such blocks

    Write the network as that family is written (models/ has one of each), or leave the line away for the names of
    ResNet or VGG. `rename` states single names; one that meets no tensor is mistyped, or stands above the line that
    makes its beginning.
    """)
}

extension DiagnosticCatalog {
  /// The codes of this file.
  static let loweringCodes: [DiagnosticCode] = [
    .sizeMismatch, .windowTooLarge, .shortcutSize, .shortcutDropsChannels, .depthMismatch,
    .softmaxNotLast, .softmaxOfOne, .layerTooLarge, .tooMuchWork, .undecidedStride, .ambiguousStride, .ambiguousWindow,
    .ambiguousShortcut, .paddedAverage, .groupsDoNotDivide, .branchMismatch,
    .tensorNames,
  ]
}
