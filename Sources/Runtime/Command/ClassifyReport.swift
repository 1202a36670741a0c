// SPDX-License-Identifier: Apache-2.0
// What `classify` prints: for people, or as JSON or CSV for programs. Images that failed are named on standard error, in
// JSON beside the others too.

/// An image, and what became of it.
struct ClassifiedImage {
  let path: String
  let result: Result<[Prediction], ModelError>
}

final class ClassifyReport {
  enum Form { case text, json, csv }
  let form: Form
  let isProbability: Bool
  private(set) var hasFailures = false
  private var isEmpty = true

  init(form: Form, isProbability: Bool) {
    self.form = form
    self.isProbability = isProbability
    if form == .csv { print("image,rank,class,label,score") }
  }

  func add(_ image: ClassifiedImage) {
    switch image.result {
    case .success(let predictions):
      switch form {
      case .text: printText(image.path, predictions)
      case .csv: printCSV(image.path, predictions)
      case .json:
        let classes = predictions.map { prediction in
          "{\"class\": \(prediction.index), \"label\": \(prediction.label.map { jsonText($0) } ?? "null"), "
            + "\"score\": \(prediction.score)}"
        }
        printObject("{\"image\": \(jsonText(image.path)), \"classes\": [\(classes.joined(separator: ", "))]}")
      }
    case .failure(let error):
      hasFailures = true
      writeError("Error: \(error.description)")
      if form == .json {
        printObject("{\"image\": \(jsonText(image.path)), \"error\": \(jsonText(error.description))}")
      }
    }
  }

  func end() {
    if form == .json { print(isEmpty ? "[]" : "\n]") }
  }

  /// One of a list, a line each.
  private func printObject(_ text: String) {
    print((isEmpty ? "[\n  " : ",\n  ") + text, terminator: "")
    isEmpty = false
  }

  private func printText(_ path: String, _ predictions: [Prediction]) {
    print(path)
    for prediction in predictions {
      let score = isProbability ? percent(prediction.score) : column("\(prediction.score)", 14)
      print("  \(score)  \(prediction.label ?? "class \(prediction.index)")")
    }
  }

  private func printCSV(_ path: String, _ predictions: [Prediction]) {
    for (index, prediction) in predictions.enumerated() {
      let label = csvField(prediction.label ?? "")
      print("\(csvField(path)),\(index + 1),\(prediction.index),\(label),\(prediction.score)")
    }
  }
}

/// `97.43 %`, in a column.
private func percent(_ probability: Float) -> String {
  let hundredths = Int((Double(probability) * 10000).rounded())
  let fraction = hundredths % 100
  return column("\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) %", 8)
}

private func column(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// As RFC 4180 has it: in quotes where it holds a comma, a quote or a line's end.
func csvField(_ text: String) -> String {
  guard text.utf8.contains(where: { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }) else { return text }
  return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
}
