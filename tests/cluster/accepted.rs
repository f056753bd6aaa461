//! Every object of every release of this repository's project file: the API server takes them all.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use plimsoll::lint::objects::of_file;

use crate::server::{Cluster, run};

/// So many releases at once: a client waits between its requests.
const AT_ONCE: usize = 4;

/// The objects of a release that go to one namespace, with those that are in none.
struct Part {
    name: String,
    namespace: String,
    text: String,
    objects: usize,
}

pub fn check(server: &Cluster) {
    let parts = parts(server);
    let spaces: BTreeSet<&str> = parts.iter().map(|p| p.namespace.as_str()).collect();
    let head = "apiVersion: v1\nkind: Namespace\n";
    let spaces: String = spaces.iter().map(|n| format!("---\n{head}metadata: {{name: {n}}}\n")).collect();
    apply(server, "namespaces", &spaces, &[]);
    let taken = |p: &Part| apply(server, &p.name, &p.text, &["--dry-run=server", "--namespace", &p.namespace]);
    std::thread::scope(|scope| {
        for n in 0..AT_ONCE {
            let mine = parts.iter().skip(n).step_by(AT_ONCE);
            scope.spawn(move || mine.for_each(taken));
        }
    });
    println!(
        "cluster: {} objects of the repository's charts are taken",
        parts.iter().map(|p| p.objects).sum::<usize>()
    );
}

fn apply(server: &Cluster, name: &str, text: &str, more: &[&str]) {
    let file = server.folder().join(format!("accepted-{name}.yaml"));
    fs::write(&file, text).unwrap();
    let mut kubectl = server.kubectl(&["apply", "--server-side", "--force-conflicts", "--field-manager=accepted"]);
    run(kubectl.args(more).arg("-f").arg(&file));
}

fn parts(server: &Cluster) -> Vec<Part> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let matrix = run(server.plimsoll(&["matrix", "--output", "json"]).current_dir(top));
    let matrix: serde_json::Value = serde_json::from_str(&matrix).unwrap();
    let mut parts: Vec<Part> = Vec::new();
    for (n, release) in matrix.as_array().unwrap().iter().enumerate() {
        let said = |key: &str| release[key].as_str().unwrap_or_default();
        let place = [said("path"), "--env", said("environment"), "--cluster", said("cluster")];
        let text = run(server.plimsoll(&["render"]).args(place).current_dir(top));
        let (objects, broken) = of_file("render", &text);
        assert!(broken.is_empty(), "{place:?}");
        for object in &objects {
            let namespace = if object.namespace.is_empty() { said("namespace") } else { &object.namespace };
            let name = format!("{n}-{namespace}");
            let at = parts.iter().position(|p| p.name == name).unwrap_or_else(|| {
                parts.push(Part { name, namespace: namespace.to_owned(), text: String::new(), objects: 0 });
                parts.len() - 1
            });
            parts[at].objects += 1;
            parts[at].text += &format!("---\n{}\n", object.root().to_json());
        }
    }
    parts
}
