//! What the schema family costs: `cargo bench --bench schema -- [--kube-version V] [--crds] [--show] FILE...` prints,
//! for rendered manifests, the median time of reading them as data and of checking them, in microseconds, and the time
//! of the very first check, which reads the schemas. `--crds` takes the definitions among the objects; `--show` prints
//! what was found.

use std::sync::Arc;
use std::time::{Duration, Instant};

use plimsoll::finding::{KubeObject, Text};
use plimsoll::kube::schema::{Crds, Schemas};
use plimsoll::yaml::node::{Data, Document};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let mut args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let mut flag = |name: &str| {
        let at = args.iter().position(|a| a == name);
        at.map(|at| args.remove(at)).is_some()
    };
    let (show, crds, version) = (flag("--show"), flag("--crds"), flag("--kube-version"));
    let version = if version && !args.is_empty() { args.remove(0) } else { "1.36".to_owned() };
    println!("{:40} {:>8} {:>10} {:>10} {:>10} {:>8}", "file", "objects", "read", "first", "check", "found");
    for file in &args {
        match std::fs::read_to_string(file) {
            Ok(text) => measure(file, &text, &version, crds, show),
            Err(e) => println!("{file}: {e}"),
        }
    }
}

fn measure(file: &str, text: &str, version: &str, with_crds: bool, show: bool) {
    let read = || -> Vec<KubeObject> { documents(file, text).filter_map(object).collect() };
    let objects = read();
    let mut crds = Crds::new();
    objects.iter().filter(|_| with_crds).for_each(|o| crds.add_object(o));
    let schemas = match Schemas::embedded(version) {
        Ok(schemas) => schemas.with_crds(Arc::new(crds)),
        Err(e) => return println!("{e}"),
    };
    let first = time(|| objects.iter().map(|o| schemas.check(o).len()).sum::<usize>());
    let found: usize = objects.iter().map(|o| schemas.check(o).len()).sum();
    let check = median(|| objects.iter().map(|o| schemas.check(o).len()).sum::<usize>());
    let micros = |d: Duration| d.as_micros();
    let name = file.rsplit('/').next().unwrap_or(file);
    let (count, read) = (objects.len(), median(read));
    println!("{name:40} {count:>8} {:>10} {:>10} {:>10} {found:>8}", micros(read), micros(first), micros(check));
    for (i, object) in objects.iter().enumerate().filter(|_| show) {
        for p in schemas.check(object) {
            let remedy = p.remedy.map(|r| format!(" ({r})")).unwrap_or_default();
            println!("#{i} {}/{} {} {} {}{remedy}", object.kind, object.name, p.rule, p.path, p.message);
        }
    }
}

fn documents<'t>(file: &'t str, text: &'t str) -> impl Iterator<Item = (String, &'t str)> {
    text.split("\n---").map(move |document| (file.to_owned(), document.strip_prefix("---").unwrap_or(document)))
}

fn object((name, text): (String, &str)) -> Option<KubeObject> {
    let document = Document::parse(text.as_bytes()).ok()?;
    let source = Arc::new(Text { name, line: 1, text: text.to_owned() });
    (document.root.data != Data::Null).then(|| KubeObject::new(source, document))
}

fn time<R>(work: impl FnOnce() -> R) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}

fn median<R>(mut work: impl FnMut() -> R) -> Duration {
    let mut times: Vec<Duration> = (0..21).map(|_| time(&mut work)).collect();
    times.sort();
    times[times.len() / 2]
}
