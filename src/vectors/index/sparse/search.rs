//! The search of one chunk.

use super::postings::{Weights, Window};
use super::{CHUNK, WINDOW};
use crate::index::flat::Mask;
use crate::index::top_k::TopK;

/// What rounding may change of a sum, as a part of the sum of its absolute terms: those of some hundred products are off by less.
const ROUNDING: f32 = 1e-4;

/// Bits of a word of the records seen.
const WORD: usize = u64::BITS as usize;

/// The distance of two sparse vectors, `1 − Σ qᵢ dᵢ` over the dimensions that both have, each ascending; `None` if they have none
/// in common.
pub fn distance(query: &[(u32, f32)], indices: &[u32], values: &[f32]) -> Option<f32> {
    let mut vector = indices.iter().zip(values).peekable();
    let (mut sum, mut shares) = (0.0_f32, false);
    for (index, weight) in query {
        while vector.next_if(|(other, _)| *other < index).is_some() {}
        if let Some((_, value)) = vector.next_if(|(other, _)| *other == index) {
            sum += weight * value;
            shares = true;
        }
    }
    shares.then_some(1.0 - sum)
}

/// The lists of a query's dimensions in one chunk.
#[derive(Debug, Default)]
pub struct Lists<'a> {
    /// The query's weight, and the list; by ascending dimensions.
    lists: Vec<(f32, Weights<'a>)>,
}

/// What is known of the records of a window: the sum of their products so far, and whether there was one.
struct Sums {
    sums: Vec<f32>,
    seen: [u64; WINDOW / WORD],
}

/// A list in a window: the query's weight, what a product can be at most, and the entries.
#[derive(Clone, Copy)]
struct Active<'a> {
    weight: f32,
    bound: f32,
    /// What a product can be at most, signs aside.
    magnitude: f32,
    window: Window<'a>,
}

impl<'a> Lists<'a> {
    /// Adds the list of a dimension above all before it.
    pub fn push(&mut self, weight: f32, list: Weights<'a>) {
        self.lists.push((weight, list));
    }

    pub fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    /// Offers the records of the chunk, those that `mask` allows, to `top`: their offset ids and distances.
    pub fn search(&self, chunk: u32, mask: Mask<'_>, top: &mut TopK) {
        let mut sums = Sums { sums: vec![0.0; WINDOW], seen: [0; WINDOW / WORD] };
        for window in 0..CHUNK / WINDOW {
            let active: Vec<Active<'_>> =
                self.lists.iter().filter_map(|list| active(*list, window)).collect();
            let first = chunk * CHUNK as u32 + (window * WINDOW) as u32;
            search_window(&active, first, mask, top, &mut sums);
        }
    }
}

fn active<'a>((weight, list): (f32, Weights<'a>), window: usize) -> Option<Active<'a>> {
    let window = list.window(window)?;
    let (a, b) = (weight * window.largest, weight * window.smallest);
    // Without an entry in the list the product is 0.
    Some(Active { weight, bound: a.max(b).max(0.0), magnitude: a.abs().max(b.abs()), window })
}

fn search_window(active: &[Active<'_>], first: u32, mask: Mask<'_>, top: &mut TopK, sums: &mut Sums) {
    let rounding = ROUNDING * (1.0 + active.iter().map(|list| list.magnitude).sum::<f32>());
    let total: f32 = active.iter().map(|list| list.bound).sum();
    if active.is_empty() || is_too_far(total, rounding, top) {
        return;
    }
    let (essential, skipped) = essential(active, rounding, top);
    for (list, _) in active.iter().zip(&essential).filter(|(_, is_essential)| **is_essential) {
        sums.add(*list);
    }
    let all = essential.iter().all(|is_essential| *is_essential);
    for word in 0..sums.seen.len() {
        let mut seen = std::mem::take(&mut sums.seen[word]);
        while seen != 0 {
            let place = word * WORD + seen.trailing_zeros() as usize;
            seen &= seen - 1;
            let sum = std::mem::take(&mut sums.sums[place]);
            let offset = first + place as u32;
            if is_too_far(sum + skipped, rounding, top) || !mask.allows(offset) {
                continue;
            }
            // In the order of dimensions, whichever lists were looked at first: the same sum to the bit.
            let sum = if all { sum } else { full_sum(active, (offset % CHUNK as u32) as u16) };
            top.push(offset, 1.0 - sum);
        }
    }
}

impl Sums {
    fn add(&mut self, list: Active<'_>) {
        for (low, weight) in list.window.entries() {
            let place = usize::from(low) % WINDOW;
            self.sums[place] += list.weight * weight;
            self.seen[place / WORD] |= 1 << (place % WORD);
        }
    }
}

fn full_sum(active: &[Active<'_>], low: u16) -> f32 {
    let weights = active.iter().filter_map(|list| Some(list.weight * list.window.weight(low)?));
    weights.fold(0.0, |sum, product| sum + product)
}

/// Which lists have to be walked, and what the products of the others sum up to at most: records in none of those that are
/// walked are too far.
fn essential(active: &[Active<'_>], rounding: f32, top: &TopK) -> (Vec<bool>, f32) {
    let mut essential = vec![true; active.len()];
    let mut skipped = 0.0;
    loop {
        let walked = active.iter().enumerate().filter(|(place, _)| essential[*place]);
        let Some((place, list)) = walked.min_by(|(_, a), (_, b)| a.bound.total_cmp(&b.bound)) else { break };
        if !is_too_far(skipped + list.bound, rounding, top) {
            break;
        }
        skipped += list.bound;
        essential[place] = false;
    }
    (essential, skipped)
}

/// Whether a record whose products sum up to `bound` at most cannot be among the nearest. No bound that is no number says so.
fn is_too_far(bound: f32, rounding: f32, top: &TopK) -> bool {
    1.0 - bound - rounding > top.threshold()
}
