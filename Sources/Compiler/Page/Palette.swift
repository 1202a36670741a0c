// The colours of a page and its drawings, once: a few hues for the rows of a network, each light and dark, as style
// sheets that need no variables, which viewers of SVG outside of browsers do not know.

/// A colour of boxes and bars: what fills them and what surrounds them, on light ground and on dark.
struct Tint: Sendable {
  var fill: String
  var line: String
  var darkFill: String
  var darkLine: String

  /// What has no row to be coloured by.
  static let neutral = Tint(fill: "#f3f3f3", line: "#8a8a8a", darkFill: "#2e2e31", darkLine: "#8e8e93")

  /// Repeated where a network has more rows.
  static let stages = [
    Tint(fill: "#fde6cc", line: "#c47a26", darkFill: "#573813", darkLine: "#d9964a"),
    Tint(fill: "#e5ddf8", line: "#7a5fc2", darkFill: "#3b2e66", darkLine: "#a48fe0"),
    Tint(fill: "#d5f0d8", line: "#3d964a", darkFill: "#1f4b28", darkLine: "#66bd74"),
    Tint(fill: "#fbdadb", line: "#c94f56", darkFill: "#5d262a", darkLine: "#e5868b"),
    Tint(fill: "#d4e7fb", line: "#3a7dc0", darkFill: "#1c4067", darkLine: "#6fabe6"),
    Tint(fill: "#cfefed", line: "#278f8b", darkFill: "#124749", darkLine: "#55c1bc"),
  ]

  static func of(_ stage: Int?) -> Tint { stage.map { stages[$0 % stages.count] } ?? neutral }

  /// The class of what has the colour of a row.
  static func name(_ stage: Int?) -> String { stage.map { "t\($0 % stages.count)" } ?? "t" }

  /// The stronger colours as variables, `--stage-0` and so on, for what stands in a page and alone as well.
  static var variables: String {
    stages.enumerated().map { "--stage-\($0): light-dark(\($1.line), \($1.darkLine));" }.joined(separator: " ")
  }

  private static var named: [(name: String, tint: Tint)] {
    [(name(nil), neutral)] + stages.enumerated().map { (name($0), $1) }
  }

  /// Rules for the classes below `selector`: boxes filled and surrounded, or bars of the stronger colour.
  static func rules(_ selector: String, bars property: String? = nil, isDark: Bool) -> String {
    named.map { name, tint in
      let (fill, line) = isDark ? (tint.darkFill, tint.darkLine) : (tint.fill, tint.line)
      return "\(selector) .\(name) { " + (property.map { "\($0): \(line)" } ?? "fill: \(fill); stroke: \(line)") + " }"
    }.joined(separator: "\n")
  }
}
