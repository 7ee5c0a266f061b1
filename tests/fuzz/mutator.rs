//! Changes to bytes: those that chance makes, and those that an attacker would.

use chromatid::storage::sim::Xorshift;

/// Numbers at which readers stumble.
const EXTREMES: [u64; 14] = [
    0,
    1,
    2,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 53,
    i64::MAX as u64,
    u64::MAX,
];

fn place(random: &mut Xorshift, length: usize) -> usize {
    random.below(length.max(1) as u64) as usize
}

/// A copy with some changes, of its length too. What is put in may come from any of `samples`.
pub fn changed(random: &mut Xorshift, sample: &[u8], samples: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for _ in 0..1 + random.below(4) {
        match random.below(8) {
            0 => bytes.truncate(place(random, bytes.len() + 1)),
            1 => {
                let (from, to) = range(random, bytes.len());
                bytes.drain(from..to);
            }
            2 => {
                // Again, as repeated fields and doubled frames would be.
                let (from, to) = range(random, bytes.len());
                let (at, copy) = (place(random, bytes.len() + 1), bytes[from..to].to_vec());
                bytes.splice(at..at, copy);
            }
            3 => {
                let other = &samples[place(random, samples.len())];
                let (from, to) = range(random, other.len());
                let (at, end) = range(random, bytes.len());
                bytes.splice(at..end, other[from..to].iter().copied());
            }
            4 => {
                let count = random.below(20);
                let at = place(random, bytes.len() + 1);
                let noise: Vec<u8> = (0..count).map(|_| random.next() as u8).collect();
                bytes.splice(at..at, noise);
            }
            5 => {
                // The longest number of a variable length, which is also a bad one.
                let at = place(random, bytes.len() + 1);
                let varint = [0xff; 9].into_iter().chain([random.below(3) as u8]);
                bytes.splice(at..at, varint);
            }
            _ => poke(random, &mut bytes),
        }
    }
    bytes
}

/// Changes some bytes where they are: a bit, a byte, or a number of any width at an extreme.
pub fn poke(random: &mut Xorshift, bytes: &mut [u8]) {
    if bytes.is_empty() {
        return;
    }
    let at = place(random, bytes.len());
    match random.below(4) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes[at] = random.next() as u8,
        _ => {
            let width = [1, 2, 4, 8][random.below(4) as usize];
            // Numbers are mostly where their width divides.
            let at = if random.below(4) == 0 { at } else { at / width * width };
            let number = EXTREMES[place(random, EXTREMES.len())].to_le_bytes();
            let end = bytes.len().min(at + width);
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
    }
}

fn range(random: &mut Xorshift, length: usize) -> (usize, usize) {
    let (a, b) = (place(random, length + 1), place(random, length + 1));
    (a.min(b), a.max(b))
}
