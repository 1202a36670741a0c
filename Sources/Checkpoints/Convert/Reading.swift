// A reading is one way to understand the names of a file: a prefix that comes off, and a family of names or a dialect for
// the rest. All are tried; what counts is how many of the model's tensors each finds.
import ResNetRuntime

struct Reading {
  /// What `--dialect` takes.
  let name: String
  /// Whose names they are, for people; `nil` for the model's own.
  let title: String?
  /// What came off all names.
  let prefix: String
  let dialect: (any Dialect)?
  /// For each of the model's tensors its place in the file.
  var sources: [Int?]
  /// For each tensor of the file what the dialect's family calls it, of those that a dialect knows.
  var translations: [Int: Translation] = [:]

  var count: Int { sources.count { $0 != nil } }
  var isBGR: Bool { dialect?.isBGR ?? false }
  var isComplete: Bool { !sources.contains { $0 == nil } }
}

/// A file's names, as far as they are to be understood.
struct NamesToRead {
  let names: [String]
  /// Those that were neither renamed nor known to be something else.
  let open: [Int]
  /// For each of the model's tensors what `--rename` brought to it.
  let pinned: [Int?]
}

/// Every way to read the names: the model's own first, then families that the compiler knows, then dialects; of each short
/// prefixes before long ones.
func readings(of file: NamesToRead, for model: ModelTensors) -> [Reading] {
  let prefixes = sharedPrefixes(file.open.map { file.names[$0] })
  let open = NameIndex(file.open.map { file.names[$0] })
  var readings: [Reading] = []
  for (number, spelling) in model.spellings.enumerated() {
    let title = number == 0 ? nil : "those of 'names \(spelling.name)'"
    for prefix in prefixes + loosePrefixes(spelling, open: file.open.map { file.names[$0] }, besides: prefixes) {
      let sources = zip(spelling.names, file.pinned).map { name, pinned in
        pinned ?? open.find(prefix + name).map { file.open[$0] }
      }
      readings.append(Reading(name: spelling.name, title: title, prefix: prefix, dialect: nil, sources: sources))
    }
  }
  for dialect in Dialects.all {
    guard let family = model.spellings.first(where: { $0.name == dialect.family }) else { continue }
    let places = NameIndex(family.names)
    for prefix in prefixes { readings.append(reading(file, by: dialect, behind: prefix, places)) }
  }
  return readings
}

private func reading(
  _ file: NamesToRead, by dialect: any Dialect, behind prefix: String, _ places: NameIndex
) -> Reading {
  var reading = Reading(
    name: dialect.name, title: dialect.title, prefix: prefix, dialect: dialect, sources: file.pinned)
  for index in file.open {
    let rest = String(decoding: file.names[index].utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    guard let translation = dialect.translate(rest) else { continue }
    reading.translations[index] = translation
    if let place = places.find(translation.name), reading.sources[place] == nil { reading.sources[place] = index }
  }
  return reading
}

/// What stands before a family's first name where something else in the file does not begin so: whatever that is, it is
/// left over then, which says more than that nothing fits.
private func loosePrefixes(_ spelling: ModelTensors.Spelling, open names: [String], besides known: [String]) -> [String]
{
  guard let first = spelling.names.first else { return [] }
  var prefixes: [String] = []
  for name in names where name.hasSuffix("." + first) {
    let prefix = String(decoding: name.utf8.dropLast(first.utf8.count), as: UTF8.self)
    if !known.contains(prefix), prefixes.count < CheckpointLimits.depth { prefixes.append(prefix) }
  }
  return prefixes
}

/// The beginnings that all names share, up to a full stop: none, `module.`, `module.model.` ...
func sharedPrefixes(_ names: [String]) -> [String] {
  guard let first = names.first.map({ components($0).dropLast() }) else { return [""] }
  var shared = first.count
  for name in names {
    let parts = components(name)
    shared = min(shared, zip(parts.dropLast(), first).prefix { $0 == $1 }.count)
  }
  return (0...min(shared, CheckpointLimits.depth)).map { count in
    first.prefix(count).map { $0 + "." }.joined()
  }
}
