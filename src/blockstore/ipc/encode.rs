//! Writing: column buffers → the bytes of an Arrow IPC file.

use std::borrow::Cow;

use arrow::buffer::{Buffer, MutableBuffer};
use arrow::ipc;
use flatbuffers::FlatBufferBuilder;

use super::schema::{self, Field};
use super::{
    ALIGNMENT, CHECKSUM_KEY, COMPRESSED_FORMAT, CONTINUATION, DIGITS, FORMAT, FORMAT_KEY, MAGIC, checksum,
    compression, digits,
};
use crate::storage::BlockId;

/// Gathers the field nodes and buffers of a record batch, columns in pre-order.
#[derive(Debug, Default)]
pub struct BatchEncoder<'a> {
    nodes: Vec<ipc::FieldNode>,
    buffers: Vec<Cow<'a, [u8]>>,
    is_compressed: bool,
}

impl<'a> BatchEncoder<'a> {
    /// Starts a column without nulls: its node and an empty validity buffer.
    pub(crate) fn column(&mut self, rows: usize) {
        self.nullable_column(rows, &[]);
    }

    /// Starts a column; `valid` is empty or says for each row whether it has a value.
    pub(crate) fn nullable_column(&mut self, rows: usize, valid: &[bool]) {
        let nulls = valid.iter().filter(|valid| !**valid).count();
        self.nodes.push(ipc::FieldNode::new(rows as i64, nulls as i64));
        self.buffers.push(Cow::Owned(if nulls == 0 { Vec::new() } else { pack_bits(valid) }));
    }

    /// Adds a buffer of the column that was started last.
    pub(crate) fn buffer(&mut self, bytes: &'a [u8]) {
        self.buffers.push(Cow::Borrowed(bytes));
    }

    /// Adds a buffer of bits, one for each row.
    pub(crate) fn bits(&mut self, bits: &[bool]) {
        self.buffers.push(Cow::Owned(pack_bits(bits)));
    }

    /// Compresses the buffers, if that makes them shorter by an eighth. Nothing is added after that.
    pub(crate) fn compress(&mut self) {
        if let Some(compressed) = compression::compress(&self.buffers) {
            self.buffers = compressed.into_iter().map(Cow::Owned).collect();
            self.is_compressed = true;
        }
    }

    fn format(&self) -> u32 {
        if self.is_compressed { COMPRESSED_FORMAT } else { FORMAT }
    }

    /// Where each buffer lies in the body, and the length of the body.
    fn layout(&self) -> (Vec<ipc::Buffer>, usize) {
        let mut end = 0;
        let buffers = self.buffers.iter().map(|bytes| {
            let start = end;
            end += bytes.len().next_multiple_of(ALIGNMENT);
            ipc::Buffer::new(start as i64, bytes.len() as i64)
        });
        (buffers.collect(), end)
    }
}

/// Bits in Arrow's order: row 0 is the lowest bit of the first byte.
fn pack_bits(bits: &[bool]) -> Vec<u8> {
    let pack = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    bits.chunks(8).map(pack).collect()
}

/// Builds the file: its schema with `metadata`, one batch of `rows` rows, the footer, the checksum.
pub(crate) fn encode_file(
    id: BlockId,
    fields: &[Field],
    metadata: &[(&str, String)],
    rows: usize,
    batch: &BatchEncoder<'_>,
) -> Buffer {
    let (buffers, body) = batch.layout();
    let schema_message = frame(&schema_flatbuffer(fields, metadata), MAGIC.len() + 2);
    let batch_start = MAGIC.len() + 2 + schema_message.len();
    let batch_message = frame(&batch_flatbuffer(rows, batch, &buffers, body), batch_start);
    let block = ipc::Block::new(batch_start as i64, batch_message.len() as i32, body as i64);
    let footer = footer_flatbuffer(fields, metadata, block, batch.format());

    let total = batch_start + batch_message.len() + body + 8 + footer.len() + 4 + MAGIC.len();
    let mut file = MutableBuffer::with_capacity(total);
    file.extend_from_slice(MAGIC);
    file.extend_zeros(2);
    file.extend_from_slice(&schema_message);
    file.extend_from_slice(&batch_message);
    for bytes in &batch.buffers {
        file.extend_from_slice(bytes);
        file.extend_zeros(bytes.len().next_multiple_of(ALIGNMENT) - bytes.len());
    }
    file.extend_from_slice(&CONTINUATION);
    file.extend_zeros(4);
    file.extend_from_slice(&footer);
    file.extend_from_slice(&(footer.len() as i32).to_le_bytes());
    file.extend_from_slice(MAGIC);
    seal(id, &mut file);
    file.into()
}

/// Puts the checksum in the place that the footer keeps for it.
fn seal(id: BlockId, file: &mut MutableBuffer) {
    let digits = digits(file.len()).expect("the footer alone is longer");
    debug_assert!(file[digits.clone()].iter().all(|byte| *byte == b'0'), "the checksum has moved");
    let checksum = checksum(id, &file[..digits.start], &file[digits.end..]);
    file[digits].copy_from_slice(checksum.as_bytes());
}

/// An encapsulated message that starts at `start` in the file; what follows it is aligned.
fn frame(flatbuffer: &[u8], start: usize) -> Vec<u8> {
    let end = (start + 8 + flatbuffer.len()).next_multiple_of(ALIGNMENT);
    let length = end - start - 8;
    let mut message = Vec::with_capacity(8 + length);
    message.extend_from_slice(&CONTINUATION);
    message.extend_from_slice(&(length as i32).to_le_bytes());
    message.extend_from_slice(flatbuffer);
    message.resize(8 + length, 0);
    message
}

fn schema_flatbuffer(fields: &[Field], metadata: &[(&str, String)]) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let header = schema::write_schema(&mut builder, fields, metadata).as_union_value();
    finish_message(builder, ipc::MessageHeader::Schema, header, 0)
}

fn batch_flatbuffer(rows: usize, batch: &BatchEncoder<'_>, buffers: &[ipc::Buffer], body: usize) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    let nodes = Some(builder.create_vector(&batch.nodes));
    let buffers = Some(builder.create_vector(buffers));
    // LZ4 frames, buffer by buffer, is what Arrow means when nothing else is said.
    let compression =
        batch.is_compressed.then(|| ipc::BodyCompression::create(&mut builder, &Default::default()));
    let args =
        ipc::RecordBatchArgs { length: rows as i64, nodes, buffers, compression, ..Default::default() };
    let header = ipc::RecordBatch::create(&mut builder, &args).as_union_value();
    finish_message(builder, ipc::MessageHeader::RecordBatch, header, body)
}

fn finish_message<'a>(
    mut builder: FlatBufferBuilder<'a>,
    header_type: ipc::MessageHeader,
    header: flatbuffers::WIPOffset<flatbuffers::UnionWIPOffset>,
    body: usize,
) -> Vec<u8> {
    let args = ipc::MessageArgs {
        version: ipc::MetadataVersion::V5,
        header_type,
        header: Some(header),
        bodyLength: body as i64,
        ..Default::default()
    };
    let message = ipc::Message::create(&mut builder, &args);
    builder.finish(message, None);
    builder.finished_data().to_vec()
}

fn footer_flatbuffer(
    fields: &[Field],
    metadata: &[(&str, String)],
    block: ipc::Block,
    format: u32,
) -> Vec<u8> {
    let mut builder = FlatBufferBuilder::new();
    // First in, last in the bytes: this fixes the distance of the checksum from the end of the file.
    let value = Some(builder.create_string(&"0".repeat(DIGITS)));
    let key = Some(builder.create_string(CHECKSUM_KEY));
    let checksum = ipc::KeyValue::create(&mut builder, &ipc::KeyValueArgs { key, value });
    let key = Some(builder.create_string(FORMAT_KEY));
    let value = Some(builder.create_string(&format.to_string()));
    let format = ipc::KeyValue::create(&mut builder, &ipc::KeyValueArgs { key, value });
    let custom_metadata = Some(builder.create_vector(&[format, checksum]));
    let schema = Some(schema::write_schema(&mut builder, fields, metadata));
    let dictionaries = Some(builder.create_vector::<ipc::Block>(&[]));
    let record_batches = Some(builder.create_vector(&[block]));
    let args = ipc::FooterArgs {
        version: ipc::MetadataVersion::V5,
        schema,
        dictionaries,
        recordBatches: record_batches,
        custom_metadata,
    };
    let footer = ipc::Footer::create(&mut builder, &args);
    builder.finish(footer, None);
    builder.finished_data().to_vec()
}
