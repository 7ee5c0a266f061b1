//! Reading: the bytes of an Arrow IPC file → verified, aligned column views, nothing copied but what is compressed.
//!
//! Every length, offset and type is checked before it is used, whatever the bytes say, so that a file
//! with a forged checksum can be refused but never read out of bounds.

use std::ops::Range;

use arrow::buffer::{Buffer, MutableBuffer, ScalarBuffer};
use arrow::datatypes::ArrowNativeType;
use arrow::ipc;

use super::schema::{self, Field};
use super::{
    ALIGNMENT, COMPRESSED_FORMAT, CONTINUATION, DIGITS, FORMAT, FORMAT_KEY, MAGIC, Place, checksum,
    compression, digits,
};
use crate::blockstore::column::{Bits, NullableColumn, VarColumn};
use crate::error::Result;
use crate::limits::MAX_BLOCK_BYTES;
use crate::storage::BlockId;

/// The outcome of a check, with the reason when it failed.
pub(crate) type Check<T> = Result<T, &'static str>;

/// A file whose checksum is right and whose footer is a well-formed flatbuffer.
pub(crate) struct IpcFile<'a> {
    bytes: &'a Buffer,
    footer: ipc::Footer<'a>,
    footer_start: usize,
    is_compressed: bool,
}

/// The same bytes in aligned memory: the storage's own memory if that is aligned, as it should be.
pub(crate) fn align(bytes: Buffer) -> Buffer {
    if bytes.as_ptr().align_offset(ALIGNMENT) == 0 {
        return bytes;
    }
    let mut aligned = MutableBuffer::with_capacity(bytes.len());
    aligned.extend_from_slice(&bytes);
    aligned.into()
}

impl<'a> IpcFile<'a> {
    /// Verifies the file at `place`.
    pub(crate) fn open(place: Place, bytes: &'a Buffer) -> Result<Self> {
        let corrupt = |reason: &str| place.corrupt(reason);
        let footer_range = verify(place.id(), bytes).map_err(corrupt)?;
        let footer_start = footer_range.start;
        let footer = ipc::root_as_footer(&bytes[footer_range])
            .map_err(|_| corrupt("its footer is not a well-formed flatbuffer"))?;
        let format = schema::find_value(footer.custom_metadata(), FORMAT_KEY)
            .and_then(|format| format.parse::<u32>().ok())
            .ok_or_else(|| corrupt("it does not say its format"))?;
        if format > COMPRESSED_FORMAT {
            return Err(place.newer("format", format, COMPRESSED_FORMAT));
        }
        if format < FORMAT || footer.version() != ipc::MetadataVersion::V5 {
            return Err(corrupt("its format was never written"));
        }
        Ok(Self { bytes, footer, footer_start, is_compressed: format == COMPRESSED_FORMAT })
    }

    /// The value of an entry of the schema's metadata.
    pub(crate) fn metadata(&self, key: &str) -> Option<&'a str> {
        schema::find_value(self.footer.schema()?.custom_metadata(), key)
    }

    /// The record batch, if the schema has exactly these fields.
    pub(crate) fn batch(&self, fields: &[Field]) -> Check<BatchReader<'a>> {
        let schema = self.footer.schema().ok_or("it has no schema")?;
        if !schema::matches(schema, fields) {
            return Err("its schema is not the expected one");
        }
        if self.footer.dictionaries().is_some_and(|dictionaries| !dictionaries.is_empty()) {
            return Err("it has dictionaries");
        }
        let batches = self.footer.recordBatches().ok_or("it has no record batch")?;
        let mut batches = batches.iter();
        let (Some(block), None) = (batches.next(), batches.next()) else {
            return Err("it does not have one record batch");
        };
        self.read_batch(block)
    }

    fn read_batch(&self, block: &ipc::Block) -> Check<BatchReader<'a>> {
        let outside = "its record batch is out of bounds";
        let message_range = range(block.offset(), i64::from(block.metaDataLength())).ok_or(outside)?;
        let body_range = range(message_range.end as i64, block.bodyLength()).ok_or(outside)?;
        if body_range.end > self.footer_start {
            return Err(outside);
        }
        if body_range.start % ALIGNMENT != 0 {
            return Err("its record batch is not aligned");
        }
        let message = self.bytes.as_slice().get(message_range).ok_or(outside)?;
        let (prefix, flatbuffer) = message.split_at_checked(8).ok_or("its message has no header")?;
        if prefix[..4] != CONTINUATION || prefix[4..] != (flatbuffer.len() as u32).to_le_bytes() {
            return Err("its message has a wrong header");
        }
        let message =
            ipc::root_as_message(flatbuffer).map_err(|_| "its message is not a well-formed flatbuffer")?;
        let batch = message.header_as_record_batch().ok_or("its message is not a record batch")?;
        let variadic = batch.variadicBufferCounts().is_some_and(|counts| !counts.is_empty());
        let compression = batch.compression();
        let is_lz4 = |compression: ipc::BodyCompression<'_>| {
            compression.codec() == ipc::CompressionType::LZ4_FRAME
                && compression.method() == ipc::BodyCompressionMethod::BUFFER
        };
        let is_as_said = compression.is_some() == self.is_compressed && compression.is_none_or(is_lz4);
        if !is_as_said || variadic || message.bodyLength() != block.bodyLength() {
            return Err("its record batch has another form");
        }
        Ok(BatchReader {
            body: self.bytes.slice_with_length(body_range.start, body_range.len()),
            rows: usize::try_from(batch.length()).map_err(|_| "its number of rows is negative")?,
            nodes: batch.nodes().ok_or("it has no field nodes")?.iter(),
            buffers: batch.buffers().ok_or("it has no buffers")?.iter(),
            payload: 0,
            is_compressed: self.is_compressed,
        })
    }
}

/// Checks what needs no parsing: length, magic numbers and checksum. Returns where the footer lies.
fn verify(id: BlockId, bytes: &[u8]) -> Check<Range<usize>> {
    if bytes.len() > MAX_BLOCK_BYTES {
        return Err("it is longer than a block may be");
    }
    let digits = digits(bytes.len()).ok_or("it is too short")?;
    if digits.start < MAGIC.len() || !bytes.starts_with(MAGIC) || !bytes.ends_with(MAGIC) {
        return Err("it is not an Arrow file");
    }
    let expected = checksum(id, &bytes[..digits.start], &bytes[digits.end..]);
    if bytes[digits] != expected.as_bytes()[..DIGITS] {
        return Err("its checksum does not match");
    }
    let end = bytes.len() - MAGIC.len() - 4;
    let mut length = [0; 4];
    length.copy_from_slice(&bytes[end..end + 4]);
    let length = usize::try_from(i32::from_le_bytes(length)).map_err(|_| "its footer is out of bounds")?;
    let start = end.checked_sub(length).ok_or("its footer is out of bounds")?;
    Ok(start..end)
}

/// `start..start + length` of two numbers from a file.
fn range(start: i64, length: i64) -> Option<Range<usize>> {
    let start = usize::try_from(start).ok()?;
    Some(start..start.checked_add(usize::try_from(length).ok()?)?)
}

/// Hands out the columns of a record batch in pre-order, each one checked.
pub(crate) struct BatchReader<'a> {
    body: Buffer,
    rows: usize,
    nodes: flatbuffers::VectorIter<'a, ipc::FieldNode>,
    buffers: flatbuffers::VectorIter<'a, ipc::Buffer>,
    payload: usize,
    is_compressed: bool,
}

impl BatchReader<'_> {
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of all buffers, without padding.
    pub(crate) fn payload(&self) -> usize {
        self.payload
    }

    /// Bytes of memory that the columns keep, out of a file of `file_bytes`: all of it, or what it was before compression.
    pub(crate) fn kept_bytes(&self, file_bytes: usize) -> usize {
        if self.is_compressed { self.payload } else { file_bytes }
    }

    /// Fails if the batch holds more than what was read.
    pub(crate) fn finish(mut self) -> Check<()> {
        match (self.nodes.next(), self.buffers.next()) {
            (None, None) => Ok(()),
            _ => Err("it has more columns than its schema"),
        }
    }

    /// Starts a column of `rows` rows without nulls.
    pub(crate) fn column(&mut self, rows: usize) -> Check<()> {
        match self.nullable_column(rows)? {
            None => Ok(()),
            Some(_) => Err("a column that is never null has nulls"),
        }
    }

    /// Starts a column; returns its validity bits if there are nulls.
    fn nullable_column(&mut self, rows: usize) -> Check<Option<Bits>> {
        let node = self.nodes.next().ok_or("a column is missing")?;
        if usize::try_from(node.length()) != Ok(rows) {
            return Err("a column has another number of rows");
        }
        let validity = self.buffer()?;
        if validity.is_empty() {
            return if node.null_count() == 0 { Ok(None) } else { Err("its nulls are not marked") };
        }
        if validity.len() != rows.div_ceil(8) {
            return Err("a null bitmap has another length");
        }
        let valid = validity.count_set_bits_offset(0, rows);
        if usize::try_from(node.null_count()) != Ok(rows - valid) {
            return Err("a null bitmap has another number of nulls");
        }
        Ok(Some(Bits::new(validity, rows)))
    }

    fn buffer(&mut self) -> Check<Buffer> {
        let buffer = self.buffers.next().ok_or("a buffer is missing")?;
        let range = range(buffer.offset(), buffer.length()).ok_or("a buffer is out of bounds")?;
        if range.end > self.body.len() {
            return Err("a buffer is out of bounds");
        }
        if range.start % ALIGNMENT != 0 {
            return Err("a buffer is not aligned");
        }
        let bytes = self.body.slice_with_length(range.start, range.len());
        let bytes = if self.is_compressed {
            compression::decompress(&bytes, MAX_BLOCK_BYTES - self.payload)?
        } else {
            bytes
        };
        self.payload += bytes.len();
        Ok(bytes)
    }

    /// The buffer of fixed-width values of the column that was started last.
    pub(crate) fn values<T: ArrowNativeType>(&mut self, rows: usize) -> Check<ScalarBuffer<T>> {
        let buffer = self.buffer()?;
        if rows.checked_mul(size_of::<T>()) != Some(buffer.len()) {
            return Err("a buffer of values has another length");
        }
        Ok(ScalarBuffer::new(buffer, 0, rows))
    }

    /// The buffer of bits of the column that was started last.
    pub(crate) fn bits(&mut self, rows: usize) -> Check<Bits> {
        let buffer = self.buffer()?;
        if buffer.len() != rows.div_ceil(8) {
            return Err("a buffer of bits has another length");
        }
        Ok(Bits::new(buffer, rows))
    }

    /// Offsets that start at 0 and never fall; the last one is the number of values.
    fn offsets(&mut self, rows: usize) -> Check<(ScalarBuffer<i32>, usize)> {
        let rows = rows.checked_add(1).ok_or("it has too many rows")?;
        let offsets = self.values::<i32>(rows)?;
        if offsets.first() != Some(&0) || !offsets.is_sorted() {
            return Err("offsets are not ascending");
        }
        let last = offsets.last().map_or(0, |last| *last as usize);
        Ok((offsets, last))
    }

    /// A column of byte strings.
    pub(crate) fn binary(&mut self, rows: usize) -> Check<VarColumn<u8>> {
        self.column(rows)?;
        self.byte_values(rows)
    }

    /// A column of text.
    pub(crate) fn utf8(&mut self, rows: usize) -> Check<VarColumn<u8>> {
        let column = self.binary(rows)?;
        check_utf8(&column)?;
        Ok(column)
    }

    /// A column of byte strings or nulls.
    pub(crate) fn nullable_binary(&mut self, rows: usize) -> Check<NullableColumn> {
        let validity = self.nullable_column(rows)?;
        Ok(NullableColumn::new(validity, self.byte_values(rows)?))
    }

    /// A column of texts or nulls.
    pub(crate) fn nullable_utf8(&mut self, rows: usize) -> Check<NullableColumn> {
        let column = self.nullable_binary(rows)?;
        check_utf8(column.values())?;
        Ok(column)
    }

    fn byte_values(&mut self, rows: usize) -> Check<VarColumn<u8>> {
        let (offsets, count) = self.offsets(rows)?;
        Ok(VarColumn::new(offsets, self.values(count)?))
    }

    /// A column of lists of fixed-width values.
    pub(crate) fn list<T: ArrowNativeType>(&mut self, rows: usize) -> Check<VarColumn<T>> {
        self.column(rows)?;
        let (offsets, count) = self.offsets(rows)?;
        self.column(count)?;
        Ok(VarColumn::new(offsets, self.values(count)?))
    }

    /// A column of block ids.
    pub(crate) fn block_ids(&mut self, rows: usize) -> Check<Vec<BlockId>> {
        self.column(rows)?;
        let bytes =
            self.values::<u8>(rows.checked_mul(size_of::<BlockId>()).ok_or("it has too many rows")?)?;
        Ok(bytes.as_chunks().0.iter().map(|id| BlockId(*id)).collect())
    }

    /// A column of fixed-width values.
    pub(crate) fn fixed<T: ArrowNativeType>(&mut self, rows: usize) -> Check<ScalarBuffer<T>> {
        self.column(rows)?;
        self.values(rows)
    }
}

/// Text as a whole, and every string starts where a character does.
fn check_utf8(column: &VarColumn<u8>) -> Check<()> {
    let text = std::str::from_utf8(column.values()).map_err(|_| "a text is not UTF-8")?;
    let starts = |offset: &i32| text.is_char_boundary(*offset as usize);
    if column.offsets().iter().all(starts) { Ok(()) } else { Err("a text is not UTF-8") }
}
