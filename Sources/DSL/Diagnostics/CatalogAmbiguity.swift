// The codes of what a source leaves open: frameworks and papers read the same words in different ways, the shapes do
// not show which is meant, and so the compiler asks.

extension DiagnosticCode {
  package static let undecidedStride = DiagnosticCode(
    "undecided-stride",
    """
    Nothing decides by how much this pool steps: it writes no stride, and its row no output size. PyTorch
    takes the window's size, the paper's tables count on the row's size, and who writes a large average
    pool may mean the whole map.

        pool1         2x2 max pool                    # which stride?
        pool1         2x2 max pool, stride 2
        pool1  16x16  2x2 max pool                    # from 32x32: stride 2

    Write the stride, or the size that the pool leads to. A window that covers its map needs neither.
    """)

  package static let ambiguousStride = DiagnosticCode(
    "ambiguous-stride",
    """
    The stride that leads to this row's size could stand in several places, and the network computes
    something else in each: at a convolution or at a pool of the same row, or as one of several numbers
    that lead to the same size (5x5 becomes 2x2 by strides of 3 and of 4).

        conv1  16x16  5x5, 96; 3x3 max pool             # from 32x32: which of the two?
        conv1  16x16  5x5, 96; 3x3 max pool, stride 2

    Table 1 is silent about it, too: in a block that begins with a 1x1, the paper's own networks have the
    stride there and torchvision's at the 3x3. Both have the same shapes and the same tensors. A line of the
    header says it, `stride on first` or `stride on 3x3`.

    The same is asked where a convolution in a repeated group writes a stride and the row no size: Table 1
    means the first repetition, a loop in a program all of them.

    Write the stride at the layer that has it; in a repeated group, write the row's size.
    """)

  package static let ambiguousWindow = DiagnosticCode(
    "ambiguous-window",
    """
    The first numbers of a row without layers before them are its output size, but those right before
    `max pool` or `average pool` are the pool's window. A window above 7 that steps by less than half of
    itself is more likely a size whose window was forgotten:

        pool1  56x56         max pool, stride 2      # from 112x112
        pool1  56x56  3x3    max pool, stride 2

    Write both.
    """)

  package static let ambiguousShortcut = DiagnosticCode(
    "ambiguous-shortcut",
    """
    Option A fills new channels with zeros. Sections 3.3 and 4.2 of the paper do not say where they go, and
    weights in circulation differ: fb.resnet.torch appends them, most PyTorch code for CIFAR-10 puts half
    before and half after the channels of the input. Weights for one load into the other and give wrong
    answers.

        shortcut  A, pad end      # after the input's channels
        shortcut  A, pad both     # half before, half after

    Write where they go.
    """)

  package static let paddedAverage = DiagnosticCode(
    "padded-average",
    """
    At the edges of the map this average pool sees zeros of its padding. Whether they count in the divisor
    is decided differently everywhere: PyTorch (unless told otherwise) and Caffe divide by the whole
    window, TensorFlow by the places inside the map. The shapes are the same, the answers are not.

        pool2  8x8  3x3 average pool, stride 2, counted      # PyTorch's default, Caffe
        pool2  8x8  3x3 average pool, stride 2, uncounted    # TensorFlow; count_include_pad=False

    Write `counted` or `uncounted`, or `pad 0`. Windows of odd size have padding unless they say so or
    cover their map.
    """)

  package static let ambiguousActivation = DiagnosticCode(
    "ambiguous-activation",
    """
    The last convolution of a residual block is linear, because its activation follows the sum. Here a
    pool stands between the two, and one cannot tell whether the convolution is activated before it.

        conv2_x  16x16  [3x3, 64; 3x3, 64; 2x2 max pool, stride 2]            # which?
        conv2_x  16x16  [3x3, 64; 3x3, 64, relu; 2x2 max pool, stride 2]

    Write `linear`, or an activation, after the convolution. A block that ends in branches says so for the
    last convolution of each, and so do branches whose values are added or multiplied.

    A convolution has the header's activation by default, a block too, after its sum. Where an activation
    follows as a layer, both are computed, and one cannot tell whether it was meant instead:

        conv1  32x32  3x3, 64; silu                     # relu, then silu?
        conv1  32x32  3x3, 64, silu

    Write it after the convolution's comma, or in the header; write the first as well if both are meant.

    A fully connected layer is linear by default. Two in a row would be one, so the first says what it is:

        head  1x1  4096-d fc, 1000-d fc                 # relu between them?
        head  1x1  4096-d fc, relu, 1000-d fc
    """)

  package static let ambiguousWidth = DiagnosticCode(
    "ambiguous-width",
    """
    Papers give squeeze-and-excitation a number of channels or a ratio, and a bare number does not show
    which it is. SENet's 16 divides the channels; EfficientNet's and RegNet's ratios are of those that
    enter the block, which a width says.

        conv2_x  [1x1, 64; 3x3, 64; 1x1, 256; se 16] x 3       # 16 channels, or 256 / 16?
        conv2_x  [1x1, 64; 3x3, 64; 1x1, 256; se /16] x 3
        conv2_x  [1x1, 64; 3x3, 64; 1x1, 256; se 16-d] x 3

    Write `-d` behind a width, `/` before a divisor.
    """)

  package static let pixelScale = DiagnosticCode(
    "pixel-scale",
    """
    `mean` and `std` belong to pixels scaled to 0...1, as in torchvision. Those of pixels from 0 to 255
    would make almost the same input of every picture.

        preprocess mean 127.5 127.5 127.5, std 127.5 127.5 127.5
        preprocess mean 0.5 0.5 0.5, std 0.5 0.5 0.5

    Divide both by 255, or, where the network takes pixels from 0 to 255, as Caffe's do, write
    `range 0 255` before them.
    """)

  package static let softmaxOfOne = DiagnosticCode(
    "softmax-of-one",
    """
    Softmax makes values add up to 1, so a single value is always 1, whatever the image.

        head  1x1  average pool, 1-d fc, softmax     # always 1
        head  1x1  average pool, 1-d fc, sigmoid     # the probability of the one class

    Write `sigmoid` for a network that says yes or no, or one output for each class.
    """)
}
