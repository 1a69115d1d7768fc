//! yaml-language-server as an editor runs it: a process that speaks the Language Server Protocol (3.17) on its standard
//! streams.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A running server.
pub(crate) struct Server {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    requests: u64,
    documents: u64,
    /// What it found last in each document: the messages.
    diagnostics: HashMap<String, Vec<String>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let program = here.join("node_modules/yaml-language-server/bin/yaml-language-server");
        assert!(program.is_file(), "yaml-language-server is not installed: `npm ci --prefix tests/editor` does it");
        let mut process = Command::new("node")
            .arg(program)
            .arg("--stdio")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs: it is Debian's package `nodejs`");
        let to = process.stdin.take().expect("its input");
        let from = BufReader::new(process.stdout.take().expect("its output"));
        let mut server = Self { process, to, from, requests: 0, documents: 0, diagnostics: HashMap::new() };
        let capabilities = json!({
            "textDocument": {
                "completion": { "completionItem": { "snippetSupport": true, "documentationFormat": ["markdown"] } },
                "hover": { "contentFormat": ["markdown"] },
                "publishDiagnostics": {},
            },
            "workspace": { "configuration": true },
        });
        server.request("initialize", &json!({ "processId": null, "rootUri": null, "capabilities": capabilities }));
        server.notify("initialized", &json!({}));
        server
    }

    /// Opens a document that it does not know yet, and returns its address.
    pub(crate) fn open(&mut self, text: &str) -> String {
        self.documents += 1;
        let uri = format!("file:///topologies/{}.yaml", self.documents);
        let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": document }));
        uri
    }

    /// The labels that it offers at a place.
    pub(crate) fn completions(&mut self, uri: &str, line: usize, column: usize) -> Vec<String> {
        let found = self.request("textDocument/completion", &at(uri, line, column));
        let items = found.get("items").unwrap_or(&found).as_array().cloned().unwrap_or_default();
        items.iter().filter_map(|item| item["label"].as_str()).map(str::to_owned).collect()
    }

    /// What it shows of a place.
    pub(crate) fn hover(&mut self, uri: &str, line: usize, column: usize) -> String {
        let found = self.request("textDocument/hover", &at(uri, line, column));
        found["contents"]["value"].as_str().unwrap_or_default().to_owned()
    }

    /// What it finds wrong in a document, once it has looked.
    pub(crate) fn diagnostics(&mut self, uri: &str) -> Vec<String> {
        loop {
            if let Some(found) = self.diagnostics.get(uri) {
                return found.clone();
            }
            self.take();
        }
    }

    fn request(&mut self, method: &str, parameters: &Value) -> Value {
        self.requests += 1;
        let id = self.requests;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": parameters }));
        loop {
            let message = self.take();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].clone();
            }
        }
    }

    fn notify(&mut self, method: &str, parameters: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": parameters }));
    }

    /// The next message, after what is to be done about it.
    fn take(&mut self) -> Value {
        let message = self.receive();
        match message["method"].as_str() {
            Some("textDocument/publishDiagnostics") => {
                let (uri, found) = (&message["params"]["uri"], &message["params"]["diagnostics"]);
                let found = found.as_array().into_iter().flatten();
                let found = found.filter_map(|it| it["message"].as_str()).map(str::to_owned).collect();
                self.diagnostics.insert(uri.as_str().unwrap_or_default().to_owned(), found);
            }
            Some("workspace/configuration") => {
                let asked = message["params"]["items"].as_array().into_iter().flatten();
                let settings: Vec<Value> = asked.map(|asked| settings(&asked["section"])).collect();
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": settings }));
            }
            Some(_) if message.get("id").is_some() => {
                self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": null }));
            }
            _ => {}
        }
        message
    }

    fn send(&mut self, message: &Value) {
        let text = message.to_string();
        write!(self.to, "Content-Length: {}\r\n\r\n{text}", text.len()).expect("the server listens");
        self.to.flush().expect("the server listens");
    }

    fn receive(&mut self) -> Value {
        let mut length = 0;
        loop {
            let mut line = String::new();
            assert!(self.from.read_line(&mut line).expect("the server speaks") > 0, "the server has ended");
            if line.trim().is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("Content-Length:") {
                length = value.trim().parse().expect("a length");
            }
        }
        let mut body = vec![0; length];
        self.from.read_exact(&mut body).expect("the server speaks");
        serde_json::from_slice(&body).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has nothing to save.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What an editor has set whose user has set nothing.
fn settings(section: &Value) -> Value {
    match section.as_str() {
        Some("yaml") => {
            json!({ "validate": true, "hover": true, "completion": true, "schemaStore": { "enable": false } })
        }
        _ => json!({}),
    }
}

fn at(uri: &str, line: usize, column: usize) -> Value {
    json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": column } })
}
