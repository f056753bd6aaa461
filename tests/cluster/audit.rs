//! The API server's own record of who did what: plimsoll never wrote.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::Cluster;

/// plimsoll's requests until now: verb and address.
pub fn requests(server: &Cluster) -> Vec<(String, String)> {
    let log = fs::read_to_string(server.folder().join("audit.log")).unwrap();
    let events = log.lines().filter_map(|l| serde_json::from_str::<Value>(l).ok());
    let mine = events.filter(|e| e["user"]["username"] == "plimsoll" && e["stage"] == "ResponseComplete");
    let text = |e: &Value, key: &str| e[key].as_str().unwrap_or_default().to_owned();
    mine.map(|e| (text(&e, "verb"), text(&e, "requestURI"))).collect()
}

/// How many there are once as many as expected have been written down.
pub fn settled(server: &Cluster, expected: usize) -> usize {
    let begun = Instant::now();
    while requests(server).len() < expected && begun.elapsed() < Duration::from_secs(5) {
        std::thread::sleep(Duration::from_millis(50));
    }
    requests(server).len()
}

pub fn check(server: &Cluster) {
    let all = requests(server);
    assert!(all.len() > 100, "{}", all.len());
    let (mut reads, mut dry) = (0, 0);
    for (verb, address) in &all {
        match &**verb {
            "get" | "list" => reads += 1,
            "patch" if address.contains("dryRun=All") => dry += 1,
            _ => panic!("{verb} {address}"),
        }
    }
    assert!(dry >= 4, "{dry}");
    println!("cluster: {reads} reads and {dry} dry runs, no write");
}
