// Codes of what is well-formed and still wrong: names, cells, attributes, numbers, and choices on the command line.

extension DiagnosticCode {
  static let argumentCount = DiagnosticCode(
    "argument-count",
    """
    A block is used with more or fewer arguments than its definition has parameters.

        block basic(w) = 3x3, w; 3x3, w
        stage1 [basic(16, 32)] x 3

    Give one value for each parameter: basic(16).
    """)

  package static let arithmetic = DiagnosticCode(
    "arithmetic",
    """
    An expression has no value: it divides by zero, divides without coming out even, or passes
    2147483647.

        family Wide(n = 3)
        stage1 [3x3, 16n/5; 3x3, 16] x 2

    Division must be exact, because a rounded width would silently be another network.
    """)

  static let cellCount = DiagnosticCode(
    "cell-count",
    """
    In a family, a row has either one cell, which holds for all columns, or one for each of them. The
    message gives both counts.

                      | 18 | 34 | 50
        conv1 112x112 | 7x7, 64, stride 2 | same

    Add the missing cells, or remove all but the first. 'same' repeats the cell to the left. Every cell,
    also the first, begins with '|', and a file with cells names its columns.
    """)

  static let channelCount = DiagnosticCode(
    "channel-count",
    """
    'mean' and 'std' have one value for each channel of the input.

        input 1 x 28 x 28
        preprocess mean 0.5 0.5 0.5

    Write as many values as there are channels.
    """)

  static let cropMismatch = DiagnosticCode(
    "crop-mismatch",
    """
    The crop of the 'preprocess' line is what the network sees, so it must have the size of the input.

        input 3 x 224 x 224
        preprocess resize 320, crop 288

    Change one of the two.
    """)

  static let pictureChannels = DiagnosticCode(
    "picture-channels",
    """
    `preprocess` says what happens to an image file before the network. Files are read as grey or as red,
    green and blue, so the line means something for inputs of 1 and of 3 channels.

        input 13 x 64 x 64
        preprocess resize 64

    Leave the line out. The generated command's `logits` takes the values of any input, as the network
    takes them.
    """)

  static let duplicateAttribute = DiagnosticCode(
    "duplicate-attribute",
    """
    A layer sets the same attribute twice. 'bias' and 'no bias' are one attribute, and so are two
    activations, and 'groups' and 'depthwise', which is groups, one for each channel.

        conv1 7x7, 64, stride 2, stride 1

    Keep one. To apply two activations after another, write the second as a layer of its own after ';'.
    """)

  static let duplicateName = DiagnosticCode(
    "duplicate-name",
    """
    Two rows, columns, blocks or parameters have the same name, so that a use of it could mean either.
    Rows name the layers of the network and its weights, and must differ too.

        conv2_x 56x56 [3x3, 64; 3x3, 64] x 2
        conv2_x 28x28 [3x3, 128; 3x3, 128] x 2

    Rename one of them.
    """)

  static let emptyCell = DiagnosticCode(
    "empty-cell",
    """
    A row or one of its cells holds no layers. Nothing is implied by leaving it empty.

        conv2_x 56x56 | [3x3, 64; 3x3, 64] x 2 | | same

    Write the layers, or 'same' to repeat the cell to the left.
    """)

  static let misplacedAttribute = DiagnosticCode(
    "misplaced-attribute",
    """
    An attribute stands after a layer that cannot have it, or before any layer. An attribute belongs to
    the layer before its comma.

        head 1x1 average pool, stride 2

    Convolutions take stride, pad, dilation, bias, norm, eps and an activation; pools over a window
    stride, pad and ceil; fully connected layers bias and an activation. Attributes of a block's layers
    stand inside its brackets.
    """)

  static let misplacedSame = DiagnosticCode(
    "misplaced-same",
    """
    'same' repeats the cell to its left, and this is the first cell of its row.

        conv2_x 56x56 | same | [3x3, 64; 3x3, 64] x 2

    Write the layers in the first cell.
    """)

  static let missingInput = DiagnosticCode(
    "missing-input",
    """
    Without the shape of its input a network has no shapes at all. State channels, height and width on a
    line of the header:

        input 3 x 224 x 224
    """)

  static let missingRows = DiagnosticCode(
    "missing-rows",
    """
    The file has a header and no table. A row is a name, an output size if one should be checked, and
    layers:

        conv1 112x112 7x7, 64, stride 2
    """)

  static let modelName = DiagnosticCode(
    "model-name",
    """
    The model's name becomes the name of a Swift type and module, so it begins with a capital letter and
    is none of the few names that the generated code uses itself.

        model resnet50

    Write model ResNet50. The command and the module take the same name.
    """)

  static let modelOrFamily = DiagnosticCode(
    "model-or-family",
    """
    A 'model' is exactly one network. A file with columns or parameters describes several, and says so
    with 'family'; the chosen column, depth or values become part of the generated name.

        model CifarResNet(n = 3)

    Write family CifarResNet(n = 3).
    """)

  static let nestedResidual = DiagnosticCode(
    "nested-residual",
    """
    A residual block stands inside another, or in branches. What a shortcut there would do where the shape
    changes, the header's line does not say, so the language has none.

        conv2_x [[3x3, 64; 3x3, 64]; 3x3, 64]

    A sum inside a block is written as such: [{ identity | 3x3, 64; 3x3, 64, linear } sum relu; 3x3, 64].
    Layers without a shortcut of their own are grouped in ( ... ).
    """)

  static let unknownRow = DiagnosticCode(
    "unknown-row",
    """
    `from` and `output` name rows. This is the name of none, or of one that cannot be read there: a row
    reads rows above it, so that what enters a layer is known when it is computed, and nothing reads a head
    used in training only.

        conv4_x  14x14  [3x3, 256; 3x3, 256] x 2
        p4       14x14  from conv4; 1x1, 256

    Write from conv4_x.
    """)

  static let unreadRow = DiagnosticCode(
    "unread-row",
    """
    The value of a row goes nowhere: the row below begins with 'from', nothing names the row, and it is not
    returned. Its layers would be counted, and its weights demanded, for nothing.

        conv4_x  14x14  [3x3, 256; 3x3, 256] x 2
        conv5_x   7x7   [3x3, 512; 3x3, 512] x 2
        head      1x1   from conv4_x; average pool, 10-d fc      # conv5_x is read by nothing

    Read it, return it with 'output', or take it out.
    """)

  static let branchCount = DiagnosticCode(
    "branch-count",
    """
    A sum adds the values of at least two branches, a product multiplies those of two.

        inc1  { 3x3, 64, linear } sum                  # of what?
        inc1  { 3x3, 64, linear | identity } sum

    A branch without layers, which leaves what enters, is `identity`.
    """)

  static let recursiveBlock = DiagnosticCode(
    "recursive-block",
    """
    A block definition contains itself, directly or through others, and would never end. The message
    shows the circle.

        block a = 3x3, 64; b
        block b = a

    To repeat layers, write ( ... ) x n.
    """)

  static let reservedName = DiagnosticCode(
    "reserved-name",
    """
    A block or a parameter has the name of something in the language: a layer, an attribute, an
    activation, 'x' or 'same'. It could never be used, because it would be read as that.

        block pool(w) = 3x3, w

    Choose another name.
    """)

  package static let tooManyLayers = DiagnosticCode(
    "too-many-layers",
    """
    After all repeats a network may have 20,000 layers, and the cells of one file together 100,000 as
    written out. The deepest network of the paper has 1202.

        stage1 [3x3, 16; 3x3, 16] x 10001

    The count is made before anything is expanded.
    """)

  static let unknownParameter = DiagnosticCode(
    "unknown-parameter",
    """
    An expression uses a name that is no parameter here. Parameters are those of the family's line and,
    inside a block definition, the block's own; a default value may use the parameters before it.

        family Cifar(n = 3)
        depth 6m + 2

    Write 6n + 2, or define the parameter.
    """)

  static let unknownSetting = DiagnosticCode(
    "unknown-setting",
    """
    A value given with --set names no parameter of this file. Parameters stand in parentheses after a
    family's name:

        family CifarResNet(n = 3)

        resnetc models/cifar.rn --set n=9
    """)

  static let unknownVariant = DiagnosticCode(
    "unknown-variant",
    """
    The variant chosen on the command line is no column of this file. The message lists the columns or
    the nearest name.

        resnetc models/table1.rn --variant 51
    """)

  package static let variantRequired = DiagnosticCode(
    "variant-required",
    """
    The file is a family with columns, and none of them was chosen. Choose one on the command line:

        resnetc models/table1.rn --variant 50 -o Generated/

    'resnetc report' without --variant shows all of them.
    """)
}

extension DiagnosticCatalog {
  static let modelCodes: [DiagnosticCode] = [
    .ambiguousActivation, .ambiguousWidth, .argumentCount, .arithmetic, .branchCount, .cellCount, .channelCount,
    .cropMismatch,
    .duplicateAttribute, .duplicateName, .emptyCell, .misplacedAttribute, .misplacedSame, .missingInput,
    .missingRows, .modelName, .modelOrFamily, .nestedResidual, .pictureChannels, .pixelScale, .recursiveBlock,
    .reservedName, .tooManyLayers, .unknownParameter, .unknownRow, .unknownSetting, .unknownVariant, .unreadRow,
    .variantRequired,
  ]
}
