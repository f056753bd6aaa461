//! Running templates, and taking apart what they print.

use std::sync::mpsc;

use super::RenderError;
use super::context::{TemplateFile, set_template};
use super::threads::{Threads, text_bytes};
use crate::manifest::{Sorted, sort_file};
use crate::template::exec::{Exec, without_no_value};
use crate::template::trace::Tracer;
use crate::value::{HelmVersion, Value};
use crate::yaml::YamlError;

/// A rendered file with its documents.
pub struct Evaluated {
    /// `chart/templates/x.yaml`
    pub path: String,
    /// What it printed.
    pub text: String,
    /// Its documents, or why they are no YAML.
    pub sorted: Result<Sorted, YamlError>,
}

/// Executes the templates in Helm's order. Where there are many, another thread looks at their documents meanwhile.
pub(super) fn evaluate<T: Tracer>(
    exec: &mut Exec<'_, '_, T>,
    files: &[TemplateFile],
    helm: HelmVersion,
    threads: Threads,
) -> Result<Vec<Evaluated>, RenderError> {
    let mut all = Vec::with_capacity(files.len());
    if threads.count(text_bytes(files)) == 1 {
        for file in files.iter().filter(|f| !f.is_partial()) {
            let text = execute(exec, file)?;
            all.push(look_at(file.path.clone(), text, helm));
        }
    } else {
        let (send, receive) = mpsc::channel::<(String, String)>();
        all = std::thread::scope(|scope| {
            let look = scope.spawn(move || receive.into_iter().map(|(path, text)| look_at(path, text, helm)).collect());
            for file in files.iter().filter(|f| !f.is_partial()) {
                let text = execute(exec, file)?;
                // Nobody to receive it: the thread panicked, which joining it says.
                let _ = send.send((file.path.clone(), text));
            }
            drop(send);
            look.join().map_err(|_| RenderError::Early("looking at the documents failed".into()))
        })?;
    }
    all.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(all)
}

pub(super) fn execute<T: Tracer>(exec: &mut Exec<'_, '_, T>, file: &TemplateFile) -> Result<String, RenderError> {
    set_template(file);
    let out = exec.execute(file.path.as_bytes(), Value::Map(file.context.clone())).map_err(RenderError::Exec)?;
    let out = without_no_value(out);
    Ok(match String::from_utf8(out) {
        Ok(text) => text,
        Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
    })
}

pub(super) fn look_at(path: String, text: String, helm: HelmVersion) -> Evaluated {
    let notes = path.ends_with("NOTES.txt");
    let sorted = if notes { Ok(Sorted::default()) } else { sort_file(&path, &text, helm) };
    Evaluated { path, text, sorted }
}
