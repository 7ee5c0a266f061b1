use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn request(json: Value) -> ConfigurationRequest {
    serde_json::from_value(json).unwrap()
}

fn resolve(json: Value) -> Result<CollectionConfiguration> {
    CollectionConfiguration::resolve(Some(request(json)), None)
}

fn resolve_legacy(metadata: Value) -> Result<CollectionConfiguration> {
    let metadata = serde_json::from_value(metadata).unwrap();
    CollectionConfiguration::resolve(None, Some(&metadata))
}

fn update(configuration: &mut CollectionConfiguration, json: Value) -> Result<()> {
    configuration.apply_update(serde_json::from_value(json).unwrap())
}

fn report(configuration: &CollectionConfiguration) -> Value {
    serde_json::to_value(configuration).unwrap()
}

/// The report of the defaults with some members of `hnsw` changed.
fn hnsw_report(changes: Value) -> Value {
    let mut hnsw = json!({
        "space": "l2", "ef_construction": 100, "ef_search": 100, "max_neighbors": 16, "resize_factor": 1.2,
        "sync_threshold": 1000
    });
    for (key, value) in changes.as_object().unwrap() {
        hnsw[key] = value.clone();
    }
    json!({"hnsw": hnsw, "spann": null, "embedding_function": null})
}

fn message<T: std::fmt::Debug>(result: Result<T>) -> String {
    let error = result.unwrap_err();
    assert_eq!((error.code(), error.name()), (400, "InvalidArgumentError"));
    error.to_string()
}

#[test]
fn requests_resolve_as_recorded() {
    for (asked, expected) in [
        (json!({}), hnsw_report(json!({}))),
        (json!({"hnsw": null, "spann": null, "embedding_function": null}), hnsw_report(json!({}))),
        (json!({"bogus": 1}), hnsw_report(json!({}))),
        (json!({"hnsw": {}}), hnsw_report(json!({}))),
        (
            json!({"hnsw": {"space": "cosine", "ef_construction": 200, "max_neighbors": 32}}),
            hnsw_report(json!({"space": "cosine", "ef_construction": 200, "max_neighbors": 32})),
        ),
        (json!({"hnsw": {"batch_size": 7, "num_threads": 3}}), hnsw_report(json!({}))),
    ] {
        assert_eq!(report(&resolve(asked.clone()).unwrap()), expected, "{asked}");
    }
    let none = CollectionConfiguration::resolve(None, None).unwrap();
    assert_eq!(none, CollectionConfiguration::default());
    assert_eq!(
        message(resolve(json!({"hnsw": {}, "spann": {}}))),
        "Multiple vector index configurations provided"
    );
}

#[test]
fn a_spann_configuration_stays_one() {
    let configuration = resolve(json!({"spann": {"space": "ip", "search_nprobe": 128}})).unwrap();
    assert_eq!(configuration.space(), Space::Ip);
    assert_eq!(
        report(&configuration),
        json!({
            "hnsw": null,
            "spann": {
                "search_nprobe": 128, "write_nprobe": 32, "space": "ip", "ef_construction": 200,
                "ef_search": 200, "max_neighbors": 64, "reassign_neighbor_count": 64, "split_threshold": 50,
                "merge_threshold": 25
            },
            "embedding_function": null
        })
    );
}

#[test]
fn spann_parameters_keep_their_ranges() {
    for (name, least, most) in [
        ("search_nprobe", 0.0, 128.0),
        ("search_rng_factor", 1.0, 1.0),
        ("search_rng_epsilon", 5.0, 10.0),
        ("nreplica_count", 0.0, 8.0),
        ("write_rng_factor", 1.0, 1.0),
        ("write_rng_epsilon", 5.0, 10.0),
        ("split_threshold", 50.0, 200.0),
        ("num_samples_kmeans", 0.0, 1000.0),
        ("initial_lambda", 100.0, 100.0),
        ("reassign_neighbor_count", 0.0, 64.0),
        ("merge_threshold", 25.0, 100.0),
        ("num_centers_to_merge_to", 0.0, 8.0),
        ("write_nprobe", 0.0, 64.0),
        ("ef_construction", 0.0, 200.0),
        ("ef_search", 0.0, 200.0),
        ("max_neighbors", 0.0, 64.0),
        ("center_drift_threshold", 0.1, 1.0),
    ] {
        let fractional = name.contains("rng") || name.contains("lambda") || name.contains("drift");
        let asked = |value: f64| {
            let value = if fractional { json!(value) } else { json!(value as u32) };
            resolve(json!({"spann": {name: value}}))
        };
        asked(least).unwrap();
        asked(most).unwrap();
        let rule = if least == most {
            format!("must be {least}")
        } else {
            format!("must be between {least} and {most}")
        };
        assert_eq!(
            message(asked(most + 1.0)),
            format!("Validation error: configuration.spann.{name}: {rule}, got {}", most + 1.0)
        );
        if least > 0.0 {
            let below = if fractional { least / 2.0 } else { least - 1.0 };
            assert!(message(asked(below)).ends_with(&format!("{rule}, got {below}")));
        }
    }
}

#[test]
fn members_of_the_wrong_shape_are_refused() {
    for (asked, reason) in [
        (json!({"spann": {"quantize": "none"}}), "unknown field `quantize`"),
        (json!({"spann": {"bogus": 1}}), "unknown field `bogus`, expected one of `space`, `search_nprobe`"),
        (json!({"hnsw": {"ef_search": -1}}), "invalid value: integer `-1`, expected u32"),
        (json!({"hnsw": {"ef_search": 1.5}}), "invalid type: floating point `1.5`, expected u32"),
        (json!({"hnsw": 1}), "invalid type: integer `1`"),
        (json!({"embedding_function": {"type": "known", "name": "n"}}), "missing field `config`"),
        (json!({"embedding_function": {"type": "known", "config": {}}}), "missing field `name`"),
        (json!({"embedding_function": {"type": "other"}}), "unknown variant `other`"),
        (json!({"embedding_function": {}}), "missing field `type`"),
        (json!({"embedding_function": "default"}), "invalid type: string"),
    ] {
        let error = serde_json::from_value::<ConfigurationRequest>(asked.clone()).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{asked}: {error}");
    }
}

#[test]
fn batches_below_two_are_refused() {
    for name in ["sync_threshold", "batch_size"] {
        resolve(json!({"hnsw": {name: 2}})).unwrap();
        for value in [0, 1] {
            assert_eq!(
                message(resolve(json!({"hnsw": {name: value}}))),
                format!("Validation error: configuration.hnsw.{name}: must be at least 2, got {value}")
            );
        }
        assert_eq!(
            message(update(&mut CollectionConfiguration::default(), json!({"hnsw": {name: 1}}))),
            format!("Validation error: new_configuration.hnsw.{name}: must be at least 2, got 1")
        );
    }
}

#[test]
fn embedding_functions_are_kept_verbatim() {
    for function in [
        json!({"type": "legacy"}),
        json!({"type": "unknown"}),
        json!({"type": "known", "name": "default", "config": {}}),
        json!({"type": "known", "name": "x", "config": {"api_key_env_var": "K"}, "extra": [1, null]}),
    ] {
        let configuration = resolve(json!({"embedding_function": function})).unwrap();
        assert_eq!(report(&configuration)["embedding_function"], function);
    }
}

#[test]
fn legacy_metadata_sets_hnsw_parameters() {
    let configuration = resolve_legacy(json!({"hnsw:space": "cosine", "hnsw:M": 8, "other": [1]})).unwrap();
    assert_eq!(report(&configuration), hnsw_report(json!({"space": "cosine", "max_neighbors": 8})));
    let configuration = resolve_legacy(json!({
        "hnsw:space": "ip", "hnsw:construction_ef": 1, "hnsw:search_ef": 2, "hnsw:M": 3, "hnsw:num_threads": 4,
        "hnsw:resize_factor": 2, "hnsw:batch_size": 5, "hnsw:sync_threshold": 6
    }))
    .unwrap();
    let expected = HnswConfiguration {
        space: Space::Ip,
        ef_construction: 1,
        ef_search: 2,
        max_neighbors: 3,
        num_threads: 4,
        resize_factor: 2.0,
        batch_size: 5,
        sync_threshold: 6,
    };
    assert_eq!(configuration.hnsw, Some(expected));
    assert_eq!(resolve_legacy(json!({"hnsw": 1})).unwrap(), CollectionConfiguration::default());
}

#[test]
fn bad_legacy_metadata_has_the_one_message() {
    for metadata in [
        json!({"hnsw:bogus": "cosine"}),
        json!({"hnsw:space": "bogus"}),
        json!({"hnsw:space": 1}),
        json!({"hnsw:M": "8"}),
        json!({"hnsw:M": 8.0}),
        json!({"hnsw:M": -1}),
        json!({"hnsw:M": 1_i64 << 32}),
        json!({"hnsw:resize_factor": "1"}),
        json!({"hnsw:batch_size": 1}),
        json!({"hnsw:": 1}),
    ] {
        assert_eq!(
            message(resolve_legacy(metadata.clone())),
            "Failed to parse hnsw parameters from segment metadata",
            "{metadata}"
        );
    }
}

#[test]
fn legacy_metadata_counts_only_without_an_index() {
    let metadata: Metadata =
        serde_json::from_value(json!({"hnsw:space": "cosine", "hnsw:bogus": 1})).unwrap();
    for (asked, space) in [(json!({"hnsw": {}}), Space::L2), (json!({"spann": {"space": "ip"}}), Space::Ip)] {
        let configuration = CollectionConfiguration::resolve(Some(request(asked)), Some(&metadata)).unwrap();
        assert_eq!(configuration.space(), space);
    }
    let metadata: Metadata = serde_json::from_value(json!({"hnsw:space": "cosine"})).unwrap();
    let asked = json!({"embedding_function": {"type": "legacy"}});
    let configuration = CollectionConfiguration::resolve(Some(request(asked)), Some(&metadata)).unwrap();
    assert_eq!(configuration.space(), Space::Cosine);
}

#[test]
fn updates_change_what_they_name_as_recorded() {
    let mut configuration = CollectionConfiguration::default();
    update(&mut configuration, json!({"hnsw": {"ef_search": 50}})).unwrap();
    assert_eq!(report(&configuration), hnsw_report(json!({"ef_search": 50})));
    update(&mut configuration, json!({"hnsw": {"max_neighbors": 8}})).unwrap();
    update(&mut configuration, json!({"spann": {"ef_search": 60}})).unwrap();
    update(&mut configuration, json!({"bogus": 1})).unwrap();
    assert_eq!(report(&configuration), hnsw_report(json!({"ef_search": 50, "max_neighbors": 8})));
    let function = json!({"type": "known", "name": "openai", "config": {"model_name": "m"}});
    update(&mut configuration, json!({"embedding_function": function})).unwrap();
    update(&mut configuration, json!({"embedding_function": null})).unwrap();
    assert_eq!(report(&configuration)["embedding_function"], function);
}

#[test]
fn updates_of_spann_change_what_they_name() {
    let mut configuration = resolve(json!({"spann": {"space": "cosine"}})).unwrap();
    update(&mut configuration, json!({"spann": {"search_nprobe": 3}})).unwrap();
    update(&mut configuration, json!({"hnsw": {"ef_search": 7}})).unwrap();
    let expected =
        SpannConfiguration { space: Space::Cosine, search_nprobe: 3, ..SpannConfiguration::default() };
    assert_eq!(configuration.spann, Some(expected));
    assert_eq!(configuration.hnsw, None);
}

#[test]
fn a_refused_update_changes_nothing() {
    let function = json!({"type": "legacy"});
    for asked in [
        json!({"hnsw": {}, "spann": {}, "embedding_function": function}),
        json!({"hnsw": {"ef_search": 50, "batch_size": 1}, "embedding_function": function}),
    ] {
        let mut configuration = CollectionConfiguration::default();
        message(update(&mut configuration, asked));
        assert_eq!(configuration, CollectionConfiguration::default());
    }
    let mut configuration = resolve(json!({"spann": {}})).unwrap();
    assert_eq!(
        message(update(&mut configuration, json!({"spann": {"ef_search": 201}}))),
        "Validation error: new_configuration.spann.ef_search: must be between 0 and 200, got 201"
    );
    assert_eq!(configuration, resolve(json!({"spann": {}})).unwrap());
}

#[test]
fn stored_bytes_that_are_no_configuration_are_corrupt() {
    let both = json!({
        "hnsw": HnswConfiguration::default(), "spann": SpannConfiguration::default(), "embedding_function": null
    });
    let mut incomplete =
        serde_json::from_slice::<Value>(&CollectionConfiguration::default().to_stored()).unwrap();
    incomplete["hnsw"].as_object_mut().unwrap().remove("batch_size");
    for bytes in [
        Vec::new(),
        b"{".to_vec(),
        b"\xff".to_vec(),
        b"{}".to_vec(),
        both.to_string().into_bytes(),
        incomplete.to_string().into_bytes(),
    ] {
        assert!(matches!(CollectionConfiguration::from_stored(&bytes), Err(Error::Corrupt(_))), "{bytes:?}");
    }
}

fn any_space() -> impl Strategy<Value = Space> {
    prop::sample::select(vec![Space::L2, Space::Cosine, Space::Ip])
}

fn any_hnsw() -> impl Strategy<Value = HnswConfiguration> {
    let factor = any::<f64>().prop_filter("finite", |factor| factor.is_finite());
    (any_space(), any::<[u32; 6]>(), factor).prop_map(|(space, counts, resize_factor)| HnswConfiguration {
        space,
        ef_construction: counts[0],
        ef_search: counts[1],
        max_neighbors: counts[2],
        num_threads: counts[3],
        resize_factor,
        sync_threshold: counts[4],
        batch_size: counts[5],
    })
}

fn any_spann() -> impl Strategy<Value = SpannConfiguration> {
    (any_space(), any::<u32>(), 5.0..10.0, any::<bool>()).prop_map(|(space, count, epsilon, quantized)| {
        SpannConfiguration {
            space,
            nreplica_count: count,
            num_samples_kmeans: count.wrapping_add(1),
            search_rng_epsilon: epsilon,
            center_drift_threshold: epsilon / 10.0,
            quantize: if quantized { Quantization::FourBitRabitQWithUSearch } else { Quantization::None },
            ..SpannConfiguration::default()
        }
    })
}

proptest! {
    #[test]
    fn a_stored_configuration_comes_back_whole(
        index in prop_oneof![
            any_hnsw().prop_map(|hnsw| (Some(hnsw), None)),
            any_spann().prop_map(|spann| (None, Some(spann))),
        ],
        name in prop::option::of(".{0,8}"),
    ) {
        let configuration = CollectionConfiguration {
            hnsw: index.0,
            spann: index.1,
            embedding_function: name.map(|name| json!({"type": "known", "name": name, "config": {}})),
        };
        let stored = configuration.to_stored();
        prop_assert_eq!(CollectionConfiguration::from_stored(&stored).unwrap(), configuration);
    }
}
