//! The hidden `internal-batch`: renders snippets given as JSON lines, for the fuzzer that compares with the real Helm.
//!
//! In: `{"template": "...", "helpers": "...", "values": "YAML", "files": {"Chart.yaml": "..."}, "helm": 4}`, each but the
//! template optional. Out, one line for each: `{"output": "..."}`, or `{"error": "..."}` with Helm's text; `output_b64` or `error_b64` instead when
//! the text isn't UTF-8.

use std::io::{BufRead, Write};

use base64::Engine;
use serde_json::{Value, json};

use crate::render::render_files;
use crate::value::{HelmVersion, kept};

/// Answers line by line until standard input ends.
pub(super) fn run() -> u8 {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let answer = answer(&line);
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            break;
        }
    }
    super::exit::OK
}

fn answer(line: &str) -> Value {
    let Ok(request) = serde_json::from_str::<Value>(line) else {
        return json!({"error": "the line is no JSON"});
    };
    let text = |key: &str| request[key].as_str().unwrap_or_default().as_bytes().to_vec();
    let helm = if request["helm"] == 3 { HelmVersion::V3 } else { HelmVersion::V4 };
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    if request["files"]["Chart.yaml"].is_null() {
        files.push(("Chart.yaml".to_owned(), b"apiVersion: v2\nname: c\nversion: 0.1.0\n".to_vec()));
    }
    let more = request["files"].as_object().into_iter().flatten();
    files.extend(more.map(|(path, text)| (path.clone(), text.as_str().unwrap_or_default().as_bytes().to_vec())));
    if request["helpers"].is_string() {
        files.push(("templates/_h.tpl".to_owned(), text("helpers")));
    }
    files.push(("templates/t.yaml".to_owned(), text("template")));
    match render_files(&files, &text("values"), helm) {
        Ok(mut files) => said("output", files.remove("c/templates/t.yaml").unwrap_or_default()),
        Err(e) => said("error", kept::bytes(&e).into_owned()),
    }
}

fn said(key: &str, text: Vec<u8>) -> Value {
    match String::from_utf8(text) {
        Ok(text) => json!({ key: text }),
        Err(e) => json!({ format!("{key}_b64"): base64::engine::general_purpose::STANDARD.encode(e.as_bytes()) }),
    }
}
