//! Buffers in Arrow's form of compression: the length that a buffer has without it (i64; −1: what follows is not compressed), then
//! an LZ4 frame ([format](https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md)).
//!
//! Frames have one form: pieces that do not need each other, and no checksums, as the file has its own.

use std::borrow::Cow;

use arrow::buffer::{Buffer, MutableBuffer};
use lz4_flex::block::{CompressTable, compress_into_with_table, decompress_into, get_maximum_output_size};

use super::decode::Check;

/// Magic number; version 1 with independent pieces; pieces of at most 64 KiB; the check of these two bytes.
const HEADER: [u8; 7] = [0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82];

/// Bytes of a piece before compression. Of 65,535 and more the encoder makes other bytes on machines of 64 bits than in WebAssembly.
const PIECE_BYTES: usize = 65_534;

/// In the length of a piece: it is not compressed.
const IS_PLAIN: u32 = 1 << 31;

const NOT_COMPRESSED: i64 = -1;

/// No LZ4 becomes more than this many times as long.
const LARGEST_RATIO: usize = 255;

/// What compression has to save of a block's buffers, as one of so many parts. With less they stay as they are, and are used where they lie.
const LEAST_SAVING: usize = 8;

/// The compressed forms of buffers; `None` if that saves too little.
pub(super) fn compress(buffers: &[Cow<'_, [u8]>]) -> Option<Vec<Vec<u8>>> {
    let mut table = CompressTable::small();
    let compressed: Vec<Vec<u8>> = buffers.iter().map(|bytes| compress_buffer(bytes, &mut table)).collect();
    let before: usize = buffers.iter().map(|bytes| bytes.len()).sum();
    let after: usize = compressed.iter().map(Vec::len).sum();
    (after <= before - before / LEAST_SAVING && before > 0).then_some(compressed)
}

fn compress_buffer(bytes: &[u8], table: &mut CompressTable) -> Vec<u8> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut output = Vec::with_capacity(bytes.len() / 2);
    output.extend_from_slice(&(bytes.len() as i64).to_le_bytes());
    output.extend_from_slice(&HEADER);
    let mut piece = vec![0; get_maximum_output_size(bytes.len().min(PIECE_BYTES))];
    for plain in bytes.chunks(PIECE_BYTES) {
        match compress_into_with_table(plain, &mut piece, table) {
            Ok(length) if length < plain.len() => push_piece(&mut output, length as u32, &piece[..length]),
            _ => push_piece(&mut output, plain.len() as u32 | IS_PLAIN, plain),
        }
    }
    output.extend_from_slice(&[0; 4]);
    if output.len() < bytes.len() + size_of::<i64>() {
        return output;
    }
    output.clear();
    output.extend_from_slice(&NOT_COMPRESSED.to_le_bytes());
    output.extend_from_slice(bytes);
    output
}

fn push_piece(output: &mut Vec<u8>, length: u32, bytes: &[u8]) {
    output.extend_from_slice(&length.to_le_bytes());
    output.extend_from_slice(bytes);
}

/// A buffer as it was before compression, at most `room` bytes.
pub(super) fn decompress(bytes: &[u8], room: usize) -> Check<Buffer> {
    if bytes.is_empty() {
        return Ok(Buffer::default());
    }
    let (length, rest) = bytes.split_first_chunk().ok_or("a compressed buffer is too short")?;
    let length = i64::from_le_bytes(*length);
    if length == NOT_COMPRESSED {
        return if rest.len() <= room { Ok(Buffer::from_slice_ref(rest)) } else { Err(TOO_LONG) };
    }
    let length = usize::try_from(length).map_err(|_| "the length of a compressed buffer is negative")?;
    if length > room || length / LARGEST_RATIO > rest.len() {
        return Err(TOO_LONG);
    }
    let mut output = MutableBuffer::from_len_zeroed(length);
    read_frame(rest, output.as_slice_mut())?;
    Ok(output.into())
}

const TOO_LONG: &str = "a compressed buffer is longer than it can be";

fn read_frame(frame: &[u8], mut output: &mut [u8]) -> Check<()> {
    let mut rest = frame.strip_prefix(&HEADER).ok_or("a compressed buffer has another form")?;
    loop {
        let (length, tail) = rest.split_first_chunk().ok_or("a compressed buffer is cut off")?;
        let length = u32::from_le_bytes(*length);
        if length == 0 {
            return if tail.is_empty() && output.is_empty() { Ok(()) } else { Err(ANOTHER_LENGTH) };
        }
        let (piece, tail) =
            tail.split_at_checked((length & !IS_PLAIN) as usize).ok_or("a compressed buffer is cut off")?;
        let room = output.len().min(PIECE_BYTES);
        let written = if length & IS_PLAIN == 0 {
            decompress_into(piece, &mut output[..room]).map_err(|_| "a buffer cannot be decompressed")?
        } else {
            output[..room].get_mut(..piece.len()).ok_or(ANOTHER_LENGTH)?.copy_from_slice(piece);
            piece.len()
        };
        output = &mut output[written..];
        rest = tail;
    }
}

const ANOTHER_LENGTH: &str = "a compressed buffer has another length";

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn compressed(bytes: &[u8]) -> Vec<u8> {
        compress_buffer(bytes, &mut CompressTable::small())
    }

    /// Runs of bytes, some of which repeat each other.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let run = (prop::collection::vec(any::<u8>(), 0..40), 1_usize..4_000)
            .prop_map(|(run, times)| run.into_iter().cycle().take(times * 10).collect::<Vec<u8>>());
        prop::collection::vec(run, 0..4).prop_map(|runs| runs.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_buffer_comes_back(bytes in bytes()) {
            let stored = compressed(&bytes);
            prop_assert_eq!(&*decompress(&stored, bytes.len()).unwrap(), &*bytes);
            prop_assert!(stored.len() <= bytes.len() + 8);
            if !bytes.is_empty() {
                prop_assert_eq!(decompress(&stored, bytes.len() - 1).unwrap_err(), TOO_LONG);
            }
        }

        #[test]
        fn others_read_its_frames(bytes in bytes()) {
            let stored = compressed(&bytes);
            prop_assume!(!bytes.is_empty() && stored[..8] != NOT_COMPRESSED.to_le_bytes());
            let mut read = Vec::new();
            lz4_flex::frame::FrameDecoder::new(&stored[8..]).read_to_end(&mut read).unwrap();
            prop_assert!(read == bytes);
        }

        #[test]
        fn altered_bytes_are_refused_or_become_others_of_that_length(
            bytes in bytes(),
            at in any::<prop::sample::Index>(),
            with in 1..=255_u8,
        ) {
            let mut stored = compressed(&bytes);
            prop_assume!(!stored.is_empty());
            let at = at.index(stored.len());
            stored[at] ^= with;
            if let Ok(read) = decompress(&stored, 1 << 20) {
                prop_assert!(at >= 8, "the length was altered");
                prop_assert_eq!(read.len(), bytes.len());
            }
        }

        #[test]
        fn a_buffer_that_is_cut_off_is_refused(bytes in bytes(), at in any::<prop::sample::Index>()) {
            let stored = compressed(&bytes);
            prop_assume!(bytes.len() > 64 && stored[..8] != NOT_COMPRESSED.to_le_bytes());
            let end = at.index(stored.len() - 1) + 1;
            prop_assert!(decompress(&stored[..end], bytes.len()).is_err());
        }
    }

    #[test]
    fn what_cannot_be_compressed_is_stored_as_it_is() {
        let noise: Vec<u8> = (0..1_000_u64)
            .flat_map(|seed| xxhash_rust::xxh3::xxh3_64(&seed.to_le_bytes()).to_le_bytes())
            .collect();
        let stored = compressed(&noise);
        assert_eq!(stored[..8], NOT_COMPRESSED.to_le_bytes());
        assert_eq!(stored[8..], noise);
        assert!(compress(&[Cow::Borrowed(&*noise)]).is_none());
        assert!(compress(&[]).is_none());
    }

    #[test]
    fn a_length_that_its_bytes_cannot_have_takes_no_memory() {
        let mut stored = compressed(&[7; 1_000]);
        stored[..8].copy_from_slice(&(1_i64 << 40).to_le_bytes());
        assert_eq!(decompress(&stored, usize::MAX).unwrap_err(), TOO_LONG);
        stored[..8].copy_from_slice(&(-2_i64).to_le_bytes());
        assert!(decompress(&stored, usize::MAX).is_err());
        stored[..8].copy_from_slice(&999_i64.to_le_bytes());
        assert!(decompress(&stored, usize::MAX).is_err());
        stored[..8].copy_from_slice(&1_001_i64.to_le_bytes());
        assert_eq!(decompress(&stored, usize::MAX).unwrap_err(), ANOTHER_LENGTH);
    }
}
