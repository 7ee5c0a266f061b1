//! The links of all nodes on all levels, in flat memory, and which chunks of slots have changed.

use super::codec::CHUNK_SLOTS;

/// No node, no row.
pub(super) const NONE: u32 = u32::MAX;

/// Highest level of a node. With the smallest base, two, one node in 2³¹ would be above.
pub(super) const MAX_LEVEL: u8 = 31;

/// The level of a free slot.
const FREE: u8 = u8::MAX;

/// Rows of links. A row is filled from its start and ends at its first [`NONE`] or with its place.
#[derive(Debug, Clone)]
pub(super) struct Links {
    /// Places of a row on an upper level (`M`); one of level 0 has twice as many.
    max_neighbors: usize,
    /// Level 0: `2 M` places a slot.
    ground: Vec<u32>,
    /// Levels of the nodes, [`FREE`] for free slots.
    levels: Vec<u8>,
    /// The row on level 1 of each slot, [`NONE`] if it has none.
    first_upper: Vec<u32>,
    /// Rows of upper levels: the number of the node's row on the next level, then `M` places.
    upper: Vec<u32>,
    /// Rows of `upper` that can be used again.
    free_rows: Vec<u32>,
    nodes: usize,
    /// A bit for each chunk of slots that changed.
    dirty: Vec<u64>,
}

impl Links {
    pub(super) fn new(max_neighbors: usize) -> Self {
        Self {
            max_neighbors,
            ground: Vec::new(),
            levels: Vec::new(),
            first_upper: Vec::new(),
            upper: Vec::new(),
            free_rows: Vec::new(),
            nodes: 0,
            dirty: Vec::new(),
        }
    }

    pub(super) fn nodes(&self) -> usize {
        self.nodes
    }

    pub(super) fn slots(&self) -> usize {
        self.levels.len()
    }

    pub(super) fn bytes(&self) -> usize {
        let words = self.ground.capacity() + self.first_upper.capacity() + self.upper.capacity();
        (words + self.free_rows.capacity()) * size_of::<u32>() + self.levels.capacity()
    }

    /// Places of a row.
    pub(super) fn capacity(&self, level: u8) -> usize {
        if level == 0 { 2 * self.max_neighbors } else { self.max_neighbors }
    }

    /// The level of a node, `None` for a free slot.
    pub(super) fn level(&self, node: u32) -> Option<u8> {
        self.levels.get(node as usize).copied().filter(|&level| level != FREE)
    }

    /// A node of the highest level there is.
    pub(super) fn highest(&self) -> Option<u32> {
        let used = self.levels.iter().enumerate().filter(|&(_, &level)| level != FREE);
        used.max_by_key(|&(_, &level)| level).map(|(slot, _)| slot as u32)
    }

    /// The row of a node, with the [`NONE`]s after its links. Empty if the node is not on that level.
    pub(super) fn row(&self, level: u8, node: u32) -> &[u32] {
        self.place(level, node).map_or(&[], |(upper, start)| {
            let rows = if upper { &self.upper } else { &self.ground };
            &rows[start..start + self.capacity(level)]
        })
    }

    fn row_mut(&mut self, level: u8, node: u32) -> &mut [u32] {
        let capacity = self.capacity(level);
        match self.place(level, node) {
            Some((true, start)) => &mut self.upper[start..start + capacity],
            Some((false, start)) => &mut self.ground[start..start + capacity],
            None => &mut [],
        }
    }

    /// Whether a row is in `upper`, and where it starts there or in `ground`. `None` if the node is not on
    /// that level.
    #[inline(always)]
    fn place(&self, level: u8, node: u32) -> Option<(bool, usize)> {
        if level == 0 {
            let start = node as usize * self.capacity(0);
            return (start < self.ground.len()).then_some((false, start));
        }
        let mut row = self.upper_row(*self.first_upper.get(node as usize)?)?;
        for _ in 1..level {
            row = self.upper_row(self.upper[row])?;
        }
        Some((true, row + 1))
    }

    /// Where a row of `upper` starts: with the number of the row above it.
    #[inline(always)]
    fn upper_row(&self, row: u32) -> Option<usize> {
        (row != NONE).then(|| row as usize * (self.max_neighbors + 1))
    }

    /// The links of a node on a level.
    pub(super) fn neighbors(&self, level: u8, node: u32) -> &[u32] {
        let row = self.row(level, node);
        let end = row.iter().position(|&link| link == NONE).unwrap_or(row.len());
        &row[..end]
    }

    /// Whether a row has a free place.
    pub(super) fn has_room(&self, level: u8, node: u32) -> bool {
        self.row(level, node).last() == Some(&NONE)
    }

    /// Whether two nodes are linked.
    pub(super) fn linked(&self, level: u8, a: u32, b: u32) -> bool {
        self.row(level, a).contains(&b)
    }

    /// Links two nodes that both have room and are not linked yet.
    pub(super) fn link(&mut self, level: u8, a: u32, b: u32) {
        self.push(level, a, b);
        self.push(level, b, a);
    }

    /// Takes the link between two nodes away.
    pub(super) fn unlink(&mut self, level: u8, a: u32, b: u32) {
        self.take(level, a, b);
        self.take(level, b, a);
    }

    /// Adds a link to one row, if it has room.
    pub(super) fn push(&mut self, level: u8, node: u32, link: u32) {
        if let Some(place) = self.row_mut(level, node).iter_mut().find(|place| **place == NONE) {
            *place = link;
            self.touch(node);
        }
    }

    /// Takes a link out of one row.
    pub(super) fn take(&mut self, level: u8, node: u32, link: u32) {
        let row = self.row_mut(level, node);
        let Some(at) = row.iter().position(|&other| other == link) else { return };
        let end = row.iter().position(|&other| other == NONE).unwrap_or(row.len());
        row[at] = row[end - 1];
        row[end - 1] = NONE;
        self.touch(node);
    }

    /// Makes room for slots up to `slots`.
    pub(super) fn grow(&mut self, slots: usize) {
        if slots > self.slots() {
            if slots > self.levels.capacity() {
                // A quarter at a time: doubling would waste up to half of the memory.
                let more = (slots - self.slots()).max(self.slots() / 4);
                self.levels.reserve_exact(more);
                self.first_upper.reserve_exact(more);
                self.ground.reserve_exact(more * self.capacity(0));
            }
            let first_chunk = self.slots() / CHUNK_SLOTS;
            self.levels.resize(slots, FREE);
            self.first_upper.resize(slots, NONE);
            self.ground.resize(slots * self.capacity(0), NONE);
            self.dirty.resize(slots.div_ceil(CHUNK_SLOTS).div_ceil(64), 0);
            (first_chunk..slots.div_ceil(CHUNK_SLOTS)).for_each(|chunk| self.mark(chunk));
        }
    }

    /// Gives a free slot a level and empty rows.
    pub(super) fn add(&mut self, node: u32, level: u8) {
        self.grow(node as usize + 1);
        self.levels[node as usize] = level;
        let mut above = NONE;
        for _ in 0..level {
            above = self.new_row(above);
        }
        self.first_upper[node as usize] = above;
        self.nodes += 1;
        self.touch(node);
    }

    /// An empty row of an upper level, below the row `above`.
    fn new_row(&mut self, above: u32) -> u32 {
        let stride = self.max_neighbors + 1;
        let row = self.free_rows.pop().unwrap_or_else(|| {
            let row = (self.upper.len() / stride) as u32;
            self.upper.resize(self.upper.len() + stride, NONE);
            row
        });
        self.upper[row as usize * stride] = above;
        row
    }

    /// Frees the slot of a node and its rows. Links to it must be gone.
    pub(super) fn free(&mut self, node: u32) {
        let stride = self.max_neighbors + 1;
        let mut row = std::mem::replace(&mut self.first_upper[node as usize], NONE);
        while row != NONE {
            let words = &mut self.upper[row as usize * stride..][..stride];
            let above = words[0];
            words.fill(NONE);
            self.free_rows.push(row);
            row = above;
        }
        self.row_mut(0, node).fill(NONE);
        self.levels[node as usize] = FREE;
        self.nodes -= 1;
        self.touch(node);
    }

    /// Whether every link of a node leads to one that is on the link's level.
    pub(super) fn lead_to_nodes(&self, node: u32) -> bool {
        self.level(node).is_none_or(|top| {
            (0..=top).all(|level| {
                self.neighbors(level, node).iter().all(|&link| self.level(link).is_some_and(|l| l >= level))
            })
        })
    }

    /// Notes that what is stored of a node changed.
    pub(super) fn touch(&mut self, node: u32) {
        self.mark(node as usize / CHUNK_SLOTS);
    }

    fn mark(&mut self, chunk: usize) {
        self.dirty[chunk / 64] |= 1 << (chunk % 64);
    }

    /// The chunks that changed since the last call, ascending.
    pub(super) fn take_dirty(&mut self) -> Vec<u32> {
        let mut chunks = Vec::new();
        for (word, bits) in self.dirty.iter_mut().enumerate() {
            while *bits != 0 {
                chunks.push((word * 64) as u32 + bits.trailing_zeros());
                *bits &= *bits - 1;
            }
        }
        chunks
    }
}
