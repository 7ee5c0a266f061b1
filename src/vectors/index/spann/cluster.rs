//! Finding centers: k-means in levels, in small steps.
//!
//! A group of vectors is cut into at most [`BRANCHES`] by Lloyd's algorithm, and each part again until its size
//! is near the target. So the work grows with n·log n, and centers that are near each other come out near each
//! other, which keeps lists that are wanted together in the same blocks.

use crate::Space;
use crate::distance::Query;

/// Parts that a group is cut into, at most.
const BRANCHES: usize = 16;

/// Rounds of Lloyd's algorithm. More move centers by less than the noise of a sample.
const ROUNDS: usize = 12;

/// Vectors of a group that its centers are found on, at most.
const TRAINING: usize = 8_192;

/// Vectors that are compared with the centers in a step: with 384 components a millisecond's work.
const COMPARED: usize = 1_024;

/// A group may be this much larger than the target before it is cut, as a fraction of four.
const TOLERANCE: usize = 5;

/// Vectors to find centers on, in pieces: a heap that has been in use has room for many pieces where it has none for the whole.
#[derive(Debug)]
pub struct Sample {
    dimension: usize,
    /// Of a piece.
    rows: usize,
    pieces: Vec<Vec<f32>>,
    len: usize,
}

impl Sample {
    /// With pieces of about so many bytes.
    pub fn new(dimension: usize, piece_bytes: usize) -> Self {
        let rows = (piece_bytes / size_of::<f32>()).checked_div(dimension).unwrap_or(0).max(1);
        Self { dimension, rows, pieces: Vec::new(), len: 0 }
    }

    /// Adds a vector, which is finite.
    pub fn push(&mut self, vector: &[f32]) {
        if self.len.is_multiple_of(self.rows) {
            self.pieces.push(Vec::with_capacity(self.rows * self.dimension));
        }
        if let Some(piece) = self.pieces.last_mut() {
            piece.extend_from_slice(vector);
            self.len += 1;
        }
    }

    /// The number of vectors.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The vector that was added after `row` others.
    ///
    /// # Panics
    /// If there are no more than `row` vectors.
    pub fn row(&self, row: u32) -> &[f32] {
        let row = row as usize;
        &self.pieces[row / self.rows][row % self.rows * self.dimension..][..self.dimension]
    }
}

/// A clustering under way. The vectors are those of a sample; each center stands for about `target` of them.
#[derive(Debug)]
pub struct Clustering<'a> {
    sample: &'a Sample,
    dimension: usize,
    target: usize,
    /// Groups to be cut, the next one last.
    groups: Vec<Vec<u32>>,
    cut: Option<Cut>,
    centers: Vec<f32>,
}

/// One group being cut.
#[derive(Debug)]
struct Cut {
    group: Vec<u32>,
    centers: Vec<f32>,
    /// Members that the centers are found on.
    training: Vec<u32>,
    /// The nearest center of as many of them as this round has come to.
    nearest: Vec<usize>,
    rounds_left: usize,
    parts: Vec<Vec<u32>>,
    /// Members that have their part.
    assigned: usize,
}

impl<'a> Clustering<'a> {
    /// Of all vectors of a sample.
    pub fn new(sample: &'a Sample, target: usize) -> Self {
        Self {
            sample,
            dimension: sample.dimension,
            target: target.max(1),
            groups: vec![(0..sample.len as u32).collect()],
            cut: None,
            centers: Vec::new(),
        }
    }

    /// Works for a millisecond or two; false when everything is done.
    pub fn step(&mut self) -> bool {
        match self.cut.take() {
            Some(cut) => self.go_on(cut),
            None => match self.groups.pop() {
                Some(group) => self.start(group),
                None => return false,
            },
        }
        true
    }

    /// The centers, row-major.
    pub fn into_centers(self) -> Vec<f32> {
        self.centers
    }

    fn row(&self, row: u32) -> &'a [f32] {
        self.sample.row(row)
    }

    fn start(&mut self, group: Vec<u32>) {
        if group.len() * 4 <= self.target * TOLERANCE {
            if !group.is_empty() {
                let center = self.mean(&group);
                self.centers.extend(center);
            }
            return;
        }
        let branches = group.len().div_ceil(self.target).clamp(2, BRANCHES);
        // Members evenly spread over the group, whose order does not depend on where they lie.
        let seeds = (0..branches).map(|branch| group[branch * group.len() / branches]);
        let centers = seeds.flat_map(|seed| self.row(seed).iter().copied()).collect();
        let parts = vec![Vec::new(); branches];
        let training = group.iter().copied().step_by(group.len().div_ceil(TRAINING)).collect();
        let nearest = Vec::new();
        self.cut = Some(Cut { group, centers, training, nearest, rounds_left: ROUNDS, parts, assigned: 0 });
    }

    fn go_on(&mut self, mut cut: Cut) {
        if cut.rounds_left > 0 {
            let end = cut.training.len().min(cut.nearest.len() + COMPARED);
            let members = &cut.training[cut.nearest.len()..end];
            cut.nearest.extend(self.nearest(members, &cut.centers));
            if end == cut.training.len() {
                self.move_centers(&cut.training, &cut.nearest, &mut cut.centers);
                cut.nearest.clear();
                cut.rounds_left -= 1;
            }
        } else {
            let end = cut.group.len().min(cut.assigned + COMPARED);
            let members = &cut.group[cut.assigned..end];
            for (member, center) in members.iter().zip(self.nearest(members, &cut.centers)) {
                cut.parts[center].push(*member);
            }
            cut.assigned = end;
            if end == cut.group.len() {
                return self.finish(cut);
            }
        }
        self.cut = Some(cut);
    }

    fn finish(&mut self, cut: Cut) {
        let all = cut.group.len();
        let parts = cut.parts.into_iter().filter(|part| !part.is_empty());
        let parts: Vec<Vec<u32>> = parts.collect();
        if parts.iter().any(|part| part.len() == all) {
            // Copies of one vector: nothing tells them apart, so the order does.
            let halves = cut.group.chunks(all.div_ceil(2)).map(<[u32]>::to_vec);
            self.groups.extend(halves);
        } else {
            self.groups.extend(parts);
        }
    }

    /// The nearest of the centers for each member.
    fn nearest(&self, members: &[u32], centers: &[f32]) -> Vec<usize> {
        let mut distances = Vec::new();
        let nearest = |member: &u32| {
            Query::new(Space::L2, self.row(*member)).distances(centers, &mut distances);
            let by_distance = |a: &usize, b: &usize| distances[*a].total_cmp(&distances[*b]);
            (0..distances.len()).min_by(by_distance).unwrap_or(0)
        };
        members.iter().map(nearest).collect()
    }

    /// Moves each center to the mean of its members. One without any takes the place of a member of the largest.
    fn move_centers(&self, members: &[u32], nearest: &[usize], centers: &mut [f32]) {
        let count = centers.len() / self.dimension;
        let mut groups = vec![Vec::new(); count];
        members.iter().zip(nearest).for_each(|(member, center)| groups[*center].push(*member));
        let largest = (0..count).max_by_key(|center| groups[*center].len()).unwrap_or(0);
        for (number, center) in centers.chunks_exact_mut(self.dimension).enumerate() {
            match groups[number].is_empty() {
                false => center.copy_from_slice(&self.mean(&groups[number])),
                true => {
                    let of_largest = &groups[largest];
                    center.copy_from_slice(self.row(of_largest[number * 7 % of_largest.len()]));
                }
            }
        }
    }

    fn mean(&self, rows: &[u32]) -> Vec<f32> {
        mean_of(rows.iter().map(|row| self.row(*row)), self.dimension)
    }
}

/// Rounds in which two halves settle.
const HALVING_ROUNDS: usize = 16;

/// Two halves of a list that has grown too large.
#[derive(Debug, Clone, PartialEq)]
pub struct Halves {
    pub centers: [Vec<f32>; 2],
    /// For each vector, whether it belongs to the second half.
    pub second: Vec<bool>,
}

/// Cuts the rows of `vectors`, two at least, in two by balanced 2-means (spec: storage-architecture 7.2 and 7.3).
/// Neither half has fewer than `least` rows, or half of them all.
pub fn halve(vectors: &[f32], dimension: usize, least: usize) -> Halves {
    let rows = vectors.len() / dimension;
    let (mut to_first, mut to_second) = (Vec::new(), Vec::new());
    let row = |row: usize| &vectors[row * dimension..][..dimension];
    let distances =
        |center: &[f32], out: &mut Vec<f32>| Query::new(Space::L2, center).distances(vectors, out);
    // Two vectors that are far from each other.
    distances(row(0), &mut to_first);
    let first = farthest(&to_first);
    distances(row(first), &mut to_second);
    let mut centers = [row(first).to_vec(), row(farthest(&to_second)).to_vec()];
    let mut second = Vec::new();
    for _ in 0..HALVING_ROUNDS {
        distances(&centers[0], &mut to_first);
        distances(&centers[1], &mut to_second);
        let sides = balanced(&to_first, &to_second, least.min(rows / 2));
        if sides == second {
            break;
        }
        second = sides;
        for (side, center) in centers.iter_mut().enumerate() {
            let members = (0..rows).filter(|row| usize::from(second[*row]) == side);
            *center = mean_of(members.map(row), dimension);
        }
    }
    Halves { centers, second }
}

fn farthest(distances: &[f32]) -> usize {
    (0..distances.len()).max_by(|a, b| distances[*a].total_cmp(&distances[*b])).unwrap_or(0)
}

/// Which rows are nearer to the second center; those that are least so change sides until each has `least`.
fn balanced(to_first: &[f32], to_second: &[f32], least: usize) -> Vec<bool> {
    let leaning = |row: usize| to_first[row] - to_second[row];
    let mut rows: Vec<usize> = (0..to_first.len()).collect();
    rows.sort_by(|a, b| leaning(*a).total_cmp(&leaning(*b)));
    let cut = rows.partition_point(|row| leaning(*row) <= 0.0).clamp(least, rows.len() - least);
    let mut second = vec![false; rows.len()];
    rows[cut..].iter().for_each(|row| second[*row] = true);
    second
}

fn mean_of<'a>(rows: impl Iterator<Item = &'a [f32]>, dimension: usize) -> Vec<f32> {
    let mut sum = vec![0.0_f64; dimension];
    let mut count = 0;
    for row in rows {
        sum.iter_mut().zip(row).for_each(|(sum, component)| *sum += f64::from(*component));
        count += 1;
    }
    sum.into_iter().map(|sum| (sum / f64::from(count.max(1))) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn centers(vectors: &[f32], dimension: usize, target: usize) -> Vec<Vec<f32>> {
        let mut sample = Sample::new(dimension, 1 << 10);
        vectors.chunks(dimension).for_each(|vector| sample.push(vector));
        let mut clustering = Clustering::new(&sample, target);
        while clustering.step() {}
        clustering.into_centers().chunks(dimension).map(<[f32]>::to_vec).collect()
    }

    #[test]
    fn separate_clusters_are_told_apart() {
        let vectors: Vec<f32> =
            (0..400).flat_map(|i| [(i % 4) as f32 * 100.0, (i / 4 % 10) as f32]).collect();
        let mut centers = centers(&vectors, 2, 100);
        centers.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let expected = [[0.0, 4.5], [100.0, 4.5], [200.0, 4.5], [300.0, 4.5]];
        assert_eq!(centers, expected.map(|center| center.to_vec()));
    }

    #[test]
    fn copies_of_one_vector_are_divided_too() {
        let centers = centers(&[1.0; 3 * 1_000], 3, 100);
        assert!((8..=16).contains(&centers.len()), "{}", centers.len());
    }

    #[test]
    fn two_clusters_are_halved_between_them() {
        let vectors: Vec<f32> =
            (0..60).flat_map(|i| [if i < 20 { 0.0 } else { 9.0 }, (i % 5) as f32]).collect();
        let halves = halve(&vectors, 2, 15);
        let first = halves.second[0];
        assert!((0..60).all(|row| (halves.second[row] == first) == (row < 20)));
        assert_eq!(halves.centers[usize::from(first)], [0.0, 2.0]);
        assert_eq!(halves.centers[usize::from(!first)], [9.0, 2.0]);
    }

    proptest! {
        #[test]
        fn neither_half_is_less_than_a_quarter(vectors in proptest::collection::vec(-1.0_f32..1.0, 4..400)) {
            let vectors = &vectors[..vectors.len() / 2 * 2];
            let halves = halve(vectors, 2, vectors.len() / 8);
            let second = halves.second.iter().filter(|second| **second).count();
            let rows = vectors.len() / 2;
            prop_assert!(halves.second.len() == rows && second >= rows / 4 && rows - second >= rows / 4);
        }

        #[test]
        fn every_vector_is_near_some_center(
            vectors in proptest::collection::vec(-1.0_f32..1.0, 2..2_000),
            target in 1_usize..50,
        ) {
            let vectors = &vectors[..vectors.len() / 2 * 2];
            let centers = centers(vectors, 2, target);
            let rows = vectors.len() / 2;
            prop_assert!(!centers.is_empty() && centers.len() <= rows);
            prop_assert!(centers.len() * target * 2 >= rows, "{} centers of {rows}", centers.len());
            prop_assert!(centers.iter().flatten().all(|component| component.abs() <= 1.0));
        }
    }
}
