//! Inputs that the fuzzer found something with once (`testdata/fuzz/TARGET/NAME`), through the same code (`fuzz/targets.rs`):
//! none may panic, use up the stack or take long.

#[path = "../fuzz/targets.rs"]
mod targets;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Far more than any input takes, even in a slow build on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

#[test]
fn what_the_fuzzer_found_stays_fixed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz");
    for (target, _) in targets::TARGETS {
        let Ok(inputs) = fs::read_dir(root.join(target)) else { continue };
        for input in inputs.map(|e| e.expect("test data").path()) {
            let data = fs::read(&input).expect("test data is readable");
            let start = Instant::now();
            println!("{}", input.display());
            targets::run(target, &data);
            assert!(start.elapsed() < LONGEST, "{} takes {:?}", input.display(), start.elapsed());
        }
    }
}
