// Codes of the lexer and the parser. An explanation says what is wrong, why it matters, and what to write.

extension DiagnosticCode {
  static let duplicateHeader = DiagnosticCode(
    "duplicate-header",
    """
    A header key stands in the file twice, or the columns are named twice. Which one should hold would
    be a guess.

        shortcut B
        shortcut C

    Keep one. Only 'block' and 'aux' lines may repeat.
    """)

  static let invalidUTF8 = DiagnosticCode(
    "invalid-utf8",
    """
    The file is not text in UTF-8, so nothing in it can be read with certainty. The message gives the
    offset of the first byte that is wrong.

    A file saved as Latin-1 or UTF-16, or a binary file given by mistake, looks like this. Save it as
    UTF-8; the language itself needs ASCII alone, and only comments and file names hold anything else.
    """)

  static let limitExceeded = DiagnosticCode(
    "limit-exceeded",
    """
    The language has limits, far above any network that has been trained, so that no file can make the
    compiler slow or large: 1 MiB for a file, 10,000 bytes for a line, 64 bytes for a name, 32 nested
    brackets, 64 columns, 1,000 rows, 100 blocks and 100 parameters.

    The file passes the one that the message names. Split a long line into definitions ('block'), a
    large family into several files.
    """)

  static let misplacedColumns = DiagnosticCode(
    "misplaced-columns",
    """
    The line that names a family's columns stands after the first row. It is the head of the table: move
    it above the rows.

                      | 18 | 34
        conv1 112x112 | 7x7, 64, stride 2
    """)

  static let misplacedRepeat = DiagnosticCode(
    "misplaced-repeat",
    """
    A repeat is written 'x' and a number after a closing bracket. It cannot follow a single layer, where
    it would be unclear what repeats, and the 'x' cannot be left out.

        conv1_x 224x224 3x3, 64 x 2

    Put the layers in brackets: (3x3, 64) x 2, or [ ... ] x 2 for residual blocks.
    """)

  static let missingComma = DiagnosticCode(
    "missing-comma",
    """
    Two things follow each other without a comma. A comma separates what belongs to one layer, and
    layers in a row; a semicolon separates layers in a block.

        conv1 7x7, 64 stride 2

    Read as meant, with a comma before 'stride':

        conv1 7x7, 64, stride 2

    In a table with columns, the same holds for the '|' between two cells.
    """)

  static let missingKey = DiagnosticCode(
    "missing-key",
    """
    A line begins with what follows a header key, and the key is not there: the numbers of an input, the
    steps of a preprocess line, the layers of a block, or the names of columns without their first '|'.

        resize 256 bilinear, crop 224

    Write preprocess resize 256 bilinear, crop 224. The line is read as if it stood there.
    """)

  static let missingModel = DiagnosticCode(
    "missing-model",
    """
    The first line of a file says what it describes: 'model' and a name for one network, 'family' and a
    name for several that share a table. Comments and blank lines may stand before it.

        model ResNet50

    The name becomes the Swift type of the generated model.
    """)

  static let missingWidth = DiagnosticCode(
    "missing-width",
    """
    A window such as '3x3' is a convolution when a comma and a width follow, and a pool when 'max pool'
    or 'average pool' follows. Here neither does, so the number of output channels is unknown.

        conv1 3x3, stride 2

    Write the width: 3x3, 64, stride 2.
    """)

  static let missingWindow = DiagnosticCode(
    "missing-window",
    """
    A max pool needs the window over which it takes the maximum. Only 'average pool' may stand alone: it
    averages the whole map.

        pool1 max pool, stride 2

    Write 3x3 max pool, stride 2.
    """)

  package static let numberOutOfRange = DiagnosticCode(
    "number-out-of-range",
    """
    A number is outside what makes sense at its place; the message gives the range. It may come from an
    expression: the value shown is the computed one.

        conv1 3x3, 0

    A width is 1 to 65536. Whole numbers anywhere are at most 2147483647.
    """)

  static let unclosedBracket = DiagnosticCode(
    "unclosed-bracket",
    """
    A bracket is opened and never closed, or closed by one of another kind. Rows end with their line and
    cells with their '|', so the bracket must be closed before.

        conv2_x 56x56 [3x3, 64; 3x3, 64 x 2

    Write [3x3, 64; 3x3, 64] x 2. The label 'opened here' shows which bracket is meant.
    """)

  static let unexpectedCharacter = DiagnosticCode(
    "unexpected-character",
    """
    A character that the language has no use for stands outside a comment.

        conv1 112x112 7x7, 64, stride 2 @

    It often comes with text copied from a PDF or a word processor: a typographic minus or quote where
    the plain one belongs. Where the plain character is clear, the fix writes it. Otherwise remove the
    character, or put it in a comment after '#'.
    """)

  static let unexpectedToken = DiagnosticCode(
    "unexpected-token",
    """
    Something stands where the grammar expects something else. The message says what would fit there.

        input 3 by 224 by 224

    An input is written channels x height x width:

        input 3 x 224 x 224

    Only the first error of a layer is shown: what follows it would often be a consequence.
    """)

  static let unknownHeader = DiagnosticCode(
    "unknown-header",
    """
    A line of the header begins with a word that is no header key. The keys are: model, family, input,
    shortcut, stride, depth, block, norm, activation, order, preprocess, labels, aux.

        shortcuts B

    Lines that begin with any other word are rows of the table; this one does not read as a row either.
    Write shortcut B.
    """)

  static let unknownName = DiagnosticCode(
    "unknown-name",
    """
    What stands here is no layer, no attribute, no activation, and no block that the file defines.

        conv1 7x7, 64, strde 2

    Correct the spelling ('stride 2'), or define a block of this name: block basic(w) = 3x3, w; 3x3, w.
    """)

  static let unknownOption = DiagnosticCode(
    "unknown-option",
    """
    A word that takes one of a few choices is followed by something else. The message lists the choices.

        shortcut D

    Shortcuts are A (identity, zeros for new channels), B (projection where the shape changes), C
    (projection always) or none.
    """)

  static let unmatchedBracket = DiagnosticCode(
    "unmatched-bracket",
    """
    A closing bracket has no opening one before it in its cell.

        conv2_x 56x56 3x3, 64; 3x3, 64] x 2

    Open it, as in [3x3, 64; 3x3, 64] x 2, or remove it.
    """)

  static let unterminatedString = DiagnosticCode(
    "unterminated-string",
    """
    A double quote opens a file name, and the line ends before another closes it. File names stand on
    one line and know no escapes.

        labels "imagenet.txt

    Close it: labels "imagenet.txt".
    """)

  static let wholeNumber = DiagnosticCode(
    "whole-number",
    """
    Counts and sizes are whole numbers. Decimals stand only where they mean something: after 'dropout',
    'eps', 'mean' and 'std'.

        conv1 3x3, 64.5

    Write the whole number that is meant.
    """)
}

extension DiagnosticCatalog {
  static let syntaxCodes: [DiagnosticCode] = [
    .duplicateHeader, .invalidUTF8, .limitExceeded, .misplacedColumns, .misplacedRepeat, .missingComma, .missingKey,
    .missingModel, .missingWidth, .missingWindow, .numberOutOfRange, .unclosedBracket, .unexpectedCharacter,
    .unexpectedToken, .unknownHeader, .unknownName, .unknownOption, .unmatchedBracket, .unterminatedString,
    .wholeNumber,
  ]
}
