//! Where the time of a render goes, within one process: `cargo bench --bench stages -- CHART...` prints the median time
//! of each stage in milliseconds, with caches warm. Whole processes against Helm are in `against_helm.py`.

use std::path::Path;
use std::time::{Duration, Instant};

use plimsoll::chart::load::load;
use plimsoll::diag::log::Log;
use plimsoll::manifest::sort_file;
use plimsoll::render::{KubeVersion, Options, Prepared};
use plimsoll::span::SourceMap;
use plimsoll::template::trace::Untraced;
use plimsoll::value::{HelmVersion, Map};
use plimsoll::world::System;
use plimsoll::yaml;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STAGES: [&str; 6] = ["load", "values", "parse", "evaluate", "documents", "yaml"];

fn main() {
    let charts: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let charts = if charts.is_empty() { vec!["charts/ledger".to_owned()] } else { charts };
    println!("{:28} {}", "chart", STAGES.map(|s| format!("{s:>10}")).join(""));
    for chart in charts {
        let done = plimsoll::stack::with_stack(|| measure(Path::new(&chart)));
        match done {
            Some(Ok(times)) => {
                let shown = times.map(|t| format!("{:10.2}", t.as_secs_f64() * 1e3));
                let name = Path::new(&chart).file_name().unwrap_or_default().to_string_lossy().into_owned();
                println!("{name:28} {}", shown.join(""));
            }
            Some(Err(e)) => println!("{chart}: {e}"),
            None => println!("{chart}: panicked"),
        }
    }
}

fn measure(chart: &Path) -> Result<[Duration; STAGES.len()], String> {
    let mut runs = Vec::new();
    let start = Instant::now();
    while runs.len() < 5 || runs.len() < 200 && start.elapsed() < Duration::from_secs(3) {
        runs.push(once(chart)?);
    }
    Ok(std::array::from_fn(|stage| {
        let mut times: Vec<Duration> = runs.iter().map(|r| r[stage]).collect();
        times.sort();
        times[times.len() / 2]
    }))
}

fn once(path: &Path) -> Result<[Duration; STAGES.len()], String> {
    let helm = HelmVersion::V4;
    let options = Options::of("bench", "default", KubeVersion::parse("1.33.0", helm)?, helm);
    let (mut sources, mut log) = (SourceMap::default(), Log::new(helm));
    let world = System::new(None, None, None);
    let mut last = Instant::now();
    let mut lap = || {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut last, now))
    };
    let chart = load(path, helm, &mut log)?;
    let loaded = lap();
    let text = |e: plimsoll::render::RenderError| e.helm_text(helm);
    let prepared = Prepared::new(&chart, &Map::default(), &options, &mut sources, &mut log).map_err(text)?;
    let values = lap();
    let templates = prepared.parse(&mut sources).map_err(text)?;
    let parsed = lap();
    let (files, Untraced) = prepared.evaluate(&templates, &options, &world, Untraced).map_err(text)?;
    let evaluated = lap();
    for file in &files {
        std::hint::black_box(sort_file(&file.path, &file.text, helm).is_ok());
    }
    let documents = lap();
    for file in &files {
        for document in plimsoll::manifest::split(&file.text, helm) {
            std::hint::black_box(yaml::to_value(document.as_bytes(), plimsoll::span::Pos::NONE).is_ok());
        }
    }
    // Evaluating looks at the documents too, where the chart is small on the same thread.
    Ok([loaded, values, parsed, evaluated, documents, lap()])
}
