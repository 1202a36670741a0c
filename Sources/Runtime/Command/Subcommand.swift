// SPDX-License-Identifier: Apache-2.0
// The words of a generated package's command. What a subcommand takes stands here once: its parser, its own help and the
// overview of all are made of it.

enum Subcommand: String, CaseIterable {
  case classify, evaluate, embed, logits, bench, pack, quantize, verify

  /// Those that a package has: networks have each their own features, outputs and ranges, of which there is no mean.
  static func all(of model: ModelDescription) -> [Subcommand] {
    model.members.isEmpty ? allCases : allCases.filter { $0 != .embed && $0 != .logits && $0 != .quantize }
  }

  /// An option with a value or, without the name of one, a flag.
  struct Option {
    var name: String
    var value: String?
    var text: [String]

    fileprivate var usage: String { value.map { "\(name) \($0)" } ?? name }
  }

  /// What is typed after the name, and what it does.
  var forms: [(words: String, text: [String])] {
    switch self {
    case .classify:
      [
        (
          "IMAGE... --weights W [--labels L] [--top K] [--orient] [--json|--csv]",
          [
            "Name the best classes of JPEG, PNG, BMP or PPM images, with what the network ends in:",
            "the percentages of its softmax or its sigmoid, or else its outputs as they are.",
            "Folders stand for the images in them, patterns in quotes for what they match.",
          ]
        )
      ]
    case .evaluate:
      [
        (
          "--images DIR|LIST --weights W [--crops 10] [--resume FILE] [--json|--csv]",
          [
            "Count errors on images whose classes are known, top-1 and top-5, and show what is",
            "taken for what: a folder for each class, or a list of lines 'path class'.",
          ]
        )
      ]
    case .embed:
      [
        (
          "IMAGE... --weights W -o OUT.npy [--normalize] [--only NAME]",
          [
            "Write what the classes are computed from, a row of float32 for each image, as an array",
            "of NumPy, and the images' paths beside it, as OUT.txt.",
          ]
        )
      ]
    case .logits:
      [
        (
          "--weights W --input IN --output OUT [--only NAME]",
          [
            "Compute outputs, those before a softmax: raw little-endian float32, NCHW, one or more images.",
            "Of several outputs each image's stand one after another, as the source names them.",
          ]
        )
      ]
    case .bench:
      [
        (
          "--weights W [--callers C] [--seconds S] [--per-layer] [--json]",
          ["Measure the time of a call, or of each of its layers."]
        )
      ]
    case .pack:
      [
        (
          "--weights W -o FILE",
          [
            "Pack weights once, into a file that --weights maps at every start after; for the kernels",
            "that --isa names.",
          ]
        ),
        ("--check FILE", ["Check a packed file, every byte of it."]),
      ]
    case .quantize:
      [
        (
          "--images DIR|LIST --weights W [--method M] [--ranges OUT] [--max-loss X] -o FILE",
          [
            "Choose for int8 what range each value has, by running float32 on images like those to",
            "come, say what is lost, and pack weights as integers for it.",
          ]
        )
      ]
    case .verify:
      [
        (
          "--weights W [--packed FILE] [--tolerance T]",
          ["Compare the kernels, or a packed file, with a plain computation, layer by layer."]
        )
      ]
    }
  }

  /// In the order of its help.
  var options: [Option] {
    switch self {
    case .classify:
      [
        .weights, .labels, Option(name: "--top", value: "K", text: ["How many classes to name. (default: 5, or all)"]),
        .orient, Option(name: "--json", text: ["Print a list of objects, one an image."]),
        Option(name: "--csv", text: ["Print a line for each class named."]), .threads, .isa, .precision, .ranges,
      ]
    case .evaluate:
      [
        Option(
          name: "--images", value: "DIR|LIST",
          text: [
            "A folder with a folder for each class, in the order of their names or called as the",
            "labels are; or a file of lines 'path class', a class being a number from 0 or a label.",
          ]),
        .weights, .labels,
        Option(
          name: "--crops", value: "N",
          text: ["1, the centre, or 10: corners, centre and their mirror images, scores averaged. (default: 1)"]),
        .orient,
        Option(
          name: "--resume", value: "FILE",
          text: ["Keep results in a file while it runs, and go on from it if it is there."]),
        Option(name: "--scores", value: "OUT.npy", text: ["Write the scores, images x classes float32."]),
        Option(
          name: "--average", value: "A.npy,B.npy",
          text: [
            "Average with the scores that other packages wrote of the same images: of other sizes, so",
            "for several scales, or other networks.",
          ]),
        Option(name: "--json", text: ["Print all of it as an object."]),
        Option(name: "--csv", text: ["Print a line for each image."]), .threads, .isa, .precision, .ranges,
      ]
    case .embed:
      [
        .weights, Option(name: "-o", value: "OUT.npy", text: ["The array to write, N x D float32."]),
        Option(name: "--normalize", text: ["Divide each row by its length, so that dot products are cosines."]),
        Option(name: "--only", value: "NAME", text: ["One of the values that the source returns by name instead."]),
        .orient, .threads, .isa, .precision, .ranges,
      ]
    case .logits:
      [
        .weights, Option(name: "--input", value: "IN", text: ["The images' values, as the network takes them."]),
        Option(name: "--output", value: "OUT", text: ["The file to write."]),
        Option(name: "--only", value: "NAME", text: ["The one of several outputs to write."]), .threads, .pin, .isa,
        .precision, .ranges,
      ]
    case .bench:
      [
        .weights, Option(name: "--seconds", value: "S", text: ["How long to measure. (default: 4)"]),
        Option(
          name: "--callers", value: "C",
          text: ["How many call at one time, each with threads of its own as far as there are processors. (default: 1)"]
        ),
        Option(name: "--per-layer", text: ["Time each layer inside whole calls, beside what this machine allows."]),
        Option(name: "--json", text: ["Print JSON."]), .threads, .pin, .isa, .precision, .ranges,
      ]
    case .pack:
      [
        .weights,
        Option(name: "-o", value: "FILE", text: ["The packed file to write; only a packed file is replaced."]),
        Option(name: "--check", value: "FILE", text: ["The packed file to check."]),
        Option(
          name: "--check-range",
          text: [
            "With --precision float16: run the images in single precision first, and pack nothing if",
            "a value that may be stored as a half is beyond 65504.",
          ]),
        Option(name: "--images", value: "DIR|LIST", text: ["Of --check-range: images like those to come."]),
        Option(name: "--count", value: "N", text: ["Of --check-range: how many of them at most. (default: 300)"]),
        .isa, .precision, .ranges,
      ]
    case .quantize:
      [
        Option(
          name: "--images", value: "DIR|LIST",
          text: [
            "Some hundred images; where their classes are told as 'evaluate' has it, accuracy is",
            "counted too. A list may also have a path alone in each line.",
          ]),
        .weights,
        Option(name: "-o", value: "FILE", text: ["The packed file to write; only a packed file is replaced."]),
        Option(
          name: "--method", value: "M",
          text: [
            "How ranges are chosen: minmax, percentile, entropy, mse, or best, which tries all and",
            "keeps the one whose outputs err least on images held out. (default: best)",
          ]),
        Option(
          name: "--count", value: "N", text: ["How many images to take, evenly from those given. (default: 300)"]),
        Option(name: "--ranges", value: "OUT", text: ["Write the ranges to a file, for 'pack' and other machines."]),
        Option(
          name: "--max-loss", value: "X",
          text: [
            "What the outputs may be off, as a part of them: where it is more, name the layers that",
            "lose most, and write no packed file.",
          ]),
        .labels, .orient, Option(name: "--json", text: ["Print all of it as an object."]), .threads, .isa,
      ]
    case .verify:
      [
        .weights, Option(name: "--packed", value: "FILE", text: ["A packed file to compare instead of the weights."]),
        Option(
          name: "--tolerance", value: "T",
          text: ["What a layer may be off, as a part of its largest value. (default: 1e-4, float16 5e-3)"]),
        Option(name: "--quiet", text: ["Print the result only."]), .threads, .isa, .precision, .ranges,
      ]
    }
  }

  /// What `NAME SUBCOMMAND --help` prints.
  func help(of model: ModelDescription) -> String {
    var lines: [String] = []
    for (index, form) in forms.enumerated() {
      let words = Self.words(form.words, of: model)
      lines.append((index == 0 ? "USAGE: " : "       ") + "\(model.name.lowercased()) \(rawValue) \(words)")
      lines += form.text.map { "         \($0)" }
    }
    lines += ["", "OPTIONS:"]
    for option in options { lines += entry(option.usage, option.text(of: model)) }
    return (lines + Self.helpEntry).joined(separator: "\n")
  }

  /// What `NAME --help` prints.
  static func overview(of model: ModelDescription) -> String {
    let name = model.name.lowercased()
    var lines = [
      "OVERVIEW: \(model.name), compiled to Swift by resnetc.", "", "USAGE: \(name) <subcommand>", "", "SUBCOMMANDS:",
    ]
    for command in all(of: model) {
      for form in command.forms { lines += entry("\(command.rawValue) \(words(form.words, of: model))", form.text) }
    }
    lines += ["", "OPTIONS:"]
    for option in [Option.weights, .threads, .isa] { lines += entry(option.usage, option.text(of: model)) }
    lines += helpEntry
    return (lines + ["", "  See '\(name) <subcommand> --help' for all options of one."]).joined(separator: "\n")
  }

  /// In brackets what a package that was generated with weights need not be told.
  private static func words(_ words: String, of model: ModelDescription) -> String {
    let (needed, optional) = (Array("--weights W".utf8), "[--weights W]")
    let bytes = Array(words.utf8)
    guard !model.weights.isEmpty,
      let start = (0...max(0, bytes.count - needed.count)).first(where: { bytes[$0...].starts(with: needed) })
    else { return words }
    let (before, after) = (bytes[..<start], bytes[(start + needed.count)...])
    return String(decoding: before, as: UTF8.self) + optional + String(decoding: after, as: UTF8.self)
  }

  private static let helpEntry = entry("-h, --help", ["Show help information."])
}

extension Subcommand.Option {
  /// With what stands in for it where the package was generated with weights.
  fileprivate func text(of model: ModelDescription) -> [String] {
    guard ["--weights", "-o", "--check", "--packed"].contains(name) else { return text }
    let each = model.members.map(\.name).joined(separator: ", ")
    let what =
      each.isEmpty ? text : text + ["One such file for each network, with commas, in the order", "\(each)."]
    guard name == "--weights", !model.weights.isEmpty else { return what }
    return what + ["(default: \(model.weights), beside the package)"]
  }

  static let weights = Self(
    name: "--weights", value: "W",
    text: ["A safetensors file with torchvision's tensor names, a packed file, or random:SEED."])
  static let labels = Self(
    name: "--labels", value: "L", text: ["A file with the names of the classes, one a line."])
  static let orient = Self(
    name: "--orient",
    text: ["Turn photographs upright as their cameras noted, which training with torchvision does not."])
  static let threads = Self(
    name: "--threads", value: "N",
    text: [
      "Threads that a call uses, or auto: as many as there are processors, or as the quota of",
      "a container pays for. (default: 1)",
    ])
  static let pin = Self(name: "--pin", text: ["Keep each thread on a processor of its own."])
  static let precision = Self(
    name: "--precision", value: "P",
    text: [
      "What kernels multiply: float32, float16 or int8, if the package has such. (default:",
      "that of a packed file, or float32)",
    ])
  static let ranges = Self(
    name: "--ranges", value: "FILE", text: ["With int8 and weights as trained, what `quantize` found."])
  static let isa = Self(
    name: "--isa", value: "ISA",
    text: [
      "Which kernels: avx512, avx2, neon or portable. (default: those of a packed",
      "file, or the best that runs here)",
    ])
}

/// A word and what it means, beside it from column 26 on, or below where it is longer.
private func entry(_ word: String, _ text: [String]) -> [String] {
  let column = 26
  let begin = "  " + word
  let indented = text.map { String(repeating: " ", count: column) + $0 }
  guard begin.utf8.count < column - 1, let first = text.first else { return [begin] + indented }
  return [begin + String(repeating: " ", count: column - begin.utf8.count) + first] + indented.dropFirst()
}
