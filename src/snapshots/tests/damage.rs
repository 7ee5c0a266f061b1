//! Every byte of a small snapshot altered, and every length cut off: each is noticed, none is taken for anything.

mod support;

use chromatid_snapshots::Error;
use chromatid_snapshots::build;
use chromatid_snapshots::exchange::{Budget, Step};
use chromatid_snapshots::manifest::{Manifest, Sealed};
use chromatid_snapshots::part::hash;
use chromatid_snapshots::read::{Get, Nearest, Snapshot};
use chromatid_vectors::Space;
use support::{Host, Random, Records, identity, record};

fn host() -> Host {
    let mut random = Random::new(1);
    let mut records = Records((0..40).map(|id| record(&mut random, id, 4)).collect());
    let mut host = Host::publish(&records, identity(1, Space::Cosine, 4)).unwrap();
    records.0[3] = record(&mut random, 3, 4);
    records.0.remove(9);
    host.publish_changes(&records).unwrap();
    host
}

/// Everything that reads packs.
fn read_all(host: &Host) -> Result<(), Error> {
    host.finish(host.snapshot.published())?;
    host.finish(host.snapshot.get(Get::default(), Budget::NONE))?;
    let filter = serde_json::json!({ "$or": [{ "rank": { "$gt": 3 } }, { "color": "red" }] });
    let filter = Some(chromatid_snapshots::filter::Where::parse(&filter)?);
    host.finish(host.snapshot.get(Get { filter, ..Get::default() }, Budget::NONE))?;
    let request = Nearest { vector: vec![0.1, 0.2, 0.3, 0.4], k: 50, filter: None };
    host.finish(host.snapshot.nearest(request, Budget::NONE)).map(drop)
}

#[test]
fn every_altered_byte_of_a_pack_is_noticed_by_what_reads_it() {
    let mut host = host();
    read_all(&host).unwrap();
    let names: Vec<[u8; 32]> = host.packs.keys().copied().collect();
    let mut noticed = 0;
    for name in names {
        for at in 0..host.packs[&name].len() {
            let flip = |host: &mut Host| {
                host.packs.get_mut(&name).into_iter().for_each(|pack| pack[at] ^= 1 << (at % 8))
            };
            flip(&mut host);
            // A byte of a layer that was replaced is not read by anything.
            match read_all(&host) {
                Err(Error::Corrupt { .. }) => noticed += 1,
                other => panic!("byte {at} of a pack: {other:?}"),
            }
            flip(&mut host);
        }
    }
    assert!(noticed > 10_000, "{noticed}");
}

#[test]
fn every_altered_byte_and_every_length_of_a_manifest_is_refused() {
    let host = host();
    let manifest = &host.snapshot.manifest;
    let sealed = Manifest::seal(manifest.encode(true), Some((&[5; 32], &[6; 64])));
    let signed = sealed.len() - 96;
    for at in 0..sealed.len() {
        let mut altered = sealed.clone();
        altered[at] ^= 1 << (at % 8);
        let opened = Sealed::open(&altered);
        // Key and signature are for whoever checks them.
        assert!(at >= signed || opened.is_err(), "byte {at}");
        assert!(Sealed::open(&sealed[..at]).is_err(), "length {at}");
    }
    let longer = [sealed.as_slice(), &[0]].concat();
    assert!(Sealed::open(&longer).is_err());
    assert_eq!(Sealed::open(&sealed).unwrap().signature, Some((&[5; 32], &[6; 64])));
}

#[test]
fn a_truncated_part_and_another_one_are_refused() {
    let host = host();
    let mut run = host.snapshot.get(Get::default(), Budget::NONE);
    let Ok(Step::Need(parts)) = run.step() else { panic!("it has to read") };
    let pack = &host.packs[&host.snapshot.manifest.packs[parts[0].pack as usize].sha256];
    let bytes = &pack[parts[0].offset as usize..parts[0].end() as usize];
    for length in 0..bytes.len() {
        assert!(run.supply(parts[0], &bytes[..length]).is_err());
    }
    assert!(run.supply(parts[0], &vec![0; bytes.len()]).is_err());
    run.supply(parts[0], bytes).unwrap();
}

/// Parts that were made to have the right hash: whoever signs may still be mistaken, and a reader may not fall over it.
#[test]
fn parts_that_say_nothing_are_refused_without_a_panic() {
    let host = host();
    let mut random = Random::new(4);
    for round in 0..3_000 {
        let mut run =
            host.snapshot.nearest(Nearest { vector: vec![0.5; 4], k: 5, filter: None }, Budget::NONE);
        let mut manifest = (*host.snapshot.manifest).clone();
        let Ok(Step::Need(parts)) = run.step() else { panic!("it has to read") };
        let part = parts[round % parts.len()];
        let pack = &host.packs[&manifest.packs[part.pack as usize].sha256];
        let mut bytes = pack[part.offset as usize..part.end() as usize].to_vec();
        for _ in 0..1 + random.below(4) {
            let at = random.below(bytes.len());
            bytes[at] = random.below(256) as u8;
        }
        let replaced = hash(&bytes);
        for layer in &mut manifest.layers {
            for part_of in layer.cells.iter_mut().flatten().filter(|other| other.hash == part.hash) {
                part_of.hash = replaced;
            }
        }
        for of_dead in manifest.dead.iter_mut().filter(|other| other.hash == part.hash) {
            of_dead.hash = replaced;
        }
        let mut packs = host.packs.clone();
        let name = manifest.packs[part.pack as usize].sha256;
        packs.get_mut(&name).unwrap()[part.offset as usize..part.end() as usize].copy_from_slice(&bytes);
        let altered = Host { packs, snapshot: Snapshot::new(manifest) };
        let request = Nearest { vector: vec![0.5; 4], k: 5, filter: None };
        // Either answer will do.
        drop(altered.finish(altered.snapshot.nearest(request, Budget::NONE)));
    }
}

/// Likewise manifests.
#[test]
fn manifests_that_say_nothing_are_refused_without_a_panic() {
    let host = host();
    let encoded = host.snapshot.manifest.encode(false);
    let mut random = Random::new(6);
    let mut opened = 0;
    for _ in 0..3_000 {
        let mut altered = encoded.clone();
        for _ in 0..1 + random.below(3) {
            // Behind the magic number, the version and the length.
            let at = 11 + random.below(altered.len() - 11);
            altered[at] = random.below(256) as u8;
        }
        let sealed = Manifest::seal(altered, None);
        let Ok(manifest) = Sealed::open(&sealed).and_then(|sealed| sealed.manifest()) else { continue };
        opened += 1;
        let packs = host.packs.clone();
        // Packs are found by their names; where one has another, none has its bytes.
        if manifest.packs.iter().all(|pack| packs.contains_key(&pack.sha256)) {
            let altered = Host { packs, snapshot: Snapshot::new(manifest) };
            drop(read_all(&altered));
        }
    }
    assert!(opened > 100, "{opened} of them still say something");
}

#[test]
fn two_records_of_one_id_and_vectors_of_another_length_are_refused() {
    let mut random = Random::new(8);
    let mut records = Records((0..5).map(|id| record(&mut random, id, 4)).collect());
    records.0[4].0.id = "id-1".into();
    let refused = |records: &Records, dimension| {
        let result = build::base(records, identity(1, Space::L2, dimension), &mut |_, _| Ok(()));
        result.unwrap_err().to_string()
    };
    assert!(refused(&records, 4).contains("id-1"));
    assert!(refused(&Records::default(), 0).contains("not 0"));
}
