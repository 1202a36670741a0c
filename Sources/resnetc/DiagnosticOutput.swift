// How diagnostics reach the user: text or JSON, on standard error, in color where that helps.
import Foundation
import ResNetDSL

struct DiagnosticOutput {
  enum Style: String, CaseIterable { case plain, color, json }
  enum When: String, CaseIterable { case auto, always, never }

  private let isJSON: Bool
  private let isColored: Bool

  init(_ arguments: Arguments) throws(CommandError) {
    let style = try arguments.value(.diagnostics) == nil ? nil : arguments.choice(.diagnostics, Style.plain)
    let when = try arguments.choice(.color, When.auto)
    isJSON = style == .json
    switch (style, when) {
    case (.json, _): isColored = false
    // What is said about color alone counts more.
    case (_, .always), (.color, .auto): isColored = true
    case (_, .never), (.plain, .auto): isColored = false
    case (nil, .auto): isColored = terminalWantsColor(STDERR_FILENO)
    }
  }

  /// Prints what was found in `source`.
  func show(_ diagnostics: Diagnostics, in source: SourceFile) {
    if isJSON { return errorOutput(JSONRenderer(source).render(diagnostics)) }
    guard !diagnostics.all.isEmpty else { return }
    errorOutput(TextRenderer(source, isColoured: isColored).render(diagnostics))
  }
}

/// NO_COLOR and FORCE_COLOR as their sites define them: any value but the empty one counts.
func terminalWantsColor(_ descriptor: Int32) -> Bool {
  let environment = ProcessInfo.processInfo.environment
  if environment["NO_COLOR"]?.isEmpty == false { return false }
  if environment["FORCE_COLOR"]?.isEmpty == false { return true }
  return isatty(descriptor) == 1 && environment["TERM"] != "dumb"
}
