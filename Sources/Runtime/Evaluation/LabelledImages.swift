// SPDX-License-Identifier: Apache-2.0
// Images whose classes are known: a folder with a folder for each class, as torchvision's ImageFolder has it, or a list
// of paths and classes.

/// An image file and the class that it shows.
struct LabelledImage: Sendable, Equatable {
  let path: String
  let label: Int
}

/// Reads what `--images` names.
///
/// - Parameters:
///   - classes: how many the network has.
///   - labels: their names, where they are known.
/// - Returns: the images, and notes on how their classes were told.
func labelledImages(
  _ path: String, classes: Int, labels: Labels?
) throws(ModelError) -> (images: [LabelledImage], notes: [String]) {
  if case .folder = PathKind(path) { return try imagesByFolder(path, classes: classes, labels: labels) }
  return (try imagesByList(path, classes: classes, labels: labels), [])
}

// MARK: Folders

private func imagesByFolder(
  _ path: String, classes: Int, labels: Labels?
) throws(ModelError) -> (images: [LabelledImage], notes: [String]) {
  var names: [String] = []
  for name in try namesInFolder(path) where PathKind(joined(path, name)) == .folder { names.append(name) }
  guard !names.isEmpty else {
    throw .evaluationImages(
      path: path, line: nil, reason: "it has no folder for each class: make them, or pass a list of 'path class' lines")
  }
  let (numbers, notes) = try classNumbers(names, path, classes: classes, labels: labels)
  var images: [LabelledImage] = []
  for (name, number) in zip(names, numbers) {
    for image in try imagesInFolder(joined(path, name)) { images.append(LabelledImage(path: image, label: number)) }
  }
  guard !images.isEmpty else { throw .noImages(path: path) }
  return (images, notes)
}

/// The class of each folder: by the name that the labels give it, so that some may be missing, and else by its place
/// among all folders, as ImageFolder counts.
private func classNumbers(
  _ names: [String], _ path: String, classes: Int, labels: Labels?
) throws(ModelError) -> (numbers: [Int], notes: [String]) {
  if let labels {
    let known = Dictionary(labels.names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let numbers = names.compactMap { known[$0] }
    if numbers.count == names.count { return (numbers, []) }
  }
  guard names.count == classes else {
    let known =
      labels == nil
      ? "pass '--labels' with the folders' names in the order of the outputs"
      : "call the folders as the labels do"
    throw .evaluationImages(
      path: path, line: nil,
      reason: "it has \(names.count) folders where the model has \(classes) classes, so a folder's place does not say "
        + "its class: \(known), or pass a list of 'path class' lines")
  }
  // "10" stands before "2".
  let numbered = names.compactMap { Int($0) }
  guard numbered.count == names.count, numbered != numbered.sorted() else { return (Array(names.indices), []) }
  let note =
    "classes are the folders in the order of their names as text, '\(names[1])' before '\(names[2])', as torchvision has "
    + "it"
  return (Array(names.indices), [note])
}

// MARK: Lists

/// Lines of a path, space, and a class: its number, from 0, or its name. Paths start at the list's folder.
private func imagesByList(_ path: String, classes: Int, labels: Labels?) throws(ModelError) -> [LabelledImage] {
  let bytes = try readFile(path, limit: 1 << 30)
  if let bad = bytes.withUnsafeBytes({ firstInvalidUTF8($0) }) {
    let line = bytes[..<bad].count { $0 == 0x0A } + 1
    throw .evaluationImages(
      path: path, line: line, reason: "it is not UTF-8 text; pass a folder, or a list of 'path class' lines")
  }
  let known = Dictionary(
    (labels?.names ?? []).enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  let base = folder(of: path)
  var images: [LabelledImage] = []
  var number = 0
  for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
    number += 1
    var text = Substring(String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self))
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    guard !text.isEmpty else { continue }
    guard let (file, label) = taken(text, classes: classes, known) else {
      throw .evaluationImages(
        path: path, line: number,
        reason: "it does not end in a class: write the path, a space, and a number from 0 to \(classes - 1)"
          + (labels == nil ? ", or pass '--labels' for names" : " or one of the labels"))
    }
    images.append(LabelledImage(path: file.hasPrefix("/") ? file : base + file, label: label))
  }
  guard !images.isEmpty else {
    throw .evaluationImages(path: path, line: nil, reason: "it names no image: write 'path class' lines")
  }
  return images
}

/// The path and the class of a line. A name may hold spaces: the longest that is known is meant.
private func taken(_ line: Substring, classes: Int, _ known: [String: Int]) -> (path: String, label: Int)? {
  func cut(_ at: Substring.Index) -> (String, Substring)? {
    var path = line[..<at]
    while let last = path.last, last == " " || last == "\t" { path.removeLast() }
    return path.isEmpty ? nil : (String(path), line[line.index(after: at)...])
  }
  for at in line.indices where line[at] == " " || line[at] == "\t" {
    if let (path, name) = cut(at), let label = known[String(name)] { return (path, label) }
  }
  guard let at = line.lastIndex(where: { $0 == " " || $0 == "\t" }), let (path, name) = cut(at), let label = Int(name),
    0..<classes ~= label
  else { return nil }
  return (path, label)
}
