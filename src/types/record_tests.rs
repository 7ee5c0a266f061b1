use proptest::prelude::*;
use serde_json::json;

use super::*;

fn changes(json: serde_json::Value) -> Option<Vec<Option<UpdateMetadata>>> {
    serde_json::from_value(json).unwrap()
}

#[test]
fn rows_of_different_length_are_no_embeddings() {
    let error = Embeddings::from_rows(&[Some(vec![1.0, 2.0, 3.0]), None, Some(vec![1.0, 2.0])]).unwrap_err();
    assert_eq!(
        (error.code(), error.to_string().as_str()),
        (400, "Inconsistent dimensions in provided embeddings")
    );
}

#[test]
fn rows_are_counted_even_without_components() {
    let empty = Embeddings::from_rows(&[Some(vec![]), Some(vec![])]).unwrap();
    assert_eq!((empty.len(), empty.row(1)), (2, Some(&[][..])));
    let absent = Embeddings::from_rows::<Vec<f32>>(&[None]).unwrap();
    assert_eq!((absent.len(), absent.row(0)), (1, None));
    assert!(Embeddings::from_rows::<Vec<f32>>(&[]).unwrap().is_empty());
}

proptest! {
    #[test]
    fn rows_come_back_as_they_were_given(
        rows in (0usize..4).prop_flat_map(|dimension| {
            let row = prop::collection::vec(-1f32..1.0, dimension);
            prop::collection::vec(prop::option::of(row), 0..6)
        }),
    ) {
        let embeddings = Embeddings::from_rows(&rows).unwrap();
        prop_assert_eq!(embeddings.len(), rows.len());
        prop_assert!(embeddings.is_consistent());
        for (index, row) in rows.iter().enumerate() {
            prop_assert_eq!(embeddings.row(index), row.as_deref());
        }
        prop_assert_eq!(embeddings.row(rows.len()), None);
        prop_assert_eq!(embeddings.row(usize::MAX), None);
        let given: Vec<&[f32]> = rows.iter().flatten().map(Vec::as_slice).collect();
        prop_assert_eq!(embeddings.rows().collect::<Vec<_>>(), given);
    }
}

#[test]
fn a_flat_buffer_has_to_fill_its_rows() {
    let embeddings =
        |length: usize, dimension, present| Embeddings { data: vec![0.0; length], dimension, present };
    assert!(embeddings(6, 3, None).is_consistent());
    assert!(embeddings(6, 3, Some(vec![true, false])).is_consistent());
    assert!(embeddings(0, 0, None).is_consistent());
    assert!(!embeddings(7, 3, None).is_consistent());
    assert!(!embeddings(3, 0, None).is_consistent());
    assert!(!embeddings(3, 3, Some(vec![true, true])).is_consistent());
    assert_eq!(embeddings(3, 3, Some(vec![true, true])).row(1), None);
}

#[test]
fn columns_become_one_operation_for_each_id() {
    let set = RecordSet {
        ids: vec!["a".into(), "b".into()],
        embeddings: Some(Embeddings::from_rows(&[None, Some([1.0, 2.0])]).unwrap()),
        documents: Some(vec![Some("".into()), None]),
        uris: Some(vec![None, Some("u".into())]),
        metadatas: changes(json!([{"k": 1, "gone": null}, null])),
    };
    let operations = set.into_operations(Operation::Update);
    let expected = [
        OperationRecord {
            operation: Operation::Update,
            id: "a".into(),
            embedding: None,
            document: Some("".into()),
            uri: None,
            metadata: Some(UpdateMetadata::from([
                ("k".into(), Some(MetadataValue::Int(1))),
                ("gone".into(), None),
            ])),
        },
        OperationRecord {
            operation: Operation::Update,
            id: "b".into(),
            embedding: Some(vec![1.0, 2.0].into()),
            document: None,
            uri: Some("u".into()),
            metadata: None,
        },
    ];
    assert_eq!(operations, expected);
}

#[test]
fn metadata_takes_the_form_that_its_operation_means() {
    let metadata = |operation, json| {
        let set =
            RecordSet { ids: vec!["a".into()], metadatas: changes(json!([json])), ..RecordSet::default() };
        let [record] = set.into_operations(operation).try_into().unwrap();
        record.metadata
    };
    for operation in [Operation::Add, Operation::Update, Operation::Upsert] {
        assert_eq!(metadata(operation, json!({})), None);
        assert_eq!(metadata(operation, json!(null)), None);
    }
    let one = Some(MetadataValue::Int(1));
    let sent = json!({"null": null, "empty": [], "k": 1});
    let expected = UpdateMetadata::from([("k".into(), one.clone())]);
    assert_eq!(metadata(Operation::Add, sent.clone()), Some(expected));
    assert_eq!(metadata(Operation::Add, json!({"null": null, "empty": []})), None);
    let expected = UpdateMetadata::from([("null".into(), None), ("empty".into(), None), ("k".into(), one)]);
    for operation in [Operation::Update, Operation::Upsert] {
        assert_eq!(metadata(operation, sent.clone()), Some(expected.clone()));
    }
}

#[test]
fn a_delete_carries_ids_alone() {
    let set =
        RecordSet { ids: vec!["a".into()], documents: Some(vec![Some("x".into())]), ..RecordSet::default() };
    let [record] = set.into_operations(Operation::Delete).try_into().unwrap();
    assert_eq!((record.id.as_str(), record.document, record.operation), ("a", None, Operation::Delete));
}

#[test]
fn a_set_weighs_all_its_columns() {
    let set = RecordSet {
        ids: vec!["ab".into()],
        embeddings: Some(Embeddings::from_rows(&[Some([1.0, 2.0])]).unwrap()),
        documents: Some(vec![Some("xyz".into())]),
        uris: Some(vec![Some("u".into())]),
        metadatas: changes(json!([{"k": 1, "gone": null}])),
    };
    assert_eq!(set.payload_bytes(), 2 + 8 + 3 + 1 + (1 + 8) + 4);
}
