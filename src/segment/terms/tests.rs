use std::rc::Rc;

use futures::executor::block_on;

use super::{Field, Kind, Term};
use crate::blockstore::Blockstore;
use crate::env::{NativeEnv, Slices};
use crate::segment::{Readers, RecordSegment, Snapshot, Tail, compact};
use crate::types::where_clause::Scalar;
use crate::types::{
    CollectionConfiguration, MetadataValue, Operation, OperationRecord, Schema, Space, VectorStructure,
};

fn put(id: u32, class: i64) -> Rc<OperationRecord> {
    Rc::new(OperationRecord {
        operation: Operation::Upsert,
        id: id.to_string(),
        embedding: Some(vec![1.0].into()),
        document: Some(format!("document {id} of class {class}")),
        uri: None,
        metadata: Some([("class".to_owned(), Some(MetadataValue::Int(class)))].into()),
    })
}

/// The segment with some operations brought into it.
async fn compacted(
    store: &Blockstore,
    segment: &Rc<RecordSegment>,
    operations: &[Rc<OperationRecord>],
) -> Rc<RecordSegment> {
    let mut tail = Tail::new(segment);
    tail.fold(segment, operations).await.unwrap();
    let snapshot = Snapshot {
        segment: Rc::clone(segment),
        tail: Rc::new(tail),
        dimension: Some(1),
        space: Space::L2,
        structure: Rc::new(VectorStructure::Automatic),
        schema: Rc::new(Schema::of(&CollectionConfiguration::default())),
    };
    let env = NativeEnv;
    let compacted = compact(store, &snapshot, Vec::new(), Rc::default(), &Slices::new(&env)).await.unwrap();
    Rc::new(compacted.segment)
}

async fn of_class(segment: &RecordSegment, class: i64) -> Vec<u32> {
    let terms = segment.readers().unwrap().terms.as_ref().unwrap();
    let term = Term::of(&Scalar::Int(class), false).unwrap();
    terms.any_of(&Field::new(Kind::Number, "class"), &[term.text], None).await.unwrap().into_iter().collect()
}

#[test]
fn a_segment_of_a_version_without_an_index_gets_the_terms_of_all_its_records() {
    block_on(async {
        let store = Blockstore::in_memory(Rc::new(NativeEnv));
        let first: Vec<_> = (1..=6).map(|id| put(id, i64::from(id % 2))).collect();
        let segment = compacted(&store, &Rc::new(RecordSegment::empty(Rc::default())), &first).await;
        let readers = Readers { terms: None, ..segment.readers().unwrap().clone() };
        let old = Rc::new(RecordSegment::new(readers, segment.max_offset_id(), Rc::default()));
        let changes = [put(2, 1), put(7, 0)];
        for (base, what) in [(&segment, "with an index"), (&old, "without one")] {
            let next = compacted(&store, base, &changes).await;
            assert_eq!(of_class(&next, 0).await, [4, 6, 7], "{what}");
            assert_eq!(of_class(&next, 1).await, [1, 2, 3, 5], "{what}");
            let terms = next.readers().unwrap().terms.as_ref().unwrap();
            assert_eq!(terms.records().await.unwrap().len(), 7, "{what}");
            assert_eq!(terms.documents(None).await.unwrap().len(), 7, "{what}");
        }
    });
}

#[test]
fn a_compaction_that_changes_no_term_shares_the_blocks() {
    block_on(async {
        let store = Blockstore::in_memory(Rc::new(NativeEnv));
        let first: Vec<_> = (1..=6).map(|id| put(id, i64::from(id % 2))).collect();
        let segment = compacted(&store, &Rc::new(RecordSegment::empty(Rc::default())), &first).await;
        let next = compacted(&store, &segment, &[put(3, 1)]).await;
        let root = |segment: &RecordSegment| segment.files().unwrap().terms;
        assert_eq!(root(&segment), root(&next));
    });
}
