//! What commands do outside of rendering: the clock and randomness they were asked for, kubeconfig's namespace, files
//! written, programs run.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use typed_arena::Arena;

use super::args::EngineArgs;
use crate::chart::load::os_error;
use crate::render::{Rendered, document};
use crate::span::Pos;
use crate::template::ast::TreeSource;
use crate::template::error::{USER_END, USER_START};
use crate::template::exec::{Exec, Templates, without_no_value};
use crate::template::func::FuncCx;
use crate::template::parse::{FuncScope, parse};
use crate::template::trace::Untraced;
use crate::value::{HelmVersion, Value};
use crate::world::System;
use crate::yaml;

/// The world as the flags want it.
pub(super) fn system(args: &EngineArgs) -> Result<System, String> {
    let now = match &args.now {
        Some(text) => Some(text.parse().map_err(|e| format!("invalid --now {text:?}: {e}"))?),
        None => None,
    };
    let objects = match &args.lookup_from {
        Some(path) => {
            Some(Box::new(super::recorded::Recorded::read(Path::new(path))?) as Box<dyn crate::world::LiveObjects>)
        }
        None => None,
    };
    Ok(System::new(now, args.seed, objects))
}

/// The namespace of kubeconfig's current context.
pub(super) fn kubeconfig_namespace() -> Option<String> {
    let path = match std::env::var("KUBECONFIG") {
        Ok(list) if !list.is_empty() => list.split(':').map(PathBuf::from).find(|p| p.is_file())?,
        _ => PathBuf::from(std::env::var_os("HOME")?).join(".kube/config"),
    };
    let config = yaml::to_value(&fs::read(path).ok()?, Pos::NONE).ok()?;
    let config = config.as_map()?;
    let text =
        |m: &crate::value::Map, key: &[u8]| m.get(key).and_then(|v| v.as_str().map(|s| s.to_text().into_owned()));
    let current = text(config, b"current-context")?;
    let contexts = config.get(b"contexts")?;
    let contexts = contexts.as_list()?;
    let context =
        contexts.items.iter().filter_map(|s| s.value.as_map()).find(|c| text(c, b"name").as_ref() == Some(&current))?;
    let inner = context.get(b"context")?;
    text(inner.as_map()?, b"namespace").filter(|n| !n.is_empty())
}

/// `--name-template`: Sprig's functions alone, no data.
pub(super) fn name_from_template(text: &str) -> Result<String, String> {
    let source = TreeSource { name: "name-template".into(), text: text.as_bytes().into(), pos: Pos::NONE };
    let trees = parse(std::sync::Arc::new(source), FuncScope::NameTemplate).map_err(|e| e.text())?;
    let mut templates = Templates::default();
    templates.add(trees);
    let arena = Arena::new();
    let world = System::new(None, None, None);
    let mut regexes = Default::default();
    let cx = FuncCx { helm: HelmVersion::V4, world: &world, dns: true, regexes: &mut regexes };
    let mut exec = Exec::new(&templates, &arena, FuncScope::NameTemplate, cx, Untraced);
    // Sprig's own fail puts no marks around its text.
    let plain = |text: String| text.replace(USER_START, "").replace(USER_END, "");
    let out = exec.execute(b"name-template", Value::Nil).map_err(|e| plain(e.go_text()))?;
    Ok(String::from_utf8_lossy(&without_no_value(out)).into_owned())
}

/// Pipes the manifests through a program (helm v3.22.0 `pkg/postrender/exec.go`).
pub(super) fn post_render(
    program: &str,
    args: &[String],
    helm: HelmVersion,
    rendered: &mut Rendered,
) -> Result<(), String> {
    if helm == HelmVersion::V4 {
        return Err(format!(
            "invalid argument {program:?} for \"--post-renderer\" flag: plugin: {{Name:{program} Type:postrenderer/v1}} not found"
        ));
    }
    let mut input = String::new();
    for (path, content) in &rendered.crds {
        input.push_str(&document(path, content));
    }
    for m in &rendered.manifests {
        input.push_str(&document(&m.path, &m.content));
    }
    let fail = |e: String| format!("error while running post render on files: {e}");
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("unable to find binary at {program}: {}", os_error(&e)))?;
    let stdin = child.stdin.take();
    let writer = std::thread::spawn(move || {
        if let Some(mut stdin) = stdin {
            // A program that doesn't read all of it is its own affair.
            let _ = stdin.write_all(input.as_bytes());
        }
    });
    let output = child.wait_with_output().map_err(|e| fail(e.to_string()))?;
    let _ = writer.join();
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().unwrap_or(-1);
        return Err(fail(format!(
            "error while running command {program}. error output:\n{errors}: exit status {code}"
        )));
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.trim().is_empty() {
        return Err(fail(format!("post-renderer {program:?} produced empty output")));
    }
    rendered.manifests.clear();
    rendered.crds = Vec::new();
    rendered.replaced = Some(text);
    Ok(())
}

/// Writes each document below `dir`, in the order of the manifests, and adds to `said` what Helm says of it. Nothing is
/// written unless all of it can be named.
pub(super) fn write_files(
    crd_dir: &str,
    dir: &str,
    rendered: &Rendered,
    keep_hook: impl Fn(&[&'static str]) -> bool,
    said: &mut String,
) -> Result<(), String> {
    let mut documents: Vec<(PathBuf, String)> = Vec::new();
    let mut put = |base: &str, path: &str, content: &str| -> Result<(), String> {
        documents.push((within(Path::new(base), path)?, document(path, content)));
        Ok(())
    };
    for (path, content) in &rendered.crds {
        put(crd_dir, path, content)?;
    }
    for m in &rendered.manifests {
        put(dir, &m.path, &m.content)?;
    }
    for (m, _) in rendered.hooks.iter().filter(|h| keep_hook(&h.1)) {
        put(dir, &m.path, &m.content)?;
    }
    let mut begun = BTreeSet::new();
    for (path, text) in &documents {
        write_document(path, text, begun.insert(path))?;
        said.push_str(&format!("wrote {}\n", path.display()));
    }
    Ok(())
}

/// Writes a document into its file; a further one of the same file is added to it.
fn write_document(path: &Path, text: &str, first: bool) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        match fs::metadata(folder) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(format!("stat {}: {}", folder.display(), os_error(&e)));
            }
            Err(_) => {
                fs::create_dir_all(folder).map_err(|e| format!("mkdir {}: {}", folder.display(), os_error(&e)))?
            }
            Ok(_) => {}
        }
    }
    let opened = if first { fs::File::create(path) } else { fs::File::options().append(true).open(path) };
    let written = opened.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|e| format!("open {}: {}", path.display(), os_error(&e)))
}

/// A path below a folder; one that would leave it is refused.
fn within(dir: &Path, path: &str) -> Result<PathBuf, String> {
    let relative = Path::new(path);
    if !relative.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return Err(format!("the manifest {path:?} would be written outside of the output directory"));
    }
    Ok(dir.join(relative))
}
