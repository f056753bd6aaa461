//! A fleet of 130 releases on one cluster: the whole command, against one release's.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::audit;
use crate::server::{Cluster, optimised};

/// How many releases; `releases` put them into the namespace `many`.
const RELEASES: usize = 130;

pub fn check(server: &Cluster) {
    let folder = server.folder().join("fleet");
    fs::create_dir_all(folder.join("charts")).unwrap();
    let ledger = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/ledger");
    for n in 0..RELEASES {
        let chart = folder.join(format!("charts/ledger-{n}"));
        assert!(Command::new("cp").arg("-rL").arg(&ledger).arg(&chart).status().unwrap().success());
    }
    let text = "charts: [charts/*]\nnamespace: many\nenvironments: {prod: {clusters: {np: {context: c}}}}\n";
    fs::write(folder.join("plimsoll.yaml"), text).unwrap();
    let timed = |arguments: &[&str]| -> Duration {
        let mut command = server.plimsoll(&["diff", "--no-lint", "--env", "prod", "--cluster", "np", "-o", "json"]);
        let begun = Instant::now();
        let out = command.args(arguments).current_dir(&folder).output().unwrap();
        let took = begun.elapsed();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        let expected = if arguments.is_empty() { RELEASES } else { 1 };
        assert_eq!(report["releases"].as_array().unwrap().len(), expected);
        took
    };
    for n in 0..RELEASES {
        let path = folder.join(format!("charts/ledger-{n}/Chart.yaml"));
        let text = fs::read_to_string(&path).unwrap().replace("name: ledger\n", &format!("name: ledger-{n}\n"));
        fs::write(path, text).unwrap();
    }
    timed(&["--chart", "ledger-0"]);
    let one = (0..3).map(|_| timed(&["--chart", "ledger-0"])).min().unwrap();
    std::thread::sleep(Duration::from_millis(800));
    let before = audit::requests(server).len();
    let all = timed(&[]);
    // Four lists beside each other hold them all.
    assert_eq!(audit::settled(server, before + 4), before + 4);
    // What is fixed in a run, the connection above all, is the larger part of one release's time only where the renders
    // are optimised.
    let times = if cfg!(debug_assertions) && optimised().is_none() { 100 } else { 20 };
    assert!(all < one * times, "one release {one:?}, {RELEASES} releases {all:?}");
    println!("cluster: diff of one release {one:?}, of {RELEASES} releases {all:?}");
}
