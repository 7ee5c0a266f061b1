//! What a snapshot of a benchmark set costs: `cargo run --release --package chromatid-snapshots --example measure -- <set> <rows> [<directory>]`.
//!
//! It publishes the set into the directory, opens it, asks all queries cold, with and without a filter, changes one record of a hundred at
//! random, publishes again and asks once more.

mod set;

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use chromatid_snapshots::build::{self, Outcome};
use chromatid_snapshots::exchange::{Budget, Cost, Run, Step};
use chromatid_snapshots::filter::Where;
use chromatid_snapshots::manifest::{Identity, Manifest, Sealed};
use chromatid_snapshots::pack::PackName;
use chromatid_snapshots::read::{Found, Get, Nearest, Snapshot};
use chromatid_vectors::Space;
use set::{Changed, Set};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [set, rows, rest @ ..] = arguments.as_slice() else {
        return Err("usage: measure <set> <rows> [<directory>]".into());
    };
    let out = rest.first().map_or_else(|| std::env::temp_dir().join("snapshot"), PathBuf::from);
    fs::create_dir_all(&out)?;
    let set = Set::open(Path::new(set), rows.parse()?)?;
    let manifest = publish(&set, &out)?;
    let host = Host::open(&out, manifest)?;
    queries("cold query", &set, &host, |_| None)?;
    queries("filter of 10 %", &set, &host, |query| Some(("tenth", query % 10)))?;
    queries("filter of 1 %", &set, &host, |query| Some(("hundredth", query % 100)))?;
    gets(&host)?;
    republish(&set, &out, host)
}

fn identity(generation: u64) -> Identity {
    let name = "measured".to_owned();
    Identity {
        name,
        epoch: [7; 16],
        generation,
        collection: "{}".into(),
        space: Space::Cosine,
        dimension: set::DIMENSION,
    }
}

fn publish(set: &Set, out: &Path) -> Result<Manifest> {
    let started = Instant::now();
    let mut bytes = 0;
    let manifest = build::base(set, identity(1), &mut |name, pack| store(out, name, &pack, &mut bytes))?;
    let memory = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let memory = memory.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("").to_owned();
    let took = started.elapsed().as_secs_f64();
    println!(
        "published {} records in {took:.1} s: {bytes} bytes in {} packs; {memory}",
        manifest.count(),
        manifest.packs.len()
    );
    println!("cells {}", manifest.centers.len());
    Ok(manifest)
}

fn store(out: &Path, name: PackName, pack: &[u8], bytes: &mut u64) -> chromatid_snapshots::Result<()> {
    *bytes += pack.len() as u64;
    let written = fs::write(out.join(name.file_name()), pack);
    written.map_err(|error| chromatid_snapshots::Error::Invalid(error.to_string()))
}

/// Packs of a directory, and an open snapshot of them.
struct Host {
    packs: HashMap<u32, File>,
    snapshot: Snapshot,
}

impl Host {
    fn open(out: &Path, manifest: Manifest) -> Result<Self> {
        let file = Manifest::seal(manifest.encode(true), Some((&[0; 32], &[0; 64])));
        println!("cold open: 1 request, {} bytes", file.len());
        let manifest = Sealed::open(&file)?.manifest()?;
        let mut packs = HashMap::new();
        for (number, name) in manifest.packs.iter().enumerate() {
            packs.insert(number as u32, File::open(out.join(name.file_name()))?);
        }
        Ok(Self { packs, snapshot: Snapshot::new(manifest) })
    }

    fn finish<T>(&self, mut run: Run<T>) -> Result<(T, Cost)> {
        loop {
            if let Step::Done(result) = run.step()? {
                return Ok((result, run.cost()));
            }
            for range in run.plan()? {
                let mut bytes = vec![0; range.length() as usize];
                self.packs[&range.pack].read_exact_at(&mut bytes, u64::from(range.start))?;
                for part in range.parts {
                    let start = (part.offset - range.start) as usize;
                    run.supply(part, &bytes[start..][..part.length as usize])?;
                }
            }
        }
    }
}

fn queries(
    label: &str,
    set: &Set,
    host: &Host,
    filter: impl Fn(usize) -> Option<(&'static str, usize)>,
) -> Result<()> {
    let started = Instant::now();
    let (mut costs, mut right, mut asked) = (Vec::new(), 0, 0);
    for (number, vector) in set.queries.chunks(set::DIMENSION).enumerate() {
        let wanted = filter(number);
        let nearest = set.nearest(number, wanted.map(|(key, _)| key))?;
        let filter =
            wanted.map(|(key, value)| Where::parse(&serde_json::json!({ key: value }))).transpose()?;
        let request = Nearest { vector: vector.to_vec(), k: 10, filter };
        let (found, cost) = host.finish(host.snapshot.nearest(request, Budget::NONE))?;
        right += hits(&found, &nearest);
        asked += nearest.len();
        costs.push(cost);
    }
    let took = started.elapsed().as_secs_f64() * 1000.0 / costs.len() as f64;
    println!("{label}: recall@10 {:.4}, {took:.2} ms; {}", right as f64 / asked as f64, summary(&costs));
    Ok(())
}

fn hits(found: &[Found], nearest: &[u32]) -> usize {
    nearest.iter().filter(|row| found.iter().any(|found| found.row.record.id == set::id(**row))).count()
}

/// Median and largest of each, with the manifest.
fn summary(costs: &[Cost]) -> String {
    let of = |name: &str, value: fn(&Cost) -> u64, open: u64| {
        let mut values: Vec<u64> = costs.iter().map(|cost| value(cost) + open).collect();
        values.sort_unstable();
        let at = |part: usize| values[(values.len() - 1) * part / 100];
        format!("{name} {} / {} / {}", at(50), at(95), at(100))
    };
    let parts = [
        of("hops", |cost| cost.hops, 1),
        of("requests", |cost| cost.requests, 1),
        of("bytes", |cost| cost.bytes, 0),
    ];
    format!("median / p95 / most of {} (without the manifest's)", parts.join(", "))
}

fn gets(host: &Host) -> Result<()> {
    let ids = Get { ids: Some(vec![set::id(4_321)]), ..Get::default() };
    let (found, cost) = host.finish(host.snapshot.get(ids, Budget::NONE))?;
    println!("get by id: {} found, {cost:?}", found.rows.len());
    let filter = Some(Where::parse(&serde_json::json!({ "row": { "$lt": 100 } }))?);
    let range = Get { filter, limit: Some(10), ..Get::default() };
    let (found, cost) = host.finish(host.snapshot.get(range, Budget::NONE))?;
    println!("get by a range: {} found, {cost:?}", found.count);
    Ok(())
}

fn republish(set: &Set, out: &Path, host: Host) -> Result<()> {
    let started = Instant::now();
    let ((published, dead), _) = host.finish(host.snapshot.published())?;
    let changed = Changed { set, every: 100 };
    let mut bytes = 0;
    let old = &host.snapshot.manifest;
    let mut sink = |name, pack: Vec<u8>| store(out, name, &pack, &mut bytes);
    let outcome = build::changes(&changed, identity(2), old, &published, &dead, &mut sink)?;
    let Outcome::Layer(manifest) = outcome else { return Err("no layer was written".into()) };
    let manifest_bytes = manifest.encode(true).len() + 128;
    let all: u64 = old.packs.iter().map(|pack| u64::from(pack.length)).sum();
    let part = (bytes as f64 + manifest_bytes as f64) * 100.0 / all as f64;
    println!(
        "1 % changed: {bytes} new bytes and a manifest of {manifest_bytes}, {part:.2} %, in {:.1} s",
        started.elapsed().as_secs_f64()
    );
    let host = Host::open(out, manifest)?;
    queries("cold query over a layer", set, &host, |_| None)
}
