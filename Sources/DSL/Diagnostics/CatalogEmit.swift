// The codes of what stands between a correct network and a package: its name, its memory, its labels file, a tuning file;
// and of the linter's own files.

extension DiagnosticCode {
  package static let modelNameTaken = DiagnosticCode(
    "model-name-taken",
    """
    The network's name becomes a Swift module, a type, and the first part of further modules. Names that Swift, its
    standard modules or the generated code itself use already would make a package that does not build, or one whose
    users could no longer say what they mean.

        model Image            # the generated package has a type Image of its own

    Choose another name: ImageNet18, MyImage. A family's name counts with its variant and values: `family Int` with
    the column 32 becomes Int32.
    """)

  package static let memoryTooLarge = DiagnosticCode(
    "memory-too-large",
    """
    One call of the generated network may need at most 2^40 bytes (1 TiB) for activations and as much for weights.
    ResNet-152 needs 2^22.4 bytes of activations for an image.

    A size, a padding or the batch is most likely mistyped. Paddings count: each value carries the widest border of
    zeros that a convolution reading it asks for.
    """)

  package static let fewWholeNumbers = DiagnosticCode(
    "few-whole-numbers",
    """
    With `--precision int8` convolutions and fully connected layers read whole numbers, to which floats are converted
    for them. Norms of the sample and exponentials compute in float32, small convolutions too where a conversion
    would take as long as they do, and every layer that `--keep-float` names. This says how much is left to int8
    kernels; if it is nothing, int8 is an error.

        conv1 112x112 7x7, 64, stride 2, silu      # whole numbers in, floats out of the exponential
        conv2 112x112 3x3, 64                      # so these are converted once more

    `--dump-ir quantize` shows the type of each value and each conversion. Leave int8 out of `--precision` where little
    is left to it.
    """)

  package static let labelsFile = DiagnosticCode(
    "labels-file",
    """
    The file that `labels` names could not be used. It is looked for beside the .rn file and holds the names of the
    classes as UTF-8 text, one a line, in the order of the network's outputs: at most 4 MiB, no control characters,
    no name longer than 1,000 bytes.

        labels "imagenet.txt"

    Correct the path or the file, or remove the line: names can also be given when images are classified.
    """)

  package static let labelsCount = DiagnosticCode(
    "labels-count",
    """
    There must be one class name for each output of the network. Empty lines at the end of the file do not count;
    empty lines between names do, since every line stands for a class.

        labels "imagenet.txt"                        # 1000 lines
        head  1x1  average pool, 10-d fc, softmax    # 10 outputs

    Use the file that belongs to the weights, or correct the width of the last layer.
    """)

  package static let tuningFile = DiagnosticCode(
    "tuning-file",
    """
    A tuning file is what `resnetc tune` writes: a first line with the version of the format, the instruction set, the
    batch and the threads of the measurement, then a line for each shape. What follows a # is a comment.

        resnetc tuning 1, avx512, batch 1, threads 2
        # made on some machine
        3x3 s1 256x14x14 -> 256x14x14: winograd 3x3, blocks 2
        1x1 s1 64x56x56 -> 256x56x56: direct

    Correct the line, or make the file anew: resnetc tune MODEL -o FILE.
    """)

  package static let tuningShape = DiagnosticCode(
    "tuning-shape",
    """
    A shape of a tuning file is the kernel, the stride, the dilation if there is one, the input, an arrow and the output;
    a merged projection follows a plus. Each shape has one line.

        3x3 s1 256x14x14 -> 256x14x14: direct
        3x3 s1 d2 64x28x28 -> 64x28x28: direct
        1x1 s1 128x28x28 + 1x1 s2 256x56x56 -> 512x28x28: direct

    Correct the shape; of two lines for one shape delete one. A shape without a line gets the default.
    """)

  package static let tuningChoice = DiagnosticCode(
    "tuning-choice",
    """
    The choice after a shape says how its convolutions are computed: as defined, or by a Winograd transform. What is left
    out the compiler decides.

        direct                     # as defined
        direct, vectors 2          # in tiles of two vectors of output channels
        winograd 4x4               # F(4x4, 3x3)
        winograd 4x4, blocks 2     # with the tiles of the map in two blocks

    A transform computes some convolutions only, 3x3 of stride 1 above all, a map has only so many tiles, and few blocks
    of many tiles need much memory.
    """)

  package static let tuningUnused = DiagnosticCode(
    "tuning-unused",
    """
    A tuning file, or a line of one, has no effect on this package: it was measured for an instruction set or a batch
    that the package does not have, or no convolution of the network has the shape. Everything gets the default, which
    is good.

        resnetc tune resnet50.rn --batch 8 -o resnet50.tuning
        resnetc resnet50.rn --batch 8 --tuning resnet50.tuning -o Generated/

    A file that fits several networks is nothing wrong; a mistyped shape is.
    """)

  package static let lintSettings = DiagnosticCode(
    "lint-settings",
    """
    A line of `.resnetlint`, which says what the linter looks for in the models of its folder and below. What follows
    a # is a comment. Rules are named by code, by name, by group, or by the beginning of a code.

        select  all                     # the default
        ignore  RN401 missing-size
        level   residual error          # error, warning or note

    Correct the line; `resnetc explain` lists the rules.
    """)

  package static let lintBaseline = DiagnosticCode(
    "lint-baseline",
    """
    A baseline holds findings that are known and not to be reported again. `resnetc lint --write-baseline FILE` writes
    it; nobody edits it by hand.

        resnetc lint baseline 1
        9f1b2c3d4e5f6071 RN101 models/old.rn

    Write it anew: resnetc lint MODEL... --write-baseline FILE.
    """)
}

extension DiagnosticCatalog {
  /// The codes of this file.
  package static let emitCodes: [DiagnosticCode] = [
    .modelNameTaken, .memoryTooLarge, .fewWholeNumbers, .labelsFile, .labelsCount, .tuningFile, .tuningShape,
    .tuningChoice,
    .tuningUnused, .lintSettings, .lintBaseline,
  ]
}
