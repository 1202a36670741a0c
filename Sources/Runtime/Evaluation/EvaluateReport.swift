// SPDX-License-Identifier: Apache-2.0
// What `evaluate` prints: the errors as the paper prints them, what is taken for what, and the worst mistakes; for
// programs all of it as JSON, or a line for each image as CSV.

struct EvaluateReport {
  let model: String
  let evaluation: Evaluation
  let labels: Labels?
  let classes: Int
  let crops: Int
  let isProbability: Bool
  /// Images that were answered in this run, and the seconds that took.
  let answered: Int
  let seconds: Double

  /// Rows of each list for people.
  private let shown = 10

  /// 1, and 5 where there are more classes.
  private var tops: [Int] { classes > 5 ? [1, 5] : [1] }

  private func name(_ label: Int) -> String { labels?[label] ?? "class \(label)" }

  // MARK: Text

  func text() -> String {
    var parts = [
      "\(model), \(grouped(evaluation.count)) of \(grouped(evaluation.images.count)) images, "
        + (crops == 1 ? "1 crop" : "\(crops) crops") + rate
    ]
    parts.append(
      columns(
        [["", "accuracy", "error"]]
          + tops.map { top in
            let accuracy = evaluation.accuracy(top: top)
            return ["top-\(top)", percent(accuracy), percent(1 - accuracy)]
          }, left: [0]))
    let confusions = evaluation.confusions.prefix(shown)
    if !confusions.isEmpty {
      parts.append(
        columns(
          [["class", "taken for", "images", "of"]]
            + confusions.map { [name($0.own), name($0.named), grouped($0.count), grouped($0.of)] }, left: [0, 1]))
      let worst = evaluation.classes.filter { $0.right < $0.count }
        .sorted { ($0.right * $1.count, $0.label) < ($1.right * $0.count, $1.label) }.prefix(shown)
      parts.append(
        columns(
          [["worst class", "accuracy", "images"]]
            + worst.map { [name($0.label), percent(Double($0.right) / Double($0.count)), grouped($0.count)] },
          left: [0]))
      parts.append(
        columns(
          [["worst mistake", "is", "named", "score", "its own", "rank"]]
            + evaluation.worst(shown).compactMap { index in
              guard let result = evaluation.results[index] else { return nil }
              return [
                evaluation.images[index].path, name(evaluation.images[index].label), name(result.predicted),
                score(result.score), score(result.ownScore), "\(result.rank)",
              ]
            }, left: [0, 1, 2]))
    }
    if !evaluation.failures.isEmpty {
      let count = evaluation.failures.count
      parts.append(
        count == 1
          ? "1 image could not be read, and counts nowhere"
          : "\(grouped(count)) images could not be read, and count nowhere")
    }
    return parts.joined(separator: "\n\n")
  }

  private var rate: String {
    seconds > 0 && answered > 0 ? ", \(fixed(Double(answered) / seconds, 1)) images/s" : ""
  }

  private func percent(_ part: Double) -> String { "\(fixed(part * 100, 2)) %" }

  private func score(_ score: Float) -> String { isProbability ? percent(Double(score)) : "\(score)" }

  // MARK: JSON

  func json() -> String {
    var members = [
      "\"model\": \(jsonText(model))", "\"images\": \(evaluation.images.count)", "\"evaluated\": \(evaluation.count)",
      "\"crops\": \(crops)",
    ]
    for top in tops {
      let accuracy = evaluation.accuracy(top: top)
      members.append("\"top\(top)\": \(accuracy), \"top\(top)_error\": \(1 - accuracy)")
    }
    if seconds > 0 { members.append("\"images_per_second\": \(fixed(Double(answered) / seconds, 3))") }
    members.append(
      list(
        "classes",
        evaluation.classes.map {
          "{\(label("class", $0.label)), \"images\": \($0.count), \"right\": \($0.right)}"
        }))
    members.append(
      list(
        "confusions",
        evaluation.confusions.map {
          "{\(label("class", $0.own)), \(label("named", $0.named)), \"count\": \($0.count), \"of\": \($0.of)}"
        }))
    members.append(
      list(
        "worst",
        evaluation.worst(100).compactMap { index in
          guard let result = evaluation.results[index] else { return nil }
          let image = evaluation.images[index]
          return "{\"image\": \(jsonText(image.path)), \(label("class", image.label)), "
            + "\(label("named", result.predicted)), \"score\": \(result.score), \"own_score\": \(result.ownScore), "
            + "\"rank\": \(result.rank)}"
        }))
    members.append(
      list(
        "failed",
        evaluation.failures.sorted { $0.key < $1.key }.map { index, error in
          "{\"image\": \(jsonText(evaluation.images[index].path)), \"error\": \(jsonText(error.description))}"
        }))
    return "{\n  " + members.joined(separator: ",\n  ") + "\n}"
  }

  private func label(_ key: String, _ label: Int) -> String {
    "\"\(key)\": \(label)" + (labels?[label].map { ", \"\(key)_label\": \(jsonText($0))" } ?? "")
  }

  private func list(_ key: String, _ elements: [String]) -> String {
    "\"\(key)\": [" + (elements.isEmpty ? "" : "\n    " + elements.joined(separator: ",\n    ") + "\n  ") + "]"
  }

  // MARK: CSV

  func csv() -> String {
    var lines = ["image,class,label,named,named_label,score,own_score,rank"]
    for (image, result) in zip(evaluation.images, evaluation.results) {
      guard let result else { continue }
      lines.append(
        "\(csvField(image.path)),\(image.label),\(csvField(labels?[image.label] ?? "")),\(result.predicted),"
          + "\(csvField(labels?[result.predicted] ?? "")),\(result.score),\(result.ownScore),\(result.rank)")
    }
    return lines.joined(separator: "\n")
  }
}
