// The extension: starts `resnetc lsp` and passes on what VS Code asks. The protocol's types are nearly VS Code's own, so
// this takes no library; what it does not pass on is what the server does not do.
"use strict";

const vscode = require("vscode");
const { spawn } = require("child_process");

let session;

function activate(context) {
  const output = vscode.window.createOutputChannel("resnetc");
  const restart = () => {
    if (session) session.dispose();
    session = vscode.workspace.isTrusted === false ? undefined : new Session(output);
  };
  context.subscriptions.push(
    output,
    { dispose: () => session && session.dispose() },
    vscode.commands.registerCommand("resnetc.restart", restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("resnetc.path")) restart();
    })
  );
  restart();
}

function deactivate() {
  return session && session.dispose();
}

// One run of the server, and what VS Code has been told to ask it.
class Session {
  constructor(output) {
    this.output = output;
    this.requests = new Map();
    this.lastID = 0;
    this.buffer = Buffer.alloc(0);
    this.ended = false;
    this.findings = vscode.languages.createDiagnosticCollection("resnetc");
    this.disposables = [this.findings];
    const path = vscode.workspace.getConfiguration("resnetc").get("path") || "resnetc";
    this.server = spawn(path, ["lsp"], { stdio: "pipe" });
    this.server.on("error", (error) => {
      this.end(`${path} does not start: ${error.message}. Set resnetc.path to the command resnetc.`);
    });
    this.server.on("exit", (code, signal) => this.end(`${path} ended with ${signal || code}.`));
    this.server.stdout.on("data", (data) => this.read(data));
    this.server.stderr.on("data", (data) => output.append(String(data)));
    // Writing to a server that has gone: its end is reported above.
    this.server.stdin.on("error", () => {});
    this.request("initialize", {
      processId: process.pid,
      rootUri: null,
      capabilities: {
        general: { positionEncodings: ["utf-16"] },
        textDocument: {
          completion: { completionItem: { snippetSupport: true } },
          documentSymbol: { hierarchicalDocumentSymbolSupport: true },
        },
      },
    }).then(() => this.start(), () => {});
  }

  start() {
    this.notify("initialized", {});
    const opened = (document) => {
      if (!isOurs(document)) return;
      this.notify("textDocument/didOpen", {
        textDocument: { uri: uri(document), languageId: "rn", version: document.version, text: document.getText() },
      });
    };
    vscode.workspace.textDocuments.forEach(opened);
    const rn = { language: "rn" };
    const languages = vscode.languages;
    this.disposables.push(
      vscode.workspace.onDidOpenTextDocument(opened),
      vscode.workspace.onDidCloseTextDocument((document) => {
        if (isOurs(document)) this.notify("textDocument/didClose", { textDocument: { uri: uri(document) } });
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        if (!isOurs(event.document) || event.contentChanges.length === 0) return;
        this.notify("textDocument/didChange", {
          textDocument: { uri: uri(event.document), version: event.document.version },
          contentChanges: event.contentChanges.map((change) => ({ range: change.range, text: change.text })),
        });
      }),
      languages.registerHoverProvider(rn, {
        provideHover: async (document, position) => {
          const hover = await this.ask("hover", document, { position });
          return hover && new vscode.Hover(markdown(hover.contents), range(hover.range));
        },
      }),
      languages.registerDefinitionProvider(rn, {
        provideDefinition: async (document, position) => {
          const found = await this.ask("definition", document, { position });
          return found && new vscode.Location(vscode.Uri.parse(found.uri), range(found.range));
        },
      }),
      languages.registerDocumentSymbolProvider(rn, {
        provideDocumentSymbols: async (document) => ((await this.ask("documentSymbol", document)) || []).map(symbol),
      }),
      languages.registerCompletionItemProvider(
        rn,
        {
          provideCompletionItems: async (document, position) => {
            const list = await this.ask("completion", document, { position });
            return ((list && list.items) || []).map(completion);
          },
        },
        " ", ",", ";", "|", "[", "("
      ),
      languages.registerDocumentFormattingEditProvider(rn, {
        provideDocumentFormattingEdits: async (document) =>
          ((await this.ask("formatting", document)) || []).map(textEdit),
      }),
      languages.registerInlayHintsProvider(rn, {
        provideInlayHints: async (document, visible) =>
          ((await this.ask("inlayHint", document, { range: visible })) || []).map((hint) => {
            const result = new vscode.InlayHint(position(hint.position), hint.label);
            result.paddingLeft = hint.paddingLeft;
            result.tooltip = markdown(hint.tooltip);
            return result;
          }),
      }),
      languages.registerCodeActionsProvider(
        rn,
        {
          provideCodeActions: async (document, selected) => {
            const context = { diagnostics: [] };
            const actions = await this.ask("codeAction", document, { range: selected, context });
            return (actions || []).map(codeAction);
          },
        },
        { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }
      )
    );
  }

  // Messages.

  ask(feature, document, parameters) {
    return this.request(`textDocument/${feature}`, { textDocument: { uri: uri(document) }, ...parameters });
  }

  request(method, params) {
    if (this.ended) return Promise.resolve(null);
    const id = ++this.lastID;
    return new Promise((resolve, reject) => {
      this.requests.set(id, { resolve, reject });
      this.send({ jsonrpc: "2.0", id, method, params });
    });
  }

  notify(method, params) {
    if (!this.ended) this.send({ jsonrpc: "2.0", method, params });
  }

  send(message) {
    const body = Buffer.from(JSON.stringify(message));
    this.server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
    this.server.stdin.write(body);
  }

  read(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = /Content-Length: (\d+)/i.exec(this.buffer.toString("latin1", 0, end));
      const start = end + 4;
      const size = length ? Number(length[1]) : 0;
      if (this.buffer.length < start + size) return;
      const body = this.buffer.toString("utf8", start, start + size);
      this.buffer = this.buffer.subarray(start + size);
      if (size > 0) this.receive(JSON.parse(body));
    }
  }

  receive(message) {
    const request = this.requests.get(message.id);
    if (request) {
      this.requests.delete(message.id);
      if (message.error) request.reject(new Error(message.error.message));
      else request.resolve(message.result);
    } else if (message.method === "textDocument/publishDiagnostics") {
      this.findings.set(vscode.Uri.parse(message.params.uri), message.params.diagnostics.map(diagnostic));
    }
  }

  end(sentence) {
    if (this.ended) return;
    this.ended = true;
    for (const request of this.requests.values()) request.resolve(null);
    this.requests.clear();
    this.disposables.forEach((each) => each.dispose());
    if (sentence) {
      this.output.appendLine(sentence);
      vscode.window.showErrorMessage(`resnetc: ${sentence}`);
    }
  }

  // The protocol's farewell; the server ends by itself.
  async dispose() {
    if (this.ended) return;
    const farewell = this.request("shutdown", null);
    this.end();
    this.send({ jsonrpc: "2.0", method: "exit" });
    this.server.stdin.end();
    await farewell;
  }
}

// From the protocol's values to VS Code's.

const isOurs = (document) => document.languageId === "rn";
const uri = (document) => document.uri.toString();
const position = (at) => new vscode.Position(at.line, at.character);
const range = (from) => new vscode.Range(position(from.start), position(from.end));
const markdown = (text) => text && new vscode.MarkdownString(text.value);
const textEdit = (edit) => new vscode.TextEdit(range(edit.range), edit.newText);

function diagnostic(finding) {
  const severities = [
    vscode.DiagnosticSeverity.Error, vscode.DiagnosticSeverity.Warning, vscode.DiagnosticSeverity.Information,
    vscode.DiagnosticSeverity.Hint,
  ];
  const result = new vscode.Diagnostic(range(finding.range), finding.message, severities[finding.severity - 1]);
  result.code = finding.code;
  result.source = finding.source;
  result.relatedInformation = (finding.relatedInformation || []).map((related) => {
    const place = new vscode.Location(vscode.Uri.parse(related.location.uri), range(related.location.range));
    return new vscode.DiagnosticRelatedInformation(place, related.message);
  });
  return result;
}

function symbol(from) {
  // VS Code counts kinds from 0, the protocol from 1.
  const result = new vscode.DocumentSymbol(
    from.name, from.detail || "", from.kind - 1, range(from.range), range(from.selectionRange));
  result.children = (from.children || []).map(symbol);
  return result;
}

function completion(item) {
  const result = new vscode.CompletionItem(item.label, item.kind - 1);
  result.documentation = markdown(item.documentation);
  result.sortText = item.sortText;
  result.insertText = item.insertTextFormat === 2 ? new vscode.SnippetString(item.insertText) : item.insertText;
  return result;
}

function codeAction(action) {
  const result = new vscode.CodeAction(action.title, vscode.CodeActionKind.QuickFix);
  result.diagnostics = action.diagnostics.map(diagnostic);
  result.isPreferred = action.isPreferred;
  result.edit = new vscode.WorkspaceEdit();
  for (const [path, edits] of Object.entries(action.edit.changes)) {
    result.edit.set(vscode.Uri.parse(path), edits.map(textEdit));
  }
  return result;
}

module.exports = { activate, deactivate };
