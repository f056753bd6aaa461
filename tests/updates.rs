//! Compares what `diff::meaning::refusals` says of updates with the answers of a real API server in testdata/update,
//! whose format is that of testdata/apiserver: the object is there, and is replaced by the edited one.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use plimsoll::diff::meaning::refusals;
use plimsoll::finding::{KubeObject, Text};
use plimsoll::kube::rules;
use plimsoll::yaml::node::Document;

use crate::apiserver::{Case, Verdict, read};

fn object(text: &str) -> KubeObject {
    let source = Arc::new(Text { name: "object.yaml".into(), line: 1, text: text.to_owned() });
    KubeObject::new(source, Document::parse(text.as_bytes()).expect("it was sent as YAML"))
}

/// How ours differs from the server's answer; nothing if it doesn't.
fn difference(case: &Case) -> Option<String> {
    let (old, new) = (object(&case.before), object(&case.text));
    let ours = refusals::check(&old, &new);
    let fields: BTreeSet<&str> = ours.iter().map(|r| r.field).collect();
    match &case.verdict {
        Verdict::Accepted if ours.is_empty() => None,
        Verdict::Accepted => Some(format!("accepted, but ours: {ours:?}")),
        // Admission, which depends on what else the cluster has.
        Verdict::Otherwise(_) if ours.is_empty() => None,
        Verdict::Otherwise(why) => Some(format!("server: {why}; ours: {ours:?}")),
        Verdict::Invalid(causes) => {
            // What is wrong with the new object itself is for lint to say.
            let own = rules::check(&new, 36);
            let of_update: Vec<_> = causes.iter().filter(|(field, _)| !own.iter().any(|p| p.path == *field)).collect();
            let theirs: BTreeSet<&str> = of_update.iter().map(|c| &*c.0).collect();
            let says = |field: &str, text: &str| ours.iter().any(|r| r.field == field && text.contains(r.message));
            // The whole template is in the server's message, which is cut off.
            let cut = |text: &str| text.ends_with('…');
            let same_words = of_update.iter().all(|(field, text)| cut(text) || says(field, text));
            (fields != theirs || !same_words).then(|| format!("server: {causes:?}\n      ours: {ours:?}"))
        }
    }
}

#[test]
fn updates_are_refused_as_the_server_refuses_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/update");
    let mut paths: Vec<_> = fs::read_dir(root).expect("it is there").map(|e| e.expect("readable").path()).collect();
    paths.sort();
    let cases: Vec<Case> = paths.iter().flat_map(|p| read(&fs::read_to_string(p).expect("UTF-8"))).collect();
    let refused = cases.iter().filter(|c| matches!(c.verdict, Verdict::Invalid(_))).count();
    let wrong: Vec<String> =
        cases.iter().filter_map(|c| difference(c).map(|d| format!("{}\n      {d}", c.name))).collect();
    println!("{} updates, {refused} refused, {} differ", cases.len(), wrong.len());
    assert!(cases.len() >= 200 && refused >= 80, "{} cases, {refused} refused", cases.len());
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}
