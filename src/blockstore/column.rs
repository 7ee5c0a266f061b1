//! Columns: typed views over the buffers of a verified file, and the builders that fill them.

use std::fmt;

use arrow::buffer::{Buffer, ScalarBuffer};
use arrow::datatypes::{ArrowNativeType, ToByteSlice};

use super::ipc::BatchEncoder;

/// Slices of varying length one after another: Arrow's `Utf8`, `Binary` and `List` of a primitive.
/// Offsets ascend from 0 and end within the values; the layout check has seen to it.
#[derive(Debug, Clone)]
pub struct VarColumn<T: ArrowNativeType> {
    offsets: ScalarBuffer<i32>,
    values: ScalarBuffer<T>,
}

impl<T: ArrowNativeType> VarColumn<T> {
    pub(crate) fn new(offsets: ScalarBuffer<i32>, values: ScalarBuffer<T>) -> Self {
        Self { offsets, values }
    }

    pub(crate) fn get(&self, row: usize) -> Option<&[T]> {
        let start = *self.offsets.get(row)?;
        let end = *self.offsets.get(row + 1)?;
        self.values.get(start as usize..end as usize)
    }

    pub(crate) fn offsets(&self) -> &[i32] {
        &self.offsets
    }

    pub(crate) fn values(&self) -> &[T] {
        &self.values
    }

    /// The bytes of the values.
    pub(crate) fn buffer(&self) -> &Buffer {
        self.values.inner()
    }
}

impl VarColumn<u8> {
    /// A row as text. Checked again, which is cheap beside what a text is read for.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        std::str::from_utf8(self.get(row)?).ok()
    }
}

/// One bit a row.
#[derive(Debug, Clone)]
pub struct Bits {
    bytes: Buffer,
    rows: usize,
}

impl Bits {
    pub(crate) fn new(bytes: Buffer, rows: usize) -> Self {
        Self { bytes, rows }
    }

    pub(crate) fn get(&self, row: usize) -> Option<bool> {
        let byte = self.bytes.get(row / 8).filter(|_| row < self.rows)?;
        Some(byte >> (row % 8) & 1 == 1)
    }
}

/// Byte strings or nulls.
#[derive(Debug, Clone)]
pub struct NullableColumn {
    validity: Option<Bits>,
    values: VarColumn<u8>,
}

impl NullableColumn {
    pub(crate) fn new(validity: Option<Bits>, values: VarColumn<u8>) -> Self {
        Self { validity, values }
    }

    pub(crate) fn values(&self) -> &VarColumn<u8> {
        &self.values
    }

    fn is_valid(&self, row: usize) -> bool {
        self.validity.as_ref().is_none_or(|validity| validity.get(row) == Some(true))
    }

    /// The row's bytes; `None` for a null and for a row that does not exist.
    pub(crate) fn get(&self, row: usize) -> Option<&[u8]> {
        self.values.get(row).filter(|_| self.is_valid(row))
    }

    /// The row's text; `None` for a null and for a row that does not exist.
    pub(crate) fn text(&self, row: usize) -> Option<&str> {
        self.values.text(row).filter(|_| self.is_valid(row))
    }
}

/// A column being filled.
pub trait ColumnBuilder: Default + fmt::Debug {
    /// Bytes that it will take in a block, without padding.
    fn bytes(&self) -> usize;

    /// Takes the rows from `row` on out.
    fn split_off(&mut self, row: usize) -> Self;

    /// Adds its nodes and buffers to a batch.
    fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>);
}

/// Builds a [`VarColumn`].
#[derive(Debug)]
pub struct VarBuilder<T> {
    offsets: Vec<i32>,
    values: Vec<T>,
}

impl<T> Default for VarBuilder<T> {
    fn default() -> Self {
        Self { offsets: vec![0], values: Vec::new() }
    }
}

impl<T: ArrowNativeType> VarBuilder<T> {
    pub(crate) fn push(&mut self, row: &[T]) {
        self.values.extend_from_slice(row);
        self.finish_row();
    }

    /// Adds a row whose values `write` appends.
    pub(crate) fn push_with(&mut self, write: impl FnOnce(&mut Vec<T>)) {
        write(&mut self.values);
        self.finish_row();
    }

    /// Writers keep blocks below `MAX_BLOCK_BYTES`, so the count of values fits 31 bits.
    fn finish_row(&mut self) {
        self.offsets.push(self.values.len() as i32);
    }

    pub(crate) fn get(&self, row: usize) -> Option<&[T]> {
        let start = *self.offsets.get(row)?;
        let end = *self.offsets.get(row + 1)?;
        self.values.get(start as usize..end as usize)
    }

    pub(crate) fn rows(&self) -> usize {
        self.offsets.len() - 1
    }

    fn var_bytes(&self) -> usize {
        self.rows() * size_of::<i32>() + self.values.len() * size_of::<T>()
    }

    fn var_split_off(&mut self, row: usize) -> Self {
        let start = self.offsets[row];
        let offsets = self.offsets[row..].iter().map(|offset| offset - start).collect();
        self.offsets.truncate(row + 1);
        Self { offsets, values: self.values.split_off(start as usize) }
    }
}

/// Byte strings: offsets and bytes are buffers of one column.
impl ColumnBuilder for VarBuilder<u8> {
    fn bytes(&self) -> usize {
        self.var_bytes()
    }

    fn split_off(&mut self, row: usize) -> Self {
        self.var_split_off(row)
    }

    fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
        batch.column(self.rows());
        batch.buffer(self.offsets.to_byte_slice());
        batch.buffer(&self.values);
    }
}

/// Lists: the values are a child column.
macro_rules! list_builder {
    ($($item:ty),*) => {$(
        impl ColumnBuilder for VarBuilder<$item> {
            fn bytes(&self) -> usize {
                self.var_bytes()
            }

            fn split_off(&mut self, row: usize) -> Self {
                self.var_split_off(row)
            }

            fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
                batch.column(self.rows());
                batch.buffer(self.offsets.to_byte_slice());
                batch.column(self.values.len());
                batch.buffer(self.values.to_byte_slice());
            }
        }
    )*};
}
list_builder!(u32, f32);

macro_rules! fixed_builder {
    ($($item:ty),*) => {$(
        impl ColumnBuilder for Vec<$item> {
            fn bytes(&self) -> usize {
                size_of_val(self.as_slice())
            }

            fn split_off(&mut self, row: usize) -> Self {
                Vec::split_off(self, row)
            }

            fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
                batch.column(self.len());
                batch.buffer(self.to_byte_slice());
            }
        }
    )*};
}
fixed_builder!(u32, f32);

impl ColumnBuilder for Vec<bool> {
    fn bytes(&self) -> usize {
        self.len().div_ceil(8)
    }

    fn split_off(&mut self, row: usize) -> Self {
        Vec::split_off(self, row)
    }

    fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
        batch.column(self.len());
        batch.bits(self);
    }
}

/// Builds a [`NullableColumn`].
#[derive(Debug, Default)]
pub struct NullableBuilder {
    valid: Vec<bool>,
    values: VarBuilder<u8>,
}

impl NullableBuilder {
    pub(crate) fn push(&mut self, row: Option<&[u8]>) {
        self.valid.push(row.is_some());
        self.values.push(row.unwrap_or_default());
    }
}

impl ColumnBuilder for NullableBuilder {
    fn bytes(&self) -> usize {
        self.values.bytes() + self.valid.len().div_ceil(8)
    }

    fn split_off(&mut self, row: usize) -> Self {
        Self { valid: self.valid.split_off(row), values: self.values.split_off(row) }
    }

    fn encode<'a>(&'a self, batch: &mut BatchEncoder<'a>) {
        batch.nullable_column(self.valid.len(), &self.valid);
        batch.buffer(self.values.offsets.to_byte_slice());
        batch.buffer(&self.values.values);
    }
}
