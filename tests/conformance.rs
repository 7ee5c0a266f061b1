//! The corpus of `tests/conformance`, run by the engine: what every request answers is what it says, from the log and from
//! segments alike.

#[path = "conformance/runners/compare.rs"]
mod compare;
#[path = "conformance/runners/engine.rs"]
pub mod engine;

use std::path::{Path, PathBuf};

use futures::executor::block_on;
use serde_json::Value;

const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/cases");

/// Runs the scenarios of an area, and lists every difference.
fn run(area: &str) {
    let mut differences = Vec::new();
    for file in files(&Path::new(CASES).join(area)) {
        let scenario: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let steps = scenario["steps"].as_array().unwrap();
        let name = file.file_stem().unwrap().to_string_lossy();
        for compact in [false, true] {
            let outcomes = block_on(engine::run(steps, compact, &mut |_, _| {}));
            for (index, (step, outcome)) in steps.iter().zip(outcomes).enumerate() {
                if let Some(difference) = compare::judge(step, &outcome) {
                    let place = if compact { "compacted" } else { "from the log" };
                    let call = step["call"].as_str().unwrap();
                    differences.push(format!(
                        "≠ {area}/{name}, step {} ({call} {}), {place}{difference}",
                        index + 1,
                        step["body"]
                    ));
                }
            }
        }
    }
    assert!(differences.is_empty(), "{} differences\n{}", differences.len(), differences.join("\n"));
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

macro_rules! areas {
    ($($area:ident),*) => {
        $(#[test]
        fn $area() {
            run(stringify!($area).trim_start_matches("r#"));
        })*

        #[test]
        fn every_area_has_a_test() {
            let tested = [$(stringify!($area).trim_start_matches("r#")),*];
            for directory in files(Path::new(CASES)) {
                let name = directory.file_name().unwrap().to_string_lossy().into_owned();
                assert!(tested.contains(&name.as_str()), "{name} is missing in tests/conformance.rs");
            }
        }
    };
}

areas!(
    collections,
    configuration,
    metadata,
    queries,
    records,
    requests,
    schemas,
    searches,
    sparse,
    texts,
    r#where,
    writes
);
