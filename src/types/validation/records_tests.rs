use serde_json::json;

use super::*;
use crate::types::where_clause::Where;

/// A set with these ids and vectors.
fn set(ids: &[&str], rows: &[&[f32]]) -> RecordSet {
    let rows: Vec<_> = rows.iter().copied().map(Some).collect();
    RecordSet {
        ids: ids.iter().map(|id| id.to_string()).collect(),
        embeddings: Some(Embeddings::from_rows(&rows).unwrap()),
        ..RecordSet::default()
    }
}

fn fault<T: std::fmt::Debug>(result: Result<T>) -> (u16, String) {
    let error = result.unwrap_err();
    (error.code(), error.to_string())
}

const LENGTHS: &str = "Inconsistent number of IDs, embeddings, documents, URIs and metadatas";

#[test]
fn the_first_write_decides_the_dimension_and_later_ones_keep_it() {
    let three = set(&["a"], &[&[1.0, 2.0, 3.0]]);
    for operation in [Operation::Add, Operation::Update, Operation::Upsert] {
        assert_eq!(record_set(&three, operation, None).unwrap(), Some(3));
        assert_eq!(record_set(&three, operation, Some(3)).unwrap(), Some(3));
        assert_eq!(
            fault(record_set(&three, operation, Some(2))),
            (400, "Collection expecting embedding with dimension of 2, got 3".into())
        );
    }
}

#[test]
fn writes_without_vectors_leave_the_dimension_alone() {
    let empty = set(&[], &[]);
    let no_vectors = RecordSet { ids: vec!["a".into()], ..RecordSet::default() };
    let left_out = RecordSet {
        embeddings: Some(Embeddings::from_rows::<[f32; 2]>(&[None]).unwrap()),
        ..no_vectors.clone()
    };
    for dimension in [None, Some(7)] {
        assert_eq!(record_set(&empty, Operation::Add, dimension).unwrap(), dimension);
        assert_eq!(record_set(&no_vectors, Operation::Update, dimension).unwrap(), dimension);
        assert_eq!(record_set(&left_out, Operation::Update, dimension).unwrap(), dimension);
        assert_eq!(record_set(&no_vectors, Operation::Delete, dimension).unwrap(), dimension);
    }
}

#[test]
fn recorded_faults_of_adds_have_their_messages() {
    let one: &[f32] = &[1.0, 2.0, 3.0];
    let infinite: &[f32] = &[1.0, 2.0, f32::INFINITY];
    let with_documents = |documents| RecordSet { documents: Some(documents), ..set(&["e1"], &[one]) };
    for (records, message) in [
        (set(&["e1"], &[&[1.0, 2.0]]), "Collection expecting embedding with dimension of 3, got 2"),
        (set(&["e1"], &[&[]]), "Validation error: embeddings: Each embedding must have at least 1 dimension"),
        (set(&["e1"], &[]), LENGTHS),
        (set(&["e1", "e2"], &[one]), LENGTHS),
        (with_documents(vec![]), LENGTHS),
        (set(&[""], &[one]), "Empty ID, ID must have at least one character"),
        (
            set(&["e1"], &[infinite]),
            "Validation error: embeddings: Embeddings must not contain NaN or Infinity values",
        ),
    ] {
        for operation in [Operation::Add, Operation::Upsert] {
            assert_eq!(fault(record_set(&records, operation, Some(3))), (400, message.into()));
        }
    }
}

#[test]
fn every_column_has_an_entry_for_each_id() {
    let records = || set(&["a", "b"], &[&[1.0], &[2.0]]);
    let none = || vec![None; 2];
    let complete = RecordSet {
        documents: Some(none()),
        uris: Some(none()),
        metadatas: Some(vec![None, None]),
        ..records()
    };
    record_set(&complete, Operation::Add, None).unwrap();
    for records in [
        RecordSet { documents: Some(vec![None]), ..records() },
        RecordSet { uris: Some(vec![None; 3]), ..records() },
        RecordSet { metadatas: Some(vec![]), ..records() },
        RecordSet { ids: vec![], ..records() },
    ] {
        assert_eq!(fault(record_set(&records, Operation::Add, None)), (400, LENGTHS.into()));
    }
}

#[test]
fn an_add_needs_a_vector_for_each_record() {
    let prefix = "Failed to deserialize the JSON body into the target type: ";
    let none = RecordSet { ids: vec!["e1".into()], ..RecordSet::default() };
    let null =
        RecordSet { embeddings: Some(Embeddings::from_rows::<[f32; 1]>(&[None]).unwrap()), ..none.clone() };
    for operation in [Operation::Add, Operation::Upsert] {
        assert_eq!(
            fault(record_set(&none, operation, None)),
            (422, format!("{prefix}missing field `embeddings`"))
        );
        assert_eq!(
            fault(record_set(&null, operation, None)),
            (
                422,
                format!(
                    "{prefix}embeddings: data did not match any variant of untagged enum EmbeddingsPayload"
                )
            )
        );
    }
}

#[test]
fn metadata_is_checked_after_vectors_and_before_dimensions() {
    let metadatas = serde_json::from_value(json!([{"#a": 1}])).unwrap();
    let metadata_fault = "Validation error: metadatas: Invalid metadata at index 0";
    let infinite = RecordSet { metadatas, ..set(&["a"], &[&[f32::NAN, 1.0]]) };
    assert!(fault(record_set(&infinite, Operation::Add, Some(2))).1.contains("NaN or Infinity"));
    let wrong_dimension = RecordSet { metadatas: infinite.metadatas.clone(), ..set(&["a"], &[&[1.0]]) };
    assert_eq!(fault(record_set(&wrong_dimension, Operation::Add, Some(2))), (400, metadata_fault.into()));
    // The dimension in turn comes before the lengths, and they before the ids.
    let everything = set(&["", ""], &[&[1.0]]);
    assert!(fault(record_set(&everything, Operation::Add, Some(2))).1.contains("dimension of 2, got 1"));
    assert_eq!(fault(record_set(&everything, Operation::Add, Some(1))).1, LENGTHS);
}

#[test]
fn a_flat_buffer_that_does_not_fill_its_rows_is_refused() {
    let embeddings = Embeddings { data: vec![1.0; 3], dimension: 2, present: None };
    let records =
        RecordSet { ids: vec!["a".into()], embeddings: Some(embeddings.clone()), ..RecordSet::default() };
    let expected = (400, "Inconsistent dimensions in provided embeddings".to_owned());
    assert_eq!(fault(record_set(&records, Operation::Add, Some(2))), expected);
    assert_eq!(fault(query_embeddings(&embeddings, Some(2))), expected);
}

#[test]
fn repeated_ids_and_large_batches_pass_but_heavy_requests_do_not() {
    let count = crate::limits::MAX_BATCH_SIZE as usize + 1;
    let ids = vec!["a"; count];
    let rows = vec![&[1.0f32][..]; count];
    record_set(&set(&ids, &rows), Operation::Upsert, None).unwrap();

    let heavy = RecordSet {
        ids: vec!["a".into()],
        documents: Some(vec![Some("x".repeat(MAX_PAYLOAD_BYTES))]),
        ..RecordSet::default()
    };
    let (code, message) = fault(record_set(&heavy, Operation::Update, None));
    assert_eq!(code, 400);
    assert_eq!(
        message,
        format!(
            "Payload too large: {} bytes, at most {MAX_PAYLOAD_BYTES} in one request",
            MAX_PAYLOAD_BYTES + 1
        )
    );
}

#[test]
fn dimensions_are_bounded() {
    record_set(&set(&["a"], &[&vec![0.5; MAX_DIMENSION]]), Operation::Add, None).unwrap();
    let (code, message) =
        fault(record_set(&set(&["a"], &[&vec![0.5; MAX_DIMENSION + 1]]), Operation::Add, None));
    assert_eq!(code, 400);
    assert!(message.contains("at most 16384 dimensions, got 16385"), "{message}");
}

#[test]
fn faults_within_a_row_come_before_faults_between_rows() {
    let matrix = |data: &[f32], ends: &[usize], gaps: &[usize]| embedding_matrix(data.to_vec(), ends, gaps);
    assert_eq!(
        fault(matrix(&[1.0, 2.0, 3.0, 1.0, 2.0], &[3, 5], &[])).1,
        "Inconsistent dimensions in provided embeddings"
    );
    assert_eq!(
        fault(matrix(&[1.0], &[1, 1], &[])).1,
        "Validation error: embeddings: Each embedding must have at least 1 dimension"
    );
    assert_eq!(
        fault(matrix(&[1.0, 1.0, f32::NAN], &[1, 1, 3], &[1])).1,
        "Validation error: embeddings: Embeddings must not contain NaN or Infinity values"
    );
    let rows = [Some(vec![1.0, 2.0]), None];
    assert_eq!(matrix(&[1.0, 2.0], &[2, 2], &[1]).unwrap(), Embeddings::from_rows(&rows).unwrap());
    let rows = [Some(vec![1.0, 2.0]), Some(vec![3.0, 4.0])];
    assert_eq!(matrix(&[1.0, 2.0, 3.0, 4.0], &[2, 4], &[]).unwrap(), Embeddings::from_rows(&rows).unwrap());
}

#[test]
fn queries_have_the_dimension_of_the_collection() {
    let rows =
        |rows: &[&[f32]]| Embeddings::from_rows(&rows.iter().copied().map(Some).collect::<Vec<_>>()).unwrap();
    query_embeddings(&rows(&[]), Some(2)).unwrap();
    query_embeddings(&rows(&[&[0.0, 0.0], &[5.0, 5.0]]), Some(2)).unwrap();
    query_embeddings(&rows(&[&[f32::INFINITY, 0.0]]), Some(2)).unwrap();
    query_embeddings(&rows(&[&[1.0, 2.0, 3.0]]), None).unwrap();
    query_embeddings(&rows(&[&[]]), None).unwrap();
    for (given, got) in [(rows(&[&[0.0, 0.0, 0.0]]), 3), (rows(&[&[]]), 0)] {
        assert_eq!(
            fault(query_embeddings(&given, Some(2))),
            (400, format!("Collection expecting embedding with dimension of 2, got {got}"))
        );
    }
    let null = Embeddings::from_rows(&[Some([1.0, 2.0]), None]).unwrap();
    assert_eq!(fault(query_embeddings(&null, Some(2))).0, 422);
}

#[test]
fn a_delete_needs_ids_or_a_filter_unless_it_names_nothing() {
    let filter = || Some(Where::everything());
    let ids = |ids: &[&str]| Some(ids.iter().map(|id| id.to_string()).collect());
    for request in [
        DeleteRequest::default(),
        DeleteRequest { ids: ids(&["nope"]), ..Default::default() },
        DeleteRequest { ids: ids(&[]), filter: filter(), ..Default::default() },
        DeleteRequest { filter: filter(), limit: Some(0), ..Default::default() },
        DeleteRequest { ids: ids(&["a"]), filter: filter(), limit: Some(2) },
    ] {
        delete_request(&request).unwrap();
    }
    assert_eq!(
        fault(delete_request(&DeleteRequest { ids: ids(&[]), ..Default::default() })),
        (400, "Validation error: ids, where: Either ids or where must be specified".into())
    );
    let limit = "Validation error: limit, where: limit can only be specified when a where clause is provided";
    for ids in [None, ids(&["1"])] {
        let request = DeleteRequest { ids, limit: Some(1), filter: None };
        assert_eq!(fault(delete_request(&request)), (400, limit.into()));
    }
}
