// The extension without VS Code: `node test.js PATH-OF-RESNETC`. A stand-in for the module `vscode` records what the
// extension registers; the server is the real one.
"use strict";

const assert = require("assert");
const Module = require("module");

const command = process.argv[2] || "resnetc";
const text = "model Net\ninput 3 x 8 x 8\nconv1 8x8 3x3, 16 stride 1\nhead 1x1 average pool, 4-d fc\n";
const providers = {};
const published = new Map();
const errors = [];
let changed;
let waiting = [];

class Position { constructor(line, character) { Object.assign(this, { line, character }); } }
class Range { constructor(start, end) { Object.assign(this, { start, end }); } }
class Value { constructor(...parts) { this.parts = parts; } }
const named = (name) => ({ [name]: class extends Value {} })[name];
const nothing = () => ({ dispose() {} });
const document = {
  languageId: "rn", version: 1, uri: { toString: () => "file:///net.rn" }, getText: () => text,
};
const vscode = {
  Position, Range,
  Hover: named("Hover"), Location: named("Location"), MarkdownString: named("MarkdownString"),
  TextEdit: named("TextEdit"), Diagnostic: named("Diagnostic"), DocumentSymbol: named("DocumentSymbol"),
  CompletionItem: named("CompletionItem"), SnippetString: named("SnippetString"), CodeAction: named("CodeAction"),
  InlayHint: named("InlayHint"), DiagnosticRelatedInformation: named("DiagnosticRelatedInformation"),
  WorkspaceEdit: class { set(path, edits) { this.edits = edits; } },
  CodeActionKind: { QuickFix: "quickfix" },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  Uri: { parse: (path) => path },
  commands: { registerCommand: nothing },
  window: {
    createOutputChannel: () => ({ append: (line) => errors.push(line), appendLine() {}, dispose() {} }),
    showErrorMessage: (sentence) => errors.push(sentence),
  },
  workspace: {
    isTrusted: true,
    textDocuments: [document],
    getConfiguration: () => ({ get: () => command }),
    onDidChangeConfiguration: nothing, onDidGrantWorkspaceTrust: nothing, onDidOpenTextDocument: nothing,
    onDidCloseTextDocument: nothing,
    onDidChangeTextDocument: (listener) => { changed = listener; return nothing(); },
  },
  languages: {
    createDiagnosticCollection: () => ({
      set(path, findings) {
        published.set(path, findings);
        waiting.forEach((resolve) => resolve(findings));
        waiting = [];
      },
      dispose() {},
    }),
  },
};
for (const name of [
  "Hover", "Definition", "DocumentSymbol", "CompletionItem", "DocumentFormattingEdit", "InlayHints", "CodeActions",
]) {
  vscode.languages[`register${name}Provider`] = (_, provider) => {
    Object.assign(providers, provider);
    return nothing();
  };
}
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? vscode : load(name, ...rest));

async function main() {
  const extension = require("./extension.js");
  extension.activate({ subscriptions: [] });
  const findings = await new Promise((resolve) => waiting.push(resolve));
  assert.deepStrictEqual(findings.map((each) => each.code), ["missing-comma"]);
  const whole = new Range(new Position(0, 0), new Position(4, 0));
  const actions = await providers.provideCodeActions(document, whole);
  assert.deepStrictEqual(actions[0].edit.edits[0].parts[1], ",");
  const place = new Position(2, 17);
  changed({ document, contentChanges: [{ range: new Range(place, place), text: "," }] });
  assert.deepStrictEqual(await new Promise((resolve) => waiting.push(resolve)), []);
  const hover = await providers.provideHover(document, new Position(2, 1));
  assert(hover.parts[0].parts[0].includes("| 16x8x8 | 464 | 27,648 | 3x3 | 1,024 |"));
  const hints = await providers.provideInlayHints(document, whole);
  assert.deepStrictEqual(hints.map((hint) => hint.parts[1]), ["→ 8x8 x 16", "→ 1x1 x 4"]);
  const symbols = await providers.provideDocumentSymbols(document);
  assert.deepStrictEqual(symbols[0].children.map((each) => each.parts[0]), ["input", "conv1", "head"]);
  const items = await providers.provideCompletionItems(document, new Position(2, 10));
  assert(items.some((item) => item.parts[0] === "residual block" && item.insertText.parts));
  assert.strictEqual(await providers.provideDefinition(document, place), null);
  assert.strictEqual((await providers.provideDocumentFormattingEdits(document)).length, 1);
  await extension.deactivate();
  assert.deepStrictEqual(errors, []);
  console.log("the extension works");
}

main().catch((error) => { console.error(error, errors); process.exit(1); });
