//! A list of weights as bytes. All numbers are little-endian.
//!
//! | bytes | |
//! |---|---|
//! | u8 | windows that have entries |
//! | u8, u16, f32, f32 for each | which window of the chunk, its entries less one, its smallest and its largest weight |
//! | u16 for each entry | the low half of the offset id, ascending |
//! | f32 for each entry | the weight |

use super::{CHUNK, WINDOW};

/// Bytes that are no list of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

const WINDOWS: usize = CHUNK / WINDOW;
const DIRECTORY_ENTRY: usize = 11;

/// The entries of a list within one window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window<'a> {
    lows: &'a [u8],
    weights: &'a [u8],
    pub smallest: f32,
    pub largest: f32,
}

impl<'a> Window<'a> {
    /// Low halves of offset ids, ascending, and weights.
    pub fn entries(self) -> impl Iterator<Item = (u16, f32)> + use<'a> {
        lows(self.lows).zip(floats(self.weights))
    }

    /// The weight of a record.
    pub fn weight(self, low: u16) -> Option<f32> {
        let (mut start, mut end) = (0, self.lows.len() / 2);
        while start < end {
            let middle = start.midpoint(end);
            if u16::from_le_bytes([self.lows[2 * middle], self.lows[2 * middle + 1]]) < low {
                start = middle + 1;
            } else {
                end = middle;
            }
        }
        let (found, weight) =
            (self.lows.get(2 * start..2 * start + 2)?, self.weights.get(4 * start..4 * start + 4)?);
        (found == low.to_le_bytes()).then(|| floats(weight).next())?
    }
}

/// A list of weights of one chunk.
#[derive(Debug, Clone, Copy)]
pub struct Weights<'a> {
    windows: [Option<Window<'a>>; WINDOWS],
}

impl<'a> Weights<'a> {
    /// Reads a list that [`encode`] wrote.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let (&count, rest) = bytes.split_first().ok_or(Malformed)?;
        let (directory, entries) =
            rest.split_at_checked(usize::from(count) * DIRECTORY_ENTRY).ok_or(Malformed)?;
        // Two bytes of an offset id and four of a weight.
        if entries.len() % 6 != 0 {
            return Err(Malformed);
        }
        let (mut all_lows, mut all_weights) = entries.split_at(entries.len() / 3);
        let mut windows = [None; WINDOWS];
        for entry in directory.chunks_exact(DIRECTORY_ENTRY) {
            let length = usize::from(u16::from_le_bytes([entry[1], entry[2]])) + 1;
            let (lows, weights);
            (lows, all_lows) = all_lows.split_at_checked(2 * length).ok_or(Malformed)?;
            (weights, all_weights) = all_weights.split_at_checked(4 * length).ok_or(Malformed)?;
            let mut bounds = floats(&entry[3..]);
            let (Some(smallest), Some(largest)) = (bounds.next(), bounds.next()) else {
                return Err(Malformed);
            };
            let window = windows.get_mut(usize::from(entry[0])).ok_or(Malformed)?;
            *window = Some(Window { lows, weights, smallest, largest });
        }
        if all_lows.is_empty() { Ok(Self { windows }) } else { Err(Malformed) }
    }

    pub(super) fn window(&self, index: usize) -> Option<Window<'a>> {
        self.windows.get(index).copied().flatten()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.windows.iter().flatten().map(|window| window.lows.len() / 2).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Low halves of offset ids, ascending, and weights.
    pub fn entries(self) -> impl Iterator<Item = (u16, f32)> {
        self.windows.into_iter().flatten().flat_map(Window::entries)
    }
}

/// The list of some entries, which ascend by the low halves of offset ids.
pub fn encode(entries: &[(u16, f32)]) -> Vec<u8> {
    let windows = || entries.chunk_by(|(a, _), (b, _)| usize::from(*a) / WINDOW == usize::from(*b) / WINDOW);
    let mut bytes = vec![windows().count() as u8];
    bytes.reserve_exact(windows().count() * DIRECTORY_ENTRY + 6 * entries.len());
    for window in windows() {
        let bound =
            |f: fn(f32, f32) -> f32, start| window.iter().fold(start, |bound, (_, weight)| f(bound, *weight));
        bytes.push((usize::from(window[0].0) / WINDOW) as u8);
        bytes.extend_from_slice(&((window.len() - 1) as u16).to_le_bytes());
        bytes.extend_from_slice(&bound(f32::min, f32::INFINITY).to_le_bytes());
        bytes.extend_from_slice(&bound(f32::max, f32::NEG_INFINITY).to_le_bytes());
    }
    entries.iter().for_each(|(low, _)| bytes.extend_from_slice(&low.to_le_bytes()));
    entries.iter().for_each(|(_, weight)| bytes.extend_from_slice(&weight.to_le_bytes()));
    bytes
}

fn lows(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.chunks_exact(2).map(|low| u16::from_le_bytes([low[0], low[1]]))
}

fn floats(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.chunks_exact(4).map(|float| f32::from_le_bytes([float[0], float[1], float[2], float[3]]))
}
