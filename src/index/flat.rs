//! Exact search by comparing a query with every allowed row.

use crate::distance::Query;
use crate::index::top_k::TopK;
use crate::limits::SCAN_TILE_BYTES;
use roaring::RoaringBitmap;

/// Which offset ids a search may return.
#[derive(Debug, Clone, Copy)]
pub enum Mask<'a> {
    /// Every one.
    All,
    /// Only these.
    Include(&'a RoaringBitmap),
    /// All but these.
    Exclude(&'a RoaringBitmap),
}

impl Mask<'_> {
    /// Whether `offset_id` may be returned.
    pub fn allows(&self, offset_id: u32) -> bool {
        match self {
            Mask::All => true,
            Mask::Include(ids) => ids.contains(offset_id),
            Mask::Exclude(ids) => !ids.contains(offset_id),
        }
    }
}

/// Offers every allowed row of a block to `top`: row `i` of `matrix` (row-major, `offset_ids.len() ×
/// query.dimension()`) belongs to `offset_ids[i]`. Blocks with ascending offset ids are masked
/// fastest. `scratch` holds distances between calls for its capacity only.
///
/// # Panics
/// If `matrix` does not have one row for each offset id.
pub fn scan(
    query: &Query,
    offset_ids: &[u32],
    matrix: &[f32],
    mask: Mask<'_>,
    top: &mut TopK,
    scratch: &mut Vec<f32>,
) {
    let one = std::slice::from_mut(top);
    scan_many(std::slice::from_ref(query), offset_ids, matrix, mask, one, scratch);
}

/// As [`scan`] for several queries of one dimension, `tops[i]` for `queries[i]`, in one pass over the
/// block: each part of it is compared with all queries while it is in the processor's cache.
///
/// # Panics
/// If `matrix` does not have one row for each offset id, the queries differ in dimension or are not
/// as many as `tops`.
pub fn scan_many(
    queries: &[Query],
    offset_ids: &[u32],
    matrix: &[f32],
    mask: Mask<'_>,
    tops: &mut [TopK],
    scratch: &mut Vec<f32>,
) {
    assert_eq!(queries.len(), tops.len(), "each query has its own result");
    let Some(dimension) = queries.first().map(Query::dimension) else { return };
    assert_eq!(offset_ids.len() * dimension, matrix.len(), "each offset id has its own row");

    let block = Block { offset_ids, matrix, dimension };
    match block.selection(mask) {
        Selection::Nothing => {}
        Selection::Few => block.for_each_allowed(mask, |offset_id, row| {
            for (query, top) in queries.iter().zip(&mut *tops) {
                top.push(offset_id, query.distance(row));
            }
        }),
        Selection::Most => block.scan_all(queries, mask, tops, scratch),
    }
}

/// How much of a block a mask lets through.
enum Selection {
    Nothing,
    Few,
    Most,
}

/// Rows that lie together: as many offset ids as rows of `dimension` components.
struct Block<'a> {
    offset_ids: &'a [u32],
    matrix: &'a [f32],
    dimension: usize,
}

impl Block<'_> {
    /// Judges by the number of masked ids in the range of the block's, which costs a few steps per
    /// 65,536 ids and no look at a row.
    fn selection(&self, mask: Mask<'_>) -> Selection {
        let (Some(&first), Some(&last)) = (self.offset_ids.iter().min(), self.offset_ids.iter().max()) else {
            return Selection::Nothing;
        };
        let rows = self.offset_ids.len() as u64;
        let allowed = match mask {
            Mask::All => rows,
            Mask::Include(ids) => ids.range_cardinality(first..=last),
            Mask::Exclude(ids) => rows.saturating_sub(ids.range_cardinality(first..=last)).max(1),
        };
        match allowed {
            0 => Selection::Nothing,
            _ if allowed.saturating_mul(2) < rows => Selection::Few,
            _ => Selection::Most,
        }
    }

    /// Calls `visit` with each row that `mask` allows and its offset id, in row order.
    fn for_each_allowed(&self, mask: Mask<'_>, mut visit: impl FnMut(u32, &[f32])) {
        let mut visit = |row: usize| {
            visit(self.offset_ids[row], &self.matrix[row * self.dimension..][..self.dimension]);
        };
        match (mask, self.offset_ids) {
            (Mask::Include(ids), &[first, .., last]) if self.offset_ids.is_sorted() => {
                let mut start = 0;
                for id in ids.range(first..=last) {
                    start += lower_bound(&self.offset_ids[start..], id);
                    // Ids may repeat: every row of one is visited.
                    while self.offset_ids.get(start) == Some(&id) {
                        visit(start);
                        start += 1;
                    }
                }
            }
            _ => (0..self.offset_ids.len()).filter(|&row| mask.allows(self.offset_ids[row])).for_each(visit),
        }
    }

    /// Computes every row, a tile that stays in the cache at a time, and asks the mask about those only
    /// that are near enough to matter.
    fn scan_all(&self, queries: &[Query], mask: Mask<'_>, tops: &mut [TopK], scratch: &mut Vec<f32>) {
        let row_bytes = (self.dimension * size_of::<f32>()).max(1);
        let tile_rows = (SCAN_TILE_BYTES / row_bytes).max(1);
        let tile_components = (tile_rows * self.dimension).max(1);
        let tiles = self.offset_ids.chunks(tile_rows).zip(self.matrix.chunks(tile_components));
        for (offset_ids, rows) in tiles {
            for (query, top) in queries.iter().zip(&mut *tops) {
                query.distances(rows, scratch);
                let mut threshold = top.threshold();
                for (&offset_id, &distance) in offset_ids.iter().zip(&*scratch) {
                    let too_far = distance > threshold;
                    if !too_far && mask.allows(offset_id) {
                        top.push(offset_id, distance);
                        threshold = top.threshold();
                    }
                }
            }
        }
    }
}

/// The first index whose id is not below `id`, in ascending `ids`: doubling steps, then bisection
/// within the last, so that a near answer is cheap.
fn lower_bound(ids: &[u32], id: u32) -> usize {
    let mut step = 1;
    while ids.get(step).is_some_and(|&probe| probe < id) {
        step *= 2;
    }
    let low = step / 2;
    let high = ids.len().min(step + 1);
    low + ids[low..high].partition_point(|&probe| probe < id)
}
