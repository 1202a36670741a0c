// A page that needs nothing but itself: no scripts, no fonts, nothing from elsewhere. It is light or dark as its reader's
// system is. What all pages look like stands here; what a kind of page adds, beside it.

/// An HTML page.
struct Page {
  var title: String
  /// Rules beyond those of every page.
  var style = ""
  var body: String

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(escapedHTML(title))</title>
    <style>
    \(pageStyle)\(style)</style>
    </head>
    <body>
    \(body)</body>
    </html>

    """
  }
}

private let pageStyle = """
  :root { color-scheme: light dark; --line: light-dark(#c8c8cc, #4a4a4e); --quiet: light-dark(#606066, #a5a5aa);
    --ground: light-dark(#fff, #161618); --ink: light-dark(#1c1c1e, #ececee); }
  body { font: 15px/1.4 system-ui, sans-serif; margin: 2rem; background: var(--ground); color: var(--ink); }
  .scroll { overflow: auto; }
  table { border-collapse: collapse; }
  th, td { border-top: 1px solid var(--line); }
  tbody th { font-weight: normal; }

  """
