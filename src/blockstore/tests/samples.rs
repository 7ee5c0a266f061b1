//! Keys and values for property tests: few enough to collide, odd enough to matter.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use roaring::RoaringBitmap;

use crate::blockstore::{Bytes, DataRecord, F32, PostingList};

pub(super) trait Sample: Sized + 'static {
    fn sample() -> BoxedStrategy<Self>;
}

pub(super) fn prefixes() -> impl Strategy<Value = String> {
    prop_oneof![Just(""), Just("a"), Just("ab"), Just("ü"), Just("\u{10ffff}")].prop_map(str::to_owned)
}

/// Sample keys.
pub(super) trait SampleKey: Sized + 'static {
    fn sample_key() -> BoxedStrategy<Self>;
}

impl SampleKey for String {
    fn sample_key() -> BoxedStrategy<Self> {
        prop_oneof![6 => "[a-c]{0,4}", 1 => "[a-c\u{e9}\u{65e5}\0]{0,3}"].boxed()
    }
}

impl SampleKey for u32 {
    fn sample_key() -> BoxedStrategy<Self> {
        prop_oneof![8 => 0..120u32, 1 => Just(u32::MAX)].boxed()
    }
}

impl SampleKey for bool {
    fn sample_key() -> BoxedStrategy<Self> {
        any::<bool>().boxed()
    }
}

impl SampleKey for F32 {
    fn sample_key() -> BoxedStrategy<Self> {
        let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::NAN, f32::MIN_POSITIVE];
        prop_oneof![
            4 => (-40..40i16).prop_map(|key| F32(f32::from(key) / 8.0)),
            1 => prop::sample::select(special.to_vec()).prop_map(F32),
        ]
        .boxed()
    }
}

/// Lengths: mostly small, some zero, now and then more than a block of the tests holds.
fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0usize), 12 => 1..24usize, 1 => 700..900usize]
}

impl Sample for String {
    fn sample() -> BoxedStrategy<Self> {
        (lengths(), prop_oneof![Just("x"), Just("é"), Just("本")])
            .prop_map(|(length, text)| text.repeat(length))
            .boxed()
    }
}

impl Sample for u32 {
    fn sample() -> BoxedStrategy<Self> {
        any::<u32>().boxed()
    }
}

impl Sample for Vec<u32> {
    fn sample() -> BoxedStrategy<Self> {
        lengths().prop_flat_map(|length| vec(any::<u32>(), length)).boxed()
    }
}

impl Sample for Vec<f32> {
    fn sample() -> BoxedStrategy<Self> {
        let component = prop_oneof![-1e6..1e6f32, Just(f32::INFINITY), Just(-0.0)];
        lengths().prop_flat_map(move |length| vec(component.clone(), length)).boxed()
    }
}

impl Sample for Bytes {
    fn sample() -> BoxedStrategy<Self> {
        lengths().prop_flat_map(|length| vec(any::<u8>(), length)).prop_map(Bytes).boxed()
    }
}

impl Sample for RoaringBitmap {
    fn sample() -> BoxedStrategy<Self> {
        let members = vec(prop_oneof![0..300u32, any::<u32>()], 0..20);
        (members, option::of(0..200_000u32))
            .prop_map(|(members, run)| {
                let mut bitmap: RoaringBitmap = members.into_iter().collect();
                if let Some(start) = run {
                    bitmap.insert_range(start..start + 500);
                }
                bitmap
            })
            .boxed()
    }
}

impl Sample for DataRecord {
    fn sample() -> BoxedStrategy<Self> {
        let text = || option::of(String::sample());
        let metadata = option::of(Bytes::sample().prop_map(|bytes| bytes.0));
        ("[a-z]{0,12}", metadata, text(), text())
            .prop_map(|(id, metadata, document, uri)| DataRecord { id, metadata, document, uri })
            .boxed()
    }
}

impl Sample for PostingList {
    fn sample() -> BoxedStrategy<Self> {
        (0..12usize, 0..6usize)
            .prop_flat_map(|(rows, dimension)| {
                (vec(any::<u32>(), rows), vec(any::<u32>(), rows), vec(-1.0..1.0f32, rows * dimension))
            })
            .prop_map(|(offset_ids, versions, embeddings)| PostingList { offset_ids, versions, embeddings })
            .boxed()
    }
}
