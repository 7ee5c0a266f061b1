//! Which records lie together: heads of lists, and cells of heads.
//!
//! Heads are centers of a sample (k-means in levels, then rounds of Lloyd's algorithm over all of them). A record finds its head by way of the
//! cells that are nearest, as a query does later.

use chromatid_vectors::Space;
use chromatid_vectors::distance::Query;
use chromatid_vectors::index::spann::{Clustering, Sample, halve};

use super::corpus::Vectors;
use crate::center::Center;
use crate::codes::code_bytes;
use crate::limits::MAX_CELLS;

/// Bytes of the codes of a list's own records, about: larger lists are fewer requests, smaller ones fewer bytes.
const LIST_BYTES: usize = 10_000;

/// Heads beyond which lists grow instead: a query reads a good part of them.
const MOST_HEADS: usize = 3_000;

/// The fewest and the most records of a list, about.
const LIST_RECORDS: (usize, usize) = (32, 512);

/// How far the second head may be, as a multiple of the squared distance of the first, for a record to be in both lists: more than a
/// half more codes let a query do with half as many lists, and lists are requests.
const CLOSURE: f32 = 1.3;

/// Records that a head is found on. More move it by less than the lists differ in size.
const SAMPLE_PER_LIST: usize = 64;

/// Rounds of Lloyd's algorithm over the sample.
const ROUNDS: usize = 6;

/// Cells whose heads a record is compared with.
const NEAR_CELLS: usize = 8;

/// Bytes of a piece of the sample.
const PIECE_BYTES: usize = 1 << 20;

/// A list may have this many times what is wanted before it is cut in two.
const LARGEST: usize = 2;

/// A cell: its center as everybody will read it, and the lists under it.
pub struct CellPlan {
    pub center: Center,
    pub lists: Vec<ListPlan>,
}

/// A list: its center and its records, in the order in which they are written.
pub struct ListPlan {
    pub center: Vec<f32>,
    pub records: Vec<u32>,
    /// Records of other lists that are nearly as near.
    pub others: Vec<u32>,
}

/// Divides all records into lists, and these into cells; what is near each other is so in the order of both.
pub fn divide(vectors: &Vectors<'_>) -> Vec<CellPlan> {
    let dimension = vectors.frame.dimension();
    let all = vectors.corpus.len() as usize;
    if all == 0 {
        return Vec::new();
    }
    let list_records = list_records(all, dimension);
    let wanted = all.div_ceil(list_records);
    let sampled = all.min(wanted * SAMPLE_PER_LIST);
    let mut sample = Sample::new(dimension, PIECE_BYTES);
    for i in 0..sampled {
        sample.push(&vectors.turned((i * all / sampled) as u32));
    }
    let mut heads = centers(&sample, sampled.div_ceil(wanted));
    for _ in 0..ROUNDS {
        let groups = Groups::new(&heads, dimension);
        let mut means = Means::new(heads.len() / dimension, dimension);
        for row in 0..sampled as u32 {
            let vector = sample.row(row);
            means.add(groups.nearest(vector)[0].head, vector);
        }
        heads = means.centers(&groups.heads);
    }
    drop(sample);
    assign(vectors, Groups::new(&heads, dimension), list_records)
}

/// How many records a list has, about, of so many in all.
fn list_records(all: usize, dimension: usize) -> usize {
    let wanted = (LIST_BYTES / code_bytes(dimension)).max(all / MOST_HEADS);
    wanted.clamp(LIST_RECORDS.0, LIST_RECORDS.1)
}

/// Divides some records into lists in cells that there are already.
pub fn divide_into(vectors: &Vectors<'_>, records: &[u32], centers: &[Center]) -> Vec<CellPlan> {
    let dimension = vectors.frame.dimension();
    let matrix: Vec<f32> = centers.iter().flat_map(Center::vector).collect();
    let mut members = vec![Members::default(); centers.len()];
    let mut distances = Vec::new();
    for record in records {
        members[nearest(&vectors.turned(*record), &matrix, &mut distances)].own.push(*record);
    }
    let wanted = list_records(records.len(), dimension);
    let cells = members.into_iter().zip(centers);
    cells
        .map(|(members, center)| CellPlan { center: center.clone(), lists: cut(vectors, members, wanted) })
        .collect()
}

fn centers(sample: &Sample, target: usize) -> Vec<f32> {
    let mut clustering = Clustering::new(sample, target);
    while clustering.step() {}
    clustering.into_centers()
}

/// Heads by cells.
struct Groups {
    dimension: usize,
    centers: Vec<Center>,
    /// The centers' vectors.
    matrix: Vec<f32>,
    /// All heads, those of a cell together.
    heads: Vec<f32>,
    /// Where the heads of each cell begin, and the end.
    starts: Vec<usize>,
}

impl Groups {
    fn new(heads: &[f32], dimension: usize) -> Self {
        let count = heads.len() / dimension;
        let row = |head: usize| &heads[head * dimension..][..dimension];
        let mut sample = Sample::new(dimension, PIECE_BYTES);
        (0..count).for_each(|head| sample.push(row(head)));
        let target = count.isqrt().max(count.div_ceil(MAX_CELLS / 2));
        let found = centers(&sample, target);
        let found = ordered(&found, dimension);
        let mut members = vec![Vec::new(); found.len() / dimension];
        let mut distances = Vec::new();
        for head in 0..count {
            members[nearest(row(head), &found, &mut distances)].push(head);
        }
        let (centers, matrix, heads) = (Vec::new(), Vec::new(), Vec::new());
        let mut groups = Self { dimension, centers, matrix, heads, starts: vec![0] };
        for (cell, members) in members.iter().enumerate().filter(|(_, members)| !members.is_empty()) {
            let center = Center::new(&found[cell * dimension..][..dimension]);
            groups.matrix.extend(center.vector());
            groups.centers.push(center);
            let rows: Vec<f32> = members.iter().flat_map(|head| row(*head).iter().copied()).collect();
            groups.heads.extend(ordered(&rows, dimension));
            groups.starts.push(groups.heads.len() / dimension);
        }
        groups
    }

    /// The two heads that are nearest to a vector, of those in the nearest cells; twice the same if there is one.
    fn nearest(&self, vector: &[f32]) -> [Near; 2] {
        let query = Query::new(Space::L2, vector);
        let mut distances = Vec::new();
        query.distances(&self.matrix, &mut distances);
        let mut cells: Vec<usize> = (0..distances.len()).collect();
        let near = NEAR_CELLS.min(cells.len());
        if near < cells.len() {
            cells.select_nth_unstable_by(near, |a, b| distances[*a].total_cmp(&distances[*b]));
        }
        let [mut first, mut second] = [Near { distance: f32::INFINITY, head: 0 }; 2];
        for cell in &cells[..near] {
            let (start, end) = (self.starts[*cell], self.starts[cell + 1]);
            query.distances(&self.heads[start * self.dimension..end * self.dimension], &mut distances);
            for (head, distance) in (start..end).zip(&distances) {
                let this = Near { distance: *distance, head };
                if this.is_before(&first) {
                    (first, second) = (this, first);
                } else if this.is_before(&second) {
                    second = this;
                }
            }
        }
        [first, second]
    }
}

/// A head that is near a vector.
#[derive(Debug, Clone, Copy)]
struct Near {
    distance: f32,
    head: usize,
}

impl Near {
    /// The order in which cells are looked into does not matter.
    fn is_before(&self, other: &Self) -> bool {
        self.distance.total_cmp(&other.distance).then(self.head.cmp(&other.head)).is_lt()
    }
}

/// Means of what was assigned to each head.
struct Means {
    dimension: usize,
    sums: Vec<f64>,
    counts: Vec<u32>,
}

impl Means {
    fn new(heads: usize, dimension: usize) -> Self {
        Self { dimension, sums: vec![0.0; heads * dimension], counts: vec![0; heads] }
    }

    fn add(&mut self, head: usize, vector: &[f32]) {
        self.counts[head] += 1;
        let sums = &mut self.sums[head * self.dimension..][..self.dimension];
        sums.iter_mut().zip(vector).for_each(|(sum, x)| *sum += f64::from(*x));
    }

    /// The means; a head without any vector stays where it was.
    fn centers(&self, heads: &[f32]) -> Vec<f32> {
        let mean = |(at, sum): (usize, &f64)| match self.counts[at / self.dimension] {
            0 => heads[at],
            count => (sum / f64::from(count)) as f32,
        };
        self.sums.iter().enumerate().map(mean).collect()
    }
}

/// Gives every record its list, and those that lie between two their second one.
fn assign(vectors: &Vectors<'_>, groups: Groups, wanted: usize) -> Vec<CellPlan> {
    let dimension = groups.dimension;
    let mut members = vec![Members::default(); groups.heads.len() / dimension];
    for record in 0..vectors.corpus.len() {
        let [first, second] = groups.nearest(&vectors.turned(record));
        members[first.head].own.push(record);
        if second.distance <= first.distance * CLOSURE && second.head != first.head {
            members[second.head].others.push(record);
        }
    }
    let cells = groups.starts.windows(2).zip(groups.centers);
    let cells = cells.map(|(bounds, center)| {
        let lists = members[bounds[0]..bounds[1]].iter_mut().map(std::mem::take);
        let lists = lists.flat_map(|members| cut(vectors, members, wanted)).collect();
        CellPlan { center, lists }
    });
    cells.collect()
}

#[derive(Debug, Clone, Default)]
struct Members {
    own: Vec<u32>,
    others: Vec<u32>,
}

/// A list of these, or several if there are too many; none without any of its own.
fn cut(vectors: &Vectors<'_>, mut members: Members, wanted: usize) -> Vec<ListPlan> {
    if members.own.is_empty() {
        return Vec::new();
    }
    let dimension = vectors.frame.dimension();
    let rows: Vec<f32> = members.own.iter().flat_map(|record| vectors.turned(*record)).collect();
    if members.own.len() > LARGEST * wanted {
        let halves = halve(&rows, dimension, members.own.len() / 4);
        let mut parts = [Members::default(), Members::default()];
        for (record, second) in members.own.into_iter().zip(halves.second) {
            parts[usize::from(second)].own.push(record);
        }
        let centers = halves.centers.concat();
        let mut distances = Vec::new();
        for record in members.others {
            parts[nearest(&vectors.turned(record), &centers, &mut distances)].others.push(record);
        }
        return parts.into_iter().flat_map(|part| cut(vectors, part, wanted)).collect();
    }
    let mut means = Means::new(1, dimension);
    rows.chunks_exact(dimension).for_each(|row| means.add(0, row));
    let center = means.centers(&vec![0.0; dimension]);
    let records = tour(&rows, dimension).into_iter().map(|at| members.own[at]).collect();
    members.others.truncate(LARGEST * wanted);
    vec![ListPlan { center, records, others: members.others }]
}

fn nearest(vector: &[f32], rows: &[f32], distances: &mut Vec<f32>) -> usize {
    Query::new(Space::L2, vector).distances(rows, distances);
    (0..distances.len()).min_by(|a, b| distances[*a].total_cmp(&distances[*b])).unwrap_or(0)
}

/// Rows in the order of [`tour`].
fn ordered(rows: &[f32], dimension: usize) -> Vec<f32> {
    tour(rows, dimension).into_iter().flat_map(|at| rows[at * dimension..][..dimension].to_vec()).collect()
}

/// An order in which each row is followed by the nearest of those that are left: neighbours lie near each other in a file.
pub fn tour(rows: &[f32], dimension: usize) -> Vec<usize> {
    let count = rows.len() / dimension;
    let mut rest: Vec<usize> = (1..count).collect();
    let mut order = Vec::with_capacity(count);
    order.extend((count > 0).then_some(0));
    let mut matrix = rows.get(dimension..).unwrap_or_default().to_vec();
    let mut distances = Vec::new();
    while let Some(last) = order.last().filter(|_| !rest.is_empty()) {
        let at = nearest(&rows[last * dimension..][..dimension], &matrix, &mut distances);
        order.push(rest.swap_remove(at));
        let end = matrix.len() - dimension;
        matrix.copy_within(end.., at * dimension);
        matrix.truncate(end);
    }
    order
}
