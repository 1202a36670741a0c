// The codes of what stands between a correct network and a package: its name, its memory, its labels file.

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
}

extension DiagnosticCatalog {
  /// The codes of this file.
  package static let emitCodes: [DiagnosticCode] = [.modelNameTaken, .memoryTooLarge, .labelsFile, .labelsCount]
}
