//! Which nodes a search may return.

/// A set of slots as a bitmap. It should hold nodes of the graph only: others count as matches that a search
/// then looks for in vain.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    words: Vec<u64>,
    count: usize,
}

impl Allowed {
    /// The set of `nodes`, which may repeat.
    pub fn new(nodes: impl IntoIterator<Item = u32>) -> Self {
        let mut allowed = Self::default();
        for node in nodes {
            let (word, bit) = (node as usize / 64, 1 << (node % 64));
            if word >= allowed.words.len() {
                allowed.words.resize(word + 1, 0);
            }
            allowed.count += usize::from(allowed.words[word] & bit == 0);
            allowed.words[word] |= bit;
        }
        allowed
    }

    /// Whether `node` is in the set.
    #[inline(always)]
    pub fn contains(&self, node: u32) -> bool {
        self.words.get(node as usize / 64).is_some_and(|word| word >> (node % 64) & 1 == 1)
    }

    /// Slots in the set.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }
}
