//! Keys of a blockfile and their order.

use std::cmp::Ordering;
use std::fmt;

use arrow::buffer::ScalarBuffer;

use super::column::{Bits, ColumnBuilder, VarBuilder, VarColumn};
use super::ipc::{BatchReader, Check};

/// The type of a blockfile's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    String,
    U32,
    F32,
    Bool,
}

impl KeyType {
    /// Every key type.
    pub const ALL: [KeyType; 4] = [KeyType::String, KeyType::U32, KeyType::F32, KeyType::Bool];

    /// The name that a root holds.
    pub fn name(self) -> &'static str {
        match self {
            KeyType::String => "string",
            KeyType::U32 => "u32",
            KeyType::F32 => "f32",
            KeyType::Bool => "bool",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// A type that can be the key of a blockfile: `String`, `u32`, `bool` or [`F32`].
///
/// The order of keys is the `Ord` of the type: text by bytes, `f32` by `total_cmp`, `false < true`.
/// Sealed: the methods about columns are the module's own.
pub trait Key: Clone + Ord + fmt::Debug + 'static {
    const TYPE: KeyType;

    /// The borrowed form: `&str` for `String`, else the type itself.
    type Ref<'a>: Copy + Ord + fmt::Debug;

    #[doc(hidden)]
    type Builder: ColumnBuilder;

    fn as_ref(&self) -> Self::Ref<'_>;

    fn from_ref(key: Self::Ref<'_>) -> Self;

    /// Compares borrowed keys of different lifetimes.
    fn compare(a: Self::Ref<'_>, b: Self::Ref<'_>) -> Ordering;

    #[doc(hidden)]
    fn push(key: Self::Ref<'_>, builder: &mut Self::Builder);

    /// A key that was pushed.
    #[doc(hidden)]
    fn built(builder: &Self::Builder, row: usize) -> Option<Self::Ref<'_>>;

    /// The key of a row; `None` if there is no such row or the column has another type.
    #[doc(hidden)]
    fn read(column: &KeyColumn, row: usize) -> Option<Self::Ref<'_>>;

    /// Compares the key of a row with `key`.
    #[doc(hidden)]
    fn compare_row(column: &KeyColumn, row: usize, key: Self::Ref<'_>) -> Option<Ordering> {
        Some(Self::compare(Self::read(column, row)?, key))
    }
}

/// The key column of a verified block or root.
#[derive(Debug, Clone)]
pub enum KeyColumn {
    String(VarColumn<u8>),
    U32(ScalarBuffer<u32>),
    F32(ScalarBuffer<f32>),
    Bool(Bits),
}

impl KeyColumn {
    pub(crate) fn decode(key_type: KeyType, batch: &mut BatchReader<'_>) -> Check<Self> {
        let rows = batch.rows();
        Ok(match key_type {
            KeyType::String => KeyColumn::String(batch.utf8(rows)?),
            KeyType::U32 => KeyColumn::U32(batch.fixed(rows)?),
            KeyType::F32 => KeyColumn::F32(batch.fixed(rows)?),
            KeyType::Bool => {
                batch.column(rows)?;
                KeyColumn::Bool(batch.bits(rows)?)
            }
        })
    }
}

/// Whether the rows ascend strictly by (prefix, key): every binary search relies on it.
pub(crate) fn check_ascending(prefixes: &VarColumn<u8>, keys: &KeyColumn, rows: usize) -> Check<()> {
    let ascending = match keys {
        KeyColumn::String(keys) => ascend(prefixes, rows, |a, b| keys.get(a).cmp(&keys.get(b))),
        KeyColumn::U32(keys) => ascend(prefixes, rows, |a, b| keys.get(a).cmp(&keys.get(b))),
        KeyColumn::F32(keys) => {
            ascend(prefixes, rows, |a, b| keys.get(a).copied().map(F32).cmp(&keys.get(b).copied().map(F32)))
        }
        KeyColumn::Bool(keys) => ascend(prefixes, rows, |a, b| keys.get(a).cmp(&keys.get(b))),
    };
    if ascending { Ok(()) } else { Err("its keys are not ascending") }
}

fn ascend(prefixes: &VarColumn<u8>, rows: usize, compare: impl Fn(usize, usize) -> Ordering) -> bool {
    (1..rows).all(|row| {
        let order = prefixes.get(row - 1).cmp(&prefixes.get(row));
        order.then_with(|| compare(row - 1, row)).is_lt()
    })
}

impl Key for String {
    const TYPE: KeyType = KeyType::String;
    type Ref<'a> = &'a str;
    type Builder = VarBuilder<u8>;

    fn as_ref(&self) -> &str {
        self
    }

    fn from_ref(key: &str) -> Self {
        key.to_owned()
    }

    fn compare(a: &str, b: &str) -> Ordering {
        a.cmp(b)
    }

    fn push(key: &str, builder: &mut Self::Builder) {
        builder.push(key.as_bytes());
    }

    fn built(builder: &Self::Builder, row: usize) -> Option<&str> {
        std::str::from_utf8(builder.get(row)?).ok()
    }

    fn read(column: &KeyColumn, row: usize) -> Option<&str> {
        match column {
            KeyColumn::String(keys) => keys.text(row),
            _ => None,
        }
    }

    fn compare_row(column: &KeyColumn, row: usize, key: &str) -> Option<Ordering> {
        match column {
            KeyColumn::String(keys) => Some(keys.get(row)?.cmp(key.as_bytes())),
            _ => None,
        }
    }
}

/// What a key that is its own borrowed form has in common with the others.
macro_rules! copy_key {
    () => {
        type Ref<'a> = Self;

        fn as_ref(&self) -> Self {
            *self
        }

        fn from_ref(key: Self) -> Self {
            key
        }

        fn compare(a: Self, b: Self) -> Ordering {
            a.cmp(&b)
        }
    };
}

impl Key for u32 {
    const TYPE: KeyType = KeyType::U32;
    type Builder = Vec<u32>;
    copy_key!();

    fn push(key: u32, builder: &mut Self::Builder) {
        builder.push(key);
    }

    fn built(builder: &Self::Builder, row: usize) -> Option<u32> {
        builder.get(row).copied()
    }

    fn read(column: &KeyColumn, row: usize) -> Option<u32> {
        match column {
            KeyColumn::U32(keys) => keys.get(row).copied(),
            _ => None,
        }
    }
}

impl Key for bool {
    const TYPE: KeyType = KeyType::Bool;
    type Builder = Vec<bool>;
    copy_key!();

    fn push(key: bool, builder: &mut Self::Builder) {
        builder.push(key);
    }

    fn built(builder: &Self::Builder, row: usize) -> Option<bool> {
        builder.get(row).copied()
    }

    fn read(column: &KeyColumn, row: usize) -> Option<bool> {
        match column {
            KeyColumn::Bool(keys) => keys.get(row),
            _ => None,
        }
    }
}

/// An `f32` in total order: −NaN < −∞ < … < −0 < +0 < … < ∞ < NaN.
#[derive(Debug, Clone, Copy)]
pub struct F32(pub f32);

impl PartialEq for F32 {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for F32 {}

impl PartialOrd for F32 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for F32 {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Key for F32 {
    const TYPE: KeyType = KeyType::F32;
    type Builder = Vec<f32>;
    copy_key!();

    fn push(key: F32, builder: &mut Self::Builder) {
        builder.push(key.0);
    }

    fn built(builder: &Self::Builder, row: usize) -> Option<F32> {
        builder.get(row).copied().map(F32)
    }

    fn read(column: &KeyColumn, row: usize) -> Option<F32> {
        match column {
            KeyColumn::F32(keys) => keys.get(row).copied().map(F32),
            _ => None,
        }
    }
}
