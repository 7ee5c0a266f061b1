//! What lies in frames and in blocks: one reader each, with the bytes that it was made for and what becomes of them.

use std::cell::RefCell;
use std::rc::Rc;

use chromatid::db::{DEFAULT_DATABASE as D, DEFAULT_TENANT as T, Db, Options};
use chromatid::index::hnsw::{Distances, Graph, Loader, Parameters, Scratch, Target, ToCodes};
use chromatid::index::posting::{CodeList, CodeListBuilder};
use chromatid::index::sparse::{Weights, encode};
use chromatid::log::convert::{decode_operation, encode_metadata};
use chromatid::log::proto::Change;
use chromatid::log::{LogEntry, convert};
use chromatid::quantization::{CodeQuery, Encoder, NibbleCodes};
use chromatid::segment::{decode_history, decode_metadata, decode_weights};
use chromatid::storage::memory::MemoryStorage;
use chromatid::storage::sim::Xorshift;
use chromatid::storage::{ChainEnd, Frame, Storage, frame};
use chromatid::sysdb::decode_function;
use chromatid::text::{Pattern, Requirement};
use chromatid::types::{CollectionConfiguration, Metadata, Schema, Space};
use futures::executor::block_on;
use prost::Message;
use serde_json::json;

use crate::env::seeded;
use crate::harness::{Memory, fuzz};
use crate::mutator::changed;
use crate::patterns::is_met;
use crate::stored::{self, Flavour};

/// Readers hold what they read, once or twice.
const MEMORY: Memory = Memory { least: 64 << 10, per_byte: 64 };

const DIMENSION: usize = 24;

/// A slot of a graph takes a row of links, whatever it holds; a free one is read from a byte.
const ROWS: Memory = Memory { least: 64 << 10, per_byte: 2 << 10 };

/// Lets a reader have changes of samples.
fn fuzz_bytes(target: &str, cases: u64, samples: &[Vec<u8>], read: impl Fn(&[u8])) {
    samples.iter().for_each(|sample| read(sample));
    let make = |random: &mut Xorshift| {
        let sample = &samples[random.below(samples.len() as u64) as usize];
        changed(random, sample, samples)
    };
    fuzz(target, cases, MEMORY, make, Vec::len, |bytes| read(bytes));
}

/// The frames of a log in which there is an entry of every kind.
fn frames() -> Vec<Frame> {
    let storage: Rc<dyn Storage> = Rc::new(MemoryStorage::default());
    block_on(async {
        let options = Options { versions: 2, ..Options::default() };
        let db = Db::open(Rc::clone(&storage), seeded(1, 0.25), options).await.unwrap();
        stored::live(&db, Flavour::Plain).await;
        let id = db.get_collection(T, D, "plain").unwrap().id.to_string();
        db.create_tenant("somebody").await.unwrap();
        db.create_database("somebody", "something").await.unwrap();
        db.fork_collection(T, D, &id, "forked").await.unwrap();
        let body = json!({"name": "f", "function_id": "statistics", "output_collection": "counts", "params": {"a": 1}});
        let function = chromatid::types::AttachFunction::from_json(body).unwrap();
        db.attach_function(T, D, &id, function, &[]).await.unwrap();
        db.delete_collection(T, D, "forked").await.unwrap();
        storage.read_log(1).await.unwrap().frames
    })
}

#[test]
fn frames_of_the_log() {
    let samples: Vec<Vec<u8>> = frames().into_iter().map(|frame| frame.bytes).collect();
    fuzz_bytes("frames", 200_000, &samples, |bytes| {
        let length = frame::length(bytes);
        let checked = frame::check(bytes);
        let parsed = Frame::parse(bytes);
        assert_eq!(checked.is_ok(), parsed.is_ok());
        if let (Ok(length), Ok(parsed)) = (length, parsed) {
            assert_eq!((length, &bytes[..length]), (parsed.bytes.len(), &parsed.bytes[..]));
            for sequence in [0, parsed.sequence.wrapping_sub(1), u64::MAX] {
                let _ = ChainEnd { sequence, checksum: parsed.previous() }.advance(bytes);
            }
        }
    });
}

#[test]
fn entries_of_the_log() {
    let samples: Vec<Vec<u8>> = frames().iter().map(|frame| frame.payload().to_vec()).collect();
    fuzz_bytes("entries of the log", 40_000, &samples, |bytes| {
        let Ok(entry) = LogEntry::decode(bytes) else { return };
        match entry.change {
            Some(Change::Records(records)) => {
                for record in records.records {
                    let _ = decode_operation(record);
                }
                let _ = records.output_of.map(decode_function);
            }
            Some(Change::PutCollection(info)) => {
                let _ = info.metadata.map(convert::decode_metadata);
                let _ = CollectionConfiguration::from_stored(&info.configuration);
                let _ = info.schema.map(|schema| Schema::from_stored(&schema));
            }
            _ => {}
        }
    });
}

#[test]
fn metadata_of_records() {
    let metadata = |value: serde_json::Value| {
        let metadata: Metadata = serde_json::from_value(value).unwrap();
        encode_metadata(&metadata).encode_to_vec()
    };
    let samples = [
        metadata(json!({"a": 1, "b": -1.5, "c": "text", "d": true, "__proto__": i64::MIN})),
        metadata(json!({"a": [1, 2, 3], "b": [0.5], "c": ["x", ""], "d": [true, false]})),
        metadata(
            json!({"s": {"indices": [1, 7, 4_000_000], "values": [0.5, -1.0, 2.0], "#type": "sparse_vector"}}),
        ),
    ];
    fuzz_bytes("metadata of records", 200_000, &samples, |bytes| {
        let _ = decode_metadata(Some(bytes));
    });
}

fn vector(random: &mut Xorshift) -> Vec<f32> {
    (0..DIMENSION).map(|_| random.below(2_000) as f32 / 1_000.0 - 1.0).collect()
}

#[test]
fn lists_of_codes() {
    let mut random = Xorshift::new(1);
    let encoder = Encoder::new(Space::L2, vector(&mut random));
    let list = |entries: u32, random: &mut Xorshift| {
        let mut list = CodeListBuilder::new(DIMENSION);
        for id in 0..entries {
            list.push_vector(id * 3, 1, &encoder, &vector(random));
        }
        list.encode()
    };
    let samples: Vec<Vec<u8>> = [0, 1, 33, 70].map(|entries| list(entries, &mut random)).into();
    let query = CodeQuery::new(Space::L2, vector(&mut random));
    let around = query.around(encoder.center());
    fuzz_bytes("lists of codes", 100_000, &samples, |bytes| {
        let Some(list) = CodeList::parse(DIMENSION, bytes) else { return };
        let mut builder = CodeListBuilder::new(DIMENSION);
        for entry in 0..list.len() {
            let _ = (list.offset_id(entry), list.version(entry), list.find(entry as u32));
            builder.push_from(&list, entry);
        }
        let (mut estimates, mut lower) = ([0.0; 32], [0.0; 32]);
        for (number, block) in list.codes().blocks().enumerate() {
            query.scan_block(&around, 2.0, 1.0, block, &mut estimates, &mut lower);
            let _ = list.lanes(number);
        }
        assert_eq!(builder.len(), list.len());
    });
}

/// A graph of four-bit codes, as its header and its chunks, and the codes.
fn graph(nodes: u32) -> (Vec<Vec<u8>>, NibbleCodes) {
    let mut random = Xorshift::new(u64::from(nodes));
    let mut codes = NibbleCodes::new(Space::L2, vec![0.0; DIMENSION]);
    let (mut graph, mut scratch) = (Graph::new(Parameters::new(4, 16)), Scratch::default());
    for node in 0..nodes {
        let vector = vector(&mut random);
        codes.push(&vector);
        let target = ToCodes::new(&codes, &vector);
        graph.insert(node, graph.level_of(random.next()), &target, &codes, &mut scratch);
    }
    let chunks = (0..graph.chunks()).map(|chunk| graph.encode_chunk(chunk));
    ([graph.encode_header()].into_iter().chain(chunks).collect(), codes)
}

#[test]
fn graphs() {
    let (parts, codes) = graph(300);
    let load = |parts: &[Vec<u8>]| {
        let mut loader = Loader::new(&parts[0]).ok()?;
        for chunk in &parts[1..] {
            loader.chunk(chunk).ok()?;
        }
        loader.finish().ok()
    };
    assert!(load(&parts).is_some());
    let target = ToCodes::new(&codes, &[0.5; DIMENSION]);
    let scratch = RefCell::new(Scratch::default());
    let make = |random: &mut Xorshift| {
        let mut changed_parts = parts.clone();
        let part = random.below(parts.len() as u64) as usize;
        changed_parts[part] = changed(random, &parts[part], &parts);
        changed_parts
    };
    let size = |parts: &Vec<Vec<u8>>| parts.iter().map(Vec::len).sum();
    fuzz("graphs", 40_000, ROWS, make, size, |parts| {
        let Some(graph) = load(parts) else { return };
        // Codes say how many nodes there are; a larger graph is refused by whoever has both.
        if graph.slots() <= codes.len() {
            graph.search(&target, 5, 20, None, &mut scratch.borrow_mut());
        }
    });
}

#[test]
fn four_bit_codes() {
    let (_, codes) = graph(20);
    let samples = [codes.as_bytes().to_vec()];
    fuzz_bytes("four-bit codes", 100_000, &samples, |bytes| {
        let center = vec![0.25; DIMENSION];
        let Some(codes) = NibbleCodes::from_bytes(Space::L2, center, bytes.to_vec()) else { return };
        let target = ToCodes::new(&codes, &[0.5; DIMENSION]);
        for node in 0..codes.len() as u32 {
            let _ = (Distances::between(&codes, 0, node), target.distance(node));
        }
    });
}

#[test]
fn lists_of_weights() {
    let list = |step: usize| {
        encode(&(0..60_000).step_by(step).map(|low| (low as u16, low as f32)).collect::<Vec<_>>())
    };
    let samples = [list(7), list(4_097), encode(&[(65_535, -1.0)])];
    fuzz_bytes("lists of weights", 60_000, &samples, |bytes| {
        assert_eq!(Weights::decode(bytes).is_ok(), decode_weights(bytes).is_ok());
        if let Ok(weights) = Weights::decode(bytes) {
            assert_eq!(weights.entries().count(), weights.len());
        }
    });
}

#[test]
fn rows_of_histories() {
    let group = |delta: u8, changes: &[(&str, bool)]| {
        let mut bytes = vec![delta];
        bytes.extend(0x0123_4567_89ab_cdef_u64.to_le_bytes());
        bytes.push(changes.len() as u8);
        for (id, is_there) in changes {
            bytes.push((id.len() as u8) << 1 | u8::from(*is_there));
            bytes.extend(id.bytes());
        }
        bytes
    };
    let start = group(0, &[]);
    let samples = [
        start.clone(),
        [start.clone(), group(7, &[("a", true), ("b", false)])].concat(),
        [start, group(100, &[]), group(1, &[("an id of some length", true)])].concat(),
    ];
    let make = |random: &mut Xorshift| {
        let sample = &samples[random.below(samples.len() as u64) as usize];
        changed(random, sample, &samples)
    };
    // An id that is empty is read from a byte.
    let memory = Memory { per_byte: 128, ..MEMORY };
    fuzz("rows of histories", 100_000, memory, make, Vec::len, |bytes| {
        let _ = decode_history(bytes);
    });
}

#[test]
fn requirements_of_patterns() {
    let sources = ["abc", "a(b|c)d+[xyz]{3}", "(one|two|three).*four", ".", "(?i)straße|x{2,}"];
    let samples = sources.map(|source| Pattern::new(source).unwrap().requirement().to_bytes());
    fuzz_bytes("requirements of patterns", 200_000, &samples, |bytes| {
        if let Ok(requirement) = Requirement::from_bytes(bytes) {
            let _ = is_met(&requirement, "one, two");
            let again = Requirement::from_bytes(&requirement.to_bytes());
            assert_eq!(again.ok().map(|again| again.to_bytes()).as_deref(), Some(bytes));
        }
    });
}

#[test]
fn stored_configurations_and_schemas() {
    let configuration = |json: serde_json::Value| {
        let request = serde_json::from_value(json).unwrap();
        CollectionConfiguration::resolve(Some(request), None).unwrap()
    };
    let configurations = [
        configuration(json!({"hnsw": {"space": "l2", "ef_search": 7}})),
        configuration(json!({"spann": {"space": "cosine"}})),
    ];
    let mut samples: Vec<Vec<u8>> = configurations.iter().map(CollectionConfiguration::to_stored).collect();
    let keys = json!({"a": {"string": {"string_inverted_index": {"enabled": false, "config": {}}}}});
    let request = serde_json::from_value(json!({"defaults": {}, "keys": keys})).unwrap();
    let (schema, _) = Schema::resolve(Some(request), configuration(json!({}))).unwrap();
    samples.extend(schema.to_stored());
    fuzz_bytes("configurations and schemas", 20_000, &samples, |bytes| {
        let _ = CollectionConfiguration::from_stored(bytes);
        let _ = Schema::from_stored(bytes);
    });
}
