//! Builds the policies of `policies/` in, and says how the program is linked: at a fixed address, so that its tables need
//! not be relocated at every start (a quarter of a millisecond of a render that takes three).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let is = |key: &str, value: &str| std::env::var(key).is_ok_and(|v| v == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
    policies()
}

/// A table of all files two levels below `policies/`: set, file name, text.
fn policies() -> std::io::Result<()> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("policies");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut table = String::from("static FILES: &[(&str, &str, &str)] = &[\n");
    for set in sorted(&root)? {
        println!("cargo:rerun-if-changed={}", set.display());
        for file in sorted(&set)? {
            let name = |p: &Path| p.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (set, file, path) = (name(&set), name(&file), file.display().to_string());
            // Writing to a string cannot fail.
            let _ = writeln!(table, "    ({set:?}, {file:?}, include_str!({path:?})),");
        }
    }
    table.push_str("];\n");
    let out = PathBuf::from(std::env::var("OUT_DIR").unwrap_or_default()).join("policies.rs");
    std::fs::write(out, table)
}

fn sorted(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = std::fs::read_dir(dir)?.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>()?;
    paths.retain(|p| p.is_dir() || p.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    Ok(paths)
}
