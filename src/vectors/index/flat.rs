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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Space;
    use crate::index::top_k::Neighbour;
    use proptest::prelude::*;

    const DIMENSION: usize = 5;

    #[derive(Debug, Clone)]
    enum Allowed {
        All,
        Include(RoaringBitmap),
        Exclude(RoaringBitmap),
    }

    impl Allowed {
        fn mask(&self) -> Mask<'_> {
            match self {
                Allowed::All => Mask::All,
                Allowed::Include(ids) => Mask::Include(ids),
                Allowed::Exclude(ids) => Mask::Exclude(ids),
            }
        }
    }

    /// Ids of which few to all are in any block, some of them far from it.
    fn ids(max: u32) -> impl Strategy<Value = RoaringBitmap> {
        (0.0..1.0f64, prop::collection::vec((0.0..1.0f64, 0..max + 9), 0..300)).prop_map(|(share, draws)| {
            draws.into_iter().filter(|&(draw, _)| draw < share).map(|(_, id)| id).collect()
        })
    }

    fn allowed(max: u32) -> impl Strategy<Value = Allowed> {
        prop_oneof![
            1 => Just(Allowed::All),
            3 => ids(max).prop_map(Allowed::Include),
            3 => ids(max).prop_map(Allowed::Exclude),
        ]
    }

    /// Ascending or not, dense or sparse, with or without repetition.
    fn offset_ids() -> impl Strategy<Value = Vec<u32>> {
        (1u32..2_000, any::<bool>()).prop_flat_map(|(max, sorted)| {
            prop::collection::vec(0..max, 0..150).prop_map(move |mut ids| {
                if sorted {
                    ids.sort_unstable();
                }
                ids
            })
        })
    }

    /// Components of few values, so that ties are common.
    fn vector() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec((-2i8..3).prop_map(f32::from), DIMENSION)
    }

    fn naive(query: &Query, offset_ids: &[u32], matrix: &[f32], mask: Mask<'_>, k: usize) -> Vec<Neighbour> {
        let rows = offset_ids.iter().zip(matrix.chunks_exact(DIMENSION));
        let mut found: Vec<Neighbour> = rows
            .filter(|&(&offset_id, _)| mask.allows(offset_id))
            .map(|(&offset_id, row)| Neighbour { offset_id, distance: query.distance(row) })
            .collect();
        found.sort_by(|a, b| a.distance.total_cmp(&b.distance).then(a.offset_id.cmp(&b.offset_id)));
        found.truncate(k);
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn finds_what_comparing_every_row_finds(
            offset_ids in offset_ids(),
            components in prop::collection::vec((-2i8..3).prop_map(f32::from), 150 * DIMENSION),
            vectors in prop::collection::vec(vector(), 0..4),
            allowed in prop_oneof![allowed(100), allowed(2_000)],
            k in 0usize..20,
            space in prop::sample::select(vec![Space::L2, Space::Ip, Space::Cosine]),
        ) {
            let matrix = &components[..offset_ids.len() * DIMENSION];
            let queries: Vec<Query> = vectors.iter().map(|vector| Query::new(space, vector)).collect();
            let mut tops = vec![TopK::new(k); queries.len()];
            let mut scratch = Vec::new();
            scan_many(&queries, &offset_ids, matrix, allowed.mask(), &mut tops, &mut scratch);

            for (query, top) in queries.iter().zip(tops) {
                let expected = naive(query, &offset_ids, matrix, allowed.mask(), k);
                prop_assert_eq!(top.into_sorted(), expected.clone());
                let mut top = TopK::new(k);
                scan(query, &offset_ids, matrix, allowed.mask(), &mut top, &mut scratch);
                prop_assert_eq!(top.into_sorted(), expected);
            }
        }

        #[test]
        fn a_lower_bound_is_where_bisection_finds_it(
            mut ids in prop::collection::vec(0u32..300, 0..200),
            id in 0u32..310,
        ) {
            ids.sort_unstable();
            prop_assert_eq!(lower_bound(&ids, id), ids.partition_point(|&probe| probe < id));
        }
    }

    #[test]
    fn blocks_of_many_tiles_are_searched_whole() {
        let rows = 3 * SCAN_TILE_BYTES / (DIMENSION * size_of::<f32>()) + 1;
        let offset_ids: Vec<u32> = (0..rows as u32).collect();
        let matrix: Vec<f32> =
            offset_ids.iter().flat_map(|&id| [(rows as u32 - id) as f32; DIMENSION]).collect();
        let query = Query::new(Space::L2, &[0.0; DIMENSION]);
        let mut top = TopK::new(2);
        scan(&query, &offset_ids, &matrix, Mask::All, &mut top, &mut Vec::new());
        let found: Vec<u32> = top.into_sorted().iter().map(|found| found.offset_id).collect();
        assert_eq!(found, [rows as u32 - 1, rows as u32 - 2]);
    }

    #[test]
    fn results_add_up_over_blocks() {
        let query = Query::new(Space::L2, &[0.0]);
        let (mut top, mut scratch) = (TopK::new(2), Vec::new());
        scan(&query, &[4, 5], &[3.0, 1.0], Mask::All, &mut top, &mut scratch);
        scan(&query, &[1, 2], &[1.0, 2.0], Mask::All, &mut top, &mut scratch);
        let found: Vec<u32> = top.into_sorted().iter().map(|found| found.offset_id).collect();
        assert_eq!(found, [1, 5]);
    }

    #[test]
    #[should_panic(expected = "each offset id has its own row")]
    fn a_matrix_of_another_size_is_refused() {
        let query = Query::new(Space::L2, &[0.0, 0.0]);
        scan(&query, &[1], &[1.0], Mask::All, &mut TopK::new(1), &mut Vec::new());
    }
}
