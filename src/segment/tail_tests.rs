use std::rc::Rc;

use futures::executor::block_on;

use super::*;
use crate::blockstore::Blockstore;
use crate::env::{NativeEnv, Slices};
use crate::segment::{Compacted, Snapshot, compact};
use crate::types::{CollectionConfiguration, MetadataValue, Schema, Space, UpdateMetadata, VectorStructure};

use Operation::{Add, Delete, Update, Upsert};

/// An operation on `id` with everything that such an operation may carry, all of it telling `mark`.
fn operation(operation: Operation, id: &str, mark: i64) -> Rc<OperationRecord> {
    let given = operation != Delete;
    let metadata: UpdateMetadata =
        [(format!("k{mark}"), Some(MetadataValue::Int(mark)))].into_iter().collect();
    Rc::new(OperationRecord {
        operation,
        id: id.to_owned(),
        embedding: given.then(|| vec![mark as f32].into()),
        document: given.then(|| format!("document {mark}")),
        uri: given.then(|| format!("uri {mark}")),
        metadata: given.then_some(metadata),
    })
}

fn snapshot(segment: &Rc<RecordSegment>, tail: &Tail) -> Snapshot {
    let (segment, tail) = (Rc::clone(segment), Rc::new(tail.clone()));
    Snapshot {
        segment,
        tail,
        dimension: Some(1),
        space: Space::L2,
        structure: Rc::new(VectorStructure::Automatic),
        schema: Rc::new(Schema::of(&CollectionConfiguration::default())),
    }
}

/// A segment that holds what `operations` make of nothing.
async fn segment_of(operations: &[Rc<OperationRecord>]) -> Rc<RecordSegment> {
    let empty = Rc::new(RecordSegment::empty(Rc::default()));
    let mut tail = Tail::new(&empty);
    tail.fold(&empty, operations).await.unwrap();
    let store = Blockstore::in_memory(Rc::new(NativeEnv));
    let env = NativeEnv;
    let slices = Slices::new(&env);
    let Compacted { segment, .. } =
        compact(&store, &snapshot(&empty, &tail), Vec::new(), Rc::default(), &slices).await.unwrap();
    Rc::new(segment)
}

/// What a tail says of the record "x" over a segment.
#[derive(Debug, PartialEq)]
enum Seen {
    /// The log has not touched it.
    Untouched,
    /// Deleted, from the segment or before it ever got there.
    Deleted { in_segment: bool },
    /// In the log with this offset id, document and metadata keys.
    Present { offset: u32, in_segment: bool, vector: Option<f32>, document: String, keys: String },
}

fn look(tail: &Tail) -> Seen {
    let Some(place) = tail.ids().get("x") else { return Seen::Untouched };
    let Some(offset) = *place else { return Seen::Deleted { in_segment: !tail.deleted().is_empty() } };
    let record = &tail.records()[&offset];
    assert_eq!(record.id, "x");
    let document = record.document.clone().unwrap();
    assert_eq!(record.uri.clone().unwrap(), document.replace("document", "uri"));
    Seen::Present {
        offset,
        in_segment: record.in_segment(),
        vector: record.embedding().map(|vector| vector[0]),
        document,
        keys: record.metadata.keys().map(String::as_str).collect::<Vec<_>>().join(" "),
    }
}

fn present(offset: u32, in_segment: bool, vector: Option<f32>, document: i64, keys: &str) -> Seen {
    let document = format!("document {document}");
    Seen::Present { offset, in_segment, vector, document, keys: keys.to_owned() }
}

/// Checks a row of the table of storage-architecture 9: what the operations, each alone, make of a state.
/// `before` leads to the state; the operations of the row are marked 9. They are folded together with
/// what is before, apart from it, and over a reader's copy: it must make no difference.
fn check_row(in_segment: bool, before: &[Rc<OperationRecord>], row: [(Operation, Seen, u64); 4]) {
    block_on(async {
        let other = operation(Add, "other", 0);
        let segment = match in_segment {
            true => segment_of(&[other, operation(Add, "x", 1)]).await,
            false => segment_of(&[other]).await,
        };
        for (kind, seen, count) in row {
            let last = operation(kind, "x", 9);
            let together: Vec<_> = before.iter().cloned().chain([Rc::clone(&last)]).collect();
            let mut at_once = Tail::new(&segment);
            at_once.fold(&segment, &together).await.unwrap();
            let mut apart = Tail::new(&segment);
            for operation in &together {
                apart.fold(&segment, std::slice::from_ref(operation)).await.unwrap();
            }
            for tail in [&at_once, &apart] {
                assert_eq!(look(tail), seen, "{kind:?}");
                assert_eq!(snapshot(&segment, tail).count(), count, "count after {kind:?}");
                assert!(tail.stale_vectors().is_superset(tail.deleted()));
            }
            assert_eq!(at_once.stale_vectors(), apart.stale_vectors());
            assert_eq!(at_once.max_offset_id(), apart.max_offset_id());
        }
    });
}

#[test]
fn an_unknown_record_is_added_or_ignored() {
    let new = || present(2, false, Some(9.0), 9, "k9");
    check_row(
        false,
        &[],
        [(Add, new(), 2), (Update, Seen::Untouched, 1), (Upsert, new(), 2), (Delete, Seen::Untouched, 1)],
    );
}

#[test]
fn a_record_of_the_log_is_merged_into_or_forgotten() {
    let merged = || present(2, false, Some(9.0), 9, "k5 k9");
    check_row(
        false,
        &[operation(Add, "x", 5)],
        [
            (Add, present(2, false, Some(5.0), 5, "k5"), 2),
            (Update, merged(), 2),
            (Upsert, merged(), 2),
            (Delete, Seen::Deleted { in_segment: false }, 1),
        ],
    );
}

#[test]
fn a_record_of_the_segment_is_merged_into_or_deleted() {
    let merged = || present(2, true, Some(9.0), 9, "k1 k9");
    check_row(
        true,
        &[],
        [
            (Add, Seen::Untouched, 2),
            (Update, merged(), 2),
            (Upsert, merged(), 2),
            (Delete, Seen::Deleted { in_segment: true }, 1),
        ],
    );
}

#[test]
fn a_changed_record_of_the_segment_is_changed_further() {
    let merged = || present(2, true, Some(9.0), 9, "k1 k5 k9");
    check_row(
        true,
        &[operation(Update, "x", 5)],
        [
            (Add, present(2, true, Some(5.0), 5, "k1 k5"), 2),
            (Update, merged(), 2),
            (Upsert, merged(), 2),
            (Delete, Seen::Deleted { in_segment: true }, 1),
        ],
    );
}

#[test]
fn a_deleted_record_comes_back_in_a_new_place_without_what_it_was() {
    let new = || present(3, false, Some(9.0), 9, "k9");
    check_row(
        true,
        &[operation(Delete, "x", 0)],
        [
            (Add, new(), 2),
            (Update, Seen::Deleted { in_segment: true }, 1),
            (Upsert, new(), 2),
            (Delete, Seen::Deleted { in_segment: true }, 1),
        ],
    );
}

#[test]
fn a_record_that_came_back_is_as_any_of_the_log() {
    let merged = || present(3, false, Some(9.0), 9, "k5 k9");
    check_row(
        true,
        &[operation(Delete, "x", 0), operation(Add, "x", 5)],
        [
            (Add, present(3, false, Some(5.0), 5, "k5"), 2),
            (Update, merged(), 2),
            (Upsert, merged(), 2),
            (Delete, Seen::Deleted { in_segment: true }, 1),
        ],
    );
}

#[test]
fn a_change_carries_only_what_it_names() {
    block_on(async {
        let segment = segment_of(&[operation(Add, "x", 1)]).await;
        let mut bare = (*operation(Update, "x", 9)).clone();
        bare.embedding = None;
        bare.document = None;
        bare.uri = None;
        bare.metadata = Some([("k1".to_owned(), None)].into_iter().collect());
        let mut tail = Tail::new(&segment);
        tail.fold(&segment, &[Rc::new(bare)]).await.unwrap();
        assert_eq!(look(&tail), present(1, true, None, 1, ""));
        assert!(tail.stale_vectors().is_empty(), "the segment's vector still holds");
    });
}

#[test]
fn a_later_value_undoes_a_deletion_and_the_reverse() {
    block_on(async {
        let change = |value: Option<i64>| {
            let metadata = [("k1".to_owned(), value.map(MetadataValue::Int))].into_iter().collect();
            Rc::new(OperationRecord { metadata: Some(metadata), ..(*operation(Update, "x", 9)).clone() })
        };
        let segment = segment_of(&[operation(Add, "x", 1)]).await;
        for (changes, keys) in
            [([change(None), change(Some(2))], "k1"), ([change(Some(2)), change(None)], "")]
        {
            let mut tail = Tail::new(&segment);
            tail.fold(&segment, &changes).await.unwrap();
            assert_eq!(look(&tail), present(1, true, Some(9.0), 9, keys));
        }
    });
}

#[test]
fn offset_ids_are_never_used_again() {
    block_on(async {
        let round = [operation(Add, "x", 1), operation(Delete, "x", 0)];
        let segment = segment_of(&[&round[..], &round[..]].concat()).await;
        assert_eq!((segment.len(), segment.max_offset_id()), (0, 2));
        let mut tail = Tail::new(&segment);
        tail.fold(&segment, &[operation(Add, "x", 7)]).await.unwrap();
        assert_eq!(look(&tail), present(3, false, Some(7.0), 7, "k7"));
    });
}

#[test]
fn a_new_record_without_a_vector_is_corrupt() {
    block_on(async {
        let segment = segment_of(&[]).await;
        let bare = OperationRecord { embedding: None, ..(*operation(Add, "x", 1)).clone() };
        let outcome = Tail::new(&segment).fold(&segment, &[Rc::new(bare)]).await;
        assert!(matches!(outcome, Err(Error::Corrupt(_))), "{outcome:?}");
    });
}
